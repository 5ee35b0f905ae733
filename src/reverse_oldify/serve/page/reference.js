/** Another photograph, in the colour picker, to take colours from. Never leaves the browser. */

import { clamp, inside } from "./geometry.js";
import { element } from "./dom.js";
import { complain } from "./notices.js";

const STEP = 4;
const LONGEST = 480; // pixels of its longer side

export class Reference {
  #canvas = element("reference");
  #context = this.#canvas.getContext("2d", { willReadFrequently: true });
  #take;
  #bitmap = null;
  #cross = null; // of the keyboard

  /** @param {function(number[])} take is given three codes from 0 to 255 */
  constructor(take) {
    this.#take = take;
    const input = element("reference-file");
    element("dropper-reference").addEventListener("click", () => input.click());
    input.addEventListener("change", () => this.#load(input));
    this.#canvas.addEventListener("click", (event) => this.#click(event));
    this.#canvas.addEventListener("keydown", (event) => this.#press(event));
  }

  /** Show it, if there is one. */
  show() {
    this.#canvas.hidden = !this.#bitmap;
    this.#cross = null;
    this.#draw();
  }

  async #load(input) {
    const [file] = input.files;
    input.value = "";
    if (!file) return;
    try {
      this.#bitmap = await createImageBitmap(file);
      this.show();
    } catch {
      complain(
        new Error(`${file.name} cannot be shown by this browser; choose a JPEG or PNG file`),
      );
    }
  }

  #click(event) {
    if (!event.detail) return; // a click that the keyboard made
    const box = this.#canvas.getBoundingClientRect();
    const { width, height } = this.#canvas; // fitted into its box
    const scale = Math.min(box.width / width, box.height / height);
    const x = width / 2 + (event.clientX - box.left - box.width / 2) / scale;
    const y = height / 2 + (event.clientY - box.top - box.height / 2) / scale;
    if (inside({ x, y }, { width, height })) this.#sample(x, y);
  }

  #press(event) {
    const { width, height } = this.#canvas;
    const step = STEP * (event.shiftKey ? 5 : 1);
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    this.#cross ??= { x: width / 2, y: height / 2 };
    if (event.key in move) {
      const [across, down] = move[event.key];
      this.#cross.x = clamp(this.#cross.x + across * step, 0, width - 1);
      this.#cross.y = clamp(this.#cross.y + down * step, 0, height - 1);
      this.#draw();
    } else if (event.key === "Enter" || event.key === " ") {
      this.#sample(this.#cross.x, this.#cross.y);
    } else return;
    event.preventDefault();
  }

  #sample(x, y) {
    const cross = this.#cross;
    this.#cross = null;
    this.#draw(); // without the cross, which is not to be taken for a colour
    this.#take([
      ...this.#context.getImageData(Math.floor(x), Math.floor(y), 1, 1).data.slice(0, 3),
    ]);
    this.#cross = cross;
    this.#draw();
  }

  #draw() {
    if (!this.#bitmap) return;
    const scale = LONGEST / Math.max(this.#bitmap.width, this.#bitmap.height);
    const width = Math.max(1, Math.round(this.#bitmap.width * scale));
    const height = Math.max(1, Math.round(this.#bitmap.height * scale));
    Object.assign(this.#canvas, { width, height });
    this.#context.drawImage(this.#bitmap, 0, 0, width, height);
    if (!this.#cross) return;
    const { x, y } = this.#cross;
    this.#context.lineWidth = 2;
    this.#context.strokeStyle = "#fff";
    this.#context.strokeRect(x - 6, y - 6, 12, 12);
    this.#context.strokeStyle = "#000";
    this.#context.strokeRect(x - 8, y - 8, 16, 16);
  }
}
