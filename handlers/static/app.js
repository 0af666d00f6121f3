// Follows links and sends forms by fetch: inside Shopify's iframe only fetch carries an ID token, so the server could
// not identify a plain link. The answer replaces <main>, or the one element that the form changed.
// docs/admin-pages.md describes the data-* attributes that this file reads.

const NOT_CONNECTED = "Artify could not be reached. Check your connection, then try again.";
const NOT_LOADED = "The page could not be loaded. Try again in a moment.";
const NOT_UPLOADED = "The file could not be uploaded. Try again.";
const NOT_SAVED = "The file could not be downloaded. Try again in a moment.";
const main = () => document.getElementById("main");

document.addEventListener("click", (event) => {
  const link = linkOf(event);
  if (!link || event.defaultPrevented || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  if (link.saves) download(link.pathname + link.search);
  else visit(link.pathname + link.search, true);
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.swap) send(form);
  else if (form.method === "get") visit(addressOf(form), true);
  else return;
  event.preventDefault();
});

document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (form?.dataset.upload && event.target.files?.[0]) sendFile(form, event.target.files[0]);
});

document.addEventListener("toggle", (event) => loadDetails(event.target), true);

addEventListener("popstate", () => visit(location.pathname + location.search, false, true));

/** Where the clicked link leads, if that is ours, and whether to save it as a file. Also finds the link inside a Polaris
    element, whose own attributes stand on an element around the link. */
function linkOf(event) {
  const hits = event.composedPath().filter((node) => node.getAttribute && node.getAttribute("href"));
  if (!hits.length || hits[0].hasAttribute("download") || hits[0].getAttribute("target")) return null;
  const { origin, pathname, search } = new URL(hits[0].getAttribute("href"), location.href);
  if (origin !== location.origin || pathname.startsWith("/media/")) return null;
  return { pathname, search, saves: hits.some((hit) => hit.dataset.download !== undefined) };
}

/** Load what a <details> shows into its last element, when it is opened for the first time. */
async function loadDetails(details) {
  const place = details.lastElementChild;
  if (!details.dataset?.load || !details.open || place.childElementCount) return;
  const answer = await load(details.dataset.load, { headers: { Accept: "text/html" } });
  if (answer?.ok) place.innerHTML = answer.text;
  else if (answer) toast(NOT_LOADED);
}

/** The page that a form with method="get" asks for: its action and the fields that are filled in. */
function addressOf(form) {
  const filled = [...new FormData(form)].filter(([, value]) => value);
  return form.getAttribute("action") + (filled.length ? `?${new URLSearchParams(filled)}` : "");
}

/** Counts visits and forms: the answer to a visit is dropped when a newer visit or form has started meanwhile. */
let latest = 0;

/** Load a page and show it. `isNew` is false for a refresh of the page that is shown. */
async function visit(path, push, isNew = push) {
  const mine = (latest += 1);
  main().setAttribute("aria-busy", "true");
  const answer = await load(path, { headers: { Accept: "text/html" } });
  if (mine !== latest) return;
  main().removeAttribute("aria-busy");
  const page = answer && new DOMParser().parseFromString(answer.text, "text/html");
  if (page?.getElementById("main")) {
    if (push) history.pushState(null, "", path);
    swap(page, isNew);
  } else if (answer) {
    toast(NOT_LOADED);
  }
  refreshLater();
}

/** Show a page. When it refreshes, keyboard focus stays where it was; on a new page it moves to the top.
    If the page marks parts, a refresh replaces only those, so that text typed elsewhere is kept. */
function swap(page, isNew) {
  const stops = () => [...main().querySelectorAll("a, button, input, select, s-button, s-link")];
  const place = stops().indexOf(document.activeElement);
  const atTop = isNew || document.activeElement === main();
  const parts = isNew ? [] : [...main().querySelectorAll("[data-part]")].filter((part) => page.getElementById(part.id));
  for (const part of parts) {
    const fresh = document.adoptNode(page.getElementById(part.id));
    keepOpen(part, fresh);
    part.replaceWith(fresh);
  }
  if (!parts.length) main().replaceWith(document.adoptNode(page.getElementById("main")));
  document.title = page.title;
  if (atTop) main().focus();
  else stops()[place]?.focus();
}

/** Leave open what the merchant has opened in a part that is replaced, with what was loaded into it. */
function keepOpen(part, fresh) {
  for (const shown of part.querySelectorAll("details[data-load][open]")) {
    const same = [...fresh.querySelectorAll("details")].find((each) => each.dataset.load === shown.dataset.load);
    if (!same) continue;
    same.lastElementChild.replaceWith(shown.lastElementChild);
    same.open = true;
  }
}

async function send(form, more = {}) {
  const texts = [...new FormData(form)].filter(([, value]) => typeof value === "string");
  const fields = Object.fromEntries(texts.map(([name, value]) => [name, ["true", "false"].includes(value) ? value === "true" : value]));
  const button = form.querySelector("s-button");
  button?.setAttribute("loading", "");
  latest += 1;
  const answer = await post(form.getAttribute("action"), { ...fields, ...more });
  button?.removeAttribute("loading");
  if (!answer || !answer.ok) return;
  const fragment = document.createRange().createContextualFragment(answer.text);
  const message = fragment.firstElementChild.dataset.toast;
  document.getElementById(form.dataset.swap)?.replaceWith(fragment);
  toast(message, false);
  refreshLater();
}

/** Upload a file straight to storage, then send the form with the id of the upload. */
async function sendFile(form, file) {
  form.setAttribute("aria-busy", "true");
  latest += 1;
  const opened = await post(form.dataset.upload, { filename: file.name, content_type: file.type, bytes: file.size });
  if (opened?.ok) {
    const ticket = JSON.parse(opened.text);
    const sent = await load(ticket.url, { method: ticket.method, headers: ticket.headers, body: file });
    if (sent?.ok) await send(form, { upload_id: ticket.upload_id });
    else if (sent) toast(NOT_UPLOADED);
  }
  form.removeAttribute("aria-busy");
  refreshLater();
}

/** Save what a link leads to as a file, under the name that the answer gives it. */
async function download(path) {
  const response = await fetch(path).catch(() => null);
  if (!response?.ok) return toast(response ? NOT_SAVED : NOT_CONNECTED);
  const [, name] = /filename="([^"]+)"/.exec(response.headers.get("Content-Disposition")) || [];
  const file = document.createElement("a");
  file.href = URL.createObjectURL(await response.blob());
  file.download = name || "artify";
  file.click();
  URL.revokeObjectURL(file.href);
}

function post(path, fields) {
  return load(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify(fields),
  });
}

/** Fetch, and show a toast when a POST is refused or nothing answers (then null). A page that is an error is shown
    like any other. */
async function load(path, options) {
  try {
    const response = await fetch(path, options);
    const text = await response.text();
    if (!response.ok && options.method === "POST") toast(JSON.parse(text).error.message);
    return { ok: response.ok, text };
  } catch {
    toast(NOT_CONNECTED);
    return null;
  }
}

function toast(message, isError = true) {
  window.shopify?.toast?.show(message, { isError });
}

/** Refresh a page that shows work in progress, as long as its tab is visible. */
let timer = 0;
function refreshLater() {
  clearTimeout(timer);
  const waits = [...document.querySelectorAll("[data-refresh]")].map((busy) => Number(busy.dataset.refresh));
  const again = () => (document.hidden ? refreshLater() : visit(location.pathname + location.search, false));
  if (waits.length) timer = setTimeout(again, Math.min(...waits));
}
refreshLater();
