/** What the studio says: quietly to those who listen to the page, visibly where something failed. */

import { element, icon, make } from "./dom.js";
import { outage } from "./outage.js";

const LONG = 12000; // milliseconds that a notice stays, and a little more for each letter
const LONGEST = 30000;

/** For screen readers only. */
export function say(words) {
  element("status").textContent = words;
}

/** A failure, in words that say what to do; stays until it is read or put away. */
export function complain(problem, about = "") {
  if (problem.name === "AbortError") return;
  const unanswered = problem.status === 0; // the same for all that was asked
  const words = about && !unanswered ? `${about}: ${problem.message}` : problem.message;
  const notices = element("notices");
  if ([...notices.children].some((shown) => shown.dataset.words === words)) return;
  const close = make("button", {
    className: "icon-button",
    type: "button",
    "aria-label": "Dismiss",
  });
  close.append(icon("close"));
  const notice = make("div", { className: "notice", "data-words": words });
  notice.append(make("p", { textContent: words }), close);
  const away = () => notice.remove();
  close.addEventListener("click", away);
  if (unanswered) outage.addEventListener("back", away, { once: true });
  else setTimeout(away, Math.min(LONG + 60 * words.length, LONGEST));
  notices.append(notice);
}
