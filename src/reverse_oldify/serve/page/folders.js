/** What was dropped, as files: of a folder, the photographs in it and in its own folders. */

/**
 * To be called while the drop is told of: later the browser has forgotten what it was.
 *
 * @param {DataTransfer} transfer
 * @returns {Promise<File[]>} in the order of their names where they come from one folder
 */
export async function filesOf(transfer) {
  const dropped = [...transfer.items].filter(({ kind }) => kind === "file");
  const files = dropped.map((item) => {
    const entry = item.webkitGetAsEntry?.();
    return entry?.isDirectory ? photographsIn(entry) : item.getAsFile();
  });
  return (await Promise.all(files)).flat();
}

async function photographsIn(folder) {
  const entries = await entriesOf(folder);
  entries.sort((one, other) => one.name.localeCompare(other.name, undefined, { numeric: true }));
  const files = entries.map((entry) => (entry.isDirectory ? photographsIn(entry) : fileOf(entry)));
  return (await Promise.all(files)).flat().filter(mayBePhotograph);
}

/** A browser gives the entries of a folder in portions; an empty one is the end. */
async function entriesOf(folder) {
  const reader = folder.createReader();
  const portion = () => new Promise((resolve, reject) => reader.readEntries(resolve, reject));
  const entries = [];
  for (let some = await portion(); some.length; some = await portion()) entries.push(...some);
  return entries;
}

const fileOf = (entry) => new Promise((resolve, reject) => entry.file(resolve, reject));

/** Not all that lies about in a folder; what the browser does not know is sent all the same. */
const mayBePhotograph = ({ name, type }) =>
  !name.startsWith(".") && (!type || type.startsWith("image/"));
