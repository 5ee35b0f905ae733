/** The HTTP API (docs/api.md), one function for each address. */

import { suspect } from "./outage.js";

const PATIENCE = 6; // times that a busy server is asked again

/** An answer that says no; `message` is fit to be shown to people. */
export class Problem extends Error {
  constructor(status, title, detail, retryAfter = 1) {
    super(detail || title);
    Object.assign(this, { status, title, retryAfter });
  }
}

const UNREACHABLE = new Problem(
  0,
  "No answer",
  "The studio's server does not answer. Start it again (reverse-oldify serve), " +
    "and leave this page open: it goes on by itself.",
);

const UNREADABLE = new Problem(
  400,
  "Unreadable",
  "This file cannot be read: it was moved, changed or deleted, or is a folder. Choose it again.",
);

export const about = () => get("/v1/about");

export const open = (file, page, onProgress) =>
  send(`/v1/pictures?${query({ name: file.name, page })}`, file, onProgress);

export const picture = (id) => get(`/v1/pictures/${id}`);

/** @param {number} after seconds, in which the picture may still be asked for */
export const forget = (id, after = 0) =>
  fetch(`/v1/pictures/${id}?${query({ after })}`, { method: "DELETE", keepalive: true }).catch(
    () => {},
  );

/** @param {{size: number, region?: number[]}} part how large, and which part of that */
export const original = (id, part, signal) =>
  get(`/v1/pictures/${id}/original?${query(part)}`, signal);

export const preview = (id, part, options, signal) =>
  post(`/v1/pictures/${id}/preview?${query(part)}`, options, signal);

/** @param {true | undefined} allow_loss of what the format cannot hold */
export const render = (id, format, options, allow_loss, signal) =>
  post(`/v1/pictures/${id}/render?${query({ format, allow_loss })}`, options, signal);

export const uncertainty = (id, size, options, signal) =>
  post(`/v1/pictures/${id}/uncertainty?${query({ size })}`, options, signal);

/** @returns {Promise<{srgb: string, probability: number}[]>} */
export const suggestions = (id, { x, y }, count, options, signal) =>
  post(`/v1/pictures/${id}/suggestions?${query({ x, y, count })}`, options, signal);

/** @returns {Promise<{options: object}[]>} */
export const variants = (id, count, options, signal) =>
  post(`/v1/pictures/${id}/variants?${query({ count })}`, options, signal);

export const palette = async (file) =>
  (await send(`/v1/palettes?name=${encodeURIComponent(file.name)}`, file)).palette;

const query = (values) =>
  new URLSearchParams(
    Object.entries(values).filter(([, value]) => value !== undefined && value !== null),
  );

const get = (address, signal) => ask(address, { signal });

const post = (address, body, signal) =>
  ask(address, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    signal,
  });

function unreachable() {
  suspect();
  return UNREACHABLE;
}

/** JSON as its value, anything else as a blob. */
async function ask(address, request) {
  for (let times = 0; ; times += 1) {
    const answer = await fetch(address, request).catch((error) => {
      throw error.name === "AbortError" ? error : unreachable();
    });
    if (answer.ok) return isJson(answer) ? answer.json() : answer.blob();
    const problem = await problemOf(answer);
    if (problem.status !== 429 || times >= PATIENCE) throw problem;
    await pause(problem.retryAfter, request.signal);
  }
}

const isJson = (answer) => /json/.test(answer.headers.get("Content-Type") ?? "");

async function problemOf(answer) {
  const said = await answer.json().catch(() => ({}));
  const retryAfter = Number(answer.headers.get("Retry-After")) || 1;
  return new Problem(
    answer.status,
    said.title ?? `Error ${answer.status}`,
    said.detail,
    retryAfter,
  );
}

function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, seconds * 1000);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}

/** Send a file; XMLHttpRequest, for it alone tells how much has left. */
async function send(address, file, onProgress) {
  for (let times = 0; ; times += 1) {
    const answer = await sendOnce(address, file, onProgress);
    if (answer.status < 300) return answer.said;
    const problem = new Problem(answer.status, answer.said.title, answer.said.detail);
    if (problem.status !== 429 || times >= PATIENCE) throw problem;
    await pause(answer.retryAfter);
  }
}

function sendOnce(address, file, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", address);
    request.upload.onprogress = (event) => onProgress?.(event.loaded / (event.total || 1));
    request.onerror = () => unsent(file).then(reject);
    request.onload = () =>
      resolve({
        status: request.status,
        said: parsed(request.responseText),
        retryAfter: Number(request.getResponseHeader("Retry-After")) || 1,
      });
    request.send(file);
  });
}

/** Why a file could not be sent: a browser tells of the file's faults as of the server's. */
const unsent = (file) =>
  file
    .slice(0, 1)
    .arrayBuffer()
    .then(unreachable, () => UNREADABLE);

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
