"""How long does a photograph take, and how much memory? File to file, by size.

    python benchmarks/speed.py [--megapixels 0.5 3 12 24] [--threads N]

Each size is measured in a process of its own: import and loading of the model apart, then the
median of several runs on an example photograph scaled to the size, JPEG in and out. Prints a table.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

PHOTOGRAPH = Path(__file__).parents[1] / "examples" / "picos-de-europa.jpg"
RUNS = 5


def main() -> None:
    """Measure every size, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--megapixels", type=float, nargs="+", default=[0.5, 3.0, 12.0, 24.0])
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    print(f"{arguments.threads} threads, load average {os.getloadavg()[0]:.1f}\n")
    print("| megapixels | load (s) | picture (s) | peak memory (MB) |")
    print("|---|---|---|---|")
    fresh = multiprocessing.get_context("spawn")
    for megapixels in arguments.megapixels:
        with fresh.Pool(1) as pool:
            load, picture, memory = pool.apply(measure, (megapixels, arguments.threads))
        print(f"| {megapixels:g} | {load:.2f} | {picture:.2f} | {memory:.0f} |", flush=True)


def measure(megapixels: float, threads: int) -> tuple[float, float, float]:
    """Seconds to load, median seconds per picture, and peak memory in MB of this process."""
    started = time.perf_counter()
    from reverse_oldify import Colorizer

    colorizer = Colorizer(threads=threads)
    _ = colorizer.info
    load = time.perf_counter() - started
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "source.jpg"), Path(folder, "target.jpg")
        write_photograph(source, megapixels)
        seconds = []
        for _ in range(RUNS):
            started = time.perf_counter()
            colorizer.colorize(source).save(target, overwrite=True)
            seconds.append(time.perf_counter() - started)
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, kilobytes elsewhere
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
    return load, statistics.median(seconds), memory


def write_photograph(path: Path, megapixels: float) -> None:
    """Write a grey JPEG of about so many megapixels."""
    from PIL import Image

    with Image.open(PHOTOGRAPH) as image:
        scale = (megapixels * 1e6 / (image.width * image.height)) ** 0.5
        size = round(image.width * scale), round(image.height * scale)
        image.resize(size, Image.Resampling.BICUBIC).save(path, quality=95)


if __name__ == "__main__":
    main()
