// Toasts: short messages at the bottom of the admin. `send(id, event)` reports "action" and "dismiss" to the app.
import { create } from "./dom.js";

export function showToast({ id, text, isError, duration, action }, send) {
  const leave = (event) => {
    toast.remove();
    if (event) send(id, event);
  };
  const button = action ? create("button", { type: "button", onclick: () => leave("action") }, action) : null;
  const cross = create("button", { type: "button", className: "cross", onclick: () => leave("dismiss"), "aria-label": "Dismiss" }, "×");
  const toast = create("div", { className: isError ? "toast error" : "toast", "data-toast-id": id }, create("span", {}, text), button, cross);
  document.querySelector("#toasts").append(toast);
  setTimeout(leave, duration ?? 5000, "dismiss");
}

export function hideToast({ id }) {
  document.querySelector(`[data-toast-id="${CSS.escape(id)}"]`)?.remove();
}
