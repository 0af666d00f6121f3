import { Fault } from "./artify-api.js";
import { keepDesign } from "./artify-kept.js";

/** The variant selected in the theme's form, as text. */
export function currentVariant({ variants, variant }) {
  const asked = new URLSearchParams(location.search).get("variant");
  const chosen = productForm(variants)?.elements.namedItem("id").value ?? asked;
  return variants.includes(chosen) ? chosen : variant;
}

/** Call `changed` when the variant changes. Some themes fire `change`; others only set the input's value. */
export function watchVariant(config, changed) {
  let known = currentVariant(config);
  const check = () => {
    const now = currentVariant(config);
    if (now === known) return;
    known = now;
    changed(now);
  };
  document.addEventListener("change", () => setTimeout(check)); // after the theme's own listeners
  window.addEventListener("popstate", () => setTimeout(check));
  const values = { subtree: true, attributes: true, attributeFilter: ["value"] };
  new MutationObserver(check).observe(document.body, values);
}

/**
 * Add the design to the cart, with the other fields of the theme's form (quantity, gift note, plan).
 * As JSON, because some themes drop the properties of a form.
 * @throws {Fault} with the shop's own message if there is one
 */
export async function addToCart(config, design, form = productForm(config.variants)) {
  const item = extras(form);
  item.properties = { ...item.properties, _artify_preview: design.id, Style: design.style.name };
  const answer = await fetch(`${config.root}cart/add.js`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: itemsOf(currentVariant(config), item),
  }).catch(() => {
    throw new Fault(config.texts.offline, { code: "offline" });
  });
  const body = await answer.json().catch(() => ({}));
  const { status } = answer;
  if (!answer.ok) throw new Fault(body.description || body.message || config.texts.unavailable, { status });
  keepDesign(config.shop, design);
  // A theme with a cart drawer opens it, and calls preventDefault().
  const detail = { preview: design.id, style: design.style.name };
  const added = new CustomEvent("artify:added", { bubbles: true, cancelable: true, detail });
  if (document.dispatchEvent(added)) location.assign(`${config.root}cart`);
}

/** The cart expects ids as numbers. JavaScript loses digits beyond 2^53, so they are written as text. */
function itemsOf(variant, item) {
  return `{"items":[{"id":${variant},${JSON.stringify(item).slice(1)}]}`;
}

function productForm(variants) {
  const forms = [...document.querySelectorAll("form[action*='/cart/add']")];
  return forms.find((form) => variants.includes(form.elements.namedItem("id")?.value));
}

function extras(form) {
  const fields = { quantity: 1, properties: {} };
  for (const [name, value] of form ? new FormData(form) : []) {
    const property = /^properties\[(.+)\]$/.exec(name)?.[1];
    if (property) fields.properties[property] = value;
    if (name === "quantity") fields.quantity = Math.max(1, Number(value) || 1);
    if (name === "selling_plan" && value) fields.selling_plan = value;
  }
  return fields;
}
