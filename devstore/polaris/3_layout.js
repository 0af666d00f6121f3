// Structure: pages, sections, boxes, stacks, grids, and how text looks.

define("s-page", `
  :host { display: block; max-width: 998px; margin: 0 auto; padding: 0 24px 48px; container-type: inline-size } :host([inlinesize=large]) { max-width: none } :host([inlinesize=small]) { max-width: 662px }
  .head { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 12px; padding: 20px 0 16px }
  .head slot { display: flex; align-items: center; gap: 8px } .head slot:not(.filled) { display: none } .actions { display: flex; flex-wrap: wrap; align-items: center; gap: 8px; margin-inline-start: auto }
  h1 { margin: 0; font-size: 20px; line-height: 24px; font-weight: 650; letter-spacing: -.2px; overflow-wrap: anywhere }
  .body { display: grid; gap: 16px } .main, .aside { display: grid; gap: 16px; align-content: start; min-width: 0 } .aside, .start { display: none } :is(.aside, .start):has(> .filled) { display: grid }
  @media (min-width: 800px) { .body.two { grid-template-columns: minmax(0, 2fr) minmax(0, 1fr) } }
  @media (max-width: 500px) { :host { padding: 0 0 32px } .head { padding: 16px } .actions { margin-inline-start: 0 } }`,
  ["heading", "inlineSize"], class extends PolarisElement {
    build() {
      return `<div class="head"><slot name="breadcrumb-actions"></slot><h1></h1><slot name="accessory"></slot>
        <div class="actions"><slot name="secondary-actions"></slot><slot name="primary-action"></slot></div></div>
        <div class="body"><div class="main"><div class="start"><slot name="supplemental-start"></slot></div><slot></slot></div><div class="aside"><slot name="aside"></slot></div></div>`;
    }
    start() {
      this.root.addEventListener("slotchange", ({ target }) => {
        const isFilled = target.assignedElements().length > 0;
        target.classList.toggle("filled", isFilled);
        if (target.name === "aside") this.find(".body").classList.toggle("two", isFilled);
      });
    }
    update() {
      this.find("h1").textContent = this.getAttribute("heading") ?? "";
      this.find("h1").hidden = !this.getAttribute("heading");
    }
  });

define("s-section", `
  :host { display: block; background: #fff; border-radius: 12px; box-shadow: 0 1px 0 #1a1a1a12, 0 0 0 1px #00000014; padding: 16px; min-width: 0 }
  :host([padding=none]) { padding: 0; overflow: hidden } :host([padding=none]) .head { padding: 16px 16px 0 }
  :host([data-nested]) { background: none; border-radius: 0; box-shadow: none; padding: 0 }
  .head { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 8px; margin-bottom: 12px } .titles { flex: 1 1 auto; min-width: 0 } .title { display: flex; align-items: center; gap: 8px }
  h2, h3, h4 { margin: 0; font-size: 14px; line-height: 20px; font-weight: 650 } :host([data-nested]) :is(h3, h4) { font-size: 13px } .sub { color: #616161 }
  .actions { display: flex; align-items: center; gap: 8px } .body { display: grid; gap: 12px; grid-template-columns: minmax(0, 1fr) }
  @media (max-width: 500px) { :host(:not([data-nested])) { border-radius: 0 } }`,
  ["heading", "subheading", "padding", "accessibilityLabel"], class extends PolarisElement {
    build() {
      const level = isInside(this, "s-section, s-modal") ? (isInside(this.parentElement.closest("s-section, s-modal"), "s-section, s-modal") ? 4 : 3) : 2;
      return `<div class="wrap"><div class="head"><div class="titles"><div class="title"><slot name="graphic"></slot><h${level} id="title"></h${level}><slot name="accessory"></slot></div><div class="sub"></div></div>
        <slot name="supplemental"></slot><div class="actions"><slot name="secondary-actions"></slot><slot name="primary-action"></slot></div></div><div class="body"><slot></slot></div></div>`;
    }
    update() {
      this.toggleAttribute("data-nested", isInside(this, "s-section, s-modal, s-popover"));
      this.find("#title").textContent = this.getAttribute("heading") ?? "";
      this.find(".sub").textContent = this.getAttribute("subheading") ?? "";
      this.find(".head").hidden = !this.getAttribute("heading");
      this.set(".wrap", "role", this.getAttribute("accessibilitylabel") ? "region" : null);
      this.set(".wrap", "aria-label", this.getAttribute("accessibilitylabel"));
    }
  });

