import { Fault } from "./artify-api.js";

/** One photo's way to storage. It starts when the photo is chosen, so that it is done when it is needed. */
export class Upload {
  constructor(api, photo) {
    Object.assign(this, { api, photo, ratio: 0, watch: () => {} });
  }

  /**
   * The upload's id, once the bytes are there. Starts the upload, or starts it again after a fault.
   * @throws {Fault}
   */
  done() {
    this.sending ??= this.send().catch((fault) => {
      this.forget();
      throw fault;
    });
    return this.sending;
  }

  stop() {
    this.stopper?.abort();
  }

  /** The next done() sends the photo again. */
  forget() {
    this.sending = null;
    this.progress(0);
  }

  async send() {
    this.stopper = new AbortController();
    const ticket = await this.api.ticket(this.photo, this.stopper.signal);
    await this.put(ticket, this.stopper.signal);
    return ticket.upload_id;
  }

  /** fetch() does not report what was sent, so XMLHttpRequest. Storage is another origin. */
  put({ method, url, headers }, signal) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open(method, url);
      for (const [name, value] of Object.entries(headers ?? {})) request.setRequestHeader(name, value);
      request.upload.onprogress = ({ loaded, total }) => this.progress(loaded / total);
      request.onload = () => (request.status < 300 ? resolve() : reject(this.refusal(request)));
      request.onerror = () => reject(new Fault(this.api.texts.offline, { code: "offline" }));
      request.onabort = () => reject(new DOMException("The upload was stopped.", "AbortError"));
      signal.addEventListener("abort", () => request.abort());
      request.send(this.photo.file);
    });
  }

  progress(ratio) {
    this.ratio = ratio;
    this.watch(ratio);
  }

  /** Our own storage answers in JSON, a vendor's in XML that says nothing to a shopper. */
  refusal(request) {
    let body = {};
    try {
      body = JSON.parse(request.responseText);
    } catch {
      // XML
    }
    return this.api.fault(request.status, body, request.getResponseHeader("Retry-After"));
  }
}
