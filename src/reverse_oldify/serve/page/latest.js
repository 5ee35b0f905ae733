/**
 * Asks for what was wanted last. One question is under way at a time; of those that come meanwhile
 * only the newest is kept, and asked next. So the picture follows a finger on a slider as fast as
 * answers come: to break off each question for the next one would show nothing until it rests.
 */
export class Latest {
  #ask;
  #fail;
  #resting = [];
  #controller = null;
  #next = null;

  /**
   * @param {function(any, AbortSignal): Promise<void>} ask
   * @param {function(Error)} fail told what went wrong, unless it was cancelled
   */
  constructor(ask, fail) {
    this.#ask = ask;
    this.#fail = fail;
  }

  want(question) {
    this.#next = { question };
    if (!this.#controller) this.#run();
  }

  /** Break off what is under way, and forget what waits. */
  cancel() {
    this.#next = null;
    this.#controller?.abort();
    this.#rest();
  }

  get idle() {
    return !this.#controller;
  }

  /** Resolves when everything is answered. */
  rest() {
    return this.idle ? Promise.resolve() : new Promise((resolve) => this.#resting.push(resolve));
  }

  async #run() {
    while (this.#next) {
      const { question } = this.#next;
      this.#next = null;
      const controller = new AbortController();
      this.#controller = controller;
      try {
        await this.#ask(question, controller.signal);
      } catch (error) {
        if (!controller.signal.aborted) this.#fail(error);
      }
      if (this.#controller !== controller) return; // cancelled; another run may be under way
    }
    this.#rest();
  }

  #rest() {
    this.#controller = null;
    for (const resolve of this.#resting.splice(0)) resolve();
  }
}
