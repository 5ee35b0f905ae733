/**
 * sRGB (IEC 61966-2-1) and CIELAB (D65), for single colours: enough for a colour picker.
 * A colour is "#rrggbb"; Lab is {l, a, b}, l from 0 to 100.
 */

const WHITE = [0.95047, 1, 1.08883];
const TO_XYZ = [
  [0.4124564, 0.3575761, 0.1804375],
  [0.2126729, 0.7151522, 0.072175],
  [0.0193339, 0.119192, 0.9503041],
];
const FROM_XYZ = [
  [3.2404542, -1.5371385, -0.4985314],
  [-0.969266, 1.8760108, 0.041556],
  [0.0556434, -0.2040259, 1.0572252],
];
const EDGE = 6 / 29;

const times = (matrix, vector) =>
  matrix.map((row) => row.reduce((sum, value, at) => sum + value * vector[at], 0));

const toLinear = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);

const fromLinear = (value) =>
  value <= 0.0031308 ? value * 12.92 : 1.055 * value ** (1 / 2.4) - 0.055;

const bend = (t) => (t > EDGE ** 3 ? Math.cbrt(t) : t / (3 * EDGE ** 2) + 4 / 29);

const unbend = (t) => (t > EDGE ? t ** 3 : 3 * EDGE ** 2 * (t - 4 / 29));

/** @param {number[]} rgb three codes from 0 to 255 */
export function rgbToLab(rgb) {
  const linear = rgb.map((code) => toLinear(code / 255));
  const [x, y, z] = times(TO_XYZ, linear).map((value, at) => bend(value / WHITE[at]));
  return { l: 116 * y - 16, a: 500 * (x - y), b: 200 * (y - z) };
}

/** Three codes from 0 to 255, or null where sRGB has no such colour. */
export function labToRgb({ l, a, b }) {
  const y = (l + 16) / 116;
  const xyz = [y + a / 500, y, y - b / 200].map((value, at) => unbend(value) * WHITE[at]);
  const linear = times(FROM_XYZ, xyz);
  if (linear.some((value) => value < -0.002 || value > 1.002)) return null;
  return linear.map((value) => Math.round(255 * fromLinear(Math.min(Math.max(value, 0), 1))));
}

/** As `labToRgb`; a colour that does not exist gives way to the nearest of its hue that does. */
export function labToRgbInGamut({ l, a, b }) {
  for (let share = 1; share > 0; share -= 0.02) {
    const rgb = labToRgb({ l, a: a * share, b: b * share });
    if (rgb) return rgb;
  }
  return labToRgb({ l, a: 0, b: 0 });
}

export const toHex = (rgb) => `#${rgb.map((code) => code.toString(16).padStart(2, "0")).join("")}`;

export const fromHex = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

export const isHex = (text) => /^#[0-9a-f]{6}$/i.test(text);

/** A hint's colour as it is shown. */
export const toShow = (color) => (color === "neutral" ? "#808080" : color);

/** A colour's name as people say it: for labels that are read aloud. */
export function nameOf(color) {
  if (color === "neutral") return "grey";
  const { l, a, b } = rgbToLab(fromHex(color));
  const chroma = Math.hypot(a, b);
  const tone = l < 30 ? "dark " : l > 75 ? "light " : "";
  if (chroma < 7) return `${tone}grey`;
  const degrees = ((Math.atan2(b, a) * 180) / Math.PI + 375) % 360;
  const [, hue] = HUES.find(([until]) => degrees < until);
  const named = hue === "orange" && (l < 55 || chroma < 35) ? "brown" : hue;
  return `${tone}${chroma < 18 ? "greyish " : ""}${named}`;
}

// Until which hue angle of CIELAB, counted from -15 degrees, a name goes.
const HUES = [
  [20, "pink"],
  [60, "red"],
  [90, "orange"],
  [120, "yellow"],
  [145, "yellow-green"],
  [185, "green"],
  [235, "teal"],
  [285, "sky blue"],
  [320, "blue"],
  [345, "violet"],
  [361, "magenta"],
];
