import { el } from "./artify-dom.js";
import { aspectOf, place } from "./artify-framing.js";

/** The preview over the photo: drag across the picture, or use the arrow keys, to compare them. */
class ArtifyCompare extends HTMLElement {
  /**
   * @param {import("./artify-studio.js").Design} design
   * @param {HTMLImageElement} preview
   */
  open(design, preview, texts) {
    this.style.setProperty("--aspect", aspectOf(design.size));
    this.replaceChildren(preview);
    if (design.crop) this.append(...this.before(design, texts));
  }

  before({ photo, crop }, texts) {
    const image = el("img", { src: photo.url, alt: "" });
    place(image, crop);
    const slider = el("input", {
      type: "range", min: 0, max: 100, value: 0, "aria-label": texts.compare,
      oninput: () => this.show(slider.value),
    });
    this.show(0);
    return [el("div", { class: "artify-before" }, image), el("span", { class: "artify-handle" }), slider];
  }

  /** Show the photo from the left, up to this percentage. */
  show(percent) {
    this.style.setProperty("--seen", `${percent}%`);
  }
}

customElements.define("artify-compare", ArtifyCompare);
