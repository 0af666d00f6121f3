/** Idempotency keys of open requests: a retry after a lost answer must not make a second preview. */
export class Attempts {
  keys = new Map();

  /** The request with its key. */
  keyed(wish) {
    const name = JSON.stringify(wish);
    if (!this.keys.has(name)) this.keys.set(name, newKey());
    return { ...wish, idempotency_key: this.keys.get(name) };
  }

  /** The request succeeded, was refused or was cancelled: the same request is a new attempt from now on. */
  over({ idempotency_key }) {
    for (const [name, key] of this.keys) if (key === idempotency_key) this.keys.delete(name);
  }
}

function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID(); // secure pages only
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(36)).join("-");
}
