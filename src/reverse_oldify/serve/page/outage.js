/** The server is gone: asks now and then whether it answers, and dispatches "back" once it does. */

const AGAIN = 2000; // milliseconds between two questions
const BLIPS = 5; // times that all is tried again though the server was never gone: not for ever

export const outage = new EventTarget();

let watching = false;
let blips = BLIPS;

/** Something was not answered. */
export async function suspect() {
  if (watching) return;
  watching = true;
  let gone = false;
  while (!(await answers())) {
    gone = true;
    await new Promise((resolve) => setTimeout(resolve, AGAIN));
  }
  watching = false;
  blips = gone ? BLIPS : blips - 1;
  if (blips >= 0) outage.dispatchEvent(new Event("back"));
}

/** With whatever words, were it that the token is another. */
const answers = () =>
  fetch("/v1/about").then(
    () => true,
    () => false,
  );
