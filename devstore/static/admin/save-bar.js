// The save bar: while a form of the app has unsaved changes, it stands in place of the top bar's contents.
import { confirmDialog, create } from "./dom.js";

/** `send(action)` tells the app that "save" or "discard" was clicked. */
export function saveBar(send) {
  let shown = null;
  const save = create("button", { type: "button", className: "primary", onclick: () => send("save") }, "Save");
  const bar = create(
    "div",
    { className: "save-bar", role: "region", hidden: true, "aria-label": "Unsaved changes" },
    create("span", {}, "Unsaved changes"),
    create("button", { type: "button", onclick: discard }, "Discard"),
    save,
  );
  document.querySelector(".top").append(bar);
  // Links of the admin lead out of the app's page, and so does closing the tab.
  document.addEventListener("click", async (event) => {
    const link = event.target.closest("a[href]");
    if (!shown || !link) return;
    event.preventDefault();
    if (await leave()) location.assign(link.href);
  });
  addEventListener("beforeunload", (event) => shown && event.preventDefault());

  async function discard() {
    const isConfirmed = !shown?.discardConfirmation || (await confirmDiscard());
    if (isConfirmed) send("discard");
  }

  /** Resolves to whether the page may be left: there is nothing unsaved, or the merchant agrees to lose it. */
  async function leave() {
    const mayLeave =
      !shown || (await confirmDialog("Leave page with unsaved changes?", "If you leave now, your changes are lost.", "Stay", "Leave page"));
    if (mayLeave) hide();
    return mayLeave;
  }

  function hide() {
    shown = null;
    bar.hidden = true;
  }

  return {
    leave,
    show({ discardConfirmation = false, isLoading = false }) {
      shown = { discardConfirmation };
      save.disabled = isLoading;
      bar.hidden = false;
    },
    hide,
  };
}

function confirmDiscard() {
  return confirmDialog("Discard all unsaved changes?", "The form returns to what was last saved.", "Continue editing", "Discard changes");
}
