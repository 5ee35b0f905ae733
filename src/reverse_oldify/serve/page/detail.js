/** Which part of a picture is seen, and how large it has to be asked for to be sharp. */

import { clamp } from "./geometry.js";

const AROUND = 0.15; // of the stage, on each side: a small move needs nothing new

/**
 * What to ask the API for, and where it belongs; null while what is shown is sharp already.
 *
 * @param {{view, stage, picture, density: number, shown: number}} viewer `shown` is the longest
 *   side, in pixels, of the picture that is shown
 * @returns {?{part: {size: number, region: string}, place: {x, y, width, height}}}
 *   `place` is in pixels of the picture.
 */
export function detailOf({ view, stage, picture, density, shown }) {
  if (!picture) return null;
  const longest = Math.max(picture.width, picture.height);
  const wanted = Math.min(1, view.scale * density);
  if (longest * wanted <= shown * 1.05) return null;
  // In whole octaves, so that a little zooming asks for nothing new.
  const size = Math.round(longest * 2 ** Math.min(0, Math.ceil(Math.log2(wanted))));
  const ratio = size / longest;
  const across = span(view.x, view.scale, stage.width, picture.width, ratio);
  const down = span(view.y, view.scale, stage.height, picture.height, ratio);
  if (across.length < 1 || down.length < 1) return null;
  return {
    part: { size, region: [across.start, down.start, across.length, down.length].join() },
    place: {
      x: across.start / ratio,
      y: down.start / ratio,
      width: across.length / ratio,
      height: down.length / ratio,
    },
  };
}

/** The seen part of one axis, in pixels of the scaled picture. */
function span(offset, scale, room, length, ratio) {
  const around = room * AROUND;
  const last = Math.floor(length * ratio);
  const start = clamp(Math.floor(((-offset - around) / scale) * ratio), 0, last);
  const end = clamp(Math.ceil(((room + around - offset) / scale) * ratio), 0, last);
  return { start, length: end - start };
}
