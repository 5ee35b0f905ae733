/** The zoom buttons, and how far the picture is zoomed. */

import { element } from "./dom.js";

const STEP = 1.5;

export class Zoom {
  #viewer;

  constructor(viewer) {
    this.#viewer = viewer;
    element("zoom-in").addEventListener("click", () => this.closer());
    element("zoom-out").addEventListener("click", () => this.farther());
    element("zoom-fit").addEventListener("click", () => this.fit());
    element("zoom-pixels").addEventListener("click", () => this.pixels());
    viewer.addEventListener("view", () => this.#show());
  }

  closer() {
    this.#viewer.zoom(STEP);
  }

  farther() {
    this.#viewer.zoom(1 / STEP);
  }

  fit() {
    this.#viewer.fit();
  }

  pixels() {
    this.#viewer.zoomToPixels();
  }

  #show() {
    const percent = Math.round(this.#viewer.view.scale * this.#viewer.density * 100);
    element("zoom-pixels").textContent = `${percent} %`;
    this.#viewer.frame.toggleAttribute("data-zoomed", !this.#viewer.fitting);
  }
}
