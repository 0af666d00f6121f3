import { fetchPicture } from "./artify-picture.js";

const [FIRST_WAIT, LONGEST_WAIT] = [700, 2000]; // milliseconds between two polls
const PATIENCE = 5; // unanswered polls in a row

/** Creates one preview, from the request to the finished picture. */
export class Making {
  /**
   * @param {object} wish the body of POST previews, without upload_id
   * @param {(stage: {name: "upload"|"start"|"queue"|"make", ratio?: number, before?: number}) => void} report
   */
  constructor(api, upload, wish, report) {
    Object.assign(this, { api, upload, wish, report, stopper: new AbortController() });
  }

  /**
   * @returns {Promise<{id: string, view_token: string, preview_url: string, mockup_url?: string, mockup_aspect?: number,
   *                    preflight?: object}>}
   * @throws {Fault} refused, failed or unreachable; AbortError after cancel()
   */
  async run() {
    const { signal } = this.stopper;
    const upload_id = await this.uploaded();
    signal.throwIfAborted();
    this.report({ name: "start" });
    // Not aborted by the signal: to cancel a preview that the server has started, its id must be known.
    this.preview = await this.api.preview({ ...this.wish, upload_id }).catch((fault) => {
      if (fault.status === 404 || fault.status === 410) this.upload.forget(); // deleted by the sweep: upload it again
      throw fault;
    });
    if (signal.aborted) this.withdraw();
    signal.throwIfAborted();
    const { preview_url, mockup_url, preflight } = await this.follow(signal);
    const [mockup_aspect] = await Promise.all([mockup_url && fetchPicture(mockup_url), fetchPicture(preview_url)]);
    return { ...this.preview, preview_url, mockup_url, mockup_aspect, preflight };
  }

  cancel() {
    this.upload.stop();
    this.stopper.abort();
    if (this.preview) this.withdraw();
  }

  async uploaded() {
    const show = (ratio) => this.report({ name: "upload", ratio });
    show(this.upload.ratio);
    this.upload.watch = show;
    try {
      return await this.upload.done();
    } finally {
      this.upload.watch = () => {};
    }
  }

  /** Cancel on the server; the answer does not matter here. */
  withdraw() {
    this.api.cancel(this.preview).catch(() => {});
  }

  async follow(signal) {
    for (let wait = FIRST_WAIT; ; wait = Math.min(wait * 1.25, LONGEST_WAIT)) {
      const { status, progress, queue_position, error, ...made } = await this.look(signal);
      if (status === "completed") return made;
      if (status === "failed") throw this.api.fault(200, { error });
      if (status === "cancelled") throw new DOMException("The preview was cancelled.", "AbortError");
      if (status === "pending") this.report({ name: "queue", before: queue_position });
      else this.report({ name: "make", ratio: progress / 100 });
      await pause(wait, signal);
    }
  }

  /** Poll once; tolerate a few failures, for example while a phone changes networks. */
  async look(signal) {
    for (let missed = 1; ; missed += 1) {
      try {
        return await this.api.status(this.preview, { signal });
      } catch (fault) {
        if (!fault.passing || missed === PATIENCE) throw fault;
        await pause(Math.max(LONGEST_WAIT, fault.wait * 1000), signal);
      }
    }
  }
}

/** Wait, and keep waiting while the page is hidden. */
async function pause(milliseconds, signal) {
  await heard(signal, (resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    return () => clearTimeout(timer);
  });
  if (!document.hidden) return;
  await heard(signal, (resolve) => {
    document.addEventListener("visibilitychange", resolve);
    return () => document.removeEventListener("visibilitychange", resolve);
  });
}

/** A promise that the signal can reject; `listen` returns a function that removes its listener. */
async function heard(signal, listen) {
  signal.throwIfAborted();
  let undo;
  let stop;
  try {
    await new Promise((resolve, reject) => {
      stop = () => reject(signal.reason);
      signal.addEventListener("abort", stop);
      undo = listen(resolve);
    });
  } finally {
    undo();
    signal.removeEventListener("abort", stop);
  }
}
