/** What surrounds the picture: its title, what people wait for, which buttons make sense now. */

import { element } from "./dom.js";
import { complain, say } from "./notices.js";

const HERE = ["localhost", "127.0.0.1", "[::1]"];

export class Frame {
  #studio;
  #darkroom;
  #told = new Set(); // photographs of which it was said that they are in colour

  constructor(studio, darkroom) {
    this.#studio = studio;
    this.#darkroom = darkroom;
    for (const event of ["photographs", "current", "edits"]) {
      studio.addEventListener(event, () => this.#show());
    }
    studio.addEventListener("failed", ({ detail }) => complain(detail.problem, detail.name));
    darkroom.addEventListener("busy", () => this.#showBusy());
    darkroom.addEventListener("coloured", () => this.#tell());
    element("where").textContent = HERE.includes(location.hostname)
      ? "They stay on this computer."
      : `They go to ${location.hostname} and nowhere else, and are forgotten there after a while.`;
  }

  #show() {
    const { current, canUndo, canRedo } = this.#studio;
    element("studio").toggleAttribute("data-empty", !current);
    element("welcome").hidden = Boolean(current);
    element("undo").disabled = !canUndo;
    element("redo").disabled = !canRedo;
    element("show-download").disabled = !current?.about;
    element("title").textContent = current ? titleOf(current) : "";
    document.title = current ? `${current.name} – Reverse-Oldify` : "Reverse-Oldify Studio";
    element("canvas").setAttribute(
      "aria-label",
      current ? `Photograph ${current.name}` : "No photograph",
    );
    this.#showBusy();
  }

  #showBusy() {
    const { busy } = this.#darkroom;
    const sent = this.#studio.current?.sent ?? 0;
    const part = busy === "Opening" && sent > 0 && sent < 1;
    element("busy").hidden = !busy;
    element("busy-words").textContent = part ? `Sending, ${Math.round(sent * 100)} %` : `${busy}…`;
  }

  #tell() {
    const { current } = this.#studio;
    if (this.#told.has(current)) return;
    this.#told.add(current);
    say(`${current.name} is in colour`);
  }
}

function titleOf({ name, about }) {
  return about ? `${name} · ${about.width} × ${about.height}` : name;
}
