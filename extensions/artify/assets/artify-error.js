import { el } from "./artify-dom.js";

/** A sentence that is no error, spoken when it appears. */
export function note(sentence) {
  return el("p", { class: "artify-note", role: "status", "data-artify": "note" }, sentence);
}

/**
 * What went wrong, with a way out. `retry` null shows the sentence alone.
 * @param {Error & {wait?: number}} fault its message is for the shopper; wait in seconds
 */
export function errorBox(texts, fault, retry) {
  const again = retry && el("button", {
    type: "button", class: "artify-button artify-button--quiet", "data-artify": "again", onclick: retry,
  }, texts.again);
  if (again && fault.wait) countDown(again, fault.wait, texts);
  const sentence = el("p", {}, fault.message);
  return el("div", { class: "artify-error", role: "alert", "data-artify": "error" }, sentence, again);
}

/** Who asked too often may ask again after a while; the button waits as long. */
function countDown(button, seconds, texts) {
  button.disabled = seconds > 0;
  button.textContent = seconds > 0 ? `${texts.again} (${seconds})` : texts.again;
  if (seconds > 0) setTimeout(() => countDown(button, seconds - 1, texts), 1000);
}
