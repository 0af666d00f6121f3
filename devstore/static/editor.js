// The theme editor: adds, removes and configures the app's blocks, shows them in the preview as they are changed, and
// saves the theme. The preview is a page of this origin, so its events are dispatched from here, as Shopify's editor
// does: https://shopify.dev/docs/storefronts/themes/best-practices/editor/integrate-sections-and-blocks
import { create, openDialog } from "./admin/dom.js";

const { shop, types, placed, isAdded, selected: wanted } = JSON.parse(document.querySelector("#theme").textContent);
const byId = (id) => document.getElementById(id);
const preview = byId("preview");
const THEMES_OWN = ["Title", "Price", "Variant picker"];
const OWN_BELOW = ["Buy buttons", "Description"];
const SECTION = "product";
let selected = wanted || null;
let newest = Promise.resolve(); // changes reach the draft, and the preview, one after the other

byId("product").addEventListener("change", load);
byId("add").addEventListener("click", add);
byId("save").addEventListener("click", save);
preview.addEventListener("load", () => selected && announce("shopify:block:select", selected, { load: true }));
addEventListener("beforeunload", (event) => !byId("save").disabled && event.preventDefault());
byId("save").disabled = !isAdded;
load();
draw();

function load() {
  preview.src = `/${shop}/products/${byId("product").value}?design_mode`;
}

function typeOf(block) {
  return types.find(({ handle }) => handle === block.type);
}

function draw() {
  const blocks = placed.filter((block) => typeOf(block).target === "section");
  byId("blocks").replaceChildren(...THEMES_OWN.map(own), ...blocks.map(row), ...OWN_BELOW.map(own));
  byId("add").disabled = !offered().length;
  byId("embeds").replaceChildren(...types.filter(({ target }) => target === "body").map(embed));
  drawSettings();
}

function own(name) {
  return create("li", {}, name);
}

function row(block) {
  const button = create("button", { type: "button", onclick: () => select(block.id) }, typeOf(block).name);
  return create("li", { className: block.id === selected ? "app on" : "app" }, button, create("small", {}, "Artify"));
}

function embed(type) {
  const block = placed.find((each) => each.type === type.handle);
  const box = create("input", { type: "checkbox", checked: Boolean(block), "aria-label": `Enable ${type.name}` });
  box.addEventListener("change", () => (box.checked ? place(type) : remove(block)));
  const button = create("button", { type: "button", disabled: !block, onclick: () => select(block.id) }, type.name);
  return create("li", { className: block && block.id === selected ? "app on" : "app" }, box, button, create("small", {}, "Artify"));
}

function offered() {
  return types.filter(({ target, handle }) => target === "section" && !placed.some((block) => block.type === handle));
}

async function add() {
  const type = await openDialog("Add block", "small", (close) => [
    create(
      "div",
      { className: "choices" },
      ...offered().map((each) => {
        const icon = create("img", { src: "/cdn/artify-icon.svg", alt: "" });
        return create("button", { type: "button", onclick: () => close(each) }, icon, each.name, create("small", {}, "Artify"));
      }),
    ),
  ]);
  if (type) place(type);
}

function place(type) {
  const block = { id: `artify_${type.handle}`, type: type.handle, settings: {} };
  placed.push(block);
  selected = block.id;
  changed(load);
}

function remove(block) {
  placed.splice(placed.indexOf(block), 1);
  selected = null;
  changed(load);
}

function select(id) {
  if (selected) announce("shopify:block:deselect", selected);
  selected = id;
  announce("shopify:block:select", id, { load: false });
  draw();
}

function drawSettings() {
  const block = placed.find(({ id }) => id === selected);
  if (!block) {
    byId("settings").replaceChildren(create("p", {}, "Select a block to change its settings."));
    return;
  }
  const form = create("form", { onsubmit: (event) => event.preventDefault() }, ...typeOf(block).settings.map((setting) => field(block, setting)));
  const button = create("button", { type: "button", className: "remove", onclick: () => remove(block) }, "Remove block");
  byId("settings").replaceChildren(create("h2", {}, typeOf(block).name), form, button);
}

function field(block, setting) {
  if (!setting.id) return create("p", {}, setting.content ?? "");
  const value = block.settings[setting.id] ?? setting.default;
  const input = control(setting, value);
  input.addEventListener(setting.type === "checkbox" ? "change" : "input", () => {
    block.settings[setting.id] = read(setting, input);
    changed(reload);
  });
  const info = setting.info ? create("small", {}, setting.info) : null;
  if (setting.type !== "checkbox") return create("label", {}, setting.label, input, info);
  return create("div", {}, create("label", { className: "check" }, input, setting.label), info);
}

function control(setting, value) {
  const { type, options, min, max, step } = setting;
  if (type === "checkbox") return create("input", { type, checked: Boolean(value) });
  if (type === "select") return create("select", {}, ...options.map((each) => create("option", { value: each.value, selected: each.value === value }, each.label)));
  if (type === "textarea") return create("textarea", { value: value ?? "" });
  if (type === "range" || type === "number") return create("input", { type: "number", min, max, step, value: value ?? "" });
  return create("input", { type: type === "color" ? "color" : "text", value: value ?? "" });
}

function read({ type }, input) {
  if (type === "checkbox") return input.checked;
  return type === "range" || type === "number" ? Number(input.value) : input.value;
}

/** Keep a change in the draft, and then show it. */
function changed(show) {
  byId("save").disabled = false;
  byId("notice").textContent = "Unsaved changes";
  newest = newest.then(async () => {
    if (await send("draft")) show();
  });
  draw();
}

async function save() {
  byId("save").disabled = true;
  await newest;
  const isSaved = await send("saved");
  byId("save").disabled = isSaved;
  byId("notice").textContent = isSaved ? "Saved" : "The theme could not be saved. Try again.";
}

async function send(version) {
  const options = { method: "POST", body: JSON.stringify({ blocks: placed }) };
  return fetch(`/${shop}/admin/themes/current/${version}`, options).then((answer) => answer.ok, () => false);
}

/** Render the section again, as Shopify does when a setting changes: unload it, replace it, load it. */
async function reload() {
  const page = new DOMParser().parseFromString(await (await fetch(preview.src)).text(), "text/html");
  const root = preview.contentDocument;
  announce("shopify:section:unload");
  const old = sectionOf(root);
  old.replaceWith(root.createRange().createContextualFragment(sectionOf(page).outerHTML));
  announce("shopify:section:load");
  if (selected) announce("shopify:block:select", selected, { load: true });
}

const sectionOf = (root) => root.getElementById(`shopify-section-${SECTION}`);

function announce(type, blockId = null, detail = {}) {
  const root = preview.contentDocument;
  const target = blockId ? root?.getElementById(`shopify-block-${blockId}`) : sectionOf(root);
  target?.dispatchEvent(new preview.contentWindow.CustomEvent(type, { bubbles: true, detail: { sectionId: SECTION, blockId, ...detail } }));
  if (type === "shopify:block:select") target?.scrollIntoView({ block: "center" });
}
