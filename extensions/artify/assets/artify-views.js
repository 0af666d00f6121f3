import { el, fill, heading } from "./artify-dom.js";
import { note } from "./artify-error.js";
import { aspectOf, place } from "./artify-framing.js";
import { designPicture } from "./artify-picture.js";
import { styleGrid } from "./artify-styles.js";
import { verdictNote } from "./artify-verdict.js";

/** The views. Each function builds one; `studio` handles the buttons. */

const button = (name, text, onclick, look = "") =>
  el("button", { type: "button", class: `artify-button ${look}`, "data-artify": name, onclick }, text);

const QUIET = "artify-button--quiet";

/** Crop the photo, choose a style, create the preview. `remark` is a note that says why this view is shown again. */
export function editView(studio, cropper, remark) {
  const { texts, offer, picked } = studio;
  return [
    el("div", { class: "artify-bar" }, heading(texts.edit_title),
      button("change", texts.change_photo, () => studio.pickFile(), "artify-link")),
    remark ? note(remark) : null,
    cropper,
    styleGrid(offer.styles, picked, (style) => studio.pickStyle(style), texts),
    studio.notice,
    button("create", texts.create, () => studio.create()),
    tray(studio, 1),
  ];
}

/** The progress of a preview, with a button to cancel. */
export function makingView(studio, cropper) {
  const { texts } = studio;
  const label = el("p", { class: "artify-stage", role: "status" });
  const share = el("span", { class: "artify-share", "aria-hidden": "true" });
  const bar = el("progress", { max: 1, "aria-label": texts.progress });
  const report = ({ name, ratio, before }) => {
    const queue = before ? fill(texts.queue, { count: before }) : texts.queue_next;
    const sentence = name === "queue" ? queue : texts[name];
    if (label.textContent !== sentence) label.textContent = sentence; // screen readers announce every write to a live region
    share.textContent = ratio ? `${Math.round(ratio * 100)} %` : "";
    if (ratio == null) bar.removeAttribute("value");
    else bar.value = ratio;
  };
  const view = [
    heading(fill(texts.making_title, { style: studio.picked.name })),
    waiting(cropper),
    el("div", { class: "artify-progress", "data-artify": "progress" },
      el("div", { class: "artify-bar" }, label, share), bar),
    button("cancel", texts.cancel, () => studio.cancel(), QUIET),
  ];
  return { view, report };
}

/** The finished preview over the photo, and the next steps. */
export function resultView(studio) {
  const { texts, design } = studio;
  return [el("div", { "data-artify": "result" },
    heading(fill(texts.result_title, { style: design.style.name })),
    design.mockup_url ? looks(studio) : designAlone(studio),
    tray(studio, 2),
    verdictNote(studio),
    studio.notice,
    button("add", texts.add, () => studio.add()),
    button("restyle", texts.restyle, () => studio.edit(), QUIET),
    el("p", { class: "artify-help artify-centre" }, texts.watermark),
    button("delete", texts.delete_photo, () => studio.remove(), "artify-link"))];
}

/** The design, or the design on its product. Both reserve their space, so that nothing moves when they change. */
function looks(studio) {
  const { texts, design } = studio;
  const choice = (look, text) => el("label", { class: "artify-look", "data-artify": `look-${look}` },
    el("input", {
      type: "radio", name: "artify-look", form: "", value: look, checked: studio.look === look,
      onchange: () => Object.assign(studio, { look }),
    }), el("span", {}, text));
  const mockup = designPicture(studio.api, design, "mockup_url", {
    class: "artify-mockup", alt: fill(texts.mockup_alt, { style: design.style.name }), "data-artify": "mockup",
    style: `--aspect: ${design.mockup_aspect}`,
  });
  return el("div", { class: "artify-looks" },
    el("div", { class: "artify-choice", role: "radiogroup", "aria-label": texts.looks },
      choice("design", texts.look_design), choice("product", texts.look_product)),
    el("div", { class: "artify-both" }, designAlone(studio), el("div", {}, mockup)));
}

/** The preview over the photo. */
function designAlone({ api, texts, design }) {
  const compare = el("artify-compare", { "data-artify": "compare" });
  compare.open(design, designPicture(api, design, "preview_url", {
    class: "artify-after", alt: design.style.name, "data-artify": "preview",
  }), texts);
  return el("div", {}, compare, design.crop && el("p", { class: "artify-help artify-centre" }, texts.compare_help));
}

/** The cropped photo behind a moving highlight, while the preview is made. */
function waiting({ photo, crop, aspect }) {
  const frame = el("div", { class: "artify-frame artify-working", style: `--aspect: ${aspect}` });
  if (!photo.shown) return frame;
  const image = el("img", { src: photo.url, alt: "" });
  place(image, crop);
  frame.append(image);
  return frame;
}

/** Thumbnails of all previews with these proportions, or null if there are fewer than `least`. */
function tray(studio, least) {
  const { api, texts, fitting, design } = studio;
  if (fitting.length < least) return null;
  const thumbs = fitting.map((made) => el("button", {
    type: "button", class: "artify-thumb", "data-artify": "thumb", "aria-label": made.style.name,
    "aria-pressed": String(made === design), onclick: () => studio.show(made),
  }, designPicture(api, made, "preview_url", { alt: "", style: `--aspect: ${aspectOf(made.size)}` })));
  return el("div", { class: "artify-shelf" }, el("p", { class: "artify-help", id: "artify-tray" }, texts.tray),
    el("div", { class: "artify-tray", role: "group", "aria-labelledby": "artify-tray" }, ...thumbs));
}
