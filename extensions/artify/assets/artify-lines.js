import { fill } from "./artify-dom.js";
import { forgetDesign, keptDesigns } from "./artify-kept.js";

const PLACES = "form[action*='/cart'], [id*='cart' i], [class*='cart' i]";
const CLIMB = 5; // how many elements above a line's link its picture may be

/** In the theme's cart page or drawer, show each line's design on its product instead of the product picture. */
export function showDesigns(config) {
  const lines = new Lines(config);
  lines.show();
  document.addEventListener("artify:added", () => lines.show()); // it may be the first one of its variant
  // A theme redraws its cart after each change: with new elements, or new pictures in the same ones.
  const changes = { childList: true, subtree: true, attributes: true, attributeFilter: ["src"] };
  new MutationObserver(() => lines.look()).observe(document.body, changes);
}

/**
 * The lines of the cart. No theme's markup contains hidden properties, so the lines are read from cart.js and found on
 * the page by their links. Links to one variant are in the cart's order, in every copy of the cart on the page.
 */
class Lines {
  constructor({ shop, root, prefix, alt }) {
    const [path, proxy] = [root, prefix].map((each) => each.replace(/^\/+|\/+$/g, ""));
    this.root = path ? `/${path}/` : "/";
    Object.assign(this, { shop, alt, proxy: `${this.root}${proxy}`, urls: new Map(), seen: new WeakMap() });
  }

  /** After the page changed: show the designs again if a line has a new picture. */
  look() {
    this.waiting ??= setTimeout(() => {
      this.waiting = null;
      const unseen = (picture) => this.seen.get(picture) !== picture.src;
      if ([...this.variants ?? []].some((variant) => picturesOf(variant).some(unseen))) this.show();
    }, 50);
  }

  async show() {
    if (!Object.keys(keptDesigns(this.shop)).length) return;
    const answer = await fetch(`${this.root}cart.js`, { headers: { Accept: "application/json" } }).catch(() => null);
    const { items = [] } = (answer?.ok && (await answer.json().catch(() => null))) || {};
    const ours = items.filter((item) => item.properties?._artify_preview);
    this.variants = new Set(ours.map(variantOf));
    for (const variant of this.variants) {
      this.match(items.filter((item) => variantOf(item) === variant), picturesOf(variant));
    }
  }

  /** If the counts do not match, other links lead to the variant: no picture is better than a wrong one. */
  match(items, pictures) {
    for (const picture of pictures) this.seen.set(picture, picture.src);
    if (pictures.length % items.length) return;
    pictures.forEach((picture, at) => this.put(picture, items[at % items.length]));
  }

  async put(picture, { properties, product_title: product }) {
    const before = picture.src;
    const url = await this.url(properties?._artify_preview);
    if (!url || picture.src !== before) return;
    for (const source of picture.parentElement.querySelectorAll(":scope > source")) source.remove();
    picture.removeAttribute("srcset");
    Object.assign(picture, { src: url, alt: fill(this.alt, { product }) });
    picture.style.objectFit = "cover"; // in the theme's own box
    this.seen.set(picture, picture.src);
  }

  /** The address of the design's picture once it is loaded, or null. */
  url(design) {
    const kept = keptDesigns(this.shop)[design];
    if (!kept) return null;
    if (!this.urls.has(design)) this.urls.set(design, this.ask(design, kept.view_token));
    return this.urls.get(design);
  }

  async ask(design, token) {
    try {
      const answer = await fetch(`${this.proxy}/previews/${design}?view_token=${encodeURIComponent(token)}`);
      if (answer.status === 404) forgetDesign(this.shop, design); // it was deleted or has expired
      const { mockup_url, preview_url } = answer.ok ? await answer.json() : {};
      const picture = new Image();
      picture.src = mockup_url ?? preview_url;
      await picture.decode();
      return picture.src;
    } catch {
      return null; // unreachable: the product's picture stays
    }
  }
}

/** A line's variant, as text, from the start of its key: a number would be inexact beyond 2^53. */
function variantOf({ key, variant_id }) {
  return key?.split(":")[0] ?? String(variant_id);
}

/** The pictures of the lines with a variant, in the order of the page. */
function picturesOf(variant) {
  const links = [...document.querySelectorAll(`a[href*='variant=${variant}']`)];
  const sells = (link) => new URL(link.href).searchParams.get("variant") === variant;
  return [...new Set(links.filter((link) => sells(link) && link.closest(PLACES)).map(pictureBy))].filter(Boolean);
}

/** The picture in a link, or the one beside it. */
function pictureBy(link) {
  let around = link;
  for (let step = 0; step < CLIMB && around; step += 1, around = around.parentElement) {
    const found = around.querySelectorAll("img");
    if (found.length) return found.length === 1 || around === link ? found[0] : null;
  }
  return null;
}
