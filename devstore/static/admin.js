// The admin's side of App Bridge. The app in the frame is of another origin: it asks for what happens outside of the
// frame by postMessage, and a question carries a port for its answer.
import { pickProducts } from "./admin/picker.js";
import { saveBar } from "./admin/save-bar.js";
import { hideToast, showToast } from "./admin/toasts.js";

const frame = document.querySelector("#app-frame");
const { origin, root, shop } = frame.dataset;
const tell = (type, rest) => frame.contentWindow.postMessage({ bridge: "artify", type, ...rest }, origin);
const bar = saveBar((action) => tell("saveBar", { action }));

const answers = {
  async idToken(_, [port]) {
    const answer = await fetch(`${shop}/id_token`);
    port.postMessage(answer.ok ? await answer.text() : null);
  },
  async resourcePicker({ options }, [port]) {
    port.postMessage(await pickProducts(`${shop}/products.json`, options));
  },
  async extensions(_, [port]) {
    port.postMessage(await (await fetch(`${shop}/extensions.json`)).json());
  },
  async leaveConfirmation(_, [port]) {
    if (await bar.leave()) port.postMessage(null);
  },
  saveBar({ isShown, ...rest }) {
    if (isShown) bar.show(rest);
    else bar.hide();
  },
  toast: (message) => showToast(message, (id, event) => tell("toast", { id, event })),
  hideToast,
  loading({ isLoading }) {
    document.querySelector("#loading").hidden = !isLoading;
  },
  overlay({ isShown }) {
    document.body.classList.toggle("covered", isShown);
  },
  history({ path }) {
    history.replaceState(null, "", root + (path === "/" ? "" : path));
    mark(path.split("?")[0]);
  },
  nav({ items }) {
    const links = items.map(({ label, path }) => Object.assign(document.createElement("a"), { textContent: label, href: root + path }));
    document.querySelector("#app-nav").replaceChildren(...links);
    mark(location.pathname.slice(root.length) || "/");
  },
};

function mark(path) {
  for (const link of document.querySelectorAll("#app-nav a")) link.classList.toggle("on", link.pathname === root + path);
}

function receive({ origin: sender, source, data, ports }) {
  if (sender !== origin || source !== frame.contentWindow || data?.bridge !== "artify") return;
  const path = data.path ?? "/";
  if (Object.hasOwn(answers, data.type) && path.startsWith("/") && !path.startsWith("//")) answers[data.type](data, ports);
}
removeEventListener("message", keep);
addEventListener("message", receive);
early.forEach(receive);
