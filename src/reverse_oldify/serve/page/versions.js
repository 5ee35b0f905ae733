/**
 * Other plausible colourings of the photograph, to choose from. They are drawn one after another, in
 * quiet moments and where someone can see them; what was drawn once is remembered.
 */

import * as api from "./api.js";
import { setVariant, toOptions } from "./edits.js";
import { element } from "./dom.js";
import { Gallery } from "./gallery.js";
import { Latest } from "./latest.js";
import { complain, say } from "./notices.js";
import { Tiles } from "./tiles.js";

const MOST = 6;
const SMALL = 192;
const REST = 3000; // milliseconds without a change: what moves next would wait for the drawing
const KEPT = 40; // choices of hints, palette and vividness whose versions are remembered

export class Versions {
  #studio;
  #background;
  #tiles;
  #gallery = new Gallery();
  #drawn = new Map(); // key of edits to what is known of their versions
  #key = ""; // of the edits that were decided last
  #draw;
  #seen = false; // whether the section is on the screen
  #timer = 0;
  #then = null; // what to do once another one is drawn
  #failed = false; // since the last change

  constructor(studio, background) {
    this.#studio = studio;
    this.#background = background;
    this.#tiles = new Tiles(element("versions"), (variant) => this.#choose(variant));
    this.#draw = new Latest(
      (what, signal) => this.#ask(what, signal),
      (problem) => this.#fail(problem),
    );
    for (const event of ["current", "edits"]) studio.addEventListener(event, () => this.#follow());
    new IntersectionObserver(([{ isIntersecting }]) => {
      this.#seen = isIntersecting;
      this.#soon();
    }).observe(element("versions-section"));
  }

  /** Choose the version so many places further on; draw it first where it is not there yet. */
  step(places) {
    const { decided } = this.#studio;
    if (!decided) return;
    const { variants, complete } = this.#known();
    const next = variants.indexOf(decided.variant) + places;
    if (complete || next in variants) {
      this.#choose(variants[(next + variants.length) % variants.length]);
    } else {
      this.#then = () => this.step(places);
      this.#start();
    }
  }

  #choose(variant) {
    const at = this.#known().variants.indexOf(variant) + 1;
    say(at > 1 ? `Version ${at}` : "The likeliest version");
    this.#studio.edit(setVariant(this.#studio.decided, variant));
  }

  /** Other photographs, hints, palettes and vividness have other versions. */
  #follow() {
    const { current, decided } = this.#studio;
    const key = current && `${current.key} ${JSON.stringify(ofAll(decided))}`;
    if (key !== this.#key) {
      this.#key = key;
      this.#draw.cancel();
      this.#then = null;
      this.#failed = false;
    }
    this.#soon();
    this.#show();
  }

  #soon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#seen && this.#start(), REST);
  }

  #start() {
    const photograph = this.#studio.current;
    if (!photograph || photograph.problem || this.#known().complete || !this.#draw.idle) return;
    const options = ofAll(this.#studio.decided);
    this.#draw.want({ photograph, options, drawn: this.#known(), key: this.#key });
    this.#draw.rest().then(() => this.#show());
    this.#show();
  }

  /** Who did not ask for versions need not hear that there are none. */
  #fail(problem) {
    this.#failed = true;
    if (this.#then) complain(problem);
    this.#then = null;
  }

  async #ask({ photograph, options, drawn, key }, signal) {
    const ask = (question) => this.#background.run(() => photograph.ask(question, signal));
    while (!drawn.complete) {
      const count = drawn.variants.length + 1;
      const found = await ask((id) => api.variants(id, count, options, signal));
      if (found.length === count) {
        const version = found[count - 1].options;
        const part = { size: SMALL };
        const picture = await ask((id) => api.preview(id, part, version, signal));
        this.#gallery.put(`${key} ${version.variant}`, picture);
        drawn.variants.push(version.variant);
      }
      drawn.complete = found.length < count || count === MOST;
      if (signal.aborted) return;
      this.#show();
      const then = this.#then;
      this.#then = null;
      then?.();
    }
  }

  #known() {
    const known = this.#drawn.get(this.#key) ?? { variants: [], complete: false };
    this.#drawn.delete(this.#key);
    this.#drawn.set(this.#key, known);
    if (this.#drawn.size > KEPT) this.#drawn.delete(this.#drawn.keys().next().value);
    return known;
  }

  #show() {
    if (!this.#studio.current) return;
    const { variants, complete } = this.#known();
    this.#tiles.show(
      variants.map((variant, at) => ({
        key: variant,
        label: at ? `${at + 1}` : "Likeliest",
        source: this.#gallery.get(`${this.#key} ${variant}`),
        checked: variant === this.#studio.edits.variant,
        value: variant,
      })),
    );
    const alone = "The colours of this photograph are hardly in doubt.";
    const looking = "Looking for other versions…";
    element("versions").hidden = !variants.length;
    element("versions").setAttribute("aria-busy", !complete && !this.#failed);
    element("versions-note").textContent =
      { 0: this.#failed ? "" : looking, 1: complete ? alone : "" }[variants.length] ?? "";
  }
}

const ofAll = (edits) => toOptions({ ...edits, variant: 0 });
