"""How long does a photograph take, and how much memory? File to file, against Pillow alone.

    python benchmarks/speed.py [--megapixels 1 12 24] [--threads N] [--runs 5] [--skip-rest]

The photograph is an example scaled to the size, with film grain, as a JPEG at quality 95: grey, and
as a sepia scan in colour (4:4:4). Ours reads, colours and writes it as the command does: network,
chroma at full resolution, metadata, provenance, 4:4:4, forced to the disk. Pillow decodes and
encodes it, at the same quality: as it came, in colour at 4:4:4 as ours, and in colour at its
default of 4:2:0. *Ratio* is of seconds on the wall, *of CPU* of processor seconds, both to Pillow
as it came; the latter says more where other programs run. All take turns in one process, so that
what else the machine does meets all of them; medians. The memory is the most that a process of its
own took.

Then, unless skipped: the network alone on one thread, the command from its start to the first
saved picture, and a folder of 1-megapixel pictures with one and with two worker processes.
"""

from __future__ import annotations

import argparse
import io
import multiprocessing
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import onnxruntime
import PIL
from PIL import Image

from reverse_oldify import Colorizer, Options

PHOTOGRAPH = Path(__file__).parents[1] / "examples" / "picos-de-europa.jpg"
SEPIA = np.array([1.07, 1.0, 0.84])
QUALITY = 95
FOLDER = 12  # pictures


def main() -> None:
    """Measure, and print tables in Markdown."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--megapixels", type=float, nargs="+", default=[1.0, 12.0, 24.0])
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--skip-rest", action="store_true", help="file to file only")
    arguments = parser.parse_args()
    print(
        f"{platform.processor() or platform.machine()}, {arguments.threads} of {os.cpu_count()} "
        f"threads, load average {os.getloadavg()[0]:.1f}; Python {platform.python_version()}, "
        f"numpy {np.__version__}, Pillow {PIL.__version__}, ONNX Runtime "
        f"{onnxruntime.__version__}; seconds, medians of {arguments.runs}\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        file_to_file(Path(folder), arguments.megapixels, arguments.threads, arguments.runs)
        if not arguments.skip_rest:
            network(arguments.runs)
            command(Path(folder), arguments.runs)
            workers(Path(folder))


def file_to_file(folder: Path, sizes: list[float], threads: int, runs: int) -> None:
    """Print a row for each size, grey and sepia."""
    print("| source | MP | ours | CPU | peak MB | Pillow | 4:4:4 | 4:2:0 ", end="")
    print("| ratio | to 4:4:4 | to 4:2:0 | of CPU |\n|---" + "|---:" * 11 + "|")
    colorizer = Colorizer(threads=threads)
    fresh = multiprocessing.get_context("spawn")
    for megapixels in sizes:
        for kind in ("grey", "sepia"):
            source = write_photograph(folder / f"{kind}.jpg", megapixels, sepia=kind == "sepia")
            ours, plain, full, half = medians(
                runs,
                lambda source=source: colour(colorizer, source),
                lambda source=source: pillow(source, None),
                lambda source=source: pillow(source, "RGB"),
                lambda source=source: pillow(source, "RGB", "4:2:0"),
            )
            with fresh.Pool(1) as pool:
                memory = pool.apply(peak, (source, threads))
            walls = (ours[0], ours[1], memory, plain[0], full[0], half[0])
            ratios = [ours[0] / each[0] for each in (plain, full, half)] + [ours[1] / plain[1]]
            print(
                f"| {kind} | {megapixels:g} |", " | ".join(f"{each:.3g}" for each in walls), end=""
            )
            print(" |", " | ".join(f"{ratio:.1f}" for ratio in ratios), "|", flush=True)


def network(runs: int) -> None:
    """Print how long the network takes: encode, decode and the look at a picture of its size."""
    colorizer = Colorizer(threads=1)
    for side in (256, colorizer.info.working_size, 384):
        lightness = np.random.default_rng(0).uniform(0, 100, (side, side)).astype(np.float32)
        ((wall, _),) = medians(4 * runs, lambda: colorizer.predict(lightness, lightness.shape[0]))  # noqa: B023
        print(f"\nnetwork, one thread, {side} pixels: {1000 * wall:.0f} ms", end="")


def command(folder: Path, runs: int) -> None:
    """Print the time from the start of the command to a saved 1-megapixel picture."""
    source = write_photograph(folder / "first.jpg", 1)
    call = [sys.executable, "-m", "reverse_oldify"]
    told = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "check": True}
    result = str(folder / "first")
    first, helped = medians(
        runs,
        lambda: subprocess.run([*call, "colorize", source, "-o", result, "--overwrite"], **told),
        lambda: subprocess.run([*call, "--help"], **told),
    )
    print(f"\n\ncommand to the first saved megapixel: {first[0]:.2f} s; --help: {helped[0]:.3f} s")


def workers(folder: Path) -> None:
    """Print how a folder of 1-megapixel pictures gains from a second process."""
    source = write_photograph(folder / "one.jpg", 1)
    walls = []
    for count in (1, 2):
        with multiprocessing.get_context("spawn").Pool(count, start_worker, (source,)) as pool:
            pool.map(work, range(2 * count), 1)  # every process has begun, and is warm
            started = time.perf_counter()
            pool.map(work, range(FOLDER), 1)
            walls.append(time.perf_counter() - started)
    print(
        f"\n{FOLDER} pictures of 1 MP: {walls[0]:.2f} s with one process, {walls[1]:.2f} s with "
        f"two: {walls[0] / walls[1] / 2:.0%} of linear"
    )


def start_worker(source: Path) -> None:
    """Load the model of a worker process, which has one thread."""
    global WORKER
    WORKER = Colorizer(threads=1), source


def work(number: int) -> None:
    """Colour the worker's picture."""
    colorizer, source = WORKER
    colour(colorizer, source, source.with_name(f"{number}-{os.getpid()}.jpg"))


