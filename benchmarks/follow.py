"""How soon the studio shows a change: from a movement of the hand to the painted picture.

    python benchmarks/follow.py [PHOTOGRAPH]

The server in a process of its own, the page in a headless Chromium that draws in software; needs
what the tests of the page need. The dial is turned and a hint is dragged, one step at a time and at
the pace of a hand. A step ends with the first frame that shows its answer; the times of its parts
are the browser's own. Processor time is that of all processes, the server's and the browser's.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "serve"))

from browsed import DESKTOP, EXAMPLES, browser

STEPS = 25
WARM = 3  # steps that are not counted
PARTS = ("asked", "answered", "drawn", "painted")  # medians, on the wall
WHOSE = ("server's", "browser's")  # means, of processor time
PAUSE = 1.2  # seconds in which what comes after a step (details, small pictures) is done

# Runs in the page before its own scripts: notes when a step begins, and what comes of it.
WATCH = """
(() => {
    let marks, painted;
    const note = (what) => (marks[what] ??= performance.now());
    const fetched = window.fetch;
    window.fetch = async (address, ...how) => {
        if (!/preview\\?size=\\d+$/.test(address)) return fetched(address, ...how);
        note("asked");
        const answer = await fetched(address, ...how);
        note("answered");
        return answer;
    };
    const drawn = CanvasRenderingContext2D.prototype.drawImage;
    const known = new WeakSet();
    CanvasRenderingContext2D.prototype.drawImage = function (bitmap, ...how) {
        if (this.canvas.id === "canvas" && !known.has(bitmap)) {
            known.add(bitmap);
            note("drawn");
            requestAnimationFrame(() => { note("painted"); painted(marks); });
        }
        return drawn.call(this, bitmap, ...how);
    };
    window.arm = () => {
        marks = {};
        window.painted = new Promise((resolve) => (painted = resolve));
    };
    window.begin = () => note("moved");
    window.arm();
})();
"""


def ticks(root: int) -> float:
    """Processor seconds of a process and its descendants."""
    spent, children = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        spent[int(folder.name)] = int(fields[11]) + int(fields[12])
        children.setdefault(int(fields[1]), []).append(int(folder.name))
    waiting, total = [root], 0
    while waiting:
        one = waiting.pop()
        total += spent.get(one, 0)
        waiting += children.get(one, [])
    return total / os.sysconf("SC_CLK_TCK")


def turn_dial(page: Any, number: int) -> None:
    """One step of the dial."""
    page.evaluate(
        """(value) => {
            const dial = document.querySelector("#vividness");
            dial.value = value;
            arm();
            begin();
            dial.dispatchEvent(new Event("input", { bubbles: true }));
        }""",
        0.5 + (number % 10) / 10,
    )


def drag_hint(page: Any, number: int) -> None:
    """One step of a drag."""
    page.evaluate("() => { arm(); addEventListener('pointermove', begin, { capture: true }); }")
    page.mouse.move(600 + 4 * number, 400)


def measure(page: Any, step: Any, server: int) -> None:
    """Print what a kind of step takes."""
    rows = []
    for number in range(STEPS):
        page.wait_for_timeout(1000 * PAUSE)
        before = ticks(server), ticks(os.getpid())
        step(page, number)
        marks = page.evaluate("() => window.painted")
        after = ticks(server), ticks(os.getpid())
        ours, all_of_it = (1000 * (late - early) for early, late in zip(before, after, strict=True))
        parts = [marks[part] - marks["moved"] for part in PARTS]
        rows.append([*parts, ours, all_of_it - ours])
    columns = [sorted(column) for column in zip(*rows[WARM:], strict=True)]
    told = [
        f"{name} {statistics.median(column):.0f}"
        for name, column in zip(PARTS, columns, strict=False)
    ]
    told += [
        f"{who} {statistics.mean(column):.0f}"
        for who, column in zip(WHOSE, columns[-2:], strict=True)
    ]
    most = columns[PARTS.index("painted")][int(0.9 * (STEPS - WARM))]
    print(f"{step.__name__}: {', '.join(told)}; 9 of 10 painted within {most:.0f}", flush=True)


def main(photograph: Path) -> None:
    """Print a line for each kind of step: milliseconds since it began, and of processor time."""
    command = [sys.executable, "-m", "reverse_oldify", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        address = re.match(r"(http://\S+)", server.stdout.readline())[1]
        try:
            with browser() as launched:
                page = launched.new_context(reduced_motion="reduce", **DESKTOP).new_page()
                page.add_init_script(WATCH)
                page.goto(address)
                page.locator("#files").set_input_files(str(photograph))
                page.locator("#split").wait_for()
                page.locator("#busy").wait_for(state="hidden")
                page.wait_for_timeout(8000)  # the moods are made
                measure(page, turn_dial, server.pid)
                page.mouse.click(600, 400)
                page.locator("button.suggestion").nth(1).click()
                page.keyboard.press("Escape")
                page.mouse.move(600, 400)
                page.mouse.down()
                page.mouse.move(590, 400)
                measure(page, drag_hint, server.pid)
        finally:
            server.terminate()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else EXAMPLES / "summer-palace.jpg")
