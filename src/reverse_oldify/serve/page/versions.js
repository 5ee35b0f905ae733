/**
 * Other plausible colourings of the photograph, to choose from. They are drawn when someone asks:
 * it takes some seconds, in which the picture could not follow a hint.
 */

import * as api from "./api.js";
import { setVariant, toOptions } from "./edits.js";
import { element } from "./dom.js";
import { Gallery } from "./gallery.js";
import { Latest } from "./latest.js";
import { complain, say } from "./notices.js";
import { Tiles } from "./tiles.js";

const COUNT = 6;
const SMALL = 192;

export class Versions {
  #studio;
  #tiles;
  #button = element("draw-versions");
  #gallery = new Gallery();
  #drawn = { key: "", variants: [] };
  #draw;
  #then = null; // what to do once they are drawn

  constructor(studio) {
    this.#studio = studio;
    this.#tiles = new Tiles(element("versions"), (variant) => this.#choose(variant));
    this.#draw = new Latest((edits, signal) => this.#ask(edits, signal), complain);
    this.#button.addEventListener("click", () => this.#start());
    studio.addEventListener("current", () => {
      this.#draw.cancel();
      this.#then = null;
    });
    studio.addEventListener("edits", () => this.#show());
  }

  /** Choose the version so many places further on; draw them first where they are not there yet. */
  step(places) {
    const { decided } = this.#studio;
    if (!decided) return;
    if (this.#drawn.key !== this.#keyOf(decided)) {
      this.#then = () => this.step(places);
      this.#start();
      return;
    }
    const { variants } = this.#drawn;
    const at = variants.indexOf(decided.variant) + places;
    this.#choose(variants[(at + variants.length) % variants.length]);
  }

  #choose(variant) {
    const at = this.#drawn.variants.indexOf(variant) + 1;
    say(`Version ${at} of ${this.#drawn.variants.length}`);
    this.#studio.edit(setVariant(this.#studio.decided, variant));
  }

  #start() {
    if (!this.#draw.idle) return;
    this.#draw.want(this.#studio.decided);
    this.#draw.rest().then(() => this.#show());
    this.#show();
  }

  async #ask(edits, signal) {
    const photograph = this.#studio.current;
    const ask = (question) => photograph.ask(question, signal);
    const options = toOptions({ ...edits, variant: 0 });
    const drawn = await ask((id) => api.variants(id, COUNT, options, signal));
    if (signal.aborted) return;
    this.#drawn = { key: this.#keyOf(edits), variants: drawn.map((one) => one.options.variant) };
    this.#then?.();
    this.#then = null;
    this.#show();
    for (const { options: version } of drawn) {
      const picture = await ask((id) => api.preview(id, { size: SMALL }, version, signal));
      if (signal.aborted) return;
      this.#gallery.put(this.#address(version.variant), picture);
      this.#show();
    }
  }

  #show() {
    const { edits } = this.#studio;
    const variants = edits && this.#drawn.key === this.#keyOf(edits) ? this.#drawn.variants : [];
    this.#tiles.show(
      variants.map((variant, at) => ({
        key: variant,
        label: at ? `${at + 1}` : "Likeliest",
        source: this.#gallery.get(this.#address(variant)),
        checked: variant === edits.variant,
        value: variant,
      })),
    );
    const drawing = !this.#draw.idle && !variants.length;
    element("versions").hidden = !variants.length;
    this.#button.hidden = variants.length > 0;
    this.#button.disabled = drawing;
    this.#button.textContent = drawing ? "Drawing…" : "Show other versions";
    element("versions-note").textContent =
      variants.length === 1 ? "The colours of this photograph are hardly in doubt." : "";
  }

  /** Another photograph, other hints, palettes and vividness have other versions. */
  #keyOf(edits) {
    return `${this.#studio.current.key} ${JSON.stringify(toOptions({ ...edits, variant: 0 }))}`;
  }

  #address(variant) {
    return `${this.#drawn.key} ${variant}`;
  }
}
