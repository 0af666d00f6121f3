// A stand-in for Shopify's App Bridge: the part of it that this app uses, spoken to the simulated admin.
(() => {
  const script = document.currentScript;
  const admin = new URL(script.src).origin;
  const query = new URLSearchParams(location.search);
  const key = script.dataset.apiKey ?? document.querySelector("meta[name=shopify-api-key]")?.content;
  const waiting = new Map();
  let cached = { token: query.get("id_token"), until: query.has("id_token") ? Date.now() + 40_000 : 0 };

  const tell = (type, rest) => window.parent !== window && window.parent.postMessage({ bridge: "artify", type, ...rest }, admin);

  window.addEventListener("message", ({ origin, source, data }) => {
    if (origin !== admin || source !== window.parent || data?.bridge !== "artify" || data.type !== "idToken") return;
    cached = { token: data.token, until: Date.now() + 50_000 };
    waiting.get(data.id)?.(data.token);
    waiting.delete(data.id);
  });

  function idToken(fresh = false) {
    if (!fresh && cached.until > Date.now()) return Promise.resolve(cached.token);
    return new Promise((resolve) => {
      const id = Math.random().toString(36).slice(2);
      waiting.set(id, resolve);
      tell("idToken", { id });
    });
  }

  const plainFetch = window.fetch.bind(window);
  window.fetch = async (input, init) => {
    const request = new Request(input, init);
    if (new URL(request.url).origin !== location.origin || request.headers.has("Authorization")) return plainFetch(request);
    const send = async (fresh) => {
      const signed = new Request(request.clone());
      signed.headers.set("Authorization", `Bearer ${await idToken(fresh)}`);
      return plainFetch(signed);
    };
    const answer = await send(false);
    return answer.status === 401 && answer.headers.get("X-Shopify-Retry-Invalid-Session-Request") ? send(true) : answer;
  };

  // The bounce page: come back with a fresh ID token, to this origin only.
  const reload = query.get("shopify-reload");
  if (reload) {
    const target = new URL(reload, location.origin);
    if (target.origin === location.origin) idToken(true).then((token) => {
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
  for (const name of ["pushState", "replaceState"]) {
    const plain = history[name].bind(history);
    history[name] = (...rest) => { plain(...rest); follow(); };
  }
  window.addEventListener("popstate", follow);

  document.addEventListener("DOMContentLoaded", () => {
    follow();
    const nav = document.querySelector("s-app-nav, ui-nav-menu");
    if (!nav) return;
    nav.hidden = true;
    const links = [...nav.querySelectorAll("[href]")].filter((link) => link.getAttribute("rel") !== "home");
    tell("nav", { items: links.map((link) => ({ label: link.textContent.trim(), path: link.getAttribute("href") })) });
  });

  window.shopify = {
    config: { apiKey: key, shop: query.get("shop"), host: query.get("host"), locale: query.get("locale") ?? "en" },
    idToken: () => idToken(),
    toast: { show: (text, options = {}) => tell("toast", { text, isError: Boolean(options.isError) }) },
  };
})();
