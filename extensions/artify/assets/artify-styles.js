import { el } from "./artify-dom.js";

/**
 * The styles as a radio group with example pictures; the arrow keys move through it.
 * @param {{id: string, name: string, example_url: string|null}[]} styles
 * @param {object|null} chosen one of the styles
 * @param {(style: object) => void} choose
 */
export function styleGrid(styles, chosen, choose, texts) {
  const cards = styles.map((style) => styleCard(style, style === chosen, () => choose(style)));
  return el("fieldset", { class: "artify-styles" }, el("legend", {}, texts.style_label),
    el("div", { class: "artify-grid" }, ...cards));
}

// form: "" keeps the radio buttons out of the theme's product form, which may contain the block.
function styleCard(style, checked, choose) {
  const picture = style.example_url
    ? el("img", { src: style.example_url, alt: "", loading: "lazy", width: 160, height: 160 })
    : el("span", { class: "artify-blank" });
  return el("label", { class: "artify-style", "data-artify": "style", "data-style": style.id },
    el("input", { type: "radio", name: "artify-style", form: "", value: style.id, checked, onchange: choose }),
    picture, el("span", { class: "artify-style-name" }, style.name));
}
