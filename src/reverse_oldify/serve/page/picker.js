/** Chooses the colour of one place: likely colours first, then all of them, or one from a picture. */

import * as api from "./api.js";
import { addHint, changeHint, toOptions } from "./edits.js";
import { element, make } from "./dom.js";
import { fromHex, isHex, nameOf, rgbToLab, toHex, toShow } from "./lab.js";
import { Plane } from "./plane.js";
import { Reference } from "./reference.js";
import { complain, say } from "./notices.js";
import { outage } from "./outage.js";

const OFFERED = 5;

let visits = 0;

/** Dispatches "close". */
export class Picker extends EventTarget {
  #root = element("picker");
  #studio;
  #viewer;
  #plane;
  #reference;
  #place = null; // {x, y, index}: of a hint, or null for one that is not there yet
  #gesture = ""; // all tries of one visit are a single step of the history
  #controller = null;
  taking = false; // whether the next click on the picture takes its colour

  constructor(studio, viewer) {
    super();
    this.#studio = studio;
    this.#viewer = viewer;
    this.#plane = new Plane(element("plane"), (color) => this.choose(color));
    this.#reference = new Reference((rgb) => this.choose(toHex(rgb)));
    element("picker-close").addEventListener("click", () => this.hide());
    element("picker-done").addEventListener("click", () => this.hide());
    element("dropper").addEventListener("click", () => this.#setTaking(!this.taking));
    element("picker-hex").addEventListener("change", ({ target }) => this.#type(target));
    element("picker-remove").addEventListener("click", () => this.#remove());
    this.#root.addEventListener("keydown", (event) => this.#press(event));
    studio.addEventListener("current", () => this.hide());
    viewer.addEventListener("view", () => this.#settle());
    new ResizeObserver(() => this.#settle()).observe(this.#root);
  }

  get open() {
    return !this.#root.hidden;
  }

  /** Whether its place has a hint. */
  get placed() {
    return this.open && this.#place.index !== null;
  }

  openAt({ x, y }) {
    this.#begin({ x, y, index: null });
  }

  openHint(index) {
    const { x, y, color } = this.#studio.decided.hints[index];
    this.#begin({ x, y, index });
    this.#mark(color);
  }

  /** Put the eyedropper away, or else close. */
  back() {
    if (this.taking) this.#setTaking(false);
    else this.hide();
  }

  hide() {
    if (!this.open) return;
    this.#controller.abort();
    this.#setTaking(false);
    this.#studio.propose(null);
    this.#studio.settle();
    const inside = this.#root.contains(document.activeElement);
    this.#root.hidden = true;
    this.#place = null;
    if (inside) element("canvas").focus({ preventScroll: true });
    this.dispatchEvent(new Event("close"));
  }

  /** Decide on a colour: "#rrggbb" or "neutral". */
  choose(color) {
    const edits = this.#with(color);
    if (this.#place.index === null) this.#place.index = edits.hints.length - 1;
    this.#studio.edit(edits, this.#gesture);
    this.#mark(color);
    say(`This place is ${nameOf(color)} now`);
  }

  /** The eyedropper took this colour, three codes from 0 to 255. */
  take(rgb) {
    this.#setTaking(false);
    if (rgb) this.choose(toHex(rgb));
  }

  #begin(place) {
    this.hide();
    this.#place = place;
    this.#gesture = `pick ${(visits += 1)}`;
    this.#controller = new AbortController();
    const rgb = this.#viewer.sample("before", place) ?? [128, 128, 128];
    this.#root.hidden = false;
    this.#plane.open(rgbToLab(rgb).l);
    this.#reference.show();
    element("picker-remove").hidden = place.index === null;
    element("suggestions").replaceChildren(...Array.from({ length: OFFERED + 1 }, placeholder));
    this.#mark(toHex(this.#viewer.sample("after", place) ?? rgb));
    this.#settle();
    this.#root.focus({ preventScroll: true });
    this.#suggest(place, this.#controller.signal);
  }

  async #suggest(place, signal) {
    const edits = this.#studio.decided; // a hint itself is not to decide what is likely there
    const others = edits.hints.filter((_, at) => at !== place.index);
    const options = toOptions({ ...edits, hints: others, variant: 0 });
    try {
      const ask = (id) => api.suggestions(id, place, OFFERED, options, signal);
      const likely = await this.#studio.current.ask(ask, signal);
      if (signal.aborted) return;
      const swatches = likely.map(({ srgb, probability }) => this.#swatch(srgb, probability));
      element("suggestions").replaceChildren(...swatches, this.#swatch("neutral"));
      if (document.activeElement === this.#root) swatches[0]?.focus({ preventScroll: true });
    } catch (problem) {
      if (signal.aborted) return;
      complain(problem);
      const again = () => signal.aborted || this.#suggest(place, signal);
      if (problem.status === 0) outage.addEventListener("back", again, { once: true });
    }
  }

  #swatch(color, probability) {
    const percent =
      probability === undefined ? "" : `${Math.max(1, Math.round(probability * 100))} %`;
    const name = color === "neutral" ? "keep it grey" : `${nameOf(color)}, ${percent} likely`;
    const swatch = make(
      "button",
      { type: "button", className: "suggestion", "aria-label": name, title: name },
      make("span", { className: "swatch" }),
      make("span", { className: "share", textContent: percent || "grey" }),
    );
    swatch.firstChild.style.setProperty("--colour", toShow(color));
    swatch.addEventListener("click", () => this.choose(color));
    swatch.addEventListener("pointerenter", (event) => {
      if (event.pointerType === "mouse") this.#studio.propose(this.#with(color));
    });
    swatch.addEventListener("pointerleave", () => this.#studio.propose(null));
    return swatch;
  }

  /** The edits with this colour at the place. */
  #with(color) {
    const { x, y, index } = this.#place;
    const edits = this.#studio.decided;
    return index === null ? addHint(edits, { x, y, color }) : changeHint(edits, index, { color });
  }

  #mark(color) {
    const hex = toShow(color);
    element("picker-swatch").style.setProperty("--colour", hex);
    element("picker-hex").value = hex;
    element("picker-hex").removeAttribute("aria-invalid");
    element("picker-remove").hidden = this.#place.index === null;
    this.#plane.mark(hex);
  }

  #type(input) {
    if (!this.open) return; // closed with something typed
    const text = input.value.trim().replace(/^#?/, "#").toLowerCase();
    const whole = text.length === 4 ? text.replace(/[^#]/g, "$&$&") : text; // "#f00"
    const wrong = !isHex(whole);
    input.setAttribute("aria-invalid", wrong);
    if (wrong) say("That is no colour; type six digits from 0 to f, such as #c08040");
    else this.choose(toHex(fromHex(whole)));
  }

  #remove() {
    const { index } = this.#place;
    this.dispatchEvent(new CustomEvent("remove", { detail: index }));
  }

  #setTaking(on) {
    this.taking = on;
    element("dropper").setAttribute("aria-pressed", on);
    this.#viewer.frame.toggleAttribute("data-taking", on);
    if (on) say("Click a place in the picture to take its colour");
  }

  #press(event) {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    this.back();
  }

  /** Beside its place, and within the window. */
  #settle() {
    if (!this.open) return;
    const frame = this.#viewer.frame.getBoundingClientRect();
    const at = this.#viewer.toStage(this.#place);
    const { offsetWidth: width, offsetHeight: height } = this.#root;
    const right = frame.left + at.x + 24;
    const left = right + width + 8 > innerWidth ? frame.left + at.x - width - 24 : right;
    const top = frame.top + at.y - height / 3;
    const within = (from, room) => `${Math.max(8, Math.min(from, room - 8))}px`;
    this.#root.style.setProperty("--x", within(left, innerWidth - width));
    this.#root.style.setProperty("--y", within(top, innerHeight - height));
  }
}

/** Where a suggestion is about to be. */
function placeholder() {
  const swatch = make("span", { className: "swatch" });
  swatch.style.setProperty("--colour", "var(--line)");
  return make("span", { className: "suggestion", "data-waiting": "" }, swatch);
}
