/**
 * Undo and redo over any immutable value, as pure functions.
 *
 * @template T
 * @typedef {{past: T[], present: T, future: T[], gesture: ?string}} History
 */

const LONGEST = 200;

export const begin = (present) => ({ past: [], present, future: [], gesture: null });

/**
 * Make a value the present one. Steps of one gesture (a drag of a slider, say) share its name and
 * become a single step of the history.
 */
export function record(history, present, gesture = null) {
  if (gesture !== null && gesture === history.gesture) return { ...history, present, future: [] };
  const past = [...history.past, history.present].slice(-LONGEST);
  return { past, present, future: [], gesture };
}

/** Correct the present value where it is, without a step: to undo goes to what was before it. */
export const replace = (history, present) => ({ ...history, present });

/** The gesture is over: the next one of the same name is a step of its own. */
export const settle = (history) => ({ ...history, gesture: null });

export const canUndo = (history) => history.past.length > 0;

export const canRedo = (history) => history.future.length > 0;

export function undo(history) {
  if (!canUndo(history)) return history;
  return {
    past: history.past.slice(0, -1),
    present: history.past.at(-1),
    future: [history.present, ...history.future],
    gesture: null,
  };
}

export function redo(history) {
  if (!canRedo(history)) return history;
  const [present, ...future] = history.future;
  return { past: [...history.past, history.present], present, future, gesture: null };
}
