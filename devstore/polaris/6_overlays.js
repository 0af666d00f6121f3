// What opens over the page: modals, popovers, menus and tooltips.

define("s-modal", `
  :host { display: contents } dialog { width: min(620px, calc(100vw - 32px)); max-height: min(calc(100dvh - 64px), 720px); padding: 0; border: 0; border-radius: 16px; overflow: hidden; color: #303030; box-shadow: 0 20px 40px #0003, 0 0 0 1px #00000014 } dialog[open] { display: flex; flex-direction: column; outline: 0 } dialog::backdrop { background: #000000b3 }
  :host([size^=small]) dialog { width: min(380px, calc(100vw - 32px)) } :host([size^=large]) dialog { width: min(980px, calc(100vw - 32px)) }
  header { display: flex; align-items: center; justify-content: space-between; gap: 12px; padding: 12px 16px; background: #f3f3f3; border-bottom: 1px solid #e3e3e3 } h2 { margin: 0; font-size: 14px; line-height: 20px; font-weight: 650 } .close { display: grid; padding: 4px; border: 0; border-radius: 8px; background: none; cursor: pointer } .close:hover { background: #e3e3e3 }
  .body { display: grid; gap: 12px; grid-template-columns: minmax(0, 1fr); padding: 16px; overflow: auto; flex: 1 } :host([padding=none]) .body { padding: 0 } footer { display: flex; justify-content: flex-end; gap: 8px; padding: 12px 16px; border-top: 1px solid #e3e3e3 } footer.none { display: none }
  @media (max-width: 500px) { dialog { width: 100vw !important; max-width: none; max-height: calc(100dvh - 40px); margin: auto 0 0; border-radius: 16px 16px 0 0 } }`,
  ["heading", "size", "padding", "accessibilityLabel"], class extends PolarisElement {
    build() {
      return `<dialog autofocus><header><h2></h2><button class="close" type="button" aria-label="Close">${icon("x")}</button></header><div class="body"><slot></slot></div>
        <footer class="none"><slot name="secondary-actions"></slot><slot name="primary-action"></slot></footer></dialog>`;
    }
    start() {
      const dialog = this.find("dialog");
      this.find(".close").addEventListener("click", () => this.hideOverlay());
      dialog.addEventListener("click", (event) => event.target === dialog && this.hideOverlay()); // the backdrop
      dialog.addEventListener("close", () => {
        this.dispatchEvent(new Event("hide"));
        this.dispatchEvent(new Event("afterhide"));
      });
      this.root.addEventListener("slotchange", () => {
        const actions = [...this.root.querySelectorAll("footer slot")].flatMap((slot) => slot.assignedElements());
        this.find("footer").classList.toggle("none", !actions.length);
      });
    }
    update() {
      this.find("h2").textContent = this.getAttribute("heading") ?? "";
      this.set("dialog", "aria-label", this.getAttribute("accessibilitylabel") ?? this.getAttribute("heading"));
    }
    disconnectedCallback() {
      if (this.find("dialog").open) this.hideOverlay();
    }
    showOverlay() {
      if (this.find("dialog").open) return;
      this.find("dialog").showModal();
      this.dispatchEvent(new Event("show"));
      this.dispatchEvent(new Event("aftershow"));
    }
    hideOverlay() { this.find("dialog").close(); }
    toggleOverlay() { return this.find("dialog").open ? this.hideOverlay() : this.showOverlay(); }
  });

