/** The API's map of uncertainty, made visible: clear where colour is sure, glowing where it is a guess. */

const STOPS = [
  // value from 0 to 255; red, green, blue, opacity
  [0, 236, 196, 100, 0],
  [40, 236, 196, 100, 0],
  [110, 234, 172, 62, 0.45],
  [180, 222, 84, 44, 0.72],
  [255, 152, 12, 76, 0.9],
];

const TABLE = Array.from({ length: 256 }, (_, value) => colourOf(value));

/** @param {Blob} map a grey picture; 8 levels for each unit of a*, b* */
export async function heat(map) {
  const grey = await createImageBitmap(map);
  const canvas = new OffscreenCanvas(grey.width, grey.height);
  const context = canvas.getContext("2d");
  context.drawImage(grey, 0, 0);
  const pixels = context.getImageData(0, 0, grey.width, grey.height);
  for (let at = 0; at < pixels.data.length; at += 4) {
    pixels.data.set(TABLE[pixels.data[at]], at);
  }
  context.putImageData(pixels, 0, 0);
  return canvas.transferToImageBitmap();
}

function colourOf(value) {
  const next = Math.max(
    1,
    STOPS.findIndex(([at]) => at >= value),
  );
  const [low, high] = [STOPS[next - 1], STOPS[next]];
  const share = (value - low[0]) / (high[0] - low[0]);
  const [red, green, blue, opacity] = [1, 2, 3, 4].map((i) => low[i] + (high[i] - low[i]) * share);
  return [red, green, blue, opacity * 255].map(Math.round);
}