const BOX_ATTRIBUTES = [
  "background", "border", "borderWidth", "borderStyle", "borderColor", "borderRadius", "padding", "paddingBlock", "paddingBlockStart", "paddingBlockEnd",
  "paddingInline", "paddingInlineStart", "paddingInlineEnd", "display", "blockSize", "minBlockSize", "maxBlockSize", "inlineSize", "minInlineSize",
  "maxInlineSize", "overflow", "accessibilityRole", "accessibilityLabel", "accessibilityVisibility",
];
const KEBAB = (name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const LINE = { base: "#e3e3e3", strong: "#8a8a8a", subdued: "#ebebeb" };
const WIDTH = { none: "0", "small-100": "0.5px", small: "1px", base: "1px", large: "2px", "large-100": "3px", "large-200": "4px" };

/** The CSS for the attributes that boxes, stacks, grids and clickables share. */
function boxStyle(element) {
  const value = (name) => element.getAttribute(name.toLowerCase());
  const rules = [];
  const add = (property, given, convert) => given && rules.push(declared(property, given, convert));
  add("background", value("background"), (each) => BACKGROUND[each] ?? "transparent");
  add("border-radius", value("borderRadius"), lengths(RADIUS));
  for (const name of BOX_ATTRIBUTES.slice(6, 13)) add(KEBAB(name), value(name), space);
  for (const name of BOX_ATTRIBUTES.slice(14, 21)) add(KEBAB(name), value(name));
  if (value("display") && value("display") !== "auto") add("display", value("display"), (each) => (each === "auto" ? "block" : each));
  const [width, colour, style] = (value("border") ?? "").split(/\s+/);
  if (width) rules.push(`:host { border: ${WIDTH[value("borderWidth") ?? width] ?? "1px"} ${value("borderStyle") ?? style ?? "solid"} ${LINE[value("borderColor") ?? colour] ?? LINE.base} }`);
  return rules.join(" ");
}

/** An element whose attributes become the style of its host, by `style`. */
class Styled extends PolarisElement {
  build() { return '<style id="own"></style><slot></slot>'; }
  update() {
    this.find("#own").textContent = this.hostStyle();
    for (const [name, attribute] of [["role", "accessibilityrole"], ["ariaLabel", "accessibilitylabel"]]) {
      if (this.getAttribute(attribute) && this.getAttribute(attribute) !== "generic") this.internals[name] = this.getAttribute(attribute);
    }
    this.internals.ariaHidden = this.getAttribute("accessibilityvisibility") === "hidden" ? "true" : null;
  }
  hostStyle() { return boxStyle(this); }
}

define("s-box", ":host { display: block; min-width: 0 }", BOX_ATTRIBUTES, class extends Styled {});

define("s-stack", ":host { display: flex; min-width: 0 } :host([accessibilityvisibility=exclusive]) { position: absolute; width: 1px; height: 1px; overflow: hidden }",
  [...BOX_ATTRIBUTES, "direction", "gap", "rowGap", "columnGap", "justifyContent", "alignItems", "alignContent"], class extends Styled {
    hostStyle() {
      const value = (name) => this.getAttribute(name.toLowerCase());
      const direction = declared("flex-direction", value("direction") ?? "block", (each) => (each === "inline" ? "row" : "column"));
      const rules = [boxStyle(this), direction, declared("flex-wrap", value("direction") ?? "block", (each) => (each === "inline" ? "wrap" : "nowrap"))];
      for (const name of ["gap", "rowGap", "columnGap"]) if (value(name)) rules.push(declared(KEBAB(name), value(name), space));
      for (const name of ["justifyContent", "alignItems", "alignContent"]) if (value(name)) rules.push(declared(KEBAB(name), value(name)));
      return rules.join(" ");
    }
  });

define("s-grid", ":host { display: grid; min-width: 0 }",
  [...BOX_ATTRIBUTES, "gap", "rowGap", "columnGap", "gridTemplateColumns", "gridTemplateRows", "alignItems", "justifyItems", "placeItems", "alignContent", "justifyContent", "placeContent"],
  class extends Styled {
    hostStyle() {
      const value = (name) => this.getAttribute(name.toLowerCase());
      const rules = [boxStyle(this)];
      for (const name of ["gap", "rowGap", "columnGap"]) if (value(name)) rules.push(declared(KEBAB(name), value(name), space));
      for (const name of ["gridTemplateColumns", "gridTemplateRows", "alignItems", "justifyItems", "placeItems", "alignContent", "justifyContent", "placeContent"]) {
        if (value(name)) rules.push(declared(KEBAB(name), value(name)));
      }
      return rules.join(" ");
    }
  });

define("s-grid-item", ":host { display: block; min-width: 0 }", [...BOX_ATTRIBUTES, "gridColumn", "gridRow"], class extends Styled {
  hostStyle() {
    const placed = ["gridColumn", "gridRow"].filter((name) => this.getAttribute(name.toLowerCase()));
    return [boxStyle(this), ...placed.map((name) => declared(KEBAB(name), this.getAttribute(name.toLowerCase())))].join(" ");
  }
});

define("s-query-container", ":host { display: block; container-type: inline-size }", ["containerName"], class extends Styled {
  hostStyle() { return this.getAttribute("containername") ? `:host { container-name: ${this.getAttribute("containername")} }` : ""; }
});

drawn("s-divider", `
  :host { display: block; border-block-start: 1px solid #e3e3e3 } :host([direction=block]) { align-self: stretch; border-block-start: 0; border-inline-start: 1px solid #e3e3e3 } :host([color=strong]) { border-color: #8a8a8a }`,
  ["direction", "color"], () => '<span role="separator"></span>');

const TONES = Object.entries(INK).filter(([tone]) => tone !== "auto").map(([tone, ink]) => `:host([tone=${tone}]) { color: ${ink} }`).join(" ");
const SIZES = Object.entries({ "small-200": 11, "small-100": 11, small: 12, base: 13, large: 14, "large-100": 16, "large-200": 20, "large-300": 24, "large-400": 30 })
  .map(([size, px]) => `:host([fontsize="${size}"]) { font-size: ${px}px; line-height: 1.4 }`).join(" ");
const WEIGHTS = Object.entries({ base: 450, medium: 550, semibold: 650, bold: 700 }).map(([name, weight]) => `:host([fontweight=${name}]) { font-weight: ${weight} }`).join(" ");
const TEXT_STYLE = `${TONES} ${SIZES} ${WEIGHTS} :host([color=subdued]) { color: #616161 } :host([fontvariantnumeric=tabular-nums]) { font-variant-numeric: tabular-nums }
  :host([accessibilityvisibility=exclusive]) { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
  :host([lineclamp]) { display: -webkit-box; -webkit-box-orient: vertical; overflow: hidden }`;
const TEXT_ATTRIBUTES = ["color", "tone", "fontSize", "fontWeight", "accessibilityVisibility"];

const clamped = (element) => `<style>:host { -webkit-line-clamp: ${Number(element.getAttribute("lineclamp")) || "none"} }</style>`;
drawn("s-paragraph", `:host { display: block; margin: 0; text-wrap: pretty } ${TEXT_STYLE}`, [...TEXT_ATTRIBUTES, "fontVariantNumeric", "lineClamp"], (element) => `${clamped(element)}<slot></slot>`);
drawn("s-text", `:host { display: inline } :host([type=strong]) { font-weight: 650 } :host([type=redundant]) { color: #616161; text-decoration: line-through } :host([type=address]) { font-style: normal } ${TEXT_STYLE}`,
  [...TEXT_ATTRIBUTES, "fontVariantNumeric", "type", "interestFor"], (element) => {
    const tag = { strong: "strong", address: "address", redundant: "s" }[element.getAttribute("type")] ?? "span";
    return `<${tag} style="all: unset; font: inherit"><slot></slot></${tag}>`;
  });
drawn("s-number", `:host { display: inline; font-variant-numeric: tabular-nums } ${TEXT_STYLE}`, TEXT_ATTRIBUTES, () => "<slot></slot>");
drawn("s-heading", `:host { display: block; font-size: 14px; line-height: 20px; font-weight: 650 } h2, h3 { margin: 0; font: inherit } ${TEXT_STYLE}`, ["fontSize", "accessibilityRole", "accessibilityVisibility", "lineClamp"], (element) => {
  const level = isInside(element, "s-section, s-modal") ? 3 : 2;
  return `${clamped(element)}<h${level}><slot></slot></h${level}>`;
});
define("s-unordered-list", ":host { display: block; padding-inline-start: 20px; list-style: disc }", [], class extends Styled {
  update() { this.internals.role = "list"; }
});
define("s-ordered-list", ":host { display: block; padding-inline-start: 20px; list-style: decimal }", [], class extends Styled {
  update() { this.internals.role = "list"; }
});
define("s-list-item", ":host { display: list-item; margin-block: 2px }", [], class extends Styled {
  update() { this.internals.role = "listitem"; }
});
