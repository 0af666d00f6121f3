/** An error with a message for the shopper. `wait` is in seconds; `status` 0 means that there was no answer. */
export class Fault extends Error {
  constructor(message, { code = "unavailable", status = 0, wait = 0 } = {}) {
    super(message);
    Object.assign(this, { code, status, wait });
  }

  /** Whether the same request may succeed later: no answer, a rate limit, or a server error. */
  get passing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }

  /** Whether a retry cannot help: the shop's month is used up, or the photo is not accepted. */
  get hopeless() {
    return [402, 413, 415, 422].includes(this.status);
  }
}

/** The app behind the shop's app proxy. Shopify signs the requests, so they carry no cookie and no key. */
export class Api {
  constructor({ proxy, shop, texts }) {
    Object.assign(this, { proxy, texts, guest: new GuestToken(shop) });
  }

  /**
   * Request an upload ticket for a photo.
   * @returns {Promise<{upload_id: string, method: string, url: string, headers: object}>}
   */
  ticket(photo, signal) {
    const { name: filename, size: bytes } = photo.file;
    return this.post("uploads", { filename, content_type: photo.type, bytes }, signal);
  }

  /** Request a preview. A repeated request with the same idempotency_key returns the same preview. */
  async preview(wish, signal) {
    const answer = await this.post("previews", wish, signal);
    this.guest.keep(answer.guest_token);
    return answer;
  }

  /** The state of a preview. Its photo is rated for the size it was made for, or for `size`. */
  status({ id, view_token }, { size, signal } = {}) {
    const query = new URLSearchParams({ view_token, ...(size && { size_id: size.id }) });
    return this.fetch(`previews/${id}?${query}`, { signal });
  }

  cancel({ id }) {
    return this.post(`previews/${id}/cancel`, {});
  }

  /** Delete the photo of a preview and every design made from it. @returns {Promise<{deleted: string[]}>} */
  remove({ id }) {
    return this.post(`previews/${id}/delete`, {});
  }

  post(path, fields, signal) {
    const body = JSON.stringify({ ...fields, guest_token: this.guest.value() });
    return this.fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body, signal });
  }

  async fetch(path, options) {
    const answer = await fetch(`${this.proxy}/${path}`, options).catch((fault) => {
      if (fault.name === "AbortError") throw fault;
      throw new Fault(this.texts.offline, { code: "offline" });
    });
    const body = await answer.json().catch(() => ({}));
    if (answer.ok) return body;
    throw this.fault(answer.status, body, answer.headers.get("Retry-After"));
  }

  /** The error in an unsuccessful answer. */
  fault(status, body, wait) {
    const { code, message } = body?.error ?? {}; // a proxy's own error page is not our JSON
    return new Fault(message || this.texts.unavailable, { code, status, wait: Number(wait) || 0 });
  }
}

/**
 * The guest's key to their previews, kept by the browser for this shop, because the app proxy strips cookies.
 * The browser makes it before the first request, so that a lost answer loses nothing.
 */
class GuestToken {
  constructor(shop) {
    this.key = `artify:guest:${shop}`;
    try {
      this.token = localStorage.getItem(this.key);
    } catch {
      // storage is off: the token lasts as long as the page
    }
  }

  value() {
    if (!this.token) this.keep(newToken());
    return this.token;
  }

  keep(token) {
    if (!token) return;
    this.token = token;
    try {
      localStorage.setItem(this.key, token);
    } catch {
      // as above
    }
  }
}

function newToken() {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return `own-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
