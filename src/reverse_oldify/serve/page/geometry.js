/**
 * Where a picture lies on the stage, as pure functions.
 *
 * @typedef {{scale: number, x: number, y: number}} View
 *   CSS pixels for one pixel of the picture; where its top left corner is on the stage.
 * @typedef {{width: number, height: number}} Size
 * @typedef {{x: number, y: number}} Point
 */

const LARGEST_SCALE = 8;

/** The whole picture in the middle of the stage; a small one at no more than twice its size. */
export function fit(picture, stage, margin = 0) {
  const scale = Math.min(
    Math.max(1, stage.width - 2 * margin) / picture.width,
    Math.max(1, stage.height - 2 * margin) / picture.height,
    2,
  );
  return {
    scale,
    x: (stage.width - picture.width * scale) / 2,
    y: (stage.height - picture.height * scale) / 2,
  };
}

/** Zoom so that what is under a point of the stage stays there. */
export function zoomAt(view, point, factor, smallest) {
  const scale = clamp(view.scale * factor, smallest, Math.max(LARGEST_SCALE, smallest));
  const change = scale / view.scale;
  return {
    scale,
    x: point.x - (point.x - view.x) * change,
    y: point.y - (point.y - view.y) * change,
  };
}

export const pan = (view, dx, dy) => ({ ...view, x: view.x + dx, y: view.y + dy });

/** No empty stage where there is picture to show: larger than the stage it covers it, else centred. */
export function held(view, picture, stage, margin = 0) {
  return {
    scale: view.scale,
    x: heldSide(view.x, picture.width * view.scale, stage.width, margin),
    y: heldSide(view.y, picture.height * view.scale, stage.height, margin),
  };
}

function heldSide(start, length, room, margin) {
  if (length <= room - 2 * margin) return (room - length) / 2;
  return clamp(start, room - margin - length, margin);
}

export const toPicture = (view, point) => ({
  x: (point.x - view.x) / view.scale,
  y: (point.y - view.y) / view.scale,
});

export const toStage = (view, point) => ({
  x: point.x * view.scale + view.x,
  y: point.y * view.scale + view.y,
});

/** The columns of the stage that show picture. */
export function visibleSpan(view, picture, stage) {
  const left = Math.max(0, view.x);
  return {
    left,
    right: Math.max(left, Math.min(stage.width, view.x + picture.width * view.scale)),
  };
}

export const inside = (point, picture) =>
  point.x >= 0 && point.y >= 0 && point.x < picture.width && point.y < picture.height;

/** The nearest point of the picture. */
export const within = (point, picture) => ({
  x: clamp(point.x, 0, picture.width - 1),
  y: clamp(point.y, 0, picture.height - 1),
});

export const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
