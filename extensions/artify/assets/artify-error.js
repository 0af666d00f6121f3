import { el, fill } from "./artify-dom.js";

const LONGEST_COUNTDOWN = 120; // seconds; for longer waits, show the time of day

/** A note that is not an error; screen readers announce it. */
export function note(sentence) {
  return el("p", { class: "artify-note", role: "status", "data-artify": "note" }, sentence);
}

/**
 * An error message with a retry button; without the button if `retry` is null.
 * @param {Error & {wait?: number}} fault its message is for the shopper; wait in seconds
 */
export function errorBox(texts, fault, retry) {
  const later = fault.wait > LONGEST_COUNTDOWN && fill(texts.again_after, { time: clockTime(fault.wait) });
  const again = retry && !later && el("button", {
    type: "button", class: "artify-button artify-button--quiet", "data-artify": "again", onclick: retry,
  }, texts.again);
  if (again && fault.wait) countDown(again, fault.wait, texts);
  const sentence = el("p", {}, fault.message, later ? ` ${later}` : null);
  return el("div", { class: "artify-error", role: "alert", "data-artify": "error" }, sentence, again || null);
}

/** The local time in so many seconds, rounded up to the minute. */
function clockTime(seconds) {
  const minute = 60_000;
  const then = new Date(Math.ceil((Date.now() + seconds * 1000) / minute) * minute);
  return then.toLocaleTimeString([], { hour: "numeric", minute: "2-digit" });
}

/** Disable the button until the rate limit allows another request. */
function countDown(button, seconds, texts) {
  button.disabled = seconds > 0;
  button.textContent = seconds > 0 ? `${texts.again} (${seconds})` : texts.again;
  if (seconds > 0) setTimeout(() => countDown(button, seconds - 1, texts), 1000);
}
