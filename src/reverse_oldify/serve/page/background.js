/** Work that nobody waits for: one piece at a time, and only while nothing else is under way. */
export class Background {
  #quiet;
  #last = Promise.resolve();

  /** @param {function(): Promise<void>} quiet resolves when nobody waits for anything */
  constructor(quiet) {
    this.#quiet = quiet;
  }

  /**
   * @template T
   * @param {function(): Promise<T>} work
   * @returns {Promise<T>}
   */
  run(work) {
    const done = this.#last.then(this.#quiet).then(work);
    this.#last = done.catch(() => {}); // a fault is its owner's; the next piece goes on
    return done;
  }
}
