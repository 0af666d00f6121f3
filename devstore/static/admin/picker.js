// The resource picker of App Bridge, for products and their variants.
import { create, openDialog } from "./dom.js";

/** Let the merchant choose. `options` are those of `shopify.resourcePicker`. Resolves to the chosen products with their
    chosen variants, or to undefined when the merchant cancels. */
export function pickProducts(address, options) {
  const { action = "add", filter = {}, multiple = false, query = "", selectionIds = [] } = options;
  const verb = action === "select" ? "Select" : "Add";
  const limit = multiple === true ? Infinity : Number(multiple) || 1;
  const withVariants = filter.variants !== false;
  const chosen = new Map(); // the ids of the chosen variants, by the id of their product
  let products = null;

  const list = create("ul", { className: "picker-list" });
  const count = create("span", { role: "status", className: "picker-count" });
  const confirm = create("button", { type: "button", className: "primary" }, verb);
  const search = create("input", { type: "search", placeholder: "Search products", value: query, autofocus: true, "aria-label": "Search products" });
  search.addEventListener("input", draw);

  load();
  return openDialog(`${verb} ${limit === 1 ? "product" : "products"}`, "picker", (close) => {
    confirm.addEventListener("click", () => close(answer()));
    const cancel = create("button", { type: "button", onclick: () => close(undefined) }, "Cancel");
    return [create("div", { className: "picker-search" }, search), list, create("footer", {}, count, cancel, confirm)];
  });

  async function load() {
    list.replaceChildren(create("li", { className: "picker-empty", role: "status" }, "Loading products"));
    confirm.disabled = true;
    const all = await (await fetch(address)).json();
    products = all.filter(
      ({ status }) => !(status === "DRAFT" && filter.draft === false) && !(status === "ARCHIVED" && filter.archived === false),
    );
    for (const { id, variants } of selectionIds) {
      const product = products.find((each) => each.id === id);
      const wanted = product?.variants.map((variant) => variant.id).filter((each) => !variants?.length || variants.some((one) => one.id === each));
      if (wanted?.length && chosen.size < limit) chosen.set(id, new Set(wanted));
    }
    draw();
  }

  function draw() {
    if (!products) return;
    const focused = list.contains(document.activeElement) && document.activeElement.value;
    const found = products.filter((product) => matches(product, `${filter.query ?? ""} ${search.value}`));
    list.replaceChildren(...found.flatMap(rows));
    if (!found.length) list.append(create("li", { className: "picker-empty" }, "No products match this search."));
    count.textContent = `${chosen.size}${limit < Infinity ? `/${limit}` : ""} ${chosen.size === 1 && limit === Infinity ? "product" : "products"} selected`;
    confirm.disabled = !chosen.size && !selectionIds.length;
    if (focused) list.querySelector(`input[value="${focused}"]`)?.focus();
  }

  function rows(product) {
    const ids = product.variants.map((variant) => variant.id);
    const picked = chosen.get(product.id) ?? new Set();
    const isFull = chosen.size >= limit && !picked.size && limit > 1;
    const box = create("input", { type: "checkbox", value: product.id, checked: picked.size > 0, disabled: isFull });
    box.indeterminate = picked.size > 0 && picked.size < ids.length;
    box.addEventListener("change", () => choose(product.id, picked.size === ids.length ? [] : ids));
    const shown = [
      create("img", { src: product.images[0]?.originalSrc ?? "", alt: "", width: 40, height: 40 }),
      create("span", { className: "picker-title" }, product.title),
    ];
    if (product.status !== "ACTIVE") shown.push(create("span", { className: "badge blue" }, titled(product.status)));
    if (withVariants) shown.push(create("span", { className: "picker-more" }, variantCount(ids.length)));
    const head = create("li", {}, create("label", { className: "picker-product" }, box, ...shown));
    return withVariants && ids.length > 1 ? [head, ...product.variants.map((variant) => variantRow(product, variant, picked, isFull))] : [head];
  }

  function variantRow(product, variant, picked, isFull) {
    const box = create("input", { type: "checkbox", value: variant.id, checked: picked.has(variant.id), disabled: isFull });
    box.addEventListener("change", () => {
      const others = [...picked].filter((id) => id !== variant.id);
      choose(product.id, box.checked ? [...others, variant.id] : others);
    });
    const price = create("span", { className: "picker-more" }, `$${variant.price}`);
    return create("li", {}, create("label", { className: "picker-variant" }, box, create("span", { className: "picker-title" }, variant.title), price));
  }

  function choose(id, variants) {
    if (limit === 1 && !chosen.has(id)) chosen.clear();
    if (variants.length) chosen.set(id, new Set(variants));
    else chosen.delete(id);
    draw();
  }

  function answer() {
    return products
      .filter(({ id }) => chosen.has(id))
      .map((product) => ({ ...product, variants: product.variants.filter(({ id }) => chosen.get(product.id).has(id)) }));
  }
}

function matches(product, words) {
  const text = [product.title, product.vendor, product.handle, ...product.variants.map(({ title }) => title)].join(" ").toLowerCase();
  return words.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

function variantCount(count) {
  return count === 1 ? "1 variant" : `${count} variants`;
}

function titled(status) {
  return status[0] + status.slice(1).toLowerCase();
}
