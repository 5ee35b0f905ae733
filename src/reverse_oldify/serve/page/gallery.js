/** Addresses of small pictures, kept for a while: the oldest give way. */

const KEPT = 120;

export class Gallery {
  #addresses = new Map();

  get(key) {
    return this.#addresses.get(key) ?? null;
  }

  put(key, blob) {
    this.#addresses.set(key, URL.createObjectURL(blob));
    if (this.#addresses.size <= KEPT) return;
    const [oldest, address] = this.#addresses.entries().next().value;
    this.#addresses.delete(oldest);
    URL.revokeObjectURL(address);
  }
}
