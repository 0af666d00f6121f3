/**
 * Build an element. Children are nodes or plain text, so text from a server never becomes markup.
 * A property that starts with "on" is a listener; false and null omit an attribute.
 * @param {string} tag
 * @param {Record<string, any>} attributes
 * @param {...(Node|string|null)} children
 */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== false && value != null) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child != null));
  return node;
}

/** Replace {names} in a text by values. */
export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

/** The heading of a view. It gets the focus when the view opens, so that a screen reader starts there. */
export function heading(text) {
  return el("h3", { class: "artify-title", tabindex: "-1" }, text);
}
