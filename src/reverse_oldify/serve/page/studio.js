/**
 * What is open in the studio: the photographs, the current one, its edits. Everything that is seen
 * listens to it:
 *
 * - "photographs": one came, went, or has something new to tell
 * - "current": another one is shown
 * - "edits": the edits that are shown have changed
 * - "failed": one cannot be used; `detail` has its name and its problem
 */

import { Photograph } from "./photograph.js";
import { same } from "./edits.js";
import * as history from "./history.js";

const HOPELESS = [400, 413, 415, 422];

export class Studio extends EventTarget {
  photographs = [];
  current = null;
  about = null; // of the server: limits, looks, formats
  #draft = null;
  #opening = false;
  #previous = null; // what was shown before a single one was added

  /** What is shown: a proposal, or else what was decided. */
  get edits() {
    return this.#draft ?? this.current?.edits ?? null;
  }

  /** What was decided, without the proposal. */
  get decided() {
    return this.current?.edits ?? null;
  }

  /** @param {Iterable<File>} files */
  add(files) {
    const fitting = [...files].filter((file) => this.#fits(file));
    const added = fitting.flatMap((file) => this.#found(file) ?? this.#photograph(file));
    if (!added.length) return;
    this.photographs.push(...added.filter((one) => !this.photographs.includes(one)));
    this.#tell("photographs");
    this.#previous = added.length > 1 ? null : this.current;
    if (added[0] !== this.current) this.select(added[0]);
    else this.#show();
    this.#openAll();
  }

  /** Show a photograph; one that could not be used is tried again. */
  select(photograph) {
    if (photograph === this.current && !photograph?.problem) return;
    this.#draft = null;
    this.current = photograph;
    if (photograph?.problem) this.#retry([photograph]);
    this.#show();
  }

  /** The server is there again: ask for everything that it did not answer. */
  resume() {
    this.#retry(this.photographs.filter(({ problem }) => problem && !problem.status));
    if (this.current && !this.current.proofs.before) this.#tell("current");
    this.#tell("edits");
  }

  /** Show the photograph so many places further on. */
  step(places) {
    const at = this.photographs.indexOf(this.current) + places;
    if (this.photographs[at]) this.select(this.photographs[at]);
  }

  /** @param {?Photograph} next is shown instead; by default the one beside it */
  remove(photograph, next = null) {
    const at = this.photographs.indexOf(photograph);
    if (at < 0) return;
    this.photographs.splice(at, 1);
    photograph.close();
    this.#tell("photographs");
    if (photograph === this.current) {
      const beside = this.photographs[Math.min(at, this.photographs.length - 1)] ?? null;
      this.select(next && this.photographs.includes(next) ? next : beside);
    }
  }

  /** Decide on edits of a photograph; for `gesture` see `history.record`. */
  edit(edits, gesture = null, photograph = this.current) {
    this.#draft = null;
    if (!same(edits, photograph.edits)) {
      photograph.history = history.record(photograph.history, edits, gesture);
    }
    this.#tell("edits");
  }

  /** Correct what was decided last; it is no step of its own. */
  correct(edits) {
    this.#draft = null;
    this.current.history = history.replace(this.current.history, edits);
    this.#tell("edits");
  }

  /** Show edits without deciding on them; null goes back to what was decided. */
  propose(edits) {
    if (edits === this.#draft) return;
    this.#draft = edits;
    this.#tell("edits");
  }

  settle() {
    if (this.current) this.current.history = history.settle(this.current.history);
  }

  undo() {
    this.#travel(history.undo);
  }

  redo() {
    this.#travel(history.redo);
  }

  get canUndo() {
    return Boolean(this.current && history.canUndo(this.current.history));
  }

  get canRedo() {
    return Boolean(this.current && history.canRedo(this.current.history));
  }

  /** Photographs that were open before the page was loaded anew. */
  restore(photographs, current) {
    this.photographs.push(...photographs);
    this.#tell("photographs");
    this.select(current);
  }

  /** Something about a photograph has changed that is not its edits. */
  changed() {
    this.#tell("photographs");
  }

  /** Send one photograph after the other to the server; the current one is first in line. */
  async #openAll() {
    if (this.#opening) return;
    this.#opening = true;
    const waits = (photograph) => !photograph.about && !photograph.problem;
    for (;;) {
      const next = [this.current, ...this.photographs].find((one) => one && waits(one));
      if (!next) break;
      await next.open().catch((problem) => this.#fail(next, problem));
      this.changed();
    }
    this.#opening = false;
  }

  #retry(photographs) {
    for (const photograph of photographs) photograph.problem = null;
    this.changed();
    this.#openAll();
  }

  /** The photographs (pages) that have lost this file, which have it again. */
  #found(file) {
    const found = this.photographs.filter((one) => one.lost && one.title === file.name);
    for (const photograph of found) photograph.find(file);
    return found.length ? found : null;
  }

  #photograph(file, page = 1) {
    const photograph = new Photograph(file, page);
    photograph.onprogress = () => this.changed();
    photograph.onopen = () => this.#addPages(photograph); // whoever opened it
    return photograph;
  }

  /** The further pages of a file are photographs, too. */
  #addPages(first) {
    const { file, page, about } = first;
    if (page === 1 && about.pages > 1) {
      const pages = Array.from({ length: about.pages - 1 }, (_, n) => n + 2);
      const further = pages.map((number) => this.#photograph(file, number));
      this.photographs.splice(this.photographs.indexOf(first) + 1, 0, ...further);
    }
    this.changed();
    this.#openAll();
  }

  /** A server that refuses a file for its size breaks off, which looks as if it were not there. */
  #fits({ name, size }) {
    const largest = this.about?.limits.upload_bytes ?? Infinity;
    if (size <= largest) return true;
    const megabytes = Math.floor(largest / 2 ** 20);
    const problem = new Error(`larger than ${megabytes} MB, which is as much as is taken.`);
    this.dispatchEvent(new CustomEvent("failed", { detail: { name, problem } }));
    return false;
  }

  /** A file that will never do is put away; after any other fault a click on it tries again. */
  #fail(photograph, problem) {
    if (!this.photographs.includes(photograph)) return; // put away meanwhile
    const { name } = photograph;
    this.dispatchEvent(new CustomEvent("failed", { detail: { name, problem } }));
    if (HOPELESS.includes(problem.status)) this.remove(photograph, this.#previous);
  }

  #travel(how) {
    if (!this.current) return;
    this.#draft = null;
    this.current.history = how(this.current.history);
    this.#tell("edits");
  }

  /** The current one is shown anew. */
  #show() {
    this.#tell("current");
    this.#tell("edits");
  }

  #tell(what) {
    this.dispatchEvent(new Event(what));
  }
}
