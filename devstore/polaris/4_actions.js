// Buttons, links and what they lead to.

/** Do what a button or link is for: run its command, or submit or reset its form. */
function activate(element, event) {
  const target = element.getAttribute("commandfor") && document.getElementById(element.getAttribute("commandfor"));
  if (target) {
    event.preventDefault();
    command(target, element.getAttribute("command") ?? "--auto", element);
  } else if (element.getAttribute("type") === "submit") {
    element.internals.form?.requestSubmit();
  } else if (element.getAttribute("type") === "reset") {
    element.internals.form?.reset();
  }
}

function command(target, name, source) {
  if (name === "--copy") return navigator.clipboard?.writeText(target.value ?? target.textContent);
  const method = { "--show": "showOverlay", "--hide": "hideOverlay", "--toggle": "toggleOverlay", "--auto": "toggleOverlay" }[name];
  return target[method]?.(source);
}

/** The link or button in the shadow tree of an element that acts. */
class Action extends PolarisElement {
  build() {
    return '<a id="act"><slot></slot></a>';
  }
  start() {
    this.root.addEventListener("click", (event) => {
      if (this.has("disabled") || this.has("loading")) {
        event.preventDefault();
        event.stopImmediatePropagation();
      } else if (event.target.closest("#act")) activate(this, event);
    });
  }
  update() {
    const isLink = this.hasAttribute("href");
    let act = this.find("#act");
    if ((act.localName === "a") !== isLink) {
      const other = document.createElement(isLink ? "a" : "button");
      other.id = "act";
      other.append(...act.childNodes);
      act.replaceWith(other);
      act = other;
    }
    const isBusy = this.has("loading") || this.has("disabled");
    for (const name of ["href", "target", "download"]) this.set("#act", name, isLink && this.hasAttribute(name) ? this.getAttribute(name) || true : null);
    this.set("#act", "rel", this.getAttribute("target") === "_blank" ? "noopener" : null);
    this.set("#act", "type", isLink ? null : "button");
    this.set("#act", "disabled", !isLink && isBusy);
    this.set("#act", "aria-disabled", isLink && isBusy ? "true" : null);
    this.set("#act", "aria-busy", this.has("loading") ? "true" : null);
    this.set("#act", "aria-label", this.getAttribute("accessibilitylabel"));
    this.set("#act", "role", isInside(this, "s-menu") ? "menuitem" : null);
    const target = this.getAttribute("commandfor") && document.getElementById(this.getAttribute("commandfor"));
    this.set("#act", "aria-haspopup", { "s-menu": "menu", "s-popover": "dialog", "s-modal": "dialog" }[target?.localName]);
  }
  click() { this.find("#act").click(); }
}

const LEAD_ATTRIBUTES = ["href", "accessibilityLabel", "commandFor", "command", "interestFor"];
const ACTION_ATTRIBUTES = [...LEAD_ATTRIBUTES, "target", "download", "lang", "type", "disabled", "loading"];

define("s-button", `
  :host { display: inline-block; justify-self: start; vertical-align: middle; max-width: 100% } :host([inlinesize=fill]) { display: block; justify-self: stretch }
  #act { display: inline-flex; align-items: center; justify-content: var(--p-justify, center); gap: 4px; width: var(--p-width, 100%); min-height: 28px; padding: 4px 12px; border: 0; border-radius: 8px; cursor: pointer; text-decoration: none; position: relative;
    font: var(--p-weight, 550) var(--p-size, 12px)/16px ${FONT}; background: var(--p-fill, #fff); color: var(--p-ink, #303030); box-shadow: var(--p-edge, inset 0 -1px 0 #b5b5b5, inset 0 0 0 1px #0000001a, inset 0 .5px 0 1.5px #fff) }
  #act:hover { background: var(--p-hover, #f7f7f7) } #act:active { background: #ebebeb; box-shadow: inset 0 1px 2px #00000040, inset 0 0 0 1px #0000001a }
  .icon { margin-inline: -4px -2px } #act.bare { padding: 4px; min-width: 28px } #act.bare .icon { margin: 0 }
  :host([variant=primary]) #act { background: #303030; color: #fff; box-shadow: inset 0 -1px 0 1px #000000cc, inset 0 0 0 1px #303030, inset 0 .5px 0 1.5px #ffffff40 } :host([variant=primary]) #act:hover { background: #1a1a1a } :host([variant=primary]) #act:active { background: #1a1a1a; box-shadow: inset 0 3px 0 #000 }
  :host([tone=critical]) #act { color: var(--p-critical, #8e0b21) } :host([variant=primary][tone=critical]) #act { background: #c70a24; color: #fff; box-shadow: inset 0 -1px 0 1px #8e0b21cc, inset 0 0 0 1px #c70a24, inset 0 .5px 0 1.5px #ffffff59 } :host([variant=primary][tone=critical]) #act:hover { background: #a3081d }
  :host([variant=tertiary]) #act { background: none; box-shadow: none } :host([variant=tertiary]) #act:hover { background: #0000000d } :host([variant=tertiary]) #act:active { background: #00000014 }
  #act:is(:disabled, [aria-disabled]) { cursor: default } #act:is(:disabled, [aria-disabled]):not([aria-busy]) { background: #00000008; color: #a3a3a3; box-shadow: inset 0 0 0 1px #0000000a } :host([variant=primary]) #act:is(:disabled, [aria-disabled]):not([aria-busy]) { background: #00000026; color: #fff; box-shadow: none } :host([variant=tertiary]) #act:is(:disabled, [aria-disabled]):not([aria-busy]) { background: none; box-shadow: none }
  #wait { display: none } [aria-busy] > :not(#wait) { opacity: 0 } [aria-busy] > #wait { display: grid; place-items: center; position: absolute; inset: 0 } @media (max-width: 500px) { #act { min-height: 32px } }`,
  [...ACTION_ATTRIBUTES, "variant", "tone", "icon", "inlineSize"], class extends Action {
    static formAssociated = true;
    build() {
      return `<a id="act"><span id="icon"></span><span id="text"><slot></slot></span><span id="wait">${spinner(16)}</span></a>`;
    }
    start() {
      super.start();
      this.find("slot").addEventListener("slotchange", () => this.measure());
    }
    update() {
      super.update();
      this.find("#icon").innerHTML = icon(this.getAttribute("icon"));
      this.find("#icon").hidden = !this.getAttribute("icon");
      this.measure();
    }
    measure() {
      const isBare = Boolean(this.getAttribute("icon")) && !this.textContent.trim();
      this.find("#act").classList.toggle("bare", isBare);
      this.find("#text").hidden = isBare;
    }
  });

