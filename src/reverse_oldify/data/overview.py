"""One picture of a prepared set: samples, sizes, colours, and how many of what."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from reverse_oldify.color.lab import lab_to_srgb
from reverse_oldify.data.cache import OVERVIEW, PictureCache, decode_lab
from reverse_oldify.errors import MissingExtraError
from reverse_oldify.types import ByteArray

try:
    from matplotlib.axes import Axes
    from matplotlib.colors import LogNorm
    from matplotlib.figure import Figure
except ImportError as error:
    raise MissingExtraError("the picture of a training set", "report") from error

ROWS, COLUMNS, CELL = 5, 16, 96
"""Samples on the sheet, and the side in pixels of the square that each is cropped to."""

_COLOUR_SAMPLES = 2000  # pictures that the ab histogram looks at
_PIXEL_STEP = 4


def draw_overview(folder: Path, about: dict[str, Any]) -> None:
    """Draw ``overview.png`` into a prepared set.

    Parameters
    ----------
    folder : Path
        Holds ``index.csv`` and ``lab.u8``.
    about : dict
        What ``about.json`` says or will say: ``counts`` and ``dropped`` are shown.
    """
    pictures = PictureCache(folder)
    figure = Figure(figsize=(16, 10), layout="constrained")
    grid = figure.add_gridspec(2, 4, height_ratios=[5, 4])
    _draw_samples(figure.add_subplot(grid[0, :]), pictures)
    sizes, colours, counts, dropped = (figure.add_subplot(grid[1, n]) for n in range(4))
    _draw_sizes(sizes, pictures)
    _draw_colours(colours, ab_histogram(pictures))
    _draw_bars(counts, about["counts"], "pictures")
    _draw_bars(dropped, about["dropped"], "dropped")
    figure.savefig(folder / OVERVIEW, dpi=100)


def ab_histogram(pictures: PictureCache) -> NDArray[np.int64]:
    """Count the colours of an even sample of the set.

    Returns
    -------
    int64 (256, 256)
        Pixels by b* (rows) and a* (columns), each -128..127.
    """
    counts = np.zeros(256 * 256, np.int64)
    for number in _evenly(len(pictures), _COLOUR_SAMPLES):
        ab = pictures[number][::_PIXEL_STEP, ::_PIXEL_STEP, 1:].astype(np.intp)
        counts += np.bincount((ab[..., 1] * 256 + ab[..., 0]).ravel(), minlength=256 * 256)
    return counts.reshape(256, 256)


def contact_sheet(pictures: PictureCache) -> ByteArray:
    """Squares cut from an even sample of the set; uint8 sRGB (ROWS x CELL, COLUMNS x CELL, 3)."""
    sheet = np.full((ROWS * CELL, COLUMNS * CELL, 3), 255, np.uint8)
    for place, number in enumerate(_evenly(len(pictures), ROWS * COLUMNS)):
        top, left = place // COLUMNS * CELL, place % COLUMNS * CELL
        sheet[top : top + CELL, left : left + CELL] = _square(pictures[number])
    return sheet


def _square(packed: ByteArray) -> ByteArray:
    """The middle of a picture as a small sRGB square: packed Lab -> uint8 (CELL, CELL, 3)."""
    height, width = packed.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    middle = Image.fromarray(packed[top : top + side, left : left + side])
    cell = np.asarray(middle.resize((CELL, CELL), Image.Resampling.BOX))
    return np.rint(lab_to_srgb(decode_lab(cell)) * 255).astype(np.uint8)


def _evenly(count: int, most: int) -> list[int]:
    """At most ``most`` of the numbers below ``count``, evenly spread."""
    return sorted({int(number) for number in np.linspace(0, count - 1, min(count, most))})


def _draw_samples(axes: Axes, pictures: PictureCache) -> None:
    axes.imshow(contact_sheet(pictures))
    axes.set_axis_off()
    axes.set_title(f"{len(pictures):,} pictures")


def _draw_sizes(axes: Axes, pictures: PictureCache) -> None:
    widths = [entry.width for entry in pictures.entries]
    heights = [entry.height for entry in pictures.entries]
    axes.hist([widths, heights], bins=40, label=["width", "height"], log=True)
    axes.set(title="size", xlabel="pixels", ylabel="pictures")
    axes.legend()


def _draw_colours(axes: Axes, counts: NDArray[np.int64]) -> None:
    shown = axes.imshow(
        np.ma.masked_equal(counts, 0),
        norm=LogNorm(),
        origin="lower",
        extent=(-128.5, 127.5, -128.5, 127.5),
    )
    axes.set(title="colours (pixels, log scale)", xlabel="a*", ylabel="b*")
    axes.figure.colorbar(shown, ax=axes, shrink=0.7)


def _draw_bars(axes: Axes, counts: dict[str, int], title: str) -> None:
    names, numbers = list(counts), list(counts.values())
    axes.bar_label(axes.barh(names, numbers), fmt="{:,.0f}", padding=3)
    axes.set(title=f"{title}: {sum(numbers):,}")
    axes.margins(x=0.4)
    axes.invert_yaxis()
