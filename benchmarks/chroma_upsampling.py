"""How much chroma is lost between a coarse grid and every pixel, by method.

The true a*, b* of photographs is averaged over square cells, carried back, and compared by
CIEDE2000: over all pixels, where chroma has an edge, and where it is flat. *Grain* is the root mean
square change of a*, b* when film grain of 4 L* is added to the lightness: it should stay grey.

    python benchmarks/chroma_upsampling.py [FOLDER | TAR ...] [--cells 4 8] [--limit 24]

Without sources: four photographs that come with scikit-image. Photographs saved with subsampled
chroma (most JPEG, all lossy WebP) have soft edges themselves, and flatter the smooth methods; with
``--halve`` they are halved first, after which they have not.

    python benchmarks/chroma_upsampling.py --crops docs/images

writes enlarged crops side by side instead: the truth, and what each method makes of its cells.
"""

from __future__ import annotations

import argparse
import io
import tarfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from reverse_oldify.color.difference import ciede2000
from reverse_oldify.color.gamut import lab_to_linear_in_gamut
from reverse_oldify.color.lab import linear_to_8_bits, srgb_to_lab
from reverse_oldify.resize import upsample_chroma
from reverse_oldify.types import FloatArray

Upsample = Callable[[FloatArray, FloatArray], FloatArray]

EDGE, FLAT = 20, 6  # range of chroma within a cell's size above, below which it is one
GRAIN = 4.0
CROPS = {  # of photographs in scikit-image: centre (row, column) and side
    "astronaut": (400, 150, 96),
    "coffee": (150, 330, 96),
    "chelsea": (120, 170, 96),
}
CROP_CELL, ENLARGED = 12, 3
SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp"}


def interpolate(method: Image.Resampling) -> Upsample:
    """Upsampling that does not look at the lightness."""

    def upsample(ab: FloatArray, lightness: FloatArray) -> FloatArray:
        size = lightness.shape[::-1]
        return np.stack([Image.fromarray(plane).resize(size, method) for plane in ab])

    return upsample


METHODS: dict[str, Upsample] = {
    "nearest": interpolate(Image.Resampling.NEAREST),
    "bilinear": interpolate(Image.Resampling.BILINEAR),
    "bicubic": interpolate(Image.Resampling.BICUBIC),
    "edge-guided (ours)": upsample_chroma,
}


def photographs(sources: list[Path], limit: int) -> Iterator[FloatArray]:
    """Lab of up to ``limit`` pictures of each source, float32 (H, W, 3)."""
    if not sources:
        from skimage import data

        for sample in (data.astronaut, data.coffee, data.chelsea, data.rocket):
            yield srgb_to_lab(sample())
    for source in sources:
        for encoded in files(source, limit):
            yield srgb_to_lab(np.asarray(Image.open(io.BytesIO(encoded)).convert("RGB")))


