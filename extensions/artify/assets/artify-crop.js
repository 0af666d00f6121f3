import { el, fill } from "./artify-dom.js";
import { CENTRED, MAX_ZOOM, aspectOf, cropOf, looksSoft, place, settle } from "./artify-framing.js";

const STEP = 0.04; // of the frame, for an arrow key
const ZOOM_STEP = 1.1;

/** The frame in which a shopper moves and zooms the photo: by finger, mouse, wheel, slider or keys. */
class ArtifyCrop extends HTMLElement {
  /**
   * @param {import("./artify-photo.js").Photo} photo
   * @param {{width_px: number, height_px: number, good_width_px: number, safe?: {x: number, y: number}}} size
   *   pixels of its print, and of a good photo; the unsafe margin as fractions of its sides
   * @param {Record<string, string>} texts
   */
  open(photo, size, texts) {
    Object.assign(this, { photo, texts, view: CENTRED, fingers: new Map() });
    this.help = el("p", { class: "artify-help" });
    this.frame = this.buildFrame();
    this.slider = el("input", {
      type: "range", min: 1, max: MAX_ZOOM, step: 0.01, value: 1, "aria-label": texts.zoom,
      oninput: () => this.look({ zoom: Number(this.slider.value) }),
    });
    this.soft = el("p", { class: "artify-soft", role: "status" });
    const [less, more] = ["−", "+"].map((sign) => el("span", { "aria-hidden": "true" }, sign));
    const tools = el("div", { class: "artify-zoom" }, less, this.slider, more);
    this.replaceChildren(this.help, this.frame, ...(photo.shown ? [tools, this.soft] : []));
    this.resize(size);
  }

  /** The crop, or null if the browser cannot show the photo: then the server crops to the middle. */
  get crop() {
    return this.photo.shown ? cropOf(this.view, this.photo.aspect, this.aspect) : null;
  }

  get aspect() {
    return aspectOf(this.size);
  }

  /** Change the size; the view stays as close as the new proportions allow. */
  resize(size) {
    this.size = size;
    this.style.setProperty("--aspect", this.aspect);
    const { photo, texts } = this;
    const safe = photo.shown && size.safe?.x > 0 ? ` ${texts.crop_safe}` : "";
    this.help.textContent = fill(photo.shown ? texts.crop_help : texts.unseen_help, { size: size.name }) + safe;
    if (this.safe) {
      this.safe.hidden = !safe;
      this.safe.style.inset = `${100 * (size.safe?.y ?? 0)}% ${100 * (size.safe?.x ?? 0)}%`;
    }
    if (this.photo.shown) this.look({});
  }

  buildFrame() {
    const { texts } = this;
    if (!this.photo.shown) {
      return el("div", { class: "artify-frame artify-unseen" },
        el("strong", {}, this.photo.file.name), el("span", {}, texts.unseen));
    }
    this.image = el("img", { src: this.photo.url, alt: "", draggable: "false" });
    const frame = el("div", {
      class: "artify-frame", tabindex: "0", role: "application", "aria-label": texts.crop_label,
      onpointerdown: (event) => this.press(event),
      onpointermove: (event) => this.drag(event),
      onpointerup: (event) => this.fingers.delete(event.pointerId),
      onpointercancel: (event) => this.fingers.delete(event.pointerId),
      onkeydown: (event) => this.key(event),
    }, this.image, el("div", { class: "artify-thirds" }), this.safe = el("div", { class: "artify-safe" }));
    frame.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    return frame;
  }

  look(change) {
    this.view = settle({ ...this.view, ...change }, this.photo.aspect, this.aspect);
    place(this.image, this.crop);
    this.slider.value = this.view.zoom;
    this.soft.textContent = looksSoft(this.crop, this.photo.width, this.size) ? this.texts.soft : "";
  }

  /** Move the photo by fractions of the frame. */
  move(right, down) {
    const { width, height } = this.crop;
    this.look({ x: this.view.x - right * width, y: this.view.y - down * height });
  }

  press(event) {
    this.frame.setPointerCapture(event.pointerId);
    this.fingers.set(event.pointerId, [event.clientX, event.clientY]);
  }

  drag(event) {
    const before = this.fingers.get(event.pointerId);
    if (!before) return;
    const spread = this.spread();
    this.fingers.set(event.pointerId, [event.clientX, event.clientY]);
    if (spread) this.look({ zoom: (this.view.zoom * this.spread()) / spread });
    const share = 1 / this.fingers.size; // two fingers moving together move the photo once
    const { clientWidth, clientHeight } = this.frame;
    this.move((share * (event.clientX - before[0])) / clientWidth,
      (share * (event.clientY - before[1])) / clientHeight);
  }

  /** The distance between two fingers in CSS pixels; 0 with fewer. */
  spread() {
    const [a, b] = this.fingers.values();
    return b ? Math.hypot(a[0] - b[0], a[1] - b[1]) : 0;
  }

  wheel(event) {
    // The page must scroll past the frame: zoom only while the frame has the focus.
    if (!event.ctrlKey && document.activeElement !== this.frame) return;
    event.preventDefault();
    this.look({ zoom: this.view.zoom * Math.exp(-event.deltaY / 400) });
  }

  key(event) {
    const act = {
      ArrowLeft: () => this.move(-STEP, 0),
      ArrowRight: () => this.move(STEP, 0),
      ArrowUp: () => this.move(0, -STEP),
      ArrowDown: () => this.move(0, STEP),
      "+": () => this.look({ zoom: this.view.zoom * ZOOM_STEP }),
      "=": () => this.look({ zoom: this.view.zoom * ZOOM_STEP }),
      "-": () => this.look({ zoom: this.view.zoom / ZOOM_STEP }),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }
}

customElements.define("artify-crop", ArtifyCrop);
