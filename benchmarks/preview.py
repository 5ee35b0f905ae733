"""How long a preview takes the studio's server: from options to the bytes of a JPEG.

    python benchmarks/preview.py [SIZE ...]

One thread, a made-up scan of 24 megapixels that is open already; other options each time. Processor
time, because that is what the server adds to an answer, and because it can be measured on a machine
that is doing other things.
"""

from __future__ import annotations

import io
import statistics
import sys
import time

import numpy as np

from reverse_oldify import Colorizer, Hints, Options, Picture
from reverse_oldify.files.encode import encode_pages
from reverse_oldify.files.formats import FORMATS
from reverse_oldify.pipeline.preview import Preview

ROUNDS = 9
HEIGHT, WIDTH = 4000, 6000


def scan() -> Picture:
    """Soft shapes with grain."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    shapes = 127 + 80 * np.sin(x / 200) * np.cos(y / 170)
    grain = np.random.default_rng(0).normal(0, 6, shapes.shape)
    return Picture(pixels=(shapes + grain).clip(0, 255).astype(np.uint8))


def options(count: int, number: int) -> Options:
    """So many hints, elsewhere each time."""
    spots = [(300 + 700 * hint + 10 * number, 400 + number) for hint in range(count)]
    hints = (
        Hints.from_arrays(spots, [(30 - 10 * n, 20) for n in range(count)]) if count else Hints()
    )
    return Options(hints=hints, vividness=1 + number / 100)


def main(sizes: list[int]) -> None:
    """Print a line for each size and number of hints."""
    preview = Preview(Colorizer(threads=1).open(scan()))
    for size in sizes:
        preview.colorize(Options(), size, quick=True)
        for count in (0, 1, 5):
            taken = []
            for number in range(ROUNDS):
                started = time.process_time()
                shown = preview.colorize(options(count, number), size, quick=True)
                encode_pages([shown], FORMATS["jpg"], io.BytesIO(), allow_loss=True)
                taken.append(time.process_time() - started)
            median = 1000 * statistics.median(taken)
            print(f"{size} pixels, {count} hints: {median:.0f} ms")


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [640, 1024, 1280])
