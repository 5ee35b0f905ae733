/**
 * The canvas: a photograph before and after, cut by a movable line, at any zoom. It draws; it knows
 * nothing of servers, and of people only what `gestures.js` tells it.
 */

import * as geometry from "./geometry.js";

const MARGIN = 24;
const SWEEP = 1100; // milliseconds in which colour runs over a picture that is seen first

export class Viewer extends EventTarget {
  #canvas;
  #context;
  #layers = { before: null, after: null, doubt: null };
  #stage = { width: 0, height: 0 };
  #fitted = true; // follows the stage when it changes its size
  #frame = 0;
  #sweep = null;

  constructor(canvas) {
    super();
    this.#canvas = canvas;
    this.frame = canvas.parentElement;
    this.#context = canvas.getContext("2d");
    this.picture = null; // its size in pixels
    this.view = { scale: 1, x: 0, y: 0 };
    this.split = 0; // share of the visible width that shows the photograph as it was
    new ResizeObserver(() => this.#resize()).observe(this.frame);
    this.#resize();
  }

  get stage() {
    return this.#stage;
  }

  get density() {
    return window.devicePixelRatio || 1;
  }

  /** The longest side, in pixels, of the picture that is shown in colour. */
  get shown() {
    const { width, height } = this.#layers.after?.bitmap ?? { width: 0, height: 0 };
    return Math.max(width, height);
  }

  /** Margin around a picture that fits; narrow stages have none to spare. */
  get margin() {
    return this.#stage.width < 600 ? 10 : MARGIN;
  }

  get fitting() {
    return this.#fitted;
  }

  /** Show another photograph (or none), fitted to the stage. */
  open(picture) {
    this.picture = picture;
    this.#layers = { before: null, after: null, doubt: null };
    this.#sweep = null;
    this.fit();
  }

  /** Put a bitmap of the whole picture into a layer, "before", "after" or "doubt"; null empties it. */
  show(layer, bitmap) {
    this.#layers[layer] = bitmap && { bitmap, detail: null };
    this.redraw();
  }

  /** Lay a sharper bitmap of one place over a layer. */
  showDetail(layer, bitmap, place) {
    if (this.#layers[layer]) this.#layers[layer].detail = { bitmap, place };
    this.redraw();
  }

  has(layer) {
    return this.#layers[layer] !== null;
  }

  /** Let colour run over the picture once, from left to right. */
  sweep() {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    this.#sweep = performance.now();
    this.redraw();
  }

  fit() {
    this.#fitted = true;
    if (this.picture) this.view = geometry.fit(this.picture, this.#stage, this.margin);
    this.#changed();
  }

  /** One pixel of the picture for one of the screen. */
  zoomToPixels() {
    this.zoom(1 / this.density / this.view.scale);
  }

  zoom(factor, point = { x: this.#stage.width / 2, y: this.#stage.height / 2 }) {
    if (!this.picture) return;
    const whole = geometry.fit(this.picture, this.#stage, this.margin).scale;
    const view = geometry.zoomAt(this.view, point, factor, Math.min(whole, 1 / this.density));
    this.#fitted = Math.abs(view.scale / whole - 1) < 0.001;
    this.#move(view);
  }

  pan(dx, dy) {
    if (!this.picture) return;
    this.#move(geometry.pan(this.view, dx, dy));
  }

  /** Move the picture so that a place of it is on the stage. */
  reveal(place) {
    const { x, y } = this.toStage(place);
    const { width, height } = this.#stage;
    const room = this.margin * 2;
    const dx = geometry.clamp(x, room, width - room) - x;
    const dy = geometry.clamp(y, room, height - room) - y;
    if (dx || dy) this.pan(dx, dy);
  }

  setSplit(share) {
    this.split = geometry.clamp(share, 0, 1);
    this.#changed();
  }

  toPicture(point) {
    return geometry.toPicture(this.view, point);
  }

  toStage(point) {
    return geometry.toStage(this.view, point);
  }

  /** The columns of the stage that show picture. */
  span() {
    return geometry.visibleSpan(this.view, this.picture ?? { width: 0, height: 0 }, this.#stage);
  }

  /** Where the line between before and after is, in pixels of the stage. */
  splitAt() {
    const { left, right } = this.span();
    return left + (right - left) * this.split;
  }

  /** The colour of a place in a layer, as codes from 0 to 255; null where nothing is shown. */
  sample(layer, { x, y }) {
    const bitmap = this.#layers[layer]?.bitmap;
    if (!bitmap || !this.picture) return null;
    const probe = new OffscreenCanvas(1, 1).getContext("2d");
    const column = (x / this.picture.width) * bitmap.width;
    const row = (y / this.picture.height) * bitmap.height;
    probe.drawImage(bitmap, Math.floor(column), Math.floor(row), 1, 1, 0, 0, 1, 1);
    return [...probe.getImageData(0, 0, 1, 1).data.slice(0, 3)];
  }

  redraw() {
    this.#frame ||= requestAnimationFrame((now) => {
      this.#frame = 0;
      this.#draw(now);
    });
  }

  #move(view) {
    this.view = geometry.held(view, this.picture, this.#stage, this.margin);
    this.#changed();
  }

  #changed() {
    this.redraw();
    this.dispatchEvent(new Event("view"));
  }

  #resize() {
    const { clientWidth: width, clientHeight: height } = this.frame;
    this.#stage = { width, height };
    this.#canvas.width = Math.round(width * this.density);
    this.#canvas.height = Math.round(height * this.density);
    if (this.#fitted) this.fit();
    else this.#move(this.view);
  }

  #draw(now) {
    const context = this.#context;
    context.setTransform(this.density, 0, 0, this.density, 0, 0);
    context.clearRect(0, 0, this.#stage.width, this.#stage.height);
    if (!this.picture) return;
    context.imageSmoothingEnabled = this.view.scale * this.density < 3;
    context.imageSmoothingQuality = "high";
    const { before, after, doubt } = this.#layers;
    const from = after ? this.splitAt() : this.#stage.width;
    const to = after ? this.#front(now, from) : from;
    const under = before ?? after;
    if (doubt) {
      this.#paint(under); // grey: its colours must not be taken for the picture's
    } else {
      this.#paint(under, 0, from);
      this.#paint(under, to);
    }
    this.#paint(doubt ?? after, from, to);
  }

  /** Draw a layer between two columns of the stage. */
  #paint(layer, from = 0, to = this.#stage.width) {
    if (!layer || to <= from) return;
    const { scale, x, y } = this.view;
    const context = this.#context;
    context.save();
    context.beginPath();
    context.rect(from, 0, to - from, this.#stage.height);
    context.clip();
    const { bitmap, detail } = layer;
    context.drawImage(bitmap, x, y, this.picture.width * scale, this.picture.height * scale);
    if (detail) {
      const { place } = detail;
      const [left, top] = [x + place.x * scale, y + place.y * scale];
      context.drawImage(detail.bitmap, left, top, place.width * scale, place.height * scale);
    }
    context.restore();
  }

  /** How far colour has run by now. */
  #front(now, from) {
    if (this.#sweep === null) return this.#stage.width;
    const done = (now - this.#sweep) / SWEEP;
    if (done >= 1) {
      this.#sweep = null;
      return this.#stage.width;
    }
    this.redraw();
    const eased = 1 - (1 - Math.max(0, done)) ** 3;
    return from + (this.span().right - from) * eased;
  }
}
