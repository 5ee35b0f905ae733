/**
 * What a person has chosen for one photograph, as values: every function returns new edits and
 * leaves the old ones alone, so that an undo history is nothing but a list of them.
 *
 * @typedef {{x: number, y: number, color: string}} Hint  in pixels of the photograph; "#rrggbb" or "neutral"
 * @typedef {{label: string, value: string | object}} Palette  the name of a look, or the API's palette
 * @typedef {{vividness: number, variant: number, palette: ?Palette, hints: Hint[]}} Edits
 */

/** @type {Edits} */
export const UNTOUCHED = Object.freeze({
  vividness: 1,
  variant: 0,
  palette: null,
  hints: Object.freeze([]),
});

export const setVividness = (edits, vividness) => ({ ...edits, vividness });

export const setVariant = (edits, variant) => ({ ...edits, variant });

/** Versions are drawn anew under another palette, so the number of one means nothing there. */
export const setPalette = (edits, palette) => ({ ...edits, palette, variant: 0 });

export const addHint = (edits, hint) => ({ ...edits, hints: [...edits.hints, hint] });

export const changeHint = (edits, index, change) => ({
  ...edits,
  hints: edits.hints.map((hint, at) => (at === index ? { ...hint, ...change } : hint)),
});

export const removeHint = (edits, index) => ({
  ...edits,
  hints: edits.hints.filter((_, at) => at !== index),
});

export const clearHints = (edits) => ({ ...edits, hints: [] });

/** The API's `Options`. */
export function toOptions({ vividness, variant, palette, hints }) {
  return {
    vividness,
    variant,
    palette: palette?.value ?? null,
    hints: hints.map(({ x, y, color }) => ({ points: [[x, y]], color })),
  };
}

export const same = (one, other) =>
  JSON.stringify(toOptions(one)) === JSON.stringify(toOptions(other));