def colour(colorizer: Colorizer, source: Path, target: Path | None = None) -> None:
    """Colour a file as the command does."""
    from reverse_oldify.files.provenance import Provenance
    from reverse_oldify.pipeline.deliver import Order, deliver
    from reverse_oldify.pipeline.filing import Filing

    options = Options()
    filing = Filing(provenance=Provenance.of(colorizer.info, options), overwrite=True)
    target = target or source.with_name("target.jpg")
    deliver(colorizer, source, target, options, Order(filing=filing))


def pillow(path: Path, mode: str | None, subsampling: str = "4:4:4") -> None:
    """Decode a JPEG, and encode it."""
    with Image.open(path) as image:
        image.load()
        image = image if mode in (None, image.mode) else image.convert(mode)
        image.save(io.BytesIO(), "JPEG", quality=QUALITY, subsampling=subsampling)


def peak(source: Path, threads: int) -> float:
    """Most memory that this process has taken after colouring a file, in MB."""
    colour(Colorizer(threads=threads), source)
    status = Path("/proc/self/status")
    if status.exists():  # what Linux tells by getrusage, a process inherits from its parent
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) * 1024 / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def medians(runs: int, *works: Callable[[], object]) -> list[tuple[float, float]]:
    """Median seconds of each of some works that take turns, on the wall and on the processors."""
    times: list[list[tuple[float, float]]] = [[] for _ in works]
    for turn in range(runs + 1):
        for work, taken in zip(works, times, strict=True):
            wall, processor = time.perf_counter(), time.process_time()
            work()
            if turn:  # the first is to warm up
                taken.append((time.perf_counter() - wall, time.process_time() - processor))
    return [(median(wall for wall, _ in each), median(cpu for _, cpu in each)) for each in times]


def write_photograph(path: Path, megapixels: float, *, sepia: bool = False) -> Path:
    """Write a JPEG of about so many megapixels, with grain of three levels."""
    with Image.open(PHOTOGRAPH) as image:
        scale = (megapixels * 1e6 / (image.width * image.height)) ** 0.5
        size = round(image.width * scale), round(image.height * scale)
        pixels = np.asarray(image.convert("L").resize(size, Image.Resampling.BICUBIC), np.float32)
    pixels = pixels + np.random.default_rng(0).normal(0, 3, pixels.shape).astype(np.float32)
    if sepia:
        pixels = np.stack([pixels * np.float32(share) for share in SEPIA], -1)
    codes = np.clip(pixels, 0, 255).astype(np.uint8)
    Image.fromarray(codes).save(path, quality=QUALITY, subsampling="4:4:4")
    return path


if __name__ == "__main__":
    main()
