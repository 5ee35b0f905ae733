/**
 * All colours that exist at one lightness: hue to the right, from grey below to the strongest above.
 * Moved over by hand, or with the arrow keys.
 */

import { clamp } from "./geometry.js";
import { fromHex, labToRgb, labToRgbInGamut, nameOf, rgbToLab, toHex } from "./lab.js";

const COLUMNS = 90; // 4 degrees of hue each
const ROWS = 40;
const STRONGEST = 134; // more chroma than any colour of sRGB has

export class Plane {
  #canvas;
  #choose;
  #lightness = 50;
  #limits = []; // the strongest chroma of each column
  #colours = null; // what is drawn below the mark
  #mark = { hue: 0, strength: 0 }; // degrees; 0 to 1

  /** @param {function(string)} choose is given "#rrggbb" */
  constructor(canvas, choose) {
    this.#canvas = canvas;
    this.#choose = choose;
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.#point(event);
    });
    canvas.addEventListener("pointermove", (event) => event.buttons && this.#point(event));
    canvas.addEventListener("keydown", (event) => this.#press(event));
    new ResizeObserver(() => this.#draw()).observe(canvas);
  }

  /** Show the colours of a lightness, 0 to 100; black and white have none, so they are spared. */
  open(lightness) {
    this.#lightness = clamp(lightness, 12, 94);
    const hues = Array.from({ length: COLUMNS }, (_, column) => (column * 360) / COLUMNS);
    this.#limits = hues.map((hue) => this.#limit(hue));
    const image = new ImageData(COLUMNS, ROWS);
    hues.forEach((hue, column) => {
      for (let row = 0; row < ROWS; row += 1) {
        const rgb = this.#rgb({ hue, strength: 1 - row / (ROWS - 1) });
        image.data.set([...rgb, 255], 4 * (row * COLUMNS + column));
      }
    });
    this.#colours = new OffscreenCanvas(COLUMNS, ROWS);
    this.#colours.getContext("2d").putImageData(image, 0, 0);
    this.#draw();
  }

  /** Mark a colour, "#rrggbb"; its own lightness does not matter. */
  mark(hex) {
    const { a, b } = rgbToLab(fromHex(hex));
    const hue = ((Math.atan2(b, a) * 180) / Math.PI + 360) % 360;
    const strength = clamp(Math.hypot(a, b) / this.#limit(hue), 0, 1);
    this.#mark = { hue, strength };
    this.#draw();
  }

  #point(event) {
    const box = this.#canvas.getBoundingClientRect();
    const across = clamp((event.clientX - box.left) / box.width, 0, 1);
    const down = clamp((event.clientY - box.top) / box.height, 0, 1);
    this.#move({ hue: across * 359, strength: 1 - down });
  }

  #press(event) {
    const { hue, strength } = this.#mark;
    const large = event.shiftKey ? 4 : 1;
    const mark = {
      ArrowLeft: { hue: (hue - 4 * large + 360) % 360, strength },
      ArrowRight: { hue: (hue + 4 * large) % 360, strength },
      ArrowUp: { hue, strength: strength + 0.04 * large },
      ArrowDown: { hue, strength: strength - 0.04 * large },
    }[event.key];
    if (!mark) return;
    event.preventDefault();
    this.#move({ ...mark, strength: clamp(mark.strength, 0, 1) });
  }

  #move(mark) {
    this.#mark = mark;
    this.#choose(toHex(this.#rgb(mark)));
    this.#mark = mark; // not what rounding to codes has made of it: grey would lose its hue
    this.#draw();
  }

  #rgb({ hue, strength }) {
    const chroma = strength * this.#limits[Math.floor((hue / 360) * COLUMNS) % COLUMNS];
    return labToRgbInGamut(this.#lab(hue, chroma));
  }

  #lab(hue, chroma) {
    const radians = (hue * Math.PI) / 180;
    return { l: this.#lightness, a: chroma * Math.cos(radians), b: chroma * Math.sin(radians) };
  }

  #limit(hue) {
    let [low, high] = [0, STRONGEST];
    while (high - low > 0.5) {
      const middle = (low + high) / 2;
      if (labToRgb(this.#lab(hue, middle))) low = middle;
      else high = middle;
    }
    return Math.max(low, 1);
  }

  #draw() {
    if (!this.#colours) return;
    const width = this.#canvas.clientWidth * devicePixelRatio;
    const height = this.#canvas.clientHeight * devicePixelRatio;
    Object.assign(this.#canvas, { width, height });
    const context = this.#canvas.getContext("2d");
    context.drawImage(this.#colours, 0, 0, width, height);
    const { hue, strength } = this.#mark;
    const density = devicePixelRatio;
    for (const [colour, thickness] of [
      ["#000", 4],
      ["#fff", 2],
    ]) {
      context.beginPath();
      context.arc((hue / 360) * width, (1 - strength) * height, 6 * density, 0, 2 * Math.PI);
      context.strokeStyle = colour;
      context.lineWidth = thickness * density;
      context.stroke();
    }
    const name = nameOf(toHex(this.#rgb(this.#mark)));
    this.#canvas.setAttribute("aria-valuenow", Math.round(hue));
    this.#canvas.setAttribute("aria-valuetext", name);
  }
}
