// A stand-in for Shopify's Polaris web components: the elements this app uses, close in look and in attributes.
(() => {
  const sheet = document.createElement("style");
  sheet.textContent = `
  body { margin: 0; background: #f1f1f1; color: #303030; font: 13px/20px Inter, system-ui, sans-serif }
  s-app-nav, s-option { display: none } s-box, s-stack, s-paragraph, s-heading, s-divider, s-table { display: block }
  s-stack { display: flex; flex-direction: column; gap: 0 } s-stack[direction=inline] { flex-direction: row; flex-wrap: wrap; align-items: center }
  s-grid { display: grid } :is(s-stack, s-grid)[gap^=small] { gap: 8px } :is(s-stack, s-grid)[gap=base] { gap: 16px } :is(s-stack, s-grid)[gap^=large] { gap: 24px }
  :is(s-stack, s-grid)[alignItems=center] { align-items: center } s-stack[justifyContent=space-between] { justify-content: space-between }
  :is(s-box, s-stack)[padding=base] { padding: 16px } :is(s-box, s-stack)[padding^=small] { padding: 8px } :is(s-box, s-stack)[padding^=large] { padding: 24px }
  :is(s-box, s-stack)[background=subdued] { background: #f7f7f7 } s-box[border] { border: 1px solid #e3e3e3 } s-box[borderRadius] { border-radius: 8px }
  s-heading { font-weight: 650; font-size: 14px } s-paragraph + s-paragraph { margin-top: 8px } s-divider { border-top: 1px solid #e3e3e3; margin: 8px 0 }
  s-text[type=strong] { font-weight: 650 } :is(s-text, s-paragraph)[color=subdued], :is(s-text, s-paragraph)[tone=neutral] { color: #616161 }
  [tone=success] { --ink: #0c5132; --fill: #cdfee1 } [tone=critical] { --ink: #8e1f0b; --fill: #fee9e8 } [tone=warning], [tone=caution] { --ink: #5e4200; --fill: #fff1c7 } [tone=info] { --ink: #00527c; --fill: #e0f0ff }
  :is(s-text, s-paragraph)[tone] { color: var(--ink) } s-badge { display: inline-block; background: var(--fill, #ebebeb); color: var(--ink, #616161); border-radius: 8px; padding: 1px 8px; font-size: 12px; font-weight: 550; white-space: nowrap }
  s-table { display: table; width: 100%; border-collapse: collapse } s-table-header-row, s-table-row { display: table-row } s-table-body { display: table-row-group }
  s-table-header, s-table-cell { display: table-cell; padding: 9px 10px; vertical-align: middle; border-bottom: 1px solid #ebebeb } s-table-header { font-size: 12px; font-weight: 550; color: #616161 }
  s-spinner { display: inline-block; width: 20px; height: 20px; border: 2px solid #ccc; border-top-color: #303030; border-radius: 50%; animation: s-turn .8s linear infinite } @keyframes s-turn { to { rotate: 1turn } }
  @media (max-width: 600px) { s-table-header-row { display: none } s-table, s-table-body, s-table-row, s-table-cell { display: block } s-table-row { border-bottom: 1px solid #ebebeb; padding: 8px 0 } s-table-cell { border: 0; padding: 4px 0 } s-grid { grid-template-columns: 1fr !important } }`;
  document.head.prepend(sheet);

  // Children come after their element while the page is still being read: draw once it is complete.
  const parsed = (work) => document.readyState === "loading" ? document.addEventListener("DOMContentLoaded", work) : work();
  const escape = (text) => String(text ?? "").replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  const CONTROL = "input, select { font: inherit; width: 100%; box-sizing: border-box; padding: 6px 10px; border: 1px solid #8a8a8a; border-radius: 8px; background: #fdfdfd } label { display: grid; gap: 4px }";

  // An element drawn from its attributes: `draw` gives the shadow tree, `live` wires it.
  const define = (name, css, attributes, draw, live = () => {}) => parsed(() => {
    const element = class extends HTMLElement {
      static formAssociated = true;
      static observedAttributes = attributes;
      constructor() { super(); this.internals = this.attachInternals(); this.attachShadow({ mode: "open" }); }
      connectedCallback() { this.redraw(); }
      attributeChangedCallback() { if (this.isConnected) this.redraw(); }
      redraw() { this.shadowRoot.innerHTML = `<style>:host([hidden]) { display: none } ${css}</style>${draw(this, (key) => escape(this.getAttribute(key)))}`; live(this, this.shadowRoot); }
      get value() { return this.control ? this.control.value : this.getAttribute("value") ?? ""; }
      set value(text) { if (this.control) { this.control.value = text; this.internals.setFormValue(text); } else this.setAttribute("value", text); }
    };
    for (const key of ["disabled", "loading", "checked"]) Object.defineProperty(element.prototype, key, { get() { return this.hasAttribute(key); }, set(on) { this.toggleAttribute(key, Boolean(on)); } });
    customElements.define(name, element);
  });

  define("s-page", ":host { display: block; max-width: 998px; margin: 0 auto; padding: 20px 16px 60px } header { display: flex; align-items: center; gap: 8px; margin-bottom: 16px } h1 { font-size: 20px; line-height: 28px; margin: 0 auto 0 0 } .body { display: grid; gap: 16px } :host([inlineSize=large]) { max-width: none }",
    ["heading"], (_, at) => `<header><slot name="breadcrumb-actions"></slot><h1>${at("heading")}</h1><slot name="secondary-actions"></slot><slot name="primary-action"></slot></header><div class="body"><slot></slot><slot name="aside"></slot></div>`);
  define("s-section", ":host { display: block; background: #fff; border-radius: 12px; box-shadow: 0 1px 2px #0002; padding: 16px } :host([padding=none]) { padding: 0; overflow: hidden } h2 { font-size: 14px; margin: 0 0 10px }",
    ["heading"], (element, at) => (element.hasAttribute("heading") ? `<h2>${at("heading")}</h2>` : "") + "<slot></slot>");
  define("s-banner", ":host { display: block; border-radius: 12px; padding: 12px 16px; background: var(--fill, #e0f0ff); color: var(--ink, #00527c) } b { display: block }",
    ["heading"], (element, at) => (element.hasAttribute("heading") ? `<b>${at("heading")}</b>` : "") + "<slot></slot>");
  define("s-link", "a { color: #005bd3; cursor: pointer }", ["href", "target"], (_, at) => `<a href="${at("href")}" target="${at("target")}"><slot></slot></a>`);
  define("s-thumbnail", "img { width: 40px; height: 40px; object-fit: cover; border-radius: 8px; border: 1px solid #e3e3e3; display: block } :host([size=large]) img { width: 80px; height: 80px }", ["src", "alt"], (_, at) => `<img src="${at("src")}" alt="${at("alt")}">`);
  define("s-image", ":host { display: block } img { width: 100%; height: auto; display: block; border-radius: 8px }", ["src", "alt"], (_, at) => `<img src="${at("src")}" alt="${at("alt")}" loading="lazy">`);

  define("s-button", ":host { display: inline-block } a, button { display: inline-block; font: inherit; font-size: 12px; font-weight: 550; padding: 4px 12px; border: 1px solid #ccc; border-radius: 8px; background: #fff; color: #303030; cursor: pointer; text-decoration: none } :host([variant=primary]) :is(a, button) { background: #303030; border-color: #303030; color: #fff } :host([tone=critical]) :is(a, button) { color: #8e1f0b } :host([tone=critical][variant=primary]) :is(a, button) { background: #c70a24; border-color: #c70a24; color: #fff } :host([variant=tertiary]) :is(a, button) { border-color: transparent; background: none } :is(:disabled, [aria-busy=true]) { opacity: .5; cursor: default }",
    ["href", "target", "download", "disabled", "loading", "type"],
    (element, at) => element.hasAttribute("href") && !element.disabled ? `<a href="${at("href")}" target="${at("target")}" ${element.hasAttribute("download") ? "download" : ""}><slot></slot></a>` : `<button type="button" aria-busy="${element.loading}" ${element.disabled || element.loading ? "disabled" : ""}>${element.loading ? "… " : ""}<slot></slot></button>`,
    (element, root) => root.querySelector("button")?.addEventListener("click", () => {
      if (element.getAttribute("type") === "submit") element.internals.form?.requestSubmit();
      if (element.getAttribute("type") === "reset") element.internals.form?.reset();
    }));

  const field = (element, root) => {
    element.control = root.querySelector("input, select");
    const store = () => element.internals.setFormValue(element.control.type === "checkbox" ? (element.control.checked ? element.getAttribute("value") ?? "on" : null) : element.control.value);
    element.control.addEventListener("input", store);
    element.control.addEventListener("change", () => element.dispatchEvent(new Event("change", { bubbles: true })));
    store();
  };
  define("s-text-field", CONTROL, ["label", "value", "placeholder", "disabled"], (_, at) => `<label>${at("label")}<input value="${at("value")}" placeholder="${at("placeholder")}"></label>`, field);
  define("s-select", CONTROL, ["label", "value", "disabled"], (element, at) => `<label>${at("label")}<select>${[...element.querySelectorAll("s-option")].map((option) => `<option value="${escape(option.getAttribute("value"))}" ${option.getAttribute("value") === element.getAttribute("value") || option.hasAttribute("selected") ? "selected" : ""}>${escape(option.textContent)}</option>`).join("")}</select></label>`, field);
  for (const name of ["s-checkbox", "s-switch"]) define(name, "label { display: flex; gap: 8px; align-items: center }", ["label", "checked", "disabled"], (element, at) => `<label><input type="checkbox" ${element.checked ? "checked" : ""} ${element.disabled ? "disabled" : ""}>${at("label")}</label>`, field);
  parsed(() => customElements.define("s-grid", class extends HTMLElement {
    connectedCallback() { this.style.gridTemplateColumns = this.getAttribute("gridTemplateColumns") ?? ""; }
  }));
})();
