"""A contact sheet: each photograph before (its lightness alone) and after, side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from reverse_oldify.color.lab import lightness_to_gray
from reverse_oldify.files.picture import Picture, Raster
from reverse_oldify.files.strips import bands

MOST_PAIRS = 240
"""A sheet holds no more pairs than this: it is for looking at."""

_CELL = 320  # pixels: no thumbnail is wider or higher
_GAP = 12
_LABEL = 24
_MOST_COLUMNS = 6
_BACKGROUND, _INK = (250, 250, 250), (40, 40, 40)


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Thumbnails of one photograph, in grey and in colour, of the same size, and its title."""

    before: Image.Image
    after: Image.Image
    title: str


def pair(picture: Raster, title: str) -> Pair:
    """Make thumbnails of a colourised picture; what it was before is its lightness."""
    after = _thumbnail(picture)
    lightness = Picture(pixels=np.asarray(after)).lightness
    gray = np.rint(lightness_to_gray(lightness) * 255).astype(np.uint8)
    return Pair(before=Image.fromarray(gray), after=after, title=title)


def _thumbnail(picture: Raster) -> Image.Image:
    """Scale a picture to a cell, strip by strip: large ones by means of whole blocks first."""
    block = max(1, max(picture.size) // (2 * _CELL))
    strips = (
        Image.fromarray(picture.rows(rows).srgb).reduce(block)
        for rows in bands(*picture.size, block)
    )
    image = Image.fromarray(np.concatenate([np.asarray(strip) for strip in strips]))
    image.thumbnail((_CELL, _CELL))
    return image


def contact_sheet(pairs: Sequence[Pair]) -> Picture:
    """Lay pairs out in rows, each with its title below.

    Parameters
    ----------
    pairs : sequence of Pair
        At least one; no more than `MOST_PAIRS` are shown.
    """
    pairs = pairs[:MOST_PAIRS]
    columns = min(_MOST_COLUMNS, math.ceil(math.sqrt(len(pairs) / 2)))
    rows = [pairs[start : start + columns] for start in range(0, len(pairs), columns)]
    heights = [max(each.after.height for each in row) + _LABEL + _GAP for row in rows]
    width = _GAP + columns * (2 * _CELL + 2 * _GAP)
    sheet = Image.new("RGB", (width, _GAP + sum(heights)), _BACKGROUND)
    top = _GAP
    for row, height in zip(rows, heights, strict=True):
        for column, each in enumerate(row):
            _place(sheet, each, _GAP + column * (2 * _CELL + 2 * _GAP), top, height)
        top += height
    return Picture(pixels=np.asarray(sheet))


def _place(sheet: Image.Image, pair: Pair, left: int, top: int, height: int) -> None:
    """Put the two halves against each other, so that the eye need not jump, above the title."""
    middle, bottom = left + _CELL, top + height - _GAP - _LABEL
    sheet.paste(pair.before, (middle - pair.before.width, bottom - pair.before.height))
    sheet.paste(pair.after, (middle, bottom - pair.after.height))
    font = ImageFont.load_default(size=14)
    title = _shortened(pair.title, font)
    ImageDraw.Draw(sheet).text(
        (middle, bottom + _LABEL / 2), title, fill=_INK, font=font, anchor="mm"
    )


def _shortened(title: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> str:
    title = "".join(letter if letter.isprintable() else "?" for letter in title)
    if font.getlength(title) <= 2 * _CELL:
        return title
    while title and font.getlength(title + "...") > 2 * _CELL:
        title = title[:-1]
    return title + "..."
