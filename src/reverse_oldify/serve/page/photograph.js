/** One photograph: its file, what the server knows of it, and what was done to it. */

import * as api from "./api.js";
import { Problem } from "./api.js";
import { UNTOUCHED } from "./edits.js";
import { begin, settle } from "./history.js";

const FORGOTTEN = new Problem(
  404,
  "Forgotten",
  "The studio has forgotten this photograph, as it does after a while; please open it again.",
);

const PUT_AWAY = new DOMException("The photograph was put away.", "AbortError");

let count = 0;

export class Photograph {
  #opening = null;
  #closed = false;

  /**
   * @param {?File} file null after the page was loaded anew: then only the server has it
   * @param {number} page of the file, from 1
   */
  constructor(file, page = 1) {
    this.key = `photograph-${(count += 1)}`;
    this.file = file;
    this.page = page;
    this.title = file?.name || "pasted photograph";
    this.history = begin(UNTOUCHED);
    this.about = null; // the server's words, once it has the photograph
    this.problem = null; // why it cannot be used
    this.sent = 0; // share of the file that has left
    this.thumbnail = null; // address of a small picture
    this.proofs = {}; // "before" and "after" as last shown, as blobs
    this.seen = false; // in colour
  }

  /** What is remembered of it while the page is loaded anew. */
  toJson() {
    const { title, page, about, history } = this;
    return { title, page, about, history: settle(history) }; // gestures are counted anew
  }

  /** Undo `toJson`, with what the server says of it now: null where it has forgotten it. */
  static fromJson(kept, about) {
    const photograph = Object.assign(new Photograph(null), kept, { about });
    if (about) photograph.#opening = Promise.resolve(about);
    else photograph.problem = FORGOTTEN;
    return photograph;
  }

  /** Whether only its file is missing: what was done to it is still there. */
  get lost() {
    return !this.file && this.problem === FORGOTTEN;
  }

  /** Give it its file again. */
  find(file) {
    this.file = file;
    this.problem = null;
  }

  /** The file's name, and the page's number where there are several. */
  get name() {
    return this.pages > 1 ? `${this.title}, page ${this.page}` : this.title;
  }

  get pages() {
    return this.about?.pages ?? this.page;
  }

  get size() {
    return this.about && { width: this.about.width, height: this.about.height };
  }

  get edits() {
    return this.history.present;
  }

  /** The file's name without its ending, for the names of results. */
  get stem() {
    const stem = this.title.replace(/\.[^.]+$/, "");
    return this.pages > 1 ? `${stem}-page-${this.page}` : stem;
  }

  /**
   * Ask the server something about this photograph: it is sent first where the server does not
   * have it, and again where the server has forgotten it.
   *
   * @template T
   * @param {function(string): Promise<T>} question takes the photograph's id
   */
  async ask(question, signal) {
    signal?.throwIfAborted(); // before it is sent for nothing
    const { id } = await this.open();
    signal?.throwIfAborted();
    try {
      return await question(id);
    } catch (problem) {
      if (problem.status !== 404) throw problem;
      if (this.about?.id === id) this.#opening = null; // else another question has sent it again
      return question((await this.open()).id);
    }
  }

  open() {
    this.#opening ??= this.#send().catch((problem) => {
      this.#opening = null;
      this.problem = problem;
      throw problem;
    });
    return this.#opening;
  }

  async #send() {
    if (this.#closed) throw PUT_AWAY;
    if (!this.file) throw FORGOTTEN;
    this.problem = null;
    const about = await api.open(this.file, this.page, (share) => {
      this.sent = share;
      this.onprogress?.();
    });
    if (this.#closed) {
      api.forget(about.id);
      throw PUT_AWAY;
    }
    const first = !this.about;
    this.about = about;
    if (first) this.onopen?.();
    return about;
  }

  /** Free what is held for it, here and on the server; it cannot be opened any more. */
  close() {
    this.#closed = true;
    if (this.about) api.forget(this.about.id);
    if (this.thumbnail) URL.revokeObjectURL(this.thumbnail);
    this.#opening = this.about = this.thumbnail = null;
  }
}
