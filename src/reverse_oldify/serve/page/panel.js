/** The controls beside the picture: vividness, the list of hints, doubt; and, where it is narrow, tabs. */

import { clearHints, setVividness } from "./edits.js";
import { element, icon, make } from "./dom.js";
import { clamp } from "./geometry.js";
import { nameOf, toShow } from "./lab.js";
import { say } from "./notices.js";

const STEP = 0.1;

export class Panel {
  #studio;
  #darkroom;
  #pins;
  #picker;
  #dial = element("vividness");

  constructor(studio, darkroom, picker, pins) {
    this.#studio = studio;
    this.#darkroom = darkroom;
    this.#picker = picker;
    this.#pins = pins;
    this.#dial.addEventListener("input", () => this.#turn(Number(this.#dial.value)));
    this.#dial.addEventListener("change", () => studio.settle());
    this.#dial.addEventListener("dblclick", () => {
      this.#turn(1);
      studio.settle();
    });
    element("clear-hints").addEventListener("click", () => {
      picker.hide();
      studio.edit(clearHints(studio.decided));
      element("canvas").focus(); // the button has gone
    });
    element("doubting").addEventListener("change", ({ target }) =>
      darkroom.setDoubting(target.checked),
    );
    studio.addEventListener("edits", () => this.#show());
    this.#watchTabs();
  }

  vivid(steps) {
    if (!this.#studio.current) return;
    this.#turn(clamp(this.#studio.edits.vividness + steps * STEP, 0, 2));
    this.#studio.settle();
    say(`Vividness ${this.#dial.value}`);
  }

  toggleDoubt() {
    const toggle = element("doubting");
    toggle.checked = !toggle.checked;
    this.#darkroom.setDoubting(toggle.checked);
    say(toggle.checked ? "Shows where colour is a guess" : "Shows the colours");
  }

  #turn(vividness) {
    this.#studio.edit(
      setVividness(this.#studio.decided, Number(vividness.toFixed(2))),
      "vividness",
    );
  }

  #show() {
    const edits = this.#studio.edits;
    element("panel").inert = !edits;
    if (!edits) return;
    this.#dial.value = edits.vividness;
    element("vividness-value").textContent = edits.vividness.toFixed(2);
    element("hints-empty").hidden = edits.hints.length > 0;
    element("clear-hints").hidden = edits.hints.length < 2;
    element("hint-list").replaceChildren(...edits.hints.map((hint, at) => this.#hint(hint, at)));
  }

  #hint({ color }, index) {
    const name = nameOf(color);
    const swatch = make("span", { className: "swatch" });
    swatch.style.setProperty("--colour", toShow(color));
    const change = make("button", { type: "button", className: "hint-name" }, swatch, name);
    change.addEventListener("click", () => this.#picker.openHint(index));
    const remove = make("button", {
      type: "button",
      className: "icon-button",
      "aria-label": `Remove hint ${index + 1}, ${name}`,
    });
    remove.append(icon("close"));
    remove.addEventListener("click", () => this.#pins.remove(index));
    return make("li", {}, change, remove);
  }

  #watchTabs() {
    const tabs = [...document.querySelectorAll("[data-tab]")];
    const sections = [...document.querySelectorAll("[data-section]")];
    for (const tab of tabs) {
      tab.addEventListener("click", () => {
        for (const other of tabs) other.setAttribute("aria-pressed", other === tab);
        for (const section of sections) {
          section.toggleAttribute("data-shown", section.dataset.section === tab.dataset.tab);
        }
      });
    }
  }
}
