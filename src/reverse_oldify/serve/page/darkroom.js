/** Gets the pictures that the viewer shows: the photograph, its colours, its doubts, its details. */

import * as api from "./api.js";
import { setVariant, toOptions } from "./edits.js";
import { detailOf } from "./detail.js";
import { Latest } from "./latest.js";
import { clamp } from "./geometry.js";
import { heat } from "./heat.js";

const DRAFT = 640; // longest side of what is shown while colours change: it has to be there at once
const MAP = 480; // the same of the map of doubt, which is smooth
const LULL = 120; // milliseconds after which a pause is taken for one
const REFUSED = 422; // an option that makes no sense
const REST = 250; // milliseconds without a change before details are asked for

export class Darkroom extends EventTarget {
  #studio;
  #viewer;
  #fail;
  #colour;
  #detail;
  #doubt;
  #opening = Promise.resolve();
  #timer = 0;
  #detailed = "";

  /**
   * Dispatches "busy" and "coloured".
   *
   * @param {function(Error)} fail tells people what went wrong
   */
  constructor(studio, viewer, fail) {
    super();
    this.#studio = studio;
    this.#viewer = viewer;
    this.#fail = fail;
    this.#colour = new Latest((edits, signal) => this.#develop(edits, signal), fail);
    this.#detail = new Latest((detail, signal) => this.#enlarge(detail, signal), fail);
    this.#doubt = new Latest((edits, signal) => this.#examine(edits, signal), fail);
    this.doubting = false; // whether the map of uncertainty is shown
    this.busy = null; // what people wait for, in words
    studio.addEventListener("current", () => (this.#opening = this.#begin()));
    studio.addEventListener("edits", () => this.#follow());
    viewer.addEventListener("view", () => this.#soon());
  }

  /** Longest side of the pictures that are seen first: about a screenful. */
  get #screenful() {
    const { width, height } = this.#viewer.stage;
    const pixels = Math.max(width, height) * Math.min(this.#viewer.density, 2);
    return clamp(Math.ceil(pixels / 128) * 128, DRAFT, 1280);
  }

  setDoubting(on) {
    this.doubting = on;
    if (on) this.#follow();
    else this.#viewer.show("doubt", null);
  }

  /** Resolves when all that was asked for is shown, and nobody is about to ask for more. */
  async quiet() {
    do {
      await Promise.all([
        this.#opening,
        this.#colour.rest(),
        this.#detail.rest(),
        this.#doubt.rest(),
      ]);
      await new Promise((resolve) => setTimeout(resolve, LULL));
    } while (!this.#colour.idle);
  }

  async #begin() {
    const photograph = this.#studio.current;
    for (const question of [this.#colour, this.#detail, this.#doubt]) question.cancel();
    this.#viewer.open(photograph?.size ?? null);
    if (!photograph) return this.#wait(null);
    const stale = () => photograph !== this.#studio.current;
    try {
      this.#wait(photograph.proofs.after ? null : "Colouring");
      if (photograph.about) await this.#showProofs(photograph, stale);
      else await this.#open(photograph, stale);
      if (stale()) return;
      const part = { size: this.#screenful };
      photograph.proofs.before ??= await photograph.ask((id) => api.original(id, part));
      const bitmap = await createImageBitmap(photograph.proofs.before);
      if (!stale()) this.#viewer.show("before", bitmap);
    } catch (problem) {
      if (stale()) return;
      this.#wait(null);
      this.#fail(problem);
    }
  }

  /** What was shown of a photograph last, until the server answers. */
  async #showProofs({ proofs }, stale) {
    for (const [layer, proof] of Object.entries(proofs)) {
      const bitmap = await createImageBitmap(proof);
      if (!stale() && !this.#viewer.has(layer)) this.#viewer.show(layer, bitmap);
    }
  }

  async #open(photograph, stale) {
    this.#wait("Opening");
    await this.#showLocally(photograph, stale);
    if (photograph.problem) throw photograph.problem; // meanwhile; it is not sent once more
    await photograph.open();
    if (stale()) return;
    if (!same(this.#viewer.picture, photograph.size)) this.#viewer.open(photograph.size);
    this.#wait("Colouring");
    this.#follow();
  }

  /** The browser may be able to show the file long before the server has all of it. */
  async #showLocally(photograph, stale) {
    if (photograph.page > 1) return;
    const bitmap = await createImageBitmap(photograph.file).catch(() => null);
    if (!bitmap || stale()) return;
    this.#viewer.open({ width: bitmap.width, height: bitmap.height });
    this.#viewer.show("before", bitmap);
  }

  #follow() {
    const edits = this.#studio.edits;
    if (!this.#studio.current?.about || !edits) return;
    clearTimeout(this.#timer);
    this.#detail.cancel(); // whose answer would be out of date
    this.#colour.want(edits);
    if (this.doubting) this.#doubt.want(edits);
    this.#viewer.frame.setAttribute("aria-busy", "true");
    Promise.all([this.#colour.rest(), this.#doubt.rest()]).then(() => this.#settle());
  }

  async #develop(edits, signal) {
    const photograph = this.#studio.current;
    const part = { size: photograph.seen ? DRAFT : this.#screenful };
    try {
      const ask = (id) => api.preview(id, part, toOptions(edits), signal);
      const proof = await photograph.ask(ask, signal);
      const bitmap = await createImageBitmap(proof);
      if (signal.aborted) return;
      this.#viewer.show("after", bitmap);
      photograph.proofs.after = proof;
    } catch (problem) {
      if (signal.aborted || !this.#withdraw(edits, problem)) throw problem;
    } finally {
      if (!signal.aborted) this.#wait(null);
    }
    if (!photograph.seen) this.#viewer.sweep();
    photograph.seen = true;
    this.#detailed = "";
    this.#soon();
    this.dispatchEvent(new Event("coloured"));
  }

  /** Hints may decide so much that a version no longer exists: then the likeliest has to do. */
  #withdraw(edits, { status }) {
    if (status !== REFUSED || !edits.variant) return false;
    if (edits === this.#studio.decided) {
      this.#studio.correct(setVariant(edits, 0));
      this.#fail(new Error("there is no such version any more, so the likeliest is shown."));
    }
    return true;
  }

  async #examine(edits, signal) {
    const ask = (id) => api.uncertainty(id, MAP, toOptions(edits), signal);
    const map = await this.#studio.current.ask(ask, signal);
    const bitmap = await heat(map);
    if (!signal.aborted && this.doubting) this.#viewer.show("doubt", bitmap);
  }

  /** Ask for details once nothing has moved for a moment. */
  #soon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), REST);
  }

  #look() {
    const detail = detailOf(this.#viewer);
    const key = JSON.stringify(detail);
    if (!detail || key === this.#detailed || !this.#colour.idle || !this.#viewer.has("after"))
      return;
    this.#detailed = key;
    this.#detail.want({ ...detail, edits: this.#studio.edits });
  }

  async #enlarge({ part, place, edits }, signal) {
    const photograph = this.#studio.current;
    const blobs = await Promise.all([
      photograph.ask((id) => api.original(id, part, signal), signal),
      photograph.ask((id) => api.preview(id, part, toOptions(edits), signal), signal),
    ]);
    const [before, after] = await Promise.all(blobs.map((blob) => createImageBitmap(blob)));
    if (signal.aborted) return;
    this.#viewer.showDetail("before", before, place);
    if (edits === this.#studio.edits) this.#viewer.showDetail("after", after, place);
  }

  #settle() {
    if (this.#colour.idle && this.#doubt.idle) this.#viewer.frame.removeAttribute("aria-busy");
  }

  #wait(words) {
    this.busy = words;
    this.dispatchEvent(new Event("busy"));
  }
}

const same = (one, other) => one?.width === other?.width && one?.height === other?.height;
