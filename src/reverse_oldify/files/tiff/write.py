"""TIFF of any depth and any number of pages, written strip by strip (TIFF 6.0, BigTIFF).

Pillow writes no 16-bit colour. Strips hold horizontal differences, deflated: lossless, and read by
everything that reads TIFF.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import partial
from typing import BinaryIO

import numpy as np

from reverse_oldify.files.deflate import deflated
from reverse_oldify.files.icc.make import profile_for
from reverse_oldify.files.picture import Pixels, Raster
from reverse_oldify.files.samples import Samples, samples_of
from reverse_oldify.files.strips import bands, in_order
from reverse_oldify.files.tiff.ifd import LONG8, Directory, Field, long, next_place, short, to_bytes
from reverse_oldify.files.tiff.layout import (
    BITS,
    BLACK_IS_ZERO,
    COMPRESSION,
    DEFLATE,
    EXTRA_SAMPLES,
    HEIGHT,
    HORIZONTAL,
    PHOTOMETRIC,
    PLANAR,
    PREDICTOR,
    RGB,
    ROWS_PER_STRIP,
    SAMPLES,
    STRIP_COUNTS,
    STRIP_OFFSETS,
    UNASSOCIATED,
    WIDTH,
)
from reverse_oldify.files.tiff.metadata import to_tags

BIG = 4_000_000_000
"""Bytes of pixels from which a file is written as BigTIFF: offsets of 32 bits would not do."""

_STRIP_BYTES = 1 << 18


class TiffWriter:
    """Writes pages to a file as they come.

    Parameters
    ----------
    file : BinaryIO
        Empty, writable and seekable.
    big : bool
        As BigTIFF, for more than 4 GB.
    """

    def __init__(self, file: BinaryIO, *, big: bool = False) -> None:
        self._file, self._big = file, big
        file.write(b"II+\0\x08\0\0\0" + bytes(8) if big else b"II*\0" + bytes(4))
        self._link = 8 if big else 4  # where the offset of the next page belongs

    def add(
        self,
        samples: Samples,
        tags: Directory,
        *,
        photometric: int,
        alpha: bool = False,
    ) -> None:
        """Write a page: strips as they are ready, then the directory.

        Parameters
        ----------
        samples : Samples
            In the meaning of ``photometric``; two's complement for a* and b* of CIELAB.
        tags : Directory
            What is said of the page beside its samples, as from `tiff.metadata.to_tags`.
        photometric : int
            What samples mean: `tiff.layout.BLACK_IS_ZERO`, ``RGB`` or ``CIELAB``.
        alpha : bool
            Whether the last channel is opacity.
        """
        height, width, channels = samples.shape
        rows = max(1, _STRIP_BYTES // (width * channels * samples.dtype.itemsize))
        places = []
        pack = partial(_packed, samples, rows)
        for strips in in_order(pack, bands(height, width, rows), samples.threads):
            for strip in strips:
                places.append((self._file.tell(), len(strip)))
                self._file.write(strip)
        directory = Directory(
            tags
            | {
                WIDTH: long(width),
                HEIGHT: long(height),
                BITS: short(*[8 * samples.dtype.itemsize] * channels),
                COMPRESSION: short(DEFLATE[0]),
                PHOTOMETRIC: short(photometric),
                STRIP_OFFSETS: self._offsets(offset for offset, _ in places),
                SAMPLES: short(channels),
                ROWS_PER_STRIP: long(rows),
                STRIP_COUNTS: long(*(length for _, length in places)),
                PLANAR: short(1),
                PREDICTOR: short(HORIZONTAL),
            }
        )
        if alpha:
            directory[EXTRA_SAMPLES] = short(UNASSOCIATED)
        self._end_page(directory)

    def add_picture(self, picture: Raster, page_name: str | None = None) -> None:
        """Write a picture, with all that is known of it, as the next page."""
        self.add(
            samples_of(picture),
            to_tags(picture.metadata, profile_for(picture), page_name),
            photometric=RGB if len(picture.shape) == 3 else BLACK_IS_ZERO,
            alpha=picture.has_alpha,
        )

    def _end_page(self, directory: Directory) -> None:
        """Write the directory behind its strips, and have the page before point to it."""
        self._file.write(bytes(self._file.tell() % 2))
        start = self._file.tell()
        self._file.write(to_bytes(directory, start, big=self._big))
        self._file.seek(self._link)
        self._file.write(struct.pack("<Q" if self._big else "<I", start))
        self._file.seek(0, 2)
        self._link = start + next_place(len(directory), big=self._big)

    def _offsets(self, offsets: Iterator[int]) -> Field:
        values = list(offsets)
        if self._big:
            return Field(LONG8, struct.pack(f"<{len(values)}Q", *values))
        return long(*values)


def _packed(samples: Samples, rows: int, band: slice) -> list[bytes]:
    """Compress a band of samples as strips of so many rows."""
    codes = samples.rows(band)
    return [_strip(codes[start : start + rows]) for start in range(0, len(codes), rows)]


def _strip(codes: Pixels) -> bytes:
    changes = codes.astype(codes.dtype.newbyteorder("<"))  # a copy
    np.subtract(codes[:, 1:], codes[:, :-1], out=changes[:, 1:])
    return deflated(changes.tobytes())
