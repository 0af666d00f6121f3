// Navigation and forms by fetch: inside Shopify's iframe only fetch carries an ID token,
// so a plain link would arrive without one. Swaps <main> or the fragment that changed.

const FAILED = "The connection failed. Please try again.";
const main = () => document.getElementById("main");

document.addEventListener("click", (event) => {
  const link = linkOf(event);
  if (!link || event.defaultPrevented || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  visit(link.pathname + link.search, true);
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.dataset.swap) return;
  event.preventDefault();
  send(form);
});

document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (form?.dataset.upload && event.target.files?.[0]) sendFile(form, event.target.files[0]);
});

addEventListener("popstate", () => visit(location.pathname + location.search, false));

/** The page's own link that was clicked, also inside a Polaris element. */
function linkOf(event) {
  const hit = event.composedPath().find((node) => node.getAttribute && node.getAttribute("href"));
  if (!hit || hit.hasAttribute("download") || hit.getAttribute("target")) return null;
  const url = new URL(hit.getAttribute("href"), location.href);
  return url.origin === location.origin && !url.pathname.startsWith("/media/") ? url : null;
}

/** The newest visit or form: an answer that comes after a newer question is dropped. */
let asked = 0;

async function visit(path, push) {
  const mine = (asked += 1);
  main().setAttribute("aria-busy", "true");
  const answer = await load(path, { headers: { Accept: "text/html" } });
  if (mine !== asked) return;
  main().removeAttribute("aria-busy");
  const page = answer && new DOMParser().parseFromString(answer.text, "text/html");
  if (page?.getElementById("main")) {
    if (push) history.pushState(null, "", path);
    swap(page, push);
  } else if (answer) {
    toast(FAILED);
  }
  refreshLater();
}

/** Who uses the keyboard stays where they were when a page refreshes, and starts at its top when it is new.
    A page that marks its parts refreshes those alone, and what is typed beside them stays. */
function swap(page, isNew) {
  const stops = () => [...main().querySelectorAll("a, button, input, select, s-button, s-link")];
  const place = stops().indexOf(document.activeElement);
  const atTop = isNew || document.activeElement === main();
  const parts = isNew ? [] : [...main().querySelectorAll("[data-part]")].filter((part) => page.getElementById(part.id));
  for (const part of parts) part.replaceWith(document.adoptNode(page.getElementById(part.id)));
  if (!parts.length) main().replaceWith(document.adoptNode(page.getElementById("main")));
  document.title = page.title;
  if (atTop) main().focus();
  else stops()[place]?.focus();
}

async function send(form, more = {}) {
  const texts = [...new FormData(form)].filter(([, value]) => typeof value === "string");
  const fields = Object.fromEntries(texts.map(([name, value]) => [name, value === "true" ? true : value]));
  const button = form.querySelector("s-button");
  button?.setAttribute("loading", "");
  asked += 1;
  const answer = await post(form.getAttribute("action"), { ...fields, ...more });
  button?.removeAttribute("loading");
  if (!answer || !answer.ok) return;
  const fragment = document.createRange().createContextualFragment(answer.text);
  const said = fragment.firstElementChild.dataset.said;
  document.getElementById(form.dataset.swap)?.replaceWith(fragment);
  toast(said, false);
  refreshLater();
}

/** A file goes straight to storage; then the form says which it is. */
async function sendFile(form, file) {
  form.setAttribute("aria-busy", "true");
  asked += 1;
  const opened = await post(form.dataset.upload, { filename: file.name, content_type: file.type, bytes: file.size });
  if (opened?.ok) {
    const ticket = JSON.parse(opened.text);
    const sent = await load(ticket.url, { method: ticket.method, headers: ticket.headers, body: file });
    if (sent?.ok) await send(form, { upload_id: ticket.upload_id });
    else if (sent) toast(FAILED);
  }
  form.removeAttribute("aria-busy");
  refreshLater();
}

function post(path, fields) {
  return load(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify(fields),
  });
}

/** Fetch, and tell the merchant when it went wrong. Error pages are shown like any page. */
async function load(path, options) {
  try {
    const response = await fetch(path, options);
    const text = await response.text();
    if (!response.ok && options.method === "POST") toast(JSON.parse(text).error.message);
    return { ok: response.ok, text };
  } catch {
    toast(FAILED);
    return null;
  }
}

function toast(message, isError = true) {
  window.shopify?.toast?.show(message, { isError });
}

/** Pages with work under way ask again, while they are looked at. */
let timer = 0;
function refreshLater() {
  clearTimeout(timer);
  const waits = [...document.querySelectorAll("[data-refresh]")].map((busy) => Number(busy.dataset.refresh));
  const again = () => (document.hidden ? refreshLater() : visit(location.pathname + location.search, false));
  if (waits.length) timer = setTimeout(again, Math.min(...waits));
}
refreshLater();
