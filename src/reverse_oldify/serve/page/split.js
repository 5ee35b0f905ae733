/** The line between before and after: pulled by hand, or moved by keys. */

import { element } from "./dom.js";
import { watchDrag } from "./gestures.js";

const STEP = 0.02;
const LARGE_STEP = 0.1;

export class Split {
  #line = element("split");
  #viewer;

  constructor(viewer) {
    this.#viewer = viewer;
    watchDrag(this.#line, viewer.frame, { move: ({ x }) => this.#pull(x) });
    this.#line.addEventListener("keydown", (event) => this.#press(event));
    viewer.addEventListener("view", () => this.#place());
  }

  /** All before, or all after. */
  toggle() {
    this.#viewer.setSplit(this.#viewer.split < 0.5 ? 1 : 0);
  }

  #pull(x) {
    const { left, right } = this.#viewer.span();
    if (right > left) this.#viewer.setSplit((x - left) / (right - left));
  }

  #press(event) {
    const step = event.shiftKey ? LARGE_STEP : STEP;
    const share = {
      ArrowLeft: this.#viewer.split - step,
      ArrowDown: this.#viewer.split - step,
      ArrowRight: this.#viewer.split + step,
      ArrowUp: this.#viewer.split + step,
      PageDown: this.#viewer.split - LARGE_STEP,
      PageUp: this.#viewer.split + LARGE_STEP,
      Home: 0,
      End: 1,
    }[event.key];
    if (share === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.#viewer.setSplit(share);
  }

  #place() {
    const percent = Math.round(this.#viewer.split * 100);
    this.#line.hidden = !this.#viewer.picture;
    this.#line.style.setProperty("--at", `${this.#viewer.splitAt()}px`);
    this.#line.setAttribute("aria-valuenow", percent);
    this.#line.setAttribute(
      "aria-valuetext",
      `${percent} % original, ${100 - percent} % in colour`,
    );
  }
}
