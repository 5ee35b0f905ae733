/**
 * Keeps what is open while the page is loaded anew: names, edits, and under which id the server has
 * each photograph. Nothing of the photographs themselves; and all of it only as long as the tab.
 */

import * as api from "./api.js";
import { begin } from "./history.js";
import { Photograph } from "./photograph.js";

const KEY = "studio";
const GRACE = 120; // seconds that loading the page anew may take
const NOTHING = { photographs: [], current: 0 };

export class Keeper {
  #studio;
  #awaited = NOTHING; // what was kept, until the server has answered
  #left = false; // when what was asked is broken off

  constructor(studio) {
    this.#studio = studio;
    addEventListener("pagehide", () => this.#leave());
    // A phone discards pages that are hidden without another word.
    document.addEventListener("visibilitychange", () => document.hidden && this.#remember());
    addEventListener("pageshow", ({ persisted }) => persisted && this.#return());
  }

  /**
   * Open again what was open.
   *
   * @returns {Promise<string[]>} names of those that the server does not have (any more)
   */
  async restore() {
    const kept = parsed(sessionStorage.getItem(KEY));
    if (!kept) return [];
    this.#awaited = kept;
    const known = await Promise.all(kept.photographs.map(({ about }) => about && ask(about)));
    this.#awaited = NOTHING;
    if (!this.#left) sessionStorage.removeItem(KEY);
    const photographs = kept.photographs.map((one, at) => Photograph.fromJson(one, known[at]));
    const first = photographs.find(({ about }) => about) ?? photographs[0];
    const current = photographs[kept.current];
    if (first) this.#studio.restore(photographs, current?.about ? current : first);
    const missing = kept.photographs.filter((_, at) => !known[at]);
    return [...new Set(missing.map(({ title }) => title))];
  }

  /** The page goes away; where it is not loaded anew, the server need not keep anything. */
  #leave() {
    for (const { about } of this.#remember()) if (about) api.forget(about.id, GRACE);
    this.#left = true;
  }

  #remember() {
    const { photographs, current } = this.#studio;
    const awaited = this.#awaited.photographs;
    const all = [...awaited, ...photographs.map((photograph) => photograph.toJson())];
    const at = awaited.length + photographs.indexOf(current);
    this.#keep(all, current ? at : this.#awaited.current);
    return all;
  }

  /** Back from the browser's history: what is asked for is kept after all. */
  #return() {
    this.#left = false;
    for (const { about } of this.#studio.photographs) if (about) ask(about);
  }

  #keep(all, current) {
    const now = all.map((one) => ({ ...one, history: begin(one.history.present) }));
    for (const photographs of [all, now]) {
      try {
        return sessionStorage.setItem(KEY, JSON.stringify({ photographs, current }));
      } catch {
        sessionStorage.removeItem(KEY); // there is little room: then without what could be undone
      }
    }
  }
}

/** What the server knows of a picture now, or null; where it does not say, what it said last. */
const ask = (about) => api.picture(about.id).catch(({ status }) => (status === 404 ? null : about));

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
