/**
 * Keeps what is open while the page is loaded anew: names, edits, and under which id the server has
 * each photograph. Nothing of the photographs themselves; and all of it only as long as the tab.
 */

import * as api from "./api.js";
import { begin } from "./history.js";
import { Photograph } from "./photograph.js";

const KEY = "studio";

export class Keeper {
  #studio;

  constructor(studio) {
    this.#studio = studio;
    addEventListener("pagehide", () => {
      this.#keep();
      studio.leave();
    });
  }

  /**
   * Open again what was open.
   *
   * @returns {Promise<string[]>} names of those that the server has forgotten
   */
  async restore() {
    const kept = parsed(sessionStorage.getItem(KEY));
    sessionStorage.removeItem(KEY);
    if (!kept) return [];
    const asked = kept.photographs.map(({ about }) => api.picture(about.id).catch(() => null));
    const known = await Promise.all(asked);
    const photographs = kept.photographs.map(
      (one, at) => known[at] && Photograph.fromJson(one, known[at]),
    );
    const open = photographs.filter(Boolean);
    if (open.length) this.#studio.resume(open, photographs[kept.current] ?? open[0]);
    return kept.photographs.filter((_, at) => !known[at]).map(({ title }) => title);
  }

  #keep() {
    const open = this.#studio.photographs.filter(({ about }) => about);
    const current = open.indexOf(this.#studio.current);
    const all = open.map((photograph) => photograph.toJson());
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

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
