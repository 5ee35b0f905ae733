"""TIFF pages of 8 or 16 bits per channel, decompressed where they are looked at."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import BinaryIO

import numpy as np

from reverse_oldify.errors import TooLargeError, UnreadableError
from reverse_oldify.files.picture import Pixels
from reverse_oldify.files.samples import Samples
from reverse_oldify.files.tiff.ifd import Directory, read_directories, read_header
from reverse_oldify.files.tiff.layout import (
    ASSOCIATED,
    BITS,
    BLACK_IS_ZERO,
    CIELAB,
    CMYK,
    COMPRESSION,
    DEFLATE,
    EXTRA_SAMPLES,
    HEIGHT,
    HORIZONTAL,
    NO_PREDICTOR,
    PHOTOMETRIC,
    PREDICTOR,
    RAW,
    RGB,
    SAMPLE_FORMAT,
    SAMPLES,
    STRIP_OFFSETS,
    TILE_HEIGHT,
    TILE_OFFSETS,
    TILE_WIDTH,
    UNASSOCIATED,
    WHITE_IS_ZERO,
    WIDTH,
    Layout,
)
from reverse_oldify.files.tiff.unpack import unpacked

_SUBFILE, _INK_SET = 254, 332
_REDUCED_OR_MASK = 1 | 4
_OLD_SUBFILE, _REDUCED = 255, 2
_EXIF_THUMBNAIL = 513  # a whole JPEG, as EXIF has it
_COLOURS = {WHITE_IS_ZERO: 1, BLACK_IS_ZERO: 1, RGB: 3, CMYK: 4, CIELAB: 3}
_AT_16_BITS = (CMYK, CIELAB)  # only; at 8 Pillow reads them
_MOST_SAMPLES = 8  # of a pixel
_OPACITY = ASSOCIATED, UNASSOCIATED  # what extra channels may be; 0: nobody knows
_KEPT = 2  # bands of each plane
_BYTE_STREAMS = (RAW, 5, *DEFLATE, 32773, 34925, 50000)
"""Compressions that do not care what the bytes mean: none, LZW, deflate, PackBits, LZMA, zstd."""


def is_page(directory: Directory) -> bool:
    """Whether a directory is a page, and not a thumbnail or a mask of one."""
    is_thumbnail = directory.number(_OLD_SUBFILE) == _REDUCED or (
        _EXIF_THUMBNAIL in directory
        and STRIP_OFFSETS not in directory
        and TILE_OFFSETS not in directory
    )
    return not (directory.number(_SUBFILE) & _REDUCED_OR_MASK or is_thumbnail)


def count_pages(file: BinaryIO, most: int) -> int:
    """Count the pages of a file; a damaged directory ends the count, and raises when read.

    Raises
    ------
    TooLargeError
        There are more than ``most``.
    """
    count = 0
    with suppress(UnreadableError):
        for directory in read_directories(file):
            count += is_page(directory)
            if count > most:
                raise TooLargeError(f"has more than {most} pages; split it")
    return count


def is_plain(directory: Directory) -> bool:
    """Whether a page is read here: grey or RGB, integers of 8 or 16 bits, no lossy compression.

    At 16 bits also CMYK and CIELAB.
    """
    kind = directory.number(PHOTOMETRIC, -1)
    bits, colours = set(directory.numbers(BITS)), _COLOURS.get(kind)
    samples = directory.number(SAMPLES, 1)
    eight = bits == {8} and kind not in _AT_16_BITS
    return (
        colours is not None
        and (bits == {16} or eight)
        and colours <= samples <= _MOST_SAMPLES
        and (kind != CMYK or directory.number(_INK_SET, 1) == 1)
        and set(directory.numbers(SAMPLE_FORMAT, 1)) == {1}
        and directory.number(COMPRESSION, 1) in _BYTE_STREAMS
        and directory.number(PREDICTOR, NO_PREDICTOR) in (NO_PREDICTOR, HORIZONTAL)
    )


def size(directory: Directory) -> tuple[int, int]:
    """Width and height of a page, or of its tiles where those are larger."""
    return (
        max(directory.number(WIDTH), directory.number(TILE_WIDTH)),
        max(directory.number(HEIGHT), directory.number(TILE_HEIGHT)),
    )


class StoredPage:
    """A page for which `is_plain` holds.

    Parameters
    ----------
    reopen : callable
        Opens the file; it is closed again after each look.
    directory : Directory
        Of the page.

    Attributes
    ----------
    associated : bool
        Whether colour was multiplied by opacity.
    notes : tuple of str
        Which channels are left out.

    Raises
    ------
    UnreadableError
        The page is damaged or cut off, as far as is known without decompressing it.
    """

    def __init__(self, reopen: Callable[[], BinaryIO], directory: Directory) -> None:
        self._reopen = reopen
        with reopen() as file:
            order, size = read_header(file).order, file.seek(0, io.SEEK_END)
        self._stored = Layout.of(directory, order)
        self._stored.check(size)
        self._inverted = directory.number(PHOTOMETRIC) == WHITE_IS_ZERO
        colours, count = _COLOURS[directory.number(PHOTOMETRIC)], directory.number(SAMPLES, 1)
        extra = directory.numbers(EXTRA_SAMPLES, UNASSOCIATED)[: count - colours]
        alpha = next((at for at, kind in enumerate(extra) if kind in _OPACITY), None)
        self.associated = alpha is not None and extra[alpha] == ASSOCIATED
        self._channels = list(range(colours))
        if alpha is not None:
            self._channels.append(colours + alpha)
        self.notes = _left_out(count - len(self._channels))
        self._bands: dict[tuple[int, int], Pixels] = {}
        self._lock = threading.Lock()

    @property
    def samples(self) -> Samples:
        """Channels in the page's own colour space, black of grey 0, perhaps with opacity."""
        stored = self._stored
        shape = stored.height, stored.width, len(self._channels)
        return Samples(shape=shape, dtype=stored.dtype.newbyteorder("="), rows=self._rows)

    def _rows(self, rows: slice) -> Pixels:
        stored = self._stored
        shape = rows.stop - rows.start, stored.width, stored.planes * stored.samples
        samples: Pixels = np.empty(shape, stored.dtype.newbyteorder("="))
        step = stored.band_rows
        for plane in range(stored.planes):
            for index in range(rows.start // step, -(-rows.stop // step)):
                band, top = self._band(plane, index), index * step
                start, stop = max(top, rows.start), min(top + len(band), rows.stop)
                place = slice(start - rows.start, stop - rows.start)
                channels = slice(plane, plane + stored.samples)
                samples[place, :, channels] = band[start - top : stop - top]
        if self._inverted:
            np.invert(samples[..., 0], out=samples[..., 0])
        count = len(self._channels)
        first = self._channels[-1] == count - 1  # which spares a copy
        return samples[..., :count] if first else samples[..., self._channels]

    def _band(self, plane: int, index: int) -> Pixels:
        """Decompress some segments; those of before are kept, as looks mostly go on from there."""
        with self._lock:
            if (plane, index) not in self._bands:
                with self._reopen() as file:
                    band = unpacked(file, self._stored, self._stored.band(plane, index))
                self._bands[plane, index] = band
                for oldest in list(self._bands)[: -_KEPT * self._stored.planes]:
                    del self._bands[oldest]
            return self._bands[plane, index]


def _left_out(count: int) -> tuple[str, ...]:
    if not count:
        return ()
    what = "a channel that is" if count == 1 else f"{count} channels that are"
    return (f"has {what} neither colour nor opacity; left out",)
