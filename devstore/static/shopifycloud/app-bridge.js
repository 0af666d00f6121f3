// A replacement for Shopify's App Bridge with the parts that this app uses. It talks to the simulated admin.
(() => {
  const admin = new URL(document.currentScript.src).origin;
  const query = new URLSearchParams(location.search);

  // The target origin keeps messages from parents of another origin.
  const tell = (type, rest, ports = []) => window.parent.postMessage({ bridge: "artify", type, ...rest }, admin, ports);

  const idToken = () => new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => resolve(data);
    tell("idToken", {}, [port2]);
  });

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
    const nav = document.querySelector("s-app-nav");
    if (!nav) return;
    const links = [...nav.querySelectorAll("[href]")].filter((link) => link.getAttribute("rel") !== "home");
    tell("nav", { items: links.map((link) => ({ label: link.textContent.trim(), path: link.getAttribute("href") })) });
  });

  window.shopify = {
    idToken,
    toast: { show: (text, options = {}) => tell("toast", { text, isError: Boolean(options.isError) }) },
  };
})();
