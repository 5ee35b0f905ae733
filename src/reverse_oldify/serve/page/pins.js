/** The hints as pins on the picture, and the ways to place, move and remove them. */

import { changeHint, removeHint } from "./edits.js";
import { element, make } from "./dom.js";
import { inside, within } from "./geometry.js";
import { watchDrag } from "./gestures.js";
import { nameOf, toShow } from "./lab.js";
import { say } from "./notices.js";

const STEP = 4; // CSS pixels that an arrow key moves
const LARGE_STEP = 32;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Pins {
  #studio;
  #viewer;
  #picker;
  #root = element("pins");
  #cross = element("cross");
  #at = null; // where the cross is, in pixels of the picture
  #drags = 0;

  constructor(studio, viewer, picker) {
    this.#studio = studio;
    this.#viewer = viewer;
    this.#picker = picker;
    studio.addEventListener("edits", () => this.#show());
    studio.addEventListener("current", () => this.#setCross(null));
    viewer.addEventListener("view", () => this.#place());
    picker.addEventListener("close", () => this.#setCross(null));
    const canvas = element("canvas");
    canvas.addEventListener("keydown", (event) => this.#press(event));
    canvas.addEventListener("blur", () => this.#picker.open || this.#setCross(null));
  }

  /** A click on the picture, in pixels of the stage: give the place a colour. */
  click(point) {
    const place = this.#viewer.toPicture(point);
    if (!this.#viewer.has("after") || !inside(place, this.#viewer.picture)) this.#picker.hide();
    else if (this.#picker.taking) this.#picker.take(this.#viewer.sample("after", place));
    else this.#offer(place);
  }

  remove(index) {
    this.#picker.hide();
    this.#studio.edit(removeHint(this.#studio.decided, index));
    say("Hint removed");
    element("canvas").focus();
  }

  #offer(place) {
    const whole = { x: Math.floor(place.x), y: Math.floor(place.y) };
    this.#picker.openAt(whole);
    this.#setCross(whole);
  }

  #show() {
    const hints = this.#studio.edits?.hints ?? [];
    while (this.#root.children.length > hints.length) this.#root.lastChild.remove();
    while (this.#root.children.length < hints.length) this.#root.append(this.#pin());
    if (this.#picker.placed) this.#setCross(null); // its pin is there now
    hints.forEach(({ color }, index) => {
      const pin = this.#root.children[index];
      pin.style.setProperty("--colour", toShow(color));
      pin.setAttribute("aria-label", `Hint ${index + 1}: ${nameOf(color)}`);
    });
    this.#place();
  }

  #place() {
    const hints = this.#studio.edits?.hints ?? [];
    [...this.#root.children].forEach((pin, index) => hints[index] && this.#put(pin, hints[index]));
    if (this.#at) this.#put(this.#cross, this.#at);
  }

  #put(mark, place) {
    if (!this.#viewer.picture) return;
    const { x, y } = this.#viewer.toStage({ x: place.x + 0.5, y: place.y + 0.5 });
    mark.style.setProperty("--x", `${x}px`);
    mark.style.setProperty("--y", `${y}px`);
  }

  #setCross(place) {
    this.#at = place;
    this.#cross.hidden = !place;
    this.#place();
  }

  #pin() {
    const pin = make("button", { className: "pin", type: "button" });
    const index = () => [...this.#root.children].indexOf(pin);
    watchDrag(pin, this.#viewer.frame, {
      start: () => {
        delete pin.dataset.moved; // no click came, as after a drag by touch
        this.#drags += 1;
      },
      move: (point) => this.#move(index(), this.#viewer.toPicture(point), `drag ${this.#drags}`),
      end: ({ moved }) => moved && (pin.dataset.moved = ""),
    });
    pin.addEventListener("click", () => {
      // The browser tells of a click at the end of a drag, too.
      if ("moved" in pin.dataset) delete pin.dataset.moved;
      else this.#picker.openHint(index());
    });
    pin.addEventListener("keydown", (event) => this.#pressPin(event, index()));
    return pin;
  }

  #pressPin(event, index) {
    if (event.key === "Delete" || event.key === "Backspace") this.remove(index);
    else if (event.key in ARROWS) {
      const hint = this.#studio.decided.hints[index];
      this.#move(index, this.#stepped(hint, event), `nudge ${index}`);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #move(index, place, gesture) {
    this.#picker.hide();
    const { x, y } = within(place, this.#viewer.picture);
    const change = { x: Math.floor(x), y: Math.floor(y) };
    this.#studio.edit(changeHint(this.#studio.decided, index, change), gesture);
  }

  #stepped(place, event) {
    const step = (event.shiftKey ? LARGE_STEP : STEP) / this.#viewer.view.scale;
    const [across, down] = ARROWS[event.key];
    const moved = { x: place.x + across * step, y: place.y + down * step };
    return within(moved, this.#viewer.picture);
  }

  /** Arrow keys move the cross, Enter chooses a colour for its place. */
  #press(event) {
    if (!this.#viewer.has("after") || event.ctrlKey || event.metaKey || event.altKey) return;
    const { width, height } = this.#viewer.stage;
    const from = this.#at ?? this.#viewer.toPicture({ x: width / 2, y: height / 2 });
    if (event.key in ARROWS) {
      if (!this.#picker.taking) this.#picker.hide();
      this.#setCross(this.#at ? this.#stepped(from, event) : from);
      this.#viewer.reveal(this.#at);
    } else if (event.key === "Enter" || event.key === " ") {
      this.click(this.#viewer.toStage(from));
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
