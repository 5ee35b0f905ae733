/** The server is gone: asks now and then whether it answers, and dispatches "back" once it does. */

const AGAIN = 2000; // milliseconds between two questions

export const outage = new EventTarget();

let watching = false;

/** Something was not answered. Where the server answers all the same, it was that alone. */
export async function suspect() {
  if (watching) return;
  watching = true;
  let gone = false;
  while (!(await answers())) {
    gone = true;
    await new Promise((resolve) => setTimeout(resolve, AGAIN));
  }
  watching = false;
  if (gone) outage.dispatchEvent(new Event("back"));
}

const answers = () =>
  fetch("/v1/about").then(
    ({ ok }) => ok,
    () => false,
  );
