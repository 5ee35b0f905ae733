/** The finished photographs, at full resolution, as files. */

import * as api from "./api.js";
import { toOptions } from "./edits.js";
import { element, make } from "./dom.js";
import { complain, say } from "./notices.js";
import { zip } from "./zip.js";

// In the order in which they are offered.
const NAMES = {
  jpg: "JPEG",
  png: "PNG",
  tif: "TIFF",
  webp: "WebP",
  avif: "AVIF",
  jp2: "JPEG 2000",
  bmp: "BMP",
};
const WORDS = {
  jpg: "small, opens everywhere",
  png: "exact, opens everywhere",
  tif: "exact, for archives",
  webp: "small, for the web",
  avif: "smallest, for the web",
  jp2: "for archives and libraries",
  bmp: "old programs; keeps no metadata",
};

export class Download {
  #studio;
  #dialog = element("download");
  #formats = ["jpg", "png"];
  #controller = null;
  #photograph = null; // that it was opened for: another one may be added meanwhile

  constructor(studio) {
    this.#studio = studio;
    element("show-download").addEventListener("click", () => this.show());
    this.#dialog.addEventListener("submit", (event) => {
      event.preventDefault(); // which would close it before the work is done
      this.#run((signal) => this.#one(signal));
    });
    element("download-all").addEventListener("click", () =>
      this.#run((signal) => this.#all(signal)),
    );
    element("formats").addEventListener("change", () => this.#warn());
    studio.addEventListener("photographs", () => this.#dialog.open && this.#warn());
    this.#dialog.addEventListener("close", () => this.#controller?.abort());
  }

  /** @param {string[]} formats that the server writes */
  offer(formats) {
    this.#formats = Object.keys(NAMES).filter((format) => formats.includes(format));
  }

  show() {
    const { current } = this.#studio;
    if (!current?.about) return;
    this.#photograph = current;
    element("download-what").textContent = describe(current);
    const own = this.#formats.includes(current.about.format) ? current.about.format : "jpg";
    const choices = this.#formats.map((format) => choice(format, format === own));
    element("formats").replaceChildren(element("formats").firstElementChild, ...choices);
    this.#tell("");
    this.#warn();
    this.#dialog.showModal();
    element("formats").querySelector("input:checked").focus();
  }

  async #run(work) {
    this.#controller?.abort();
    this.#controller = new AbortController();
    const { signal } = this.#controller;
    try {
      await work(signal);
      if (!signal.aborted) this.#dialog.close();
    } catch (problem) {
      if (signal.aborted) return;
      this.#dialog.close(); // which lies over what is said
      complain(problem);
    }
  }

  async #one(signal) {
    const photograph = this.#photograph;
    this.#tell("Colouring at full resolution…");
    save(await this.#render(photograph, signal), this.#name(photograph));
    say(`${photograph.name} is downloaded`);
  }

  async #all(signal) {
    const photographs = [...this.#studio.photographs];
    const files = [];
    const failed = new Map(); // what went wrong, to the names of those
    for (const [at, photograph] of photographs.entries()) {
      this.#tell(`Colouring ${at + 1} of ${photographs.length}…`, at / photographs.length);
      try {
        const content = await this.#render(photograph, signal);
        files.push({ name: unused(this.#name(photograph), files), content });
      } catch (problem) {
        signal.throwIfAborted();
        if (problem.status === 0) throw problem; // nobody answers: nor for the others
        failed.set(problem.message, [...(failed.get(problem.message) ?? []), photograph.name]);
      }
    }
    if (files.length) save(await zip(files), "photographs-in-colour.zip");
    const told = [...failed].map(([message, names]) => `${names.join(", ")}: ${message}`);
    if (told.length) complain(new Error(`Left out. ${told.join("; ")}`));
  }

  #render(photograph, signal) {
    const options = toOptions(photograph.edits);
    const told = lost([photograph], this.#format).length > 0 || undefined; // which is to agree
    return photograph.ask((id) => api.render(id, this.#format, options, told, signal), signal);
  }

  /** What the chosen format leaves out of the photographs; of all, once all are known. */
  #warn() {
    const { photographs } = this.#studio;
    element("download-all").hidden = photographs.length < 2;
    element("download-all").disabled = photographs.some((one) => !one.about && !one.problem);
    const [one, any] = [[this.#photograph], photographs].map((which) => lost(which, this.#format));
    const others = any.filter((phrase) => !one.includes(phrase));
    const words = [
      one.length && `${NAMES[this.#format]} cannot hold everything: ${one.join(", ")}.`,
      others.length && `Of other photographs: ${others.join(", ")}.`,
    ];
    element("download-losses").textContent = words.filter(Boolean).join(" ");
  }

  get #format() {
    return element("formats").querySelector("input:checked").value;
  }

  #name(photograph) {
    return `${photograph.stem}-colour.${this.#format}`;
  }

  #tell(words, share) {
    element("download-progress").hidden = !words;
    element("download-words").textContent = words;
    const bar = element("download-bar");
    if (share === undefined) bar.removeAttribute("value");
    else bar.value = share;
  }
}

function describe({ name, about }) {
  const pixels = `${about.width} × ${about.height} pixels`;
  if (about.pages < 2) return `${name}, ${pixels}`;
  return `${name} of ${about.pages}, ${pixels}. Each page becomes a file of its own.`;
}

/** What a format leaves out of photographs: phrases, each once. */
const lost = (photographs, format) => [
  ...new Set(photographs.flatMap(({ about }) => about?.losses?.[format] ?? [])),
];

function choice(format, checked) {
  return make(
    "label",
    { className: "format" },
    make("input", { type: "radio", name: "format", value: format, checked }),
    make("strong", { textContent: NAMES[format] }),
    make("span", { textContent: WORDS[format] }),
  );
}

function unused(name, files) {
  const taken = new Set(files.map((file) => file.name.toLowerCase())); // as on Windows and macOS
  let free = name;
  for (let count = 2; taken.has(free.toLowerCase()); count += 1) {
    free = name.replace(/(\.[^.]+)$/, `-${count}$1`);
  }
  return free;
}

function save(blob, name) {
  const address = URL.createObjectURL(blob);
  const link = make("a", { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}
