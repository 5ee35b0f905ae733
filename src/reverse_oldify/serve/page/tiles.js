/** Small pictures of which one is chosen: a group of radio buttons, as a keyboard expects it. */

import { make } from "./dom.js";

export class Tiles {
  #root;
  #choose;
  #keys = [];

  /**
   * @param {HTMLElement} root has the role of a radiogroup
   * @param {function(any)} choose is given the `value` of a tile
   */
  constructor(root, choose) {
    this.#root = root;
    this.#choose = choose;
    root.addEventListener("keydown", (event) => this.#press(event));
  }

  /**
   * @param {{key: string, label: string, source: ?string, checked: boolean, value: any}[]} tiles
   *   `source` is the address of its picture.
   */
  show(tiles) {
    const keys = tiles.map(({ key, label }) => `${key} ${label}`);
    if (!this.#keys.every((key, at) => key === keys[at])) this.#root.replaceChildren();
    const kept = this.#root.children.length; // among them the one that has the focus
    this.#root.append(...tiles.slice(kept).map((tile) => this.#tile(tile)));
    this.#keys = keys;
    const checked = Math.max(
      0,
      tiles.findIndex((tile) => tile.checked),
    );
    tiles.forEach((tile, at) => {
      const button = this.#root.children[at];
      button.onclick = () => this.#choose(tile.value);
      button.setAttribute("aria-checked", tile.checked);
      button.tabIndex = at === checked ? 0 : -1;
      button.toggleAttribute("data-waiting", !tile.source);
      const picture = button.querySelector("img");
      picture.hidden = !tile.source;
      if (tile.source && picture.src !== tile.source) picture.src = tile.source;
    });
  }

  #tile({ label }) {
    return make(
      "button",
      { type: "button", className: "tile", role: "radio" },
      make("span", { className: "tile-picture" }, make("img", { alt: "", draggable: false })),
      make("span", { className: "tile-label", textContent: label }),
    );
  }

  #press(event) {
    const by = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    const tiles = [...this.#root.children];
    const at = tiles.indexOf(document.activeElement) + by;
    const next = tiles[(at + tiles.length) % tiles.length];
    next.focus();
    next.click();
  }
}
