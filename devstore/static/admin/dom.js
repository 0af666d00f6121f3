// Builds elements: `create("button", { type: "button", onclick }, "Save")`. Children that are strings become text, never markup.
export function create(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined) continue;
    if (key in element) element[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** Open a modal dialog over the whole admin. `fill(close)` returns its parts. Resolves to what `close` is called with,
    or to undefined when the dialog is closed by Escape. */
export function openDialog(title, className, fill) {
  return new Promise((resolve) => {
    let answer;
    const close = (value) => {
      answer = value;
      dialog.close();
    };
    const heading = create("h2", { id: "dialog-title" }, title);
    const cross = create("button", { type: "button", className: "icon", onclick: () => close(undefined), "aria-label": "Close" });
    cross.innerHTML = '<svg viewBox="0 0 20 20" aria-hidden="true"><path d="m5 5 10 10M15 5 5 15"/></svg>';
    const dialog = create("dialog", { className, autofocus: className === "small", "aria-labelledby": "dialog-title" }, create("header", {}, heading, cross), ...fill(close));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(answer);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Ask a question with two answers. Resolves to whether the merchant chose the second, `yes`. */
export function confirmDialog(title, text, no, yes) {
  return openDialog(title, "small", (close) => [
    create("p", {}, text),
    create(
      "footer",
      {},
      create("button", { type: "button", onclick: () => close(false) }, no),
      create("button", { type: "button", className: "critical", onclick: () => close(true) }, yes),
    ),
  ]).then(Boolean);
}
