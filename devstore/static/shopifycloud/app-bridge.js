// A replacement for Shopify's App Bridge with the parts that this app uses. It talks to the simulated admin.
(() => {
  const admin = new URL(document.currentScript.src).origin;
  const query = new URLSearchParams(location.search);

  // The target origin keeps messages from parents of another origin.
  const tell = (type, rest, ports = []) => window.parent.postMessage({ bridge: "artify", type, ...rest }, admin, ports);

  const ask = (type, rest = {}) => new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => resolve(data);
    tell(type, rest, [port2]);
  });

  const idToken = () => ask("idToken");

  const plainFetch = window.fetch.bind(window);
  window.fetch = async (input, init) => {
    const request = new Request(input, init);
    if (new URL(request.url).origin !== location.origin || request.headers.has("Authorization")) return plainFetch(request);
    const send = async () => {
      const signed = new Request(request.clone());
      signed.headers.set("Authorization", `Bearer ${await idToken()}`);
      return plainFetch(signed);
    };
    const answer = await send();
    return answer.status === 401 && answer.headers.get("X-Shopify-Retry-Invalid-Session-Request") ? send() : answer;
  };

  // The bounce page: reload the target with a fresh ID token, if it is of this origin.
  const reload = query.get("shopify-reload");
  if (reload) {
    const target = new URL(reload, location.origin);
    if (target.origin === location.origin) idToken().then((token) => {
      target.searchParams.set("id_token", token);
      location.replace(target);
    });
  }

  const OURS = ["embedded", "shop", "host", "id_token", "locale", "timestamp", "hmac", "session", "shopify-reload"];
  function follow() {
    const url = new URL(location.href);
    OURS.forEach((name) => url.searchParams.delete(name));
    if (!reload) tell("history", { path: url.pathname + url.search });
  }
  navigation.addEventListener("currententrychange", follow);

  document.addEventListener("DOMContentLoaded", () => {
    follow();
    const nav = document.querySelector("s-app-nav, ui-nav-menu");
    if (!nav) return;
    const links = [...nav.querySelectorAll("[href]")].filter((link) => link.getAttribute("rel") !== "home");
    tell("nav", { items: links.map((link) => ({ label: link.textContent.trim(), path: link.getAttribute("href") })) });
  });

  for (const name of ["s-app-nav", "ui-nav-menu"]) customElements.define(name, class extends HTMLElement {
    connectedCallback() { this.style.display = "none"; } // the admin shows it
  });

  // The save bar. A form with data-save-bar shows it while its values differ from those it had at first; an element
  // <ui-save-bar> is shown by its id. Only one is shown at a time, the newest.
  const first = new WeakMap(); // a form's values when it was last saved or not yet changed
  let open = null; // the form or the <ui-save-bar> whose bar is shown

  const isWatched = (form) => form instanceof HTMLFormElement && form.hasAttribute("data-save-bar");
  const values = (form) => JSON.stringify([...new FormData(form)].map(([name, value]) => [name, value.name ?? value]));
  const remember = ({ target }) => {
    const form = target.closest?.("form[data-save-bar]");
    if (form && form !== open) first.set(form, values(form));
  };
  for (const type of ["focusin", "pointerdown", "dragenter"]) document.addEventListener(type, remember, true);

  const notice = ({ target }) => {
    const form = target.closest?.("form[data-save-bar]");
    if (!form) return;
    if (values(form) !== first.get(form)) showBar(form, form.hasAttribute("data-discard-confirmation"));
    else if (open === form) hideBar();
  };
  for (const type of ["input", "change"]) document.addEventListener(type, notice);
  document.addEventListener("submit", ({ target }) => isWatched(target) && settle(target));
  document.addEventListener("reset", ({ target }) => isWatched(target) && setTimeout(settle, 0, target)); // after it has reset

  function settle(form) {
    first.set(form, values(form));
    if (open === form) hideBar();
  }

  function showBar(owner, discardConfirmation, isLoading = false) {
    open = owner;
    tell("saveBar", { isShown: true, discardConfirmation, isLoading });
  }

  function hideBar() {
    open = null;
    tell("saveBar", { isShown: false });
  }

  // A form that the page has replaced can no longer be saved.
  new MutationObserver(() => open && !open.isConnected && hideBar()).observe(document, { childList: true, subtree: true });

  customElements.define("ui-save-bar", class extends HTMLElement {
    connectedCallback() { this.style.display = "none"; }
    get showing() { return open === this; }
    button(isPrimary) {
      return [...this.querySelectorAll("button")].find((button) => (button.getAttribute("variant") === "primary") === isPrimary);
    }
    async show() {
      showBar(this, this.hasAttribute("discardconfirmation"), this.button(true)?.hasAttribute("loading"));
      this.dispatchEvent(new Event("show"));
    }
    async hide() {
      if (open === this) hideBar();
      this.dispatchEvent(new Event("hide"));
    }
    async toggle() { return this.showing ? this.hide() : this.show(); }
  });

  function clicked(action) {
    const isSave = action === "save";
    if (open instanceof HTMLFormElement) isSave ? open.requestSubmit() : open.reset();
    else open?.button(isSave)?.click();
  }

  const byId = (id) => {
    const element = document.getElementById(id);
    if (!element) throw new Error(`There is no element with the id "${id}".`);
    return element;
  };

  // While a modal of the app is open, the admin around the frame is dimmed as well.
  const overlays = new Set();
  const cover = ({ type, target }) => {
    if (target.localName !== "s-modal") return;
    overlays[type === "show" ? "add" : "delete"](target);
    tell("overlay", { isShown: overlays.size > 0 });
  };
  for (const type of ["show", "hide"]) document.addEventListener(type, cover, true);

  // Toasts, whose buttons are outside of the frame.
  const toasts = new Map();
  let toastCount = 0;
  function showToast(text, { isError = false, duration, action, onAction, onDismiss } = {}) {
    const id = String((toastCount += 1));
    toasts.set(id, { action: onAction, dismiss: onDismiss });
    tell("toast", { id, text: String(text), isError: Boolean(isError), duration, action });
    return id;
  }

  const told = {
    saveBar: ({ action }) => clicked(action),
    toast({ id, event }) {
      toasts.get(id)?.[event]?.();
      toasts.delete(id);
    },
  };
  window.addEventListener("message", ({ origin, source, data }) => {
    if (origin !== admin || source !== window.parent || data?.bridge !== "artify") return;
    if (Object.hasOwn(told, data.type)) told[data.type](data);
  });

  async function resourcePicker(options) {
    if (options?.type !== "product") throw new Error("The simulated resource picker offers products only.");
    const picked = await ask("resourcePicker", { options: JSON.parse(JSON.stringify(options)) });
    return picked && Object.assign(picked, { selection: picked });
  }

  window.shopify = {
    idToken,
    resourcePicker,
    app: { extensions: () => ask("extensions") },
    loading: (isLoading = true) => tell("loading", { isLoading: Boolean(isLoading) }),
    modal: {
      show: async (id) => byId(id).showOverlay(),
      hide: async (id) => byId(id).hideOverlay(),
      toggle: async (id) => byId(id).toggleOverlay(),
    },
    saveBar: {
      show: async (id) => byId(id).show(),
      hide: async (id) => byId(id).hide(),
      toggle: async (id) => byId(id).toggle(),
      leaveConfirmation: () => ask("leaveConfirmation"), // settles only when the page may be left
    },
    toast: { show: showToast, hide: (id) => tell("hideToast", { id }) },
  };
})();
