/** The ways in: choose, drop, paste. */

import { element } from "./dom.js";
import { filesOf } from "./folders.js";
import { complain } from "./notices.js";

const EMPTY = new Error("No photographs are in that folder.");
const UNREADABLE = new Error("That folder cannot be read.");

/** @param {function(File[])} take is given the files of one go, at least one */
export function watchIntake(take) {
  const input = element("files");
  for (const id of ["choose", "add"]) element(id).addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    offer([...input.files]);
    input.value = ""; // so that the same file can be chosen again
  });
  document.addEventListener("paste", (event) => offer([...event.clipboardData.files]));
  watchDrops(offer);

  function offer(files) {
    if (files.length) take(files);
  }
}

function watchDrops(offer) {
  const body = document.body;
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
  let depth = 0; // each element that is crossed tells of its own enter and leave
  addEventListener("dragenter", (event) => {
    if (!carriesFiles(event)) return;
    depth += 1;
    body.toggleAttribute("data-dropping", true);
  });
  addEventListener("dragleave", () => {
    depth = Math.max(0, depth - 1);
    body.toggleAttribute("data-dropping", depth > 0);
  });
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    depth = 0;
    body.toggleAttribute("data-dropping", false);
    if (carriesFiles(event)) filesOf(event.dataTransfer).then(take, () => complain(UNREADABLE));
  });

  function take(files) {
    if (files.length) offer(files);
    else complain(EMPTY);
  }
}