def files(source: Path, limit: int) -> Iterator[bytes]:
    """Up to ``limit`` picture files of a folder or a tar, evenly spread over it."""
    if source.is_dir():
        paths = sorted(path for path in source.rglob("*") if path.suffix.lower() in SUFFIXES)
        yield from (path.read_bytes() for path in paths[:: max(1, len(paths) // limit)][:limit])
        return
    with tarfile.open(source) as tar:
        members = [each for each in tar if Path(each.name).suffix.lower() in SUFFIXES]
        for member in members[:: max(1, len(members) // limit)][:limit]:
            yield tar.extractfile(member).read()


def whole_cells(lab: FloatArray, size: int) -> tuple[FloatArray, FloatArray]:
    """Lightness (H, W) and ab (2, H, W), cut to whole cells."""
    height, width = (side // size * size for side in lab.shape[:2])
    planes = np.moveaxis(lab[:height, :width], -1, 0)
    return np.ascontiguousarray(planes[0]), np.ascontiguousarray(planes[1:])


def cell_means(planes: FloatArray, size: int) -> FloatArray:
    """Means of square cells: (..., H, W) to (..., H / size, W / size)."""
    *lead, height, width = planes.shape
    return planes.reshape(*lead, height // size, size, width // size, size).mean((-3, -1))


def chroma_range(ab: FloatArray, size: int) -> FloatArray:
    """How far apart the colours within a cell's size of each pixel are; (H, W)."""
    spread = []
    for plane in ab:
        most, least = plane, plane
        for axis in (0, 1):
            around = [(size // 2,) * 2 if axis == each else (0, 0) for each in (0, 1)]
            windows = (size // 2 * 2 + 1, axis)
            slide = np.lib.stride_tricks.sliding_window_view
            most = slide(np.pad(most, around, mode="edge"), *windows).max(-1)
            least = slide(np.pad(least, around, mode="edge"), *windows).min(-1)
        spread.append(most - least)
    return np.hypot(*spread)


def film_grain(shape: tuple[int, ...]) -> FloatArray:
    """Grain of about 1.5 pixels and `GRAIN` L*; always the same."""
    fine = np.random.default_rng(0).normal(0, 1, shape).astype(np.float32)
    soft = sum(np.roll(fine, shift, (0, 1)) for shift in ((0, 0), (0, 1), (1, 0), (1, 1)))
    return soft * np.float32(GRAIN / soft.std())


def score(upsample: Upsample, lab: FloatArray, size: int) -> list[float]:
    """CIEDE2000 over all, edge and flat pixels; chroma that grain adds; seconds per megapixel."""
    lightness, truth = whole_cells(lab, size)
    grid = cell_means(truth, size)
    start = time.process_time()
    ab = upsample(grid, lightness)
    seconds = (time.process_time() - start) / lightness.size * 1e6
    error = ciede2000(*(np.stack([lightness, *chroma], -1) for chroma in (truth, ab)))
    spread = chroma_range(truth, size)
    parts = (error, error[spread > EDGE], error[spread < FLAT])
    grainy = np.clip(lightness + film_grain(lightness.shape), 0, 100)
    added = np.sqrt(((upsample(grid, grainy) - ab) ** 2).sum(0).mean())
    return [*(part.mean() if part.size else np.nan for part in parts), added, seconds]


def halved(lab: FloatArray) -> FloatArray:
    """Means of 2 x 2 pixels of Lab, float32 (H, W, 3)."""
    lightness, ab = whole_cells(lab, 2)
    return np.moveaxis(cell_means(np.stack([lightness, *ab]), 2), 0, -1)


def write_crops(folder: Path) -> None:
    """Write a WebP for each crop: the truth, then the methods, each under its name."""
    from skimage import data

    folder.mkdir(parents=True, exist_ok=True)
    for name, (row, column, side) in CROPS.items():
        lab = srgb_to_lab(getattr(data, name)())
        lightness, truth = whole_cells(lab, CROP_CELL)
        grid = cell_means(truth, CROP_CELL)
        shown = {"truth": truth} | {
            method: upsample(grid, lightness) for method, upsample in METHODS.items()
        }
        tile = side * ENLARGED
        sheet = Image.new("RGB", ((tile + 8) * len(shown) - 8, tile + 16), "white")
        part = (
            slice(row - side // 2, row + side // 2),
            slice(column - side // 2, column + side // 2),
        )
        for place, (method, ab) in enumerate(shown.items()):
            linear = lab_to_linear_in_gamut(lightness, np.moveaxis(ab, 0, -1))
            crop = Image.fromarray(linear_to_8_bits(linear)[part])
            sheet.paste(
                crop.resize((tile, tile), Image.Resampling.NEAREST), (place * (tile + 8), 16)
            )
            ImageDraw.Draw(sheet).text((place * (tile + 8) + 2, 2), method, "black")
        sheet.save(folder / f"chroma-{name}.webp", quality=88, method=6)


def main() -> None:
    """Print one table, in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sources", nargs="*", type=Path, help="folders or tars of photographs")
    parser.add_argument("--cells", nargs="+", type=int, default=[4, 8, 16], help="sides, in pixels")
    parser.add_argument("--limit", type=int, default=24, help="pictures of each source")
    parser.add_argument(
        "--halve", action="store_true", help="the photographs, before anything else"
    )
    parser.add_argument("--crops", type=Path, metavar="FOLDER", help="write crops instead")
    arguments = parser.parse_args()
    if arguments.crops:
        write_crops(arguments.crops)
        return
    pictures = list(photographs(arguments.sources, arguments.limit))
    if arguments.halve:
        pictures = [halved(lab) for lab in pictures]
    print(f"{len(pictures)} photographs; mean CIEDE2000 (lower is better)\n")
    print("| cell | method | all | chroma edges | against bilinear | flat | grain | s / MP |")
    print("|---:|---|---:|---:|---:|---:|---:|---:|")
    for size in arguments.cells:
        scores = {
            name: np.nanmean([score(upsample, lab, size) for lab in pictures], axis=0)
            for name, upsample in METHODS.items()
        }
        for name, (every, edge, flat, grain, seconds) in scores.items():
            change = edge / scores["bilinear"][1] - 1
            print(
                f"| {size} | {name} | {every:.3f} | {edge:.3f} | {change:+.1%} "
                f"| {flat:.3f} | {grain:.2f} | {seconds:.3f} |"
            )


if __name__ == "__main__":
    main()
