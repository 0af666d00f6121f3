// What all elements share: the page's style, spacing, and how an element is defined.

const FONT = 'Inter, -apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, "Helvetica Neue", sans-serif';
const SCRIPT = document.currentScript?.src; // the font is served beside the script

const PAGE_STYLE = `
  ${SCRIPT ? `@font-face { font-family: Inter; font-weight: 100 900; font-display: swap; src: url(${new URL("../fonts/inter-latin.woff2", SCRIPT)}) format("woff2") }` : ""}
  body { margin: 0; background: #f1f1f1; color: #303030; font: 450 13px/20px ${FONT}; -webkit-font-smoothing: antialiased }
  s-app-nav, ui-nav-menu, s-option, s-option-group { display: none }
  strong, b { font-weight: 650 }
  :where(main a) { color: #005bd3 }`;

// In every shadow tree.
const SHADOW_STYLE = `
  :host([hidden]), [hidden] { display: none !important } *, *::before, *::after { box-sizing: border-box }
  button, input, select, textarea { font: inherit; color: inherit; letter-spacing: inherit }
  :focus-visible { outline: 2px solid #005bd3; outline-offset: 1px }
  .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
  .icon { display: block; width: 20px; height: 20px; fill: none; stroke: currentColor; stroke-width: 1.5; stroke-linecap: round; stroke-linejoin: round }
  @keyframes turn { to { rotate: 1turn } }`;

const sheet = document.createElement("style");
sheet.textContent = PAGE_STYLE;
document.head.prepend(sheet);

const escape = (text) => (text ?? "").replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** An element with a shadow tree. `build` makes the tree once; `update` follows the attributes, and keeps what has focus. */
class PolarisElement extends HTMLElement {
  internals = this.attachInternals();
  root = this.attachShadow({ mode: "open", delegatesFocus: true });
  isBuilt = false;

  connectedCallback() {
    if (!this.isBuilt) {
      this.isBuilt = true;
      this.root.innerHTML = `<style>${SHADOW_STYLE}${this.constructor.css}</style>`;
      this.root.append(document.createRange().createContextualFragment(this.build()));
      this.start();
      // While the parser works, the children of an element, and the elements that it refers to, come later.
      if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => this.update(), { once: true });
    }
    this.update();
  }

  attributeChangedCallback() {
    if (this.isBuilt) this.update();
  }

  build() { return "<slot></slot>"; }
  start() {}
  update() {}

  /** An attribute as text for markup. */
  at(name) { return escape(this.getAttribute(name)); }
  has(name) { return this.hasAttribute(name) && this.getAttribute(name) !== "false"; }
  find(selector) { return this.root.querySelector(selector); }
  /** Set or remove an attribute of an element in the shadow tree. */
  set(selector, name, value) {
    const element = this.find(selector);
    if (value === null || value === undefined || value === false) element?.removeAttribute(name);
    else element?.setAttribute(name, value === true ? "" : value);
  }
  /** Dispatch an event, on the element itself, that bubbles as an input's would. */
  emit(type, detail) { return this.dispatchEvent(new CustomEvent(type, { bubbles: true, detail })); }
}

/** Properties of the same name as attributes, as scripts set them. */
function reflect(kind, names) {
  for (const [name, isFlag] of Object.entries(names)) {
    const attribute = name.toLowerCase();
    Object.defineProperty(kind.prototype, name, {
      configurable: true,
      get() { return isFlag ? this.has(attribute) : (this.getAttribute(attribute) ?? ""); },
      set(value) {
        if (isFlag) this.toggleAttribute(attribute, Boolean(value));
        else if (value === null || value === undefined) this.removeAttribute(attribute);
        else this.setAttribute(attribute, value);
      },
    });
  }
}

const FLAGS = ["disabled", "loading", "required", "multiple", "dismissible", "readOnly", "removable", "paginate", "hasPreviousPage", "hasNextPage"];

/** Define an element from a class, its style, and the attributes that it follows. */
function define(name, css, attributes, kind) {
  Object.defineProperty(kind, "css", { value: css });
  Object.defineProperty(kind, "observedAttributes", { value: attributes.map((attribute) => attribute.toLowerCase()) });
  const own = attributes.filter((attribute) => !(attribute in kind.prototype) && attribute !== "value" && attribute !== "checked");
  reflect(kind, Object.fromEntries(own.map((attribute) => [attribute, FLAGS.includes(attribute)])));
  customElements.define(name, kind);
}

/** Define an element that is drawn from its attributes alone, again whenever one of them changes. */
function drawn(name, css, attributes, draw) {
  define(name, css, attributes, class extends PolarisElement {
    build() { return ""; }
    update() {
      const html = draw(this, (attribute) => this.at(attribute));
      this.root.replaceChildren(this.root.firstChild, document.createRange().createContextualFragment(html));
    }
  });
}

const SPACE = {
  none: 0, "small-500": 2, "small-400": 4, "small-300": 6, "small-200": 8, "small-100": 10, small: 12,
  base: 16, large: 20, "large-100": 24, "large-200": 28, "large-300": 32, "large-400": 40, "large-500": 48,
};
const RADIUS = { none: 0, "small-200": 2, "small-100": 4, small: 6, base: 8, large: 12, "large-100": 16, "large-200": 20, max: 9999 };
const BACKGROUND = { transparent: "transparent", subdued: "#f7f7f7", base: "#fff", strong: "#ebebeb" };
const INK = { auto: "inherit", neutral: "#616161", info: "#003a5a", success: "#0c5132", caution: "#4f4700", warning: "#5e4200", critical: "#8e0b21" };

/** Two or four keywords of a scale as lengths. */
const lengths = (scale) => (value) => value.split(/\s+/).map((word) => (word in scale ? `${scale[word]}px` : word)).join(" ");
const space = lengths(SPACE);

/** The CSS of one property for the host. A value may be responsive: "@container (inline-size > 500px) 1fr 1fr, 1fr". */
function declared(property, value, convert = (each) => each) {
  const responsive = /^@container\s*([\w-]*)\s*(\(.*?\))\s*(.+),\s*([^,]+)$/.exec(value);
  if (!responsive) return `:host { ${property}: ${convert(value)} }`;
  const [, name, condition, inside, outside] = responsive;
  return `:host { ${property}: ${convert(outside.trim())} } @container ${name} ${condition} { :host { ${property}: ${convert(inside.trim())} } }`;
}

/** Whether an element with this name is around `element`, also across shadow trees. */
const isInside = (element, names) => Boolean(element.parentElement?.closest(names));
