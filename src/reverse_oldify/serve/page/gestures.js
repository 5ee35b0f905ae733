/** Mouse, pen and fingers on the picture, told apart: a click, a drag, a pinch, a turn of the wheel. */

const STILL = 5; // CSS pixels that a click may slip
const WHEEL = 0.0016; // of a doubling, roughly, for each pixel of the wheel

/**
 * @param {HTMLElement} frame holds the surface and what lies on it, such as a pin that is dragged:
 *   a second finger makes a pinch of that, too
 * @param {HTMLElement} surface
 * @param {{click: function({x, y}), pan: function(dx, dy), zoom: function(factor, {x, y})}} act
 *   Points are in CSS pixels of the frame.
 */
export function watchGestures(frame, surface, act) {
  const down = new Map(); // pointer id to its last point
  let start = null; // of a possible click; null once it has become something else
  let ours = false; // whether what is down moves the picture

  const pointOf = (event) => {
    const box = frame.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };

  frame.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    if (event.isPrimary) down.clear(); // the first of its kind, whatever became of others
    down.set(event.pointerId, pointOf(event));
    ours = down.size > 1 || event.target === surface;
    start = ours && down.size === 1 ? pointOf(event) : null;
    if (ours) for (const id of down.keys()) surface.setPointerCapture(id);
  });

  frame.addEventListener("pointermove", (event) => {
    const last = down.get(event.pointerId);
    if (!last || !ours) return;
    const point = pointOf(event);
    if (start && distance(start, point) < STILL) return;
    start = null;
    if (down.size === 1) act.pan(point.x - last.x, point.y - last.y);
    if (down.size === 2) pinch(down, event.pointerId, point, act);
    down.set(event.pointerId, point);
  });

  const up = (event) => {
    if (!down.delete(event.pointerId)) return;
    if (start && event.type === "pointerup") act.click(start);
    start = null;
  };
  frame.addEventListener("pointerup", up);
  frame.addEventListener("pointercancel", up);

  surface.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const pixels = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 33 : 1);
      const strength = event.ctrlKey ? 6 : 1; // browsers tell a pinch on a touchpad in small steps
      act.zoom(Math.exp(-pixels * WHEEL * strength), pointOf(event));
    },
    { passive: false },
  );
}

/** One of two fingers has moved: the middle between them pans, their distance zooms. */
function pinch(down, moved, point, act) {
  const [, other] = [...down].find(([id]) => id !== moved);
  const last = down.get(moved);
  const middle = between(point, other);
  const before = between(last, other);
  act.pan(middle.x - before.x, middle.y - before.y);
  act.zoom(distance(point, other) / Math.max(1, distance(last, other)), middle);
}

const distance = (one, other) => Math.hypot(one.x - other.x, one.y - other.y);

const between = (one, other) => ({ x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 });

/**
 * Drag an element that lies on the picture.
 *
 * @param {{start?: function(), move: function({x, y}), end?: function({moved: boolean})}} act
 *   Points are in CSS pixels of `frame`.
 */
export function watchDrag(element, frame, act) {
  let from = null;
  let moved = false;
  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    element.setPointerCapture(event.pointerId);
    from = { x: event.clientX, y: event.clientY };
    moved = false;
    act.start?.();
  });
  element.addEventListener("pointermove", (event) => {
    if (!from) return;
    moved ||= Math.hypot(event.clientX - from.x, event.clientY - from.y) >= STILL;
    if (!moved) return;
    const box = frame.getBoundingClientRect();
    act.move({ x: event.clientX - box.left, y: event.clientY - box.top });
  });
  const end = () => {
    if (from) act.end?.({ moved });
    from = null;
  };
  element.addEventListener("pointerup", end);
  element.addEventListener("lostpointercapture", end); // by the browser, or to a pinch
}
