import { fill } from "./artify-dom.js";
import { forgetDesign, keptDesigns } from "./artify-kept.js";

const PLACES = "form[action*='/cart'], [id*='cart' i], [class*='cart' i]";
const CLIMB = 5; // elements from a line's link up to what holds its picture

/** In the theme's cart, page or drawer, show each line's design on its product instead of the product alone. */
export function showDesigns(config) {
  const lines = new Lines(config);
  lines.show();
  document.addEventListener("artify:added", () => lines.show()); // it may be the first one of its variant
  // A cart is drawn again whenever it changes: new elements, or the same ones with other pictures.
  const changes = { childList: true, subtree: true, attributes: true, attributeFilter: ["src"] };
  new MutationObserver(() => lines.look()).observe(document.body, changes);
}

/**
 * The lines of the cart. Hidden properties are in no theme's markup, so the lines come from cart.js, and are found by
 * their links: those to one variant stand in the cart's order, in every copy of it on the page.
 */
class Lines {
  constructor({ shop, root, prefix, alt }) {
    const [path, proxy] = [root, prefix].map((each) => each.replace(/^\/+|\/+$/g, ""));
    this.root = path ? `/${path}/` : "/";
    Object.assign(this, { shop, alt, proxy: `${this.root}${proxy}`, urls: new Map(), seen: new WeakMap() });
  }

  /** After changes of the page: show again if a line has a picture that was not looked at. */
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

  /** Where the numbers do not agree, something else links to the variant: better no picture than another's. */
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

  /** Where the design can be seen, once it can be drawn at once; null where it cannot. */
  url(design) {
    const kept = keptDesigns(this.shop)[design];
    if (!kept) return null;
    if (!this.urls.has(design)) this.urls.set(design, this.ask(design, kept.view_token));
    return this.urls.get(design);
  }

  async ask(design, token) {
    try {
      const answer = await fetch(`${this.proxy}/previews/${design}?view_token=${encodeURIComponent(token)}`);
      if (answer.status === 404) forgetDesign(this.shop, design); // it was deleted, or its day is over
      const { mockup_url, preview_url } = answer.ok ? await answer.json() : {};
      const picture = new Image();
      picture.src = mockup_url ?? preview_url;
      await picture.decode();
      return picture.src;
    } catch {
      return null; // out of reach: the product's picture stays
    }
  }
}

/** A line's variant, as text. Its key begins with it; as a number it would be inexact beyond 2^53. */
function variantOf({ key, variant_id }) {
  return key?.split(":")[0] ?? String(variant_id);
}

/** The pictures of the lines that sell a variant, in the page's order. */
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
