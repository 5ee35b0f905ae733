"""How much memory does a large photograph take? File to file, as the command does it.

    python benchmarks/memory.py [NAME ...] [--layers] [--uncertainty]

Each case is made by code (grain, so that nothing compresses well) and coloured in a process of its
own, of which the largest resident set is read: all of the process, with Python, numpy, ONNX Runtime
and the model. Prints a table. The largest files take some gigabytes of the folder for temporary
files.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np


class Case(NamedTuple):
    """A picture: its size in megapixels, channels, bits and format."""

    megapixels: float
    channels: int
    bits: int
    suffix: str


CASES = {
    "nothing": Case(0.01, 1, 16, ".tif"),
    "gray-24": Case(24, 1, 16, ".tif"),
    "rgb-24": Case(24, 3, 16, ".tif"),
    "gray-200": Case(200, 1, 16, ".tif"),
    "rgb-200": Case(200, 3, 16, ".tif"),
    "jpeg-gray-24": Case(24, 1, 8, ".jpg"),
    "jpeg-rgb-24": Case(24, 3, 8, ".jpg"),
    "png-gray-24": Case(24, 1, 16, ".png"),
    "png-rgb-24": Case(24, 3, 16, ".png"),
    "jpeg-gray-200": Case(200, 1, 8, ".jpg"),
    "jpeg-rgb-200": Case(200, 3, 8, ".jpg"),
}


def main() -> None:
    """Measure the cases that are asked for, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(CASES))
    parser.add_argument("--layers", action="store_true", help="write layers, too")
    parser.add_argument("--uncertainty", action="store_true", help="write its map, too")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    print(f"{arguments.threads} threads, load average {os.getloadavg()[0]:.1f}\n")
    print("| case | peak MB | s | CPU s | source MB | result MB |\n|---" + "|---:" * 5 + "|")
    fresh = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder, fresh.Pool(1, maxtasksperchild=1) as pool:
        for name in arguments.names or CASES:
            source = Path(folder, "source" + CASES[name].suffix)
            pool.apply(write_case, (CASES[name], source))
            used = pool.apply(
                colour, (source, arguments.threads, arguments.layers, arguments.uncertainty)
            )
            print(f"| {name} |", " | ".join(f"{each:.0f}" for each in used), "|", flush=True)


def colour(source: Path, threads: int, layers: bool, uncertainty: bool) -> tuple[float, ...]:
    """Colour a file; peak megabytes, seconds on the wall and the processors, sizes of files."""
    from reverse_oldify import Colorizer, Options
    from reverse_oldify.files.provenance import Provenance
    from reverse_oldify.pipeline.deliver import Order, deliver
    from reverse_oldify.pipeline.filing import Filing

    started, processor = time.perf_counter(), time.process_time()
    colorizer, options = Colorizer(threads=threads), Options()
    provenance = Provenance.of(colorizer.info, options)
    filing = Filing(provenance=provenance, layers=layers, overwrite=True)
    target = source.with_stem("target")
    order = Order(filing=filing, uncertainty=uncertainty)
    deliver(colorizer, source, target, options, order)
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, kilobytes elsewhere
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    seconds = time.perf_counter() - started, time.process_time() - processor
    sizes = source.stat().st_size / 1e6, target.stat().st_size / 1e6
    return peak / 1e6, *seconds, *sizes


def write_case(case: Case, path: Path) -> None:
    """Write a picture, 3:2, with waves, an edge and grain."""
    from PIL import Image

    from reverse_oldify.files.lazy import LazyPicture
    from reverse_oldify.files.picture import Picture

    height = round((case.megapixels * 1e6 / 1.5) ** 0.5)
    width = round(1.5 * height)
    dtype = np.dtype(f"u{case.bits // 8}")
    shape = (height, width) if case.channels == 1 else (height, width, 3)

    def make(rows: slice) -> Picture:
        return Picture(pixels=waves(rows, shape, dtype))

    picture = LazyPicture(shape=shape, dtype=dtype, make=make)
    if path.suffix == ".jpg":
        Image.fromarray(picture.loaded().pixels).save(path, quality=95)
    else:
        picture.save(path, overwrite=True)


def waves(rows: slice, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """Some rows of a picture of a shape."""
    rng = np.random.default_rng(rows.start)
    y, x = np.ogrid[rows, : shape[1]]
    plane = 0.5 + 0.2 * np.sin(x / 97) * np.cos(y / 61) + 0.2 * (x > y)
    plane = plane[..., None] * np.linspace(1, 0.9, shape[2] if len(shape) == 3 else 1)
    plane += rng.normal(0, 0.01, plane.shape)
    codes = np.clip(plane * np.iinfo(dtype).max, 0, np.iinfo(dtype).max).astype(dtype)
    return codes.reshape(-1, *shape[1:])


if __name__ == "__main__":
    main()
