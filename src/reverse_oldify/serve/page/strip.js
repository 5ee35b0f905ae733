/** The photographs at the side, to go from one to another. */

import * as api from "./api.js";
import { toOptions } from "./edits.js";
import { element, icon, make } from "./dom.js";

const SMALL = 192; // pixels of the longest side
const REST = 900; // milliseconds after a change before its small picture is made anew

export class Strip {
  #studio;
  #background;
  #list = element("photographs");
  #items = new Map(); // photograph to its element
  #timer = 0;
  #failed = new Set(); // photographs whose small picture could not be had, until something changes

  constructor(studio, background) {
    this.#studio = studio;
    this.#background = background;
    studio.addEventListener("photographs", () => this.#show());
    studio.addEventListener("current", () => {
      this.#show();
      this.#items.get(studio.current)?.scrollIntoView({ block: "nearest", inline: "nearest" });
    });
    studio.addEventListener("edits", () => {
      this.#failed.clear();
      this.#soon();
    });
    this.#list.addEventListener("keydown", (event) => this.#press(event));
  }

  #show() {
    const { photographs } = this.#studio;
    for (const [photograph, item] of this.#items) {
      if (photographs.includes(photograph)) continue;
      item.remove();
      this.#items.delete(photograph);
    }
    photographs.forEach((photograph, at) => {
      const item = this.#items.get(photograph) ?? this.#make(photograph);
      const there = this.#list.children[at] ?? null;
      if (item !== there) this.#list.insertBefore(item, there);
      this.#update(photograph, item);
    });
    this.#soon();
  }

  #make(photograph) {
    const choose = make("button", { type: "button", className: "photograph" });
    choose.append(
      make("img", { alt: "", hidden: true, draggable: false }),
      make("span", { className: "photograph-state" }),
    );
    choose.addEventListener("click", () => this.#studio.select(photograph));
    const remove = make("button", {
      type: "button",
      className: "photograph-remove",
      title: "Remove",
    });
    remove.append(icon("close"));
    remove.addEventListener("click", () => this.#remove(item));
    const item = make("li", {}, choose, remove);
    this.#items.set(photograph, item);
    return item;
  }

  #update(photograph, item) {
    const [choose, remove] = item.children;
    const [picture, state] = choose.children;
    const current = photograph === this.#studio.current;
    choose.setAttribute("aria-current", current);
    choose.setAttribute("aria-label", photograph.name + wordsFor(photograph));
    choose.title = photograph.name;
    remove.setAttribute("aria-label", `Remove ${photograph.name}`);
    picture.hidden = !photograph.thumbnail;
    if (photograph.thumbnail && picture.src !== photograph.thumbnail)
      picture.src = photograph.thumbnail;
    state.textContent = photograph.problem ? "!" : photograph.pages > 1 ? photograph.page : "";
    choose.toggleAttribute("data-failed", Boolean(photograph.problem));
    choose.toggleAttribute("data-waiting", !photograph.thumbnail && !photograph.problem);
  }

  #press(event) {
    const by = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 }[event.key];
    if (event.key === "Delete") this.#remove(event.target.closest("li"));
    else if (by) this.#go(by);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #go(places) {
    this.#studio.step(places);
    this.#items.get(this.#studio.current)?.firstChild.focus();
  }

  /** The one that has the focus, which is not always the one that is shown. */
  #remove(item) {
    const [photograph] = [...this.#items].find(([, other]) => other === item);
    const beside = item.nextElementSibling ?? item.previousElementSibling;
    this.#studio.remove(photograph);
    (beside?.firstChild ?? element("choose")).focus();
  }

  #soon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#refresh(), this.#missing().length ? 50 : REST);
  }

  #missing() {
    return this.#studio.photographs.filter(
      (one) => one.about && !one.thumbnail && !this.#failed.has(one),
    );
  }

  /** Make the small pictures that are missing or out of date, one after the other. */
  async #refresh() {
    const old = (one) =>
      one.about && !one.problem && one.thumbnailOf !== keyOf(one) && !this.#failed.has(one);
    const [photograph] = [...this.#missing(), ...this.#studio.photographs].filter(old);
    if (!photograph) return;
    photograph.thumbnailOf = keyOf(photograph);
    const options = toOptions(photograph.edits);
    const ask = (id) => api.preview(id, { size: SMALL }, options);
    const picture = await this.#background.run(() => photograph.ask(ask)).catch(() => null); // the stage tells of it when it matters
    if (picture) {
      if (photograph.thumbnail) URL.revokeObjectURL(photograph.thumbnail);
      photograph.thumbnail = URL.createObjectURL(picture);
    } else {
      photograph.thumbnailOf = null;
      this.#failed.add(photograph);
    }
    this.#studio.changed();
  }
}

const keyOf = (photograph) => JSON.stringify(toOptions(photograph.edits));

function wordsFor({ problem, about, sent }) {
  if (problem) return `, failed: ${problem.message}`;
  if (about) return "";
  return sent ? `, ${Math.round(sent * 100)} % sent` : ", waiting";
}
