"""How long does a photograph take, and how much memory? File to file, by size.

    python benchmarks/speed.py [--megapixels 0.5 3 12 24] [--threads N]

Each size is measured in a process of its own: import and loading of the model apart, then the
median of several runs on an example photograph scaled to the size, with film grain, JPEG in and
out. Beside it, what Pillow needs to decode and encode that file alone: written grey, as it is, and
written in colour without subsampling, as ours is. Prints a table. Processor seconds count all
threads, and say more than seconds where other programs are running.
"""

from __future__ import annotations

import argparse
import io
import multiprocessing
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

PHOTOGRAPH = Path(__file__).parents[1] / "examples" / "picos-de-europa.jpg"
RUNS = 5


def main() -> None:
    """Measure every size, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--megapixels", type=float, nargs="+", default=[0.5, 3.0, 12.0, 24.0])
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    print(f"{arguments.threads} threads, load average {os.getloadavg()[0]:.1f}\n")
    print("| MP | load | picture | picture, CPU | peak MB | Pillow, grey | Pillow, colour ", end="")
    print("| ratio to grey | to colour |\n|" + "---:|" * 9)
    fresh = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder, fresh.Pool(1, maxtasksperchild=1) as pool:
        for megapixels in arguments.megapixels:
            source = Path(folder, "source.jpg")
            pool.apply(write_photograph, (source, megapixels))
            gray, colour = pool.apply(pillow_alone, (source,))
            ours = pool.apply(colorize_alone, (source, arguments.threads))
            ratios = ours.cpu / gray, ours.cpu / colour
            print(
                f"| {megapixels:g} |",
                " | ".join(f"{each:.3g}" for each in (*ours, gray, colour)),
                end=" | ",
            )
            print(" | ".join(f"{ratio:.1f}" for ratio in ratios), "|", flush=True)


class Ours(NamedTuple):
    """Seconds to load the model, and for a picture, on the wall and on the processors; MB."""

    load: float
    wall: float
    cpu: float
    memory: float


def colorize_alone(source: Path, threads: int) -> Ours:
    """Load the model and colour a file several times; the memory is the most that it took."""
    started = time.process_time()
    from reverse_oldify import Colorizer

    colorizer = Colorizer(threads=threads)
    _ = colorizer.info
    load = time.process_time() - started
    target = source.with_name("target.jpg")
    wall, cpu = timed(lambda: colorizer.colorize(source).save(target, overwrite=True))
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, kilobytes elsewhere
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
    return Ours(load, wall, cpu, memory)


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Median seconds of some runs, on the wall and on the processors."""
    walls, processors = [], []
    for _ in range(RUNS):
        wall, processor = time.perf_counter(), time.process_time()
        work()
        walls.append(time.perf_counter() - wall)
        processors.append(time.process_time() - processor)
    return statistics.median(walls), statistics.median(processors)


def pillow_alone(path: Path) -> tuple[float, float]:
    """Processor seconds to decode a JPEG and encode it, grey as it is, and in colour as ours."""
    from PIL import Image

    def run(mode: str) -> None:
        with Image.open(path) as image:
            image.convert(mode).save(io.BytesIO(), "JPEG", quality=95, subsampling="4:4:4")

    return timed(lambda: run("L"))[1], timed(lambda: run("RGB"))[1]


def write_photograph(path: Path, megapixels: float) -> None:
    """Write a grey JPEG of about so many megapixels, with grain of three levels."""
    import numpy as np
    from PIL import Image

    with Image.open(PHOTOGRAPH) as image:
        scale = (megapixels * 1e6 / (image.width * image.height)) ** 0.5
        size = round(image.width * scale), round(image.height * scale)
        pixels = np.asarray(image.convert("L").resize(size, Image.Resampling.BICUBIC), np.float32)
    pixels = pixels + np.random.default_rng(0).normal(0, 3, pixels.shape)
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(path, quality=95)


if __name__ == "__main__":
    main()
