/** Keys that work everywhere on the page. One table makes them work and explains them. */

import { element, make } from "./dom.js";

const REMEMBERED = "reverse-oldify.letters";

const MOVABLE = "input[type=range], [role=slider]"; // which has its own use of some keys

/**
 * @typedef {{keys: string[], words: string, act?: function()}} Shortcut
 *   `keys` as `KeyboardEvent.key` has them, "Ctrl+" before where it must be held (or Command);
 *   without `act` it is explained only, and works where the focus is.
 */

export class Keyboard {
  #shortcuts;
  #help = element("help");
  #letters = element("letters");

  /** @param {Shortcut[]} shortcuts */
  constructor(shortcuts) {
    this.#shortcuts = shortcuts;
    element("show-help").addEventListener("click", () => this.show());
    for (const cross of document.querySelectorAll("[data-closes]")) {
      cross.addEventListener("click", () => cross.closest("dialog").close());
    }
    element("keys").append(...shortcuts.map(explained));
    // Who speaks to the computer may trigger single letters by accident (WCAG 2.1.4).
    this.#letters.checked = recall() !== "off";
    this.#letters.addEventListener("change", () => remember(this.#letters.checked ? "on" : "off"));
    document.addEventListener("keydown", (event) => this.#press(event));
  }

  show() {
    this.#help.showModal();
  }

  #press(event) {
    if (event.defaultPrevented || event.altKey || document.querySelector("dialog[open]")) return;
    const held = event.ctrlKey || event.metaKey;
    if (event.target.matches("input[type=text]")) return;
    if (event.target.matches(MOVABLE) && event.key.startsWith("Page")) return;
    if (!held && !this.#letters.checked && event.key.length === 1) return;
    const key = (held ? "Ctrl+" : "") + (held && event.shiftKey ? "Shift+" : "") + named(event.key);
    const shortcut = this.#shortcuts.find(({ keys, act }) => act && keys.includes(key));
    if (!shortcut) return;
    event.preventDefault();
    shortcut.act();
  }
}

/** A browser that keeps nothing forbids even to ask. */
function recall() {
  try {
    return localStorage.getItem(REMEMBERED);
  } catch {
    return null;
  }
}

function remember(value) {
  try {
    localStorage.setItem(REMEMBERED, value);
  } catch {
    // it holds until the page is closed
  }
}

const named = (key) => (/^[A-Z]$/.test(key) ? key.toLowerCase() : key);

const SIGNS = {
  ArrowLeft: "←",
  ArrowRight: "→",
  ArrowUp: "↑",
  ArrowDown: "↓",
  PageUp: "Page ↑",
  PageDown: "Page ↓",
};

function explained({ keys, words }) {
  const pressed = keys.map((key) => {
    const parts = key.split(/\+(?=.)/).map((part) => SIGNS[part] ?? part);
    return make("kbd", { textContent: parts.map(capital).join(" + ") });
  });
  return make("div", {}, make("dt", {}, ...pressed), make("dd", { textContent: words }));
}

const capital = (text) => text[0].toUpperCase() + text.slice(1);
