// Follows links and sends forms by fetch: inside Shopify's iframe only fetch carries an ID token, so the server could
// not identify a plain link. The answer replaces <main>, or the one element that the form changed.
// docs/admin-pages.md describes the data-* attributes that this file reads.

const NOT_CONNECTED = "Artify could not be reached. Check your connection, then try again.";
const NOT_LOADED = "The page could not be loaded. Try again in a moment.";
const NOT_PICKED = "Shopify's product picker did not open. Reload the page, then try again.";
const NOT_UPLOADED = "The file could not be uploaded. Try again.";
const NOT_SAVED = "The file could not be downloaded. Try again in a moment.";
const main = () => document.getElementById("main");

document.addEventListener("click", async (event) => {
  const link = linkOf(event);
  if (!link || event.defaultPrevented || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  if (!link.saves) await mayLeave();
  if (link.saves) download(link.pathname + link.search);
  else visit(link.pathname + link.search, true);
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.pick) pick(form);
  else if (form.dataset.swap) send(form);
  else if (form.method === "get") visit(addressOf(form), true);
  else return;
  event.preventDefault();
});

document.addEventListener("input", (event) => {
  const form = event.target.closest?.("form[data-live]");
  if (form) tryLater(form);
});

document.addEventListener("change", (event) => {
  const form = event.target.closest?.("form"); // an s-drop-zone, unlike an input, may not tell its form
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

/** Resolves once nothing unsaved is on the page, or the merchant agrees to lose it. Until then, App Bridge asks. */
async function mayLeave() {
  await window.shopify?.saveBar?.leaveConfirmation();
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

/** Send a form once: a second click while it is on its way does nothing. */
async function send(form, more = {}) {
  const button = form.querySelector("s-button");
  if (button?.hasAttribute("loading")) return;
  button?.setAttribute("loading", "");
  latest += 1;
  tries += 1;
  clearTimeout(pause);
  const answer = await post(form.getAttribute("action"), { ...fieldsOf(form), ...more }, form);
  button?.removeAttribute("loading");
  if (!answer || !answer.ok) return;
  const fragment = document.createRange().createContextualFragment(answer.text);
  const message = fragment.firstElementChild.dataset.toast;
  const [focused, same] = [form.contains(document.activeElement), identity(form)];
  document.getElementById(form.dataset.swap)?.replaceWith(fragment);
  if (focused) {
    const next = [...document.forms].find((each) => identity(each) === same);
    (next?.querySelector("s-button") ?? main()).focus({ preventScroll: true });
  }
  toast(message, false);
  refreshLater();
}

/** What a form sends: a field whose name ends with [] is a list, and "true" or "false" of a checkbox or hidden field a flag. */
function fieldsOf(form) {
  const fields = {};
  for (const [name, value] of new FormData(form)) {
    if (typeof value !== "string") continue;
    const isFlag = ["true", "false"].includes(value) && ["hidden", "checkbox"].includes(form.elements.namedItem(name)?.type);
    if (name.endsWith("[]")) (fields[name.slice(0, -2)] ??= []).push(value);
    else fields[name] = isFlag ? value === "true" : value;
  }
  return fields;
}

/** Which form this is, whatever the merchant types: the form of the same button, once the page has changed. */
function identity(form) {
  const unseen = [...form.querySelectorAll("input[type=hidden]:not([name$='[]'])")].map(({ name, value }) => `${name}=${value}`);
  return `${form.getAttribute("action")} ${unseen} ${form.querySelector("s-button")?.textContent}`;
}

/** Let the merchant choose products in Shopify's picker, then send their ids with the form. */
async function pick(form) {
  let picked;
  try {
    const selectionIds = new FormData(form).getAll("shown[]").map((id) => ({ id }));
    const options = { type: "product", multiple: true, action: "select", filter: { variants: false, archived: false }, selectionIds };
    picked = await window.shopify.resourcePicker(options);
  } catch {
    toast(NOT_PICKED);
  }
  if (picked) await send(form, { product_ids: picked.map(({ id }) => id) });
}

/** Show what a form would do, once the merchant has stopped typing. Only the newest answer is shown, and none once a
    form is sent: it would clear the errors of the form's own answer. */
let pause = 0;
let tries = 0;
function tryLater(form) {
  clearTimeout(pause);
  pause = setTimeout(async () => {
    const mine = (tries += 1);
    const isNewest = () => mine === tries;
    const answer = await post(form.dataset.live, fieldsOf(form), form, false, isNewest);
    if (!answer?.ok || !isNewest()) return;
    const fragment = document.createRange().createContextualFragment(answer.text);
    document.getElementById(fragment.firstElementChild.id)?.replaceWith(fragment);
  }, 400);
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

/** POST fields as JSON. A refusal that names a field of `form` is shown at the field. */
function post(path, fields, form = null, takesFocus = true, isWanted = () => true) {
  const options = {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify(fields),
  };
  const refused = (error) => isWanted() && (showAtField(form, error, takesFocus) || toast(error.message));
  return load(path, options, refused, () => isWanted() && clearFaults(form));
}

/** Fetch, and pass the error of a POST that is refused to `refused`; show a toast when nothing answers (then null). A
    page that is an error is shown like any other. */
async function load(path, options, refused = (error) => toast(error.message), accepted = () => {}) {
  try {
    const response = await fetch(path, options);
    const text = await response.text();
    accepted();
    if (!response.ok && options.method === "POST") refused(JSON.parse(text).error);
    return { ok: response.ok, text };
  } catch {
    toast(NOT_CONNECTED);
    return null;
  }
}

/** Show an error at the field that it names. Returns whether the form has that field. */
function showAtField(form, { field, message }, takesFocus) {
  const input = field && form?.querySelector(`[name="${CSS.escape(field)}"]`);
  if (!input) return false;
  if (input.localName.startsWith("s-")) {
    input.setAttribute("error", message);
  } else {
    const note = Object.assign(document.createElement("span"), { className: "fault", id: `fault-${field}`, textContent: message });
    note.setAttribute("role", "alert");
    input.setAttribute("aria-invalid", "true");
    input.setAttribute("aria-describedby", note.id);
    (input.closest("label") ?? input).after(note);
  }
  if (takesFocus) input.focus();
  return true;
}

function clearFaults(form) {
  form?.querySelectorAll(".fault").forEach((note) => note.remove());
  form?.querySelectorAll("[aria-invalid]").forEach((input) => ["aria-invalid", "aria-describedby"].forEach((name) => input.removeAttribute(name)));
  form?.querySelectorAll("[error]").forEach((input) => input.removeAttribute("error"));
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
