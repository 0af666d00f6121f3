// A replacement for Shopify's Polaris web components: the elements that this app uses, similar in look and attributes.
(() => {
  const sheet = document.createElement("style");
  sheet.textContent = `
  body { margin: 0; background: #f1f1f1; color: #303030; font: 13px/20px Inter, system-ui, sans-serif }
  s-app-nav { display: none }
  s-paragraph { display: block } s-paragraph + s-paragraph { margin-top: 8px } s-paragraph[color=subdued] { color: #616161 }
  s-badge { display: inline-block; background: var(--fill, #ebebeb); color: var(--ink, #616161) }
  s-badge { border-radius: 8px; padding: 1px 8px; font-size: 12px; font-weight: 550; white-space: nowrap }
  [tone=success] { --ink: #0c5132; --fill: #cdfee1 } [tone=critical] { --ink: #8e1f0b; --fill: #fee9e8 }
  [tone=warning] { --ink: #5e4200; --fill: #fff1c7 } [tone=info] { --ink: #00527c; --fill: #e0f0ff }
  s-table { display: table; width: 100%; border-collapse: collapse }
  s-table-header-row, s-table-row { display: table-row } s-table-body { display: table-row-group }
  s-table-header, s-table-cell { display: table-cell; padding: 9px 10px; vertical-align: middle }
  s-table-header, s-table-cell { border-bottom: 1px solid #ebebeb }
  s-table-header { font-size: 12px; font-weight: 550; color: #616161 }
  @media (max-width: 600px) {
    s-table, s-table-body, s-table-row, s-table-cell { display: block } s-table-header-row { display: none }
    s-table-row { border-bottom: 1px solid #ebebeb; padding: 8px 0 } s-table-cell { border: 0; padding: 4px 0 }
  }`;
  document.head.prepend(sheet);

  const escape = (text) => (text ?? "").replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

  // Define an element that is rendered from its attributes: `draw` returns the shadow tree, `live` adds its behaviour.
  const define = (name, css, attributes, draw, live = () => {}) => customElements.define(name, class extends HTMLElement {
    static formAssociated = true;
    static observedAttributes = attributes;
    internals = this.attachInternals();
    root = this.attachShadow({ mode: "open" });
    connectedCallback() { this.redraw(); }
    attributeChangedCallback() { if (this.isConnected) this.redraw(); }
    redraw() {
      this.root.innerHTML = `<style>${css}</style>` + draw(this, (key) => escape(this.getAttribute(key)));
      live(this, this.root);
    }
  });

  const box = (name, tag, css) => define(name, css, ["heading"], (_, at) =>
    `<${tag}>${at("heading")}</${tag}><slot></slot><slot name="secondary-actions"></slot>`);
  box("s-page", "h1", `
    :host { display: grid; gap: 16px; max-width: 998px; margin: 0 auto; padding: 20px 16px 60px }
    h1 { font-size: 20px; line-height: 28px; margin: 0 }`);
  box("s-section", "h2", `
    :host { display: block; background: #fff; border-radius: 12px; box-shadow: 0 1px 2px #0002; padding: 16px }
    h2 { font-size: 14px; margin: 0 0 10px }`);
  box("s-banner", "b", `
    :host { display: block; border-radius: 12px; padding: 12px 16px; background: var(--fill); color: var(--ink) }
    b { display: block } slot[name]::slotted(*) { margin-top: 8px }`);

  const action = (element, at) => {
    const download = element.hasAttribute("download") ? "download" : "";
    if (element.hasAttribute("href")) return `<a href="${at("href")}" target="${at("target")}" ${download}><slot></slot></a>`;
    const loading = element.hasAttribute("loading");
    return `<button type="button" ${loading ? "disabled" : ""}>${loading ? "… " : ""}<slot></slot></button>`;
  };
  define("s-button", `
    :host { display: inline-block }
    a, button { display: inline-block; font: inherit; font-size: 12px; font-weight: 550; padding: 4px 12px }
    a, button { white-space: nowrap }
    a, button { border: 1px solid #ccc; border-radius: 8px; background: #fff; color: #303030; cursor: pointer }
    a { text-decoration: none } :disabled { opacity: .5; cursor: default }
    :host([variant=primary]) :is(a, button) { background: #303030; border-color: #303030; color: #fff }
    :host([variant=tertiary]) :is(a, button) { border-color: transparent; background: none }`,
    ["href", "target", "download", "loading"], action,
    (element, root) => root.querySelector("button")?.addEventListener("click", () => {
      if (element.getAttribute("type") === "submit") element.internals.form.requestSubmit();
    }));
})();
