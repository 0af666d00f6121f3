// What tells how things are: badges, banners, progress, pictures and empty states.

const BADGES = {
  auto: ["#ebebeb", "#616161"], neutral: ["#ebebeb", "#616161"], info: ["#d5ebff", "#003a5a"], success: ["#affebf", "#014b40"],
  caution: ["#fff8db", "#4f4700"], warning: ["#ffd6a4", "#5e4200"], critical: ["#fedad9", "#8e0b21"],
};
const STRONG = { auto: "#616161", neutral: "#616161", info: "#005bd3", success: "#047b5d", caution: "#ffe600", warning: "#ffb800", critical: "#c70a24" };

drawn("s-badge", ":host { display: inline-block; vertical-align: middle; max-width: 100% } span { display: inline-flex; align-items: center; gap: 4px; padding: 2px 8px; border-radius: 8px; font: 550 12px/16px " + FONT + "; white-space: nowrap } :host([size=large]) span { padding: 4px 10px } .icon { width: 16px; height: 16px }",
  ["tone", "color", "icon", "size"], (element, at) => {
    const tone = at("tone") in BADGES ? at("tone") : "auto";
    const isStrong = at("color") === "strong";
    const ink = isStrong ? (["caution", "warning"].includes(tone) ? "#251a00" : "#fff") : BADGES[tone][1];
    return `<span style="background: ${isStrong ? STRONG[tone] : BADGES[tone][0]}; color: ${ink}">${icon(at("icon"))}<slot></slot></span>`;
  });

const BANNERS = {
  auto: ["#e3e3e3", "#303030", "info", "#f7f7f7"], info: ["#91d0ff", "#001f33", "info", "#eaf4ff"], success: ["#047b5d", "#fff", "check-circle", "#e3fdec"],
  warning: ["#ffb800", "#251a00", "alert-triangle", "#fff1e3"], critical: ["#c70a24", "#fff", "alert-circle", "#fee8eb"],
};

define("s-banner", `
  :host { display: block; border-radius: 12px; overflow: hidden; background: #fff; box-shadow: 0 1px 0 #1a1a1a12, 0 0 0 1px #00000014 }
  .strip { display: flex; align-items: center; gap: 8px; min-height: 40px; padding: 8px 12px } .strip b { flex: 1; font-weight: 650; font-size: 13px; line-height: 20px } .strip .icon, .bare .icon { flex: none }
  .body { display: grid; gap: 12px; padding: 12px } .body.bare { grid-template-columns: auto 1fr } .body.empty { display: none } .actions { display: flex; gap: 8px; flex-wrap: wrap } .actions.none { display: none }
  button { display: grid; padding: 2px; border: 0; border-radius: 6px; background: none; color: inherit; cursor: pointer } .content { display: grid; gap: 12px; min-width: 0 }
  :host([data-in-section]) { box-shadow: none }`,
  ["tone", "heading", "dismissible"], class extends PolarisElement {
    build() {
      return `<div id="box"><div class="strip"><span id="icon"></span><b></b><button type="button" aria-label="Dismiss notification">${icon("x")}</button></div>
        <div class="body"><span id="mark"></span><div class="content"><div><slot></slot></div><div class="actions none"><slot name="secondary-actions"></slot></div></div></div></div>`;
    }
    start() {
      this.find("button").addEventListener("click", () => this.dismiss());
      this.root.addEventListener("slotchange", () => this.measure());
    }
    dismiss() {
      if (!this.emit("dismiss")) return;
      this.hidden = true;
      this.emit("afterhide");
    }
    update() {
      const tone = this.getAttribute("tone") in BANNERS ? this.getAttribute("tone") : "auto";
      const [fill, ink, name, surface] = BANNERS[tone];
      const heading = this.getAttribute("heading");
      this.toggleAttribute("data-in-section", isInside(this, "s-section, s-modal"));
      this.set("#box", "role", tone === "critical" || tone === "warning" ? "alert" : "status");
      this.find("b").textContent = heading ?? "";
      this.find("#icon").innerHTML = icon(name);
      this.find("#mark").innerHTML = heading ? "" : icon(name);
      this.find("#mark").hidden = Boolean(heading);
      Object.assign(this.find(".strip").style, { background: fill, color: ink, display: heading ? "" : "none" });
      this.find(".body").classList.toggle("bare", !heading);
      this.find(".body").style.background = heading && !this.hasAttribute("data-in-section") ? "" : surface;
      this.find("button").hidden = !this.has("dismissible");
      this.measure();
    }
    measure() {
      const hasActions = this.find("slot[name]").assignedElements().length > 0;
      const hasText = this.find("slot:not([name])").assignedNodes().some((node) => node.nodeType === 1 || node.textContent.trim());
      this.find(".actions").classList.toggle("none", !hasActions);
      this.find(".body").classList.toggle("empty", !hasText && !hasActions);
      this.find(".content > div").hidden = !hasText;
    }
  });

