// The admin's side of App Bridge: provides ID tokens, shows toasts, and mirrors the frame's URL and navigation.
const frame = document.querySelector("#app-frame");
const { origin, root, tokenUrl } = frame.dataset;

const answers = {
  async idToken(_, [port]) {
    const answer = await fetch(tokenUrl);
    port.postMessage(answer.ok ? await answer.text() : null);
  },
  toast({ text, isError }) {
    const toast = Object.assign(document.createElement("div"), { className: isError ? "toast error" : "toast", textContent: text });
    document.querySelector("#toasts").append(toast);
    setTimeout(() => toast.remove(), 5000);
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

window.addEventListener("message", ({ origin: sender, source, data, ports }) => {
  if (sender !== origin || source !== frame.contentWindow || data?.bridge !== "artify") return;
  const path = data.path ?? "/";
  if (Object.hasOwn(answers, data.type) && path.startsWith("/") && !path.startsWith("//")) answers[data.type](data, ports);
});
