"""How the samples of a TIFF page lie in its file: in strips or tiles, one plane after the other."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np

from reverse_oldify.errors import DAMAGED, UnreadableError
from reverse_oldify.files.tiff.ifd import Directory, long, to_bytes

WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC = 256, 257, 258, 259, 262
STRIP_OFFSETS, SAMPLES, ROWS_PER_STRIP, STRIP_COUNTS, PLANAR = 273, 277, 278, 279, 284
PREDICTOR, TILE_WIDTH, TILE_HEIGHT, TILE_OFFSETS, TILE_COUNTS = 317, 322, 323, 324, 325
FILL_ORDER, WHITE_POINT, EXTRA_SAMPLES, SAMPLE_FORMAT = 266, 318, 338, 339
"""Tags that say how samples are stored, and what they mean."""

RAW, JPEG, DEFLATE = 1, 7, (8, 32946)
"""Values of Compression; deflate has one that Adobe registered, and the one that was before it."""

NO_PREDICTOR, HORIZONTAL, FROM_HIGH, FROM_LOW = 1, 2, 1, 2
"""Values of Predictor, and of FillOrder: which bit of a byte comes first."""

WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, CMYK, CIELAB = 0, 1, 2, 5, 8
"""Values of PhotometricInterpretation."""

ASSOCIATED, UNASSOCIATED = 1, 2
"""Values of ExtraSamples: opacity with which colour was multiplied, or was not."""

_HEADER = b"II+\0" + struct.pack("<HHQ", 8, 0, 16)  # of BigTIFF
_BAND_BYTES = 1 << 20


class Band(NamedTuple):
    """Some rows of a page, and offset and length of the segments that hold them."""

    rows: int
    segments: list[tuple[int, int]]


def before_segments(tags: Directory, offsets: int, lengths: Sequence[int]) -> bytes:
    """Begin a little-endian BigTIFF file of one page, behind which its segments follow, in a row.

    Parameters
    ----------
    tags : Directory
        Of the page.
    offsets : int
        Tag of the places of its strips or tiles, which are made out here.
    lengths : sequence of int
        Of these, in bytes.
    """
    tags = Directory(tags | {offsets: long(*lengths)})  # as long as what comes in its place
    start = len(_HEADER) + len(to_bytes(tags, len(_HEADER), big=True))
    tags[offsets] = long(*(start + before for before in accumulate(lengths[:-1], initial=0)))
    return _HEADER + to_bytes(tags, len(_HEADER), big=True)


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How the samples of a page are stored: in strips or tiles, one plane after the other.

    Attributes
    ----------
    width, height : int
        Of the page.
    tile : int or None
        Width of a tile.
    rows : int
        Of a strip or tile.
    planes : int
        That lie one behind the other.
    samples : int
        Interleaved in each segment: all of a pixel's, or one.
    dtype : dtype
        Of a sample, in the byte order of the file.
    segments : list of (offset, length)
        From left to right, then downwards, then plane by plane.
    compression, predictor, fill_order : int
        Values of these tags.
    """

    width: int
    height: int
    tile: int | None
    rows: int
    planes: int
    samples: int
    dtype: np.dtype[Any]
    segments: list[tuple[int, int]]
    compression: int
    predictor: int
    fill_order: int

    @classmethod
    def of(cls, page: Directory, order: str) -> Layout:
        """Layout that the tags of a page tell, in a file of the byte order "<" or ">"."""
        tiled = TILE_OFFSETS in page
        offsets = page.numbers(TILE_OFFSETS if tiled else STRIP_OFFSETS)
        lengths = page.numbers(TILE_COUNTS if tiled else STRIP_COUNTS)
        height, samples = page.number(HEIGHT), page.number(SAMPLES, 1)
        rows = page.number(TILE_HEIGHT) if tiled else page.number(ROWS_PER_STRIP, height)
        planes = 1 if page.number(PLANAR, 1) == 1 else samples
        stored = cls(
            width=page.number(WIDTH),
            height=height,
            tile=page.number(TILE_WIDTH) if tiled else None,
            rows=rows if tiled else min(rows, height),
            planes=planes,
            samples=samples // planes,
            dtype=np.dtype(f"{order}u{-(-page.number(BITS, 1) // 8)}"),
            segments=list(zip(offsets, lengths, strict=False)),
            compression=page.number(COMPRESSION, RAW),
            predictor=page.number(PREDICTOR, NO_PREDICTOR),
            fill_order=page.number(FILL_ORDER, FROM_HIGH),
        )
        whole = not tiled and stored.rows == height and stored.compression == RAW
        return stored._cut() if whole else stored

    def _cut(self) -> Layout:
        """Cut the only strip of a page that is not compressed into several, to be read apart."""
        line = self._line
        rows = max(1, _BAND_BYTES // line)
        segments = [
            (offset + top * line, min(length - top * line, rows * line))
            for offset, length in self.segments[: self.planes]
            for top in range(0, self.height, rows)
        ]
        return replace(self, rows=rows, segments=segments)

    def check(self, size: int) -> None:
        """See that all segments are there, in a file of so many bytes.

        Raises
        ------
        UnreadableError
            They are not.
        """
        if min(self.width, self.height, self.rows, self.samples) < 1 or self.tile == 0:
            raise UnreadableError(DAMAGED)
        if len(self.needed) < self._count or any(
            length < 1 or offset + length > size for offset, length in self.needed
        ):
            raise UnreadableError(DAMAGED)

    @property
    def needed(self) -> list[tuple[int, int]]:
        """Offset and length of those segments that hold the page; more may be told."""
        return self.segments[: self._count]

    @property
    def _count(self) -> int:
        return self.planes * self.across * -(-self.height // self.rows)

    @property
    def band_rows(self) -> int:
        """Rows that are decompressed together: of about a megabyte."""
        return self.rows * max(1, _BAND_BYTES // (self._line * self.rows))

    def band(self, plane: int, index: int) -> Band:
        """Return one of them, counted from the top of a plane."""
        top = index * self.band_rows
        rows = min(self.band_rows, self.height - top)
        before = plane * -(-self.height // self.rows)
        start, end = top // self.rows, -(-(top + rows) // self.rows)
        part = slice((before + start) * self.across, (before + end) * self.across)
        return Band(rows, self.segments[part])

    @property
    def across(self) -> int:
        """Segments beside each other."""
        return 1 if self.tile is None else -(-self.width // self.tile)

    @property
    def _line(self) -> int:
        """Bytes of a row of a segment, over the whole width."""
        return max(1, self.width * self.samples * self.dtype.itemsize)