define("s-link", `
  :host { display: inline } #act { color: #005bd3; text-decoration: underline; text-underline-offset: 2px; cursor: pointer; background: none; border: 0; padding: 0; font: inherit } #act:hover { color: #004299 }
  :host([tone=critical]) #act { color: #8e0b21 } :host([tone=neutral]) #act { color: inherit }
  :host([slot=breadcrumb-actions]) #act { display: grid; place-items: center; width: 28px; height: 28px; border-radius: 8px; color: #4a4a4a; text-decoration: none } :host([slot=breadcrumb-actions]) #act:hover { background: #0000000d } #back { display: none } :host([slot=breadcrumb-actions]) #back { display: block } :host([slot=breadcrumb-actions]) #text { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }`,
  [...LEAD_ATTRIBUTES, "target", "download", "lang", "tone"], class extends Action {
    build() { return `<a id="act"><span id="back">${icon("arrow-left")}</span><span id="text"><slot></slot></span></a>`; }
  });

define("s-clickable", `
  :host { display: block; border-radius: 8px; min-width: 0 } #act { display: block; width: 100%; padding: 0; border: 0; border-radius: inherit; background: none; color: inherit; text-align: start; text-decoration: none; cursor: pointer } :host(:hover) { filter: brightness(.97) } #act:disabled { cursor: default; opacity: .6 }`,
  [...ACTION_ATTRIBUTES, ...BOX_ATTRIBUTES], class extends Action {
    static formAssociated = true;
    build() { return '<style id="own"></style><a id="act"><slot></slot></a>'; }
    update() {
      super.update();
      this.find("#own").textContent = boxStyle(this).replaceAll(/:host( \{ padding)/g, "#act$1");
    }
  });

define("s-button-group", ":host { display: flex; flex-wrap: wrap; align-items: center; gap: 8px } :host([gap=none]) { gap: 0 }", ["gap", "accessibilityLabel"], class extends PolarisElement {
  build() { return '<slot></slot><slot name="secondary-actions"></slot><slot name="primary-action"></slot>'; }
  update() {
    this.internals.role = "group";
    this.internals.ariaLabel = this.getAttribute("accessibilitylabel");
  }
});

const CHIP_STYLE = `
  :host { display: inline-flex; max-width: 100% } .chip { display: inline-flex; align-items: center; gap: 4px; min-height: 24px; padding: 2px 10px; border-radius: 8px; background: #ebebeb; color: #303030; font: 450 12px/16px ${FONT} } :host([color=subdued]) .chip { background: #f3f3f3; color: #616161 } :host([color=strong]) .chip { background: #d4d4d4 }
  .chip button { display: grid; padding: 0; border: 0; background: none; cursor: pointer; border-radius: 4px } .chip button .icon { width: 16px; height: 16px }`;
const removeButton = (element) => (element.has("removable") ? `<button type="button" aria-label="Remove ${escape(element.textContent.trim())}">${icon("x")}</button>` : "");

define("s-chip", CHIP_STYLE, ["color", "accessibilityLabel", "removable"], class extends PolarisElement {
  build() { return '<span class="chip"><slot name="graphic"></slot><slot></slot><span id="remove"></span></span>'; }
  start() {
    this.find("#remove").addEventListener("click", () => this.emit("remove"));
  }
  update() { this.find("#remove").innerHTML = removeButton(this); }
});
define("s-clickable-chip", `${CHIP_STYLE} .chip { gap: 6px } #act { all: unset; cursor: pointer } #act:focus-visible { outline: 2px solid #005bd3; outline-offset: 2px; border-radius: 4px } :host(:hover) .chip { background: #e3e3e3 }`,
  [...LEAD_ATTRIBUTES, "disabled", "color", "removable"], class extends Action {
    build() { return '<span class="chip"><slot name="graphic"></slot><a id="act"><slot></slot></a><span id="remove"></span></span>'; }
    start() {
      super.start();
      this.find("#remove").addEventListener("click", () => this.emit("remove"));
    }
    update() {
      super.update();
      this.find("#remove").innerHTML = removeButton(this);
    }
  });
