/** Puts the studio together. */

import * as api from "./api.js";
import { Background } from "./background.js";
import { Darkroom } from "./darkroom.js";
import { Download } from "./download.js";
import { element } from "./dom.js";
import { Frame } from "./frame.js";
import { watchGestures } from "./gestures.js";
import { watchIntake } from "./intake.js";
import { Keeper } from "./keeper.js";
import { Keyboard } from "./keyboard.js";
import { Moods } from "./moods.js";
import { complain, say } from "./notices.js";
import { outage } from "./outage.js";
import { Panel } from "./panel.js";
import { Picker } from "./picker.js";
import { Pins } from "./pins.js";
import { Split } from "./split.js";
import { Strip } from "./strip.js";
import { Studio } from "./studio.js";
import { Versions } from "./versions.js";
import { Viewer } from "./viewer.js";
import { Zoom } from "./zoom.js";

const studio = new Studio();
const viewer = new Viewer(element("canvas"));
const darkroom = new Darkroom(studio, viewer, (problem) => complain(problem, studio.current?.name));
const picker = new Picker(studio, viewer);
const pins = new Pins(studio, viewer, picker);
const panel = new Panel(studio, darkroom, picker, pins);
const split = new Split(viewer);
const zoom = new Zoom(viewer);
const background = new Background(() => darkroom.quiet());
const versions = new Versions(studio, background);
const moods = new Moods(studio, darkroom, background);
const download = new Download(studio);
new Strip(studio, background);
new Frame(studio, darkroom);

outage.addEventListener("back", () => (studio.about ? studio.resume() : start()));
watchIntake((files) => studio.add(files));
watchGestures(viewer.frame, element("canvas"), {
  click: (point) => pins.click(point),
  pan: (dx, dy) => viewer.pan(dx, dy),
  zoom: (factor, point) => viewer.zoom(factor, point),
});

const undo = () => travel("undo", "Undone");
const redo = () => travel("redo", "Redone");
element("undo").addEventListener("click", undo);
element("redo").addEventListener("click", redo);
picker.addEventListener("remove", ({ detail }) => pins.remove(detail));

function travel(how, words) {
  picker.hide();
  studio[how]();
  say(words);
}

const keyboard = new Keyboard([
  { keys: ["o"], words: "add photographs", act: () => element("files").click() },
  { keys: ["Ctrl+v"], words: "paste a photograph" },
  { keys: ["PageUp"], words: "previous photograph", act: () => studio.step(-1) },
  { keys: ["PageDown"], words: "next photograph", act: () => studio.step(1) },
  { keys: ["b"], words: "before, or after", act: () => split.toggle() },
  { keys: ["+", "="], words: "zoom in", act: () => zoom.closer() },
  { keys: ["-"], words: "zoom out", act: () => zoom.farther() },
  { keys: ["0"], words: "fit to the window", act: () => zoom.fit() },
  { keys: ["1"], words: "full resolution", act: () => zoom.pixels() },
  {
    keys: ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"],
    words: "on the picture: move the cross; on a hint or the line: move it (with Shift: farther)",
  },
  { keys: ["Enter"], words: "on the picture: choose the colour of the cross's place" },
  { keys: ["Delete"], words: "on a hint or a photograph: remove it" },
  { keys: ["Escape"], words: "close the colour picker", act: () => picker.back() },
  { keys: [","], words: "less vivid", act: () => panel.vivid(-1) },
  { keys: ["."], words: "more vivid", act: () => panel.vivid(1) },
  { keys: ["v"], words: "next version", act: () => versions.step(1) },
  { keys: ["u"], words: "where colour is a guess", act: () => panel.toggleDoubt() },
  { keys: ["Ctrl+z"], words: "undo", act: undo },
  { keys: ["Ctrl+Shift+z", "Ctrl+y"], words: "redo", act: redo },
  { keys: ["Ctrl+s", "d"], words: "download", act: () => download.show() },
  { keys: ["?"], words: "this help", act: () => keyboard.show() },
]);

async function start() {
  try {
    studio.about = await api.about();
    moods.offer(studio.about.looks);
    download.offer(studio.about.formats);
    const missing = await new Keeper(studio).restore();
    if (missing.length) {
      const names = missing.join(", ");
      complain(new Error(`The studio does not have ${names} now; please open it again.`));
    }
  } catch (problem) {
    complain(problem);
  }
}

await start();
