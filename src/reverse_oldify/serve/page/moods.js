/** Colours for the whole picture: the looks that the server knows, and other photographs'. */

import * as api from "./api.js";
import { UNTOUCHED, setPalette, toOptions } from "./edits.js";
import { element } from "./dom.js";
import { Gallery } from "./gallery.js";
import { Latest } from "./latest.js";
import { complain, say } from "./notices.js";
import { Tiles } from "./tiles.js";

const SMALL = 192;
const REST = 1400; // milliseconds without a change
const NONE = { label: "Its own", palette: null };

export class Moods {
  #studio;
  #background;
  #tiles;
  #moods = [NONE];
  #gallery = new Gallery();
  #timer = 0;
  #develop;

  constructor(studio, darkroom, background) {
    this.#studio = studio;
    this.#background = background;
    this.#tiles = new Tiles(element("moods"), (mood) => this.#choose(mood));
    this.#develop = new Latest(
      (photograph, signal) => this.#ask(photograph, signal),
      () => {},
    );
    studio.addEventListener("edits", () => this.#show());
    studio.addEventListener("current", () => {
      this.#develop.cancel();
      this.#meet(studio.decided?.palette);
    });
    darkroom.addEventListener("coloured", () => this.#soon());
    const input = element("reference-palette");
    element("choose-reference").addEventListener("click", () => input.click());
    input.addEventListener("change", () => this.#add(input));
  }

  /** @param {string[]} names of looks */
  offer(names) {
    const looks = names.map((name) => ({
      label: name[0].toUpperCase() + name.slice(1),
      palette: { label: name, value: name },
    }));
    this.#moods = [NONE, ...looks];
    this.#show();
  }

  #choose({ label, palette }, photograph = this.#studio.current) {
    say(`Mood: ${label}`);
    this.#studio.edit(setPalette(photograph.edits, palette), null, photograph);
  }

  /** A palette of before the page was loaded anew is offered again. */
  #meet(palette) {
    const known = this.#moods.map((mood) => JSON.stringify(mood.palette?.value ?? null));
    if (!palette || known.includes(JSON.stringify(palette.value))) return;
    this.#moods.push({ label: palette.label, palette });
  }

  async #add(input) {
    const [file] = input.files;
    input.value = "";
    if (!file) return;
    const { current } = this.#studio; // which it is meant for; another may be shown by then
    try {
      const value = await api.palette(file);
      const mood = { label: file.name, palette: { label: file.name, value } };
      this.#moods.push(mood);
      if (current) this.#choose(mood, current);
      this.#soon();
    } catch (problem) {
      complain(problem, file.name);
    }
  }

  #soon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (this.#studio.current) this.#develop.want(this.#studio.current);
    }, REST);
  }

  async #ask(photograph, signal) {
    for (const [at, { palette }] of this.#moods.entries()) {
      const key = keyOf(photograph, at);
      if (this.#gallery.get(key)) continue;
      const options = toOptions({ ...UNTOUCHED, palette });
      const part = { size: SMALL };
      const ask = (id) => api.preview(id, part, options, signal);
      const picture = await this.#background.run(() => photograph.ask(ask, signal));
      if (signal.aborted) return;
      this.#gallery.put(key, picture);
      this.#show();
    }
  }

  #show() {
    const chosen = JSON.stringify(this.#studio.edits?.palette?.value ?? null);
    const { current } = this.#studio;
    this.#tiles.show(
      this.#moods.map((mood, at) => ({
        key: at,
        label: mood.label,
        source: current && this.#gallery.get(keyOf(current, at)),
        checked: JSON.stringify(mood.palette?.value ?? null) === chosen,
        value: mood,
      })),
    );
  }
}

const keyOf = (photograph, at) => `${photograph.key} ${at}`;
