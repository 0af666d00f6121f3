import { Fault } from "./artify-api.js";

/** The upload of one photo. It starts when the photo is chosen, so that it has finished when it is needed. */
export class Upload {
  constructor(api, photo) {
    Object.assign(this, { api, photo, ratio: 0, watch: () => {} });
  }

  /**
   * The upload's id, once the upload has finished. Starts the upload, or restarts it after an error.
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

  /** Make the next done() upload the photo again. */
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

  /** XMLHttpRequest, because fetch() reports no upload progress. The storage may be another origin. */
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

  /** The app's own storage answers in JSON; a vendor's answers in XML, which means nothing to a shopper. */
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