/** Something that opens beside the element that opened it, and closes by Escape or a click elsewhere. */
class Beside extends PolarisElement {
  build() { return `<div id="layer" popover role="${this.layerRole}"><slot></slot></div>`; }
  layerRole = "dialog";
  opener = null;
  start() {
    this.find("#layer").addEventListener("toggle", ({ newState }) => {
      const isOpen = newState === "open";
      this.opener?.set?.("#act", "aria-expanded", String(isOpen));
      for (const type of isOpen ? ["show", "aftershow"] : ["hide", "afterhide"]) this.dispatchEvent(new Event(type));
      if (isOpen) this.opened();
    });
  }
  opened() {}
  showOverlay(opener = document.activeElement) {
    this.opener = opener;
    const layer = this.find("#layer");
    if (layer.matches(":popover-open")) return;
    layer.showPopover();
    place(layer, opener);
  }
  hideOverlay() { this.find("#layer").hidePopover(); }
  toggleOverlay(opener) { return this.find("#layer").matches(":popover-open") ? this.hideOverlay() : this.showOverlay(opener); }
}

/** Put a layer below the element that it belongs to, or above it where there is no room. */
function place(layer, anchor) {
  const at = anchor.getBoundingClientRect();
  const { width, height } = layer.getBoundingClientRect();
  const top = at.bottom + 4 + height > innerHeight && at.top > height ? at.top - height - 4 : at.bottom + 4;
  Object.assign(layer.style, { left: `${Math.max(8, Math.min(at.left, innerWidth - width - 8))}px`, top: `${top}px` });
}

const LAYER = "#layer { position: fixed; inset: auto; margin: 0; padding: 0; border: 0; border-radius: 12px; background: #fff; color: #303030; box-shadow: 0 4px 12px #00000033, 0 0 0 1px #00000014; overflow: auto; max-width: calc(100vw - 16px) } :host { display: contents }";

define("s-popover", `${LAYER} #layer { min-width: 160px }`, ["inlineSize", "minInlineSize", "maxInlineSize", "blockSize", "minBlockSize", "maxBlockSize"], class extends Beside {
  update() {
    for (const name of ["inlineSize", "minInlineSize", "maxInlineSize", "blockSize", "minBlockSize", "maxBlockSize"]) {
      if (this.getAttribute(name.toLowerCase())) this.find("#layer").style[name] = this.getAttribute(name.toLowerCase());
    }
  }
});

define("s-menu", `${LAYER} #layer { min-width: 160px; padding: 6px } slot { display: grid; --p-width: 100%; --p-justify: flex-start; --p-fill: none; --p-edge: none; --p-weight: 450; --p-size: 13px; --p-hover: #f1f1f1 } ::slotted(s-button) { display: block !important }`,
  ["accessibilityLabel"], class extends Beside {
    layerRole = "menu";
    start() {
      super.start();
      this.addEventListener("click", (event) => event.target.closest("s-button") && this.hideOverlay());
      this.addEventListener("keydown", (event) => {
        const items = [...this.querySelectorAll("s-button")];
        const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        if (!step) return;
        event.preventDefault();
        items[(items.indexOf(document.activeElement) + step + items.length) % items.length]?.focus();
      });
    }
    update() { this.set("#layer", "aria-label", this.getAttribute("accessibilitylabel") ?? "Actions"); }
    opened() { this.querySelector("s-button")?.focus(); }
  });

define("s-tooltip", `${LAYER} #layer { padding: 4px 8px; border-radius: 8px; max-width: 240px; pointer-events: none }`, [], class extends Beside {
  build() { return '<div id="layer" popover="manual" role="tooltip"><slot></slot></div>'; }
});

// An element with interestFor shows its tooltip while the pointer or keyboard focus is on it.
let interest = null;
const interested = ({ target }) => {
  const source = target.closest?.("[interestfor]");
  const tooltip = source && document.getElementById(source.getAttribute("interestfor"));
  if (interest && interest !== tooltip) interest.hideOverlay();
  interest = tooltip?.localName === "s-tooltip" ? tooltip : null;
  interest?.showOverlay(source);
  if (interest) source.set?.("#act", "aria-description", interest.textContent.trim());
};
for (const type of ["pointerover", "focusin"]) document.addEventListener(type, interested);
document.addEventListener("focusout", () => interested({ target: document }));
document.addEventListener("keydown", ({ key }) => key === "Escape" && interested({ target: document }));