drawn("s-progress", ":host { display: block; min-width: 80px } div { height: 8px; border-radius: 8px; background: #e3e3e3; overflow: hidden } i { display: block; height: 100%; border-radius: 8px; background: #303030; transition: width .2s }",
  ["value", "max", "tone", "accessibilityLabel"], (element, at) => {
    const max = Number(at("max")) || 1;
    const value = Math.min(max, Number(at("value")) || 0);
    const fill = { critical: "#c70a24", success: "#047b5d" }[at("tone")] ?? "";
    return `<div role="progressbar" aria-valuemin="0" aria-valuemax="${max}" aria-valuenow="${value}" aria-label="${at("accessibilitylabel") || "Progress"}"><i style="width: ${(100 * value) / max}%${fill && `; background: ${fill}`}"></i></div>`;
  });

const THUMBNAILS = { "small-200": 20, "small-100": 24, small: 32, base: 40, large: 60, "large-100": 80 };
define("s-thumbnail", ":host { display: inline-block; vertical-align: middle; flex: none } .box { display: grid; place-items: center; overflow: hidden; border-radius: 8px; background: #f7f7f7; color: #8a8a8a; box-shadow: inset 0 0 0 1px #00000014; position: relative } img { width: 100%; height: 100%; object-fit: contain; display: block }",
  ["src", "alt", "size"], class extends PolarisElement {
    build() { return '<div class="box"></div>'; }
    update() {
      const side = `${THUMBNAILS[this.getAttribute("size")] ?? THUMBNAILS.base}px`;
      const box = this.find(".box");
      Object.assign(box.style, { width: side, height: side });
      const src = this.getAttribute("src");
      if (!src) {
        box.innerHTML = icon("image");
        return;
      }
      let picture = this.find("img");
      if (!picture) {
        picture = new Image();
        for (const type of ["load", "error"]) picture.addEventListener(type, () => this.dispatchEvent(new Event(type)));
        box.replaceChildren(picture);
      }
      picture.alt = this.getAttribute("alt") ?? "";
      if (picture.getAttribute("src") !== src) picture.src = src;
    }
  });

drawn("s-avatar", ":host { display: inline-block; vertical-align: middle } div { display: grid; place-items: center; width: 32px; height: 32px; border-radius: 8px; background: #d5ebff; color: #003a5a; font: 650 12px/1 " + FONT + "; overflow: hidden } img { width: 100%; height: 100%; object-fit: cover }",
  ["src", "initials", "alt", "size"], (_, at) => `<div role="img" aria-label="${at("alt") || at("initials")}">${at("src") ? `<img src="${at("src")}" alt="">` : at("initials")}</div>`);

drawn("s-image", ":host { display: block; max-width: 100% } :host([inlinesize=auto]) { display: inline-block } img { display: block; width: 100%; max-width: 100% } :host([inlinesize=auto]) img { width: auto }",
  ["src", "alt", "srcset", "sizes", "loading", "aspectRatio", "objectFit", "inlineSize", "border", "borderRadius", "borderWidth", "borderStyle", "borderColor", "accessibilityRole"], (element, at) => {
    const style = `aspect-ratio: ${at("aspectratio") || "auto"}; object-fit: ${at("objectfit") || "contain"}; border-radius: ${lengths(RADIUS)(at("borderradius") || "none")}${at("border") ? "; border: 1px solid #e3e3e3" : ""}`;
    return `<img src="${at("src")}" alt="${at("alt")}" loading="${at("loading") || "eager"}" style="${style}">`;
  });

define("s-empty-state", `
  :host { display: block; padding: 32px 16px; text-align: center } .all { display: grid; justify-items: center; gap: 8px; max-width: 420px; margin: auto } h3 { margin: 0; font-size: 16px; line-height: 24px; font-weight: 650 } .sub { color: #616161 }
  .actions { display: flex; flex-wrap: wrap; justify-content: center; gap: 8px; margin-top: 8px } .graphic { display: grid; place-items: center } .graphic ::slotted(s-icon) { transform: scale(2); margin: 20px }`,
  ["heading"], class extends PolarisElement {
    build() {
      return `<div class="all"><div class="graphic"><slot name="graphic"></slot></div><h3></h3><div class="sub"><slot name="subheading"></slot></div>
        <div class="actions"><slot name="secondary-actions"></slot><slot name="primary-action"></slot></div></div>`;
    }
    update() { this.find("h3").textContent = this.getAttribute("heading") ?? ""; }
  });
