/** Many files in one: ZIP without compression (APPNOTE.TXT 6.3), which pictures have behind them. */

const UTF8_NAMES = 0x0800;
const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const LARGEST = 0xffffffff;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit += 1) rest = rest & 1 ? 0xedb88320 ^ (rest >>> 1) : rest >>> 1;
  return rest;
});

/** CRC-32 (ITU-T V.42) of bytes. */
export function crc32(bytes) {
  let rest = 0xffffffff;
  for (const byte of bytes) rest = TABLE[(rest ^ byte) & 0xff] ^ (rest >>> 8);
  return (rest ^ 0xffffffff) >>> 0;
}

/**
 * @param {{name: string, content: Blob}[]} files
 * @returns {Promise<Blob>}
 */
export async function zip(files) {
  const parts = [];
  const directory = [];
  let offset = 0;
  for (const { name, content } of files) {
    const encoded = new TextEncoder().encode(name);
    const check = crc32(new Uint8Array(await content.arrayBuffer()));
    const about = [UTF8_NAMES, 0, ...now(), check, content.size, content.size, encoded.length, 0];
    const local = record([LOCAL, 20, ...about], "42222244422");
    parts.push(local, encoded, content);
    const more = [0, 0, 0, 0, offset];
    directory.push(record([CENTRAL, 20, 20, ...about, ...more], "42222224442222244"), encoded);
    offset += local.byteLength + encoded.length + content.size;
  }
  if (offset > LARGEST) throw new Error("More than 4 GB; download fewer photographs at once.");
  const length = directory.reduce((sum, part) => sum + part.byteLength, 0);
  const end = record([END, 0, 0, files.length, files.length, length, offset, 0], "42222442");
  return new Blob([...parts, ...directory, end], { type: "application/zip" });
}

/** Little-endian numbers; `sizes` has the bytes of each. */
function record(values, sizes) {
  const view = new DataView(
    new ArrayBuffer([...sizes].reduce((sum, size) => sum + Number(size), 0)),
  );
  let at = 0;
  values.forEach((value, index) => {
    if (sizes[index] === "2") view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += Number(sizes[index]);
  });
  return view.buffer;
}

/** Time and date as MS-DOS had them. */
function now() {
  const date = new Date();
  const time = (date.getHours() << 11) | (date.getMinutes() << 5) | (date.getSeconds() >> 1);
  const day = ((date.getFullYear() - 1980) << 9) | ((date.getMonth() + 1) << 5) | date.getDate();
  return [time, day];
}
