"""TIFF pages with 16 bits per channel, which Pillow would cut to 8.

Pillow's libtiff can unpack them all the same. The page is handed to it as one of 8-bit grey, so
many times wider as a pixel has bytes: the compressed strips or tiles are the same, only the
directory before them differs. What comes out are the samples, byte for byte.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from reverse_oldify.errors import TooLargeError, UnreadableError
from reverse_oldify.files.formats import FORMATS
from reverse_oldify.files.ifd import Directory, long, read_directories, read_header, short, to_bytes
from reverse_oldify.files.opening import opened

_SUBFILE, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 254, 256, 257, 258, 259, 262
_STRIP_OFFSETS, _SAMPLES, _ROWS_PER_STRIP, _STRIP_COUNTS, _PLANAR = 273, 277, 278, 279, 284
_PREDICTOR, _TILE_WIDTH, _TILE_HEIGHT, _TILE_OFFSETS, _TILE_COUNTS = 317, 322, 323, 324, 325
_EXTRA_SAMPLES, _SAMPLE_FORMAT = 338, 339
_REDUCED_OR_MASK = 1 | 4
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB = 0, 1, 2
_COLOURS = {_WHITE_IS_ZERO: 1, _BLACK_IS_ZERO: 1, _RGB: 3}
_ASSOCIATED = 1  # colour that was multiplied by opacity
_NO_PREDICTOR, _HORIZONTAL = 1, 2
_BAND_BYTES = 1 << 23
_BYTE_STREAMS = (1, 5, 8, 32773, 32946, 34925, 50000)
"""Compressions that do not care what the bytes mean: none, LZW, deflate, PackBits, LZMA, zstd."""


def is_page(directory: Directory) -> bool:
    """Whether a directory is a page, and not a thumbnail or a mask of one."""
    return not directory.number(_SUBFILE) & _REDUCED_OR_MASK


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


def is_deep(directory: Directory) -> bool:
    """Whether a page is one that must be read here: 16 bits, and colour or opacity."""
    bits, colours = directory.numbers(_BITS), _COLOURS.get(directory.number(_PHOTOMETRIC))
    samples = directory.number(_SAMPLES, 1)
    return (
        colours is not None
        and set(bits) == {16}
        and 2 <= samples <= 5
        and samples >= colours
        and set(directory.numbers(_SAMPLE_FORMAT, 1)) == {1}
        and directory.number(_COMPRESSION, 1) in _BYTE_STREAMS
        and directory.number(_PREDICTOR, _NO_PREDICTOR) in (_NO_PREDICTOR, _HORIZONTAL)
    )


def size(directory: Directory) -> tuple[int, int]:
    """Width and height of a page, or of its tiles where those are larger."""
    return (
        max(directory.number(_WIDTH), directory.number(_TILE_WIDTH)),
        max(directory.number(_HEIGHT), directory.number(_TILE_HEIGHT)),
    )


def read_samples(file: BinaryIO, directory: Directory) -> tuple[NDArray[np.uint16], bool]:
    """Read the samples of a deep page as they were stored.

    Parameters
    ----------
    file : BinaryIO
        The TIFF file.
    directory : Directory
        Of one of its pages, for which `is_deep` holds.

    Returns
    -------
    samples : uint16 (H, W, 1 or 3) or, with opacity, (H, W, 2 or 4)
        Grey or RGB in the page's own colour space, black 0.
    associated : bool
        Whether colour was multiplied by opacity.

    Raises
    ------
    UnreadableError
        The page is damaged or cut off.
    """
    order, stored = read_header(file).order, _Stored.of(directory)
    count = directory.number(_SAMPLES, 1)
    pixels = np.empty((stored.height, stored.width, count), np.uint16)
    for plane in range(count // stored.samples):
        channels = slice(plane, plane + stored.samples)
        for band in stored.bands(plane):
            bottom = min(band.top + band.rows, stored.height)
            unpacked = _unpacked(file, stored, band, order)
            pixels[band.top : bottom, :, channels] = unpacked[: bottom - band.top]
    if directory.number(_PHOTOMETRIC) == _WHITE_IS_ZERO:
        pixels[..., 0] = ~pixels[..., 0]
    colours = _COLOURS[directory.number(_PHOTOMETRIC)]
    extra = directory.number(_EXTRA_SAMPLES)
    with_alpha = count > colours and extra in (0, _ASSOCIATED, 2)
    return pixels[..., : colours + with_alpha], with_alpha and extra == _ASSOCIATED


class _Band(NamedTuple):
    """Some rows of a page, and offset and length of the segments that hold them."""

    top: int
    rows: int
    segments: list[tuple[int, int]]


@dataclass(frozen=True, kw_only=True)
class _Stored:
    """How the samples of a page are stored: in strips or tiles, one plane after the other.

    Attributes
    ----------
    width, height : int
        Of the page.
    tile : int or None
        Width of a tile.
    rows : int
        Of a strip or tile.
    samples : int
        Interleaved in each segment: all of a pixel's, or one.
    segments : list of (offset, length)
        From left to right, then downwards, then plane by plane.
    """

    width: int
    height: int
    tile: int | None
    rows: int
    samples: int
    segments: list[tuple[int, int]]
    compression: int
    predictor: int

    @classmethod
    def of(cls, page: Directory) -> _Stored:
        tiled = _TILE_OFFSETS in page
        offsets = page.numbers(_TILE_OFFSETS if tiled else _STRIP_OFFSETS)
        lengths = page.numbers(_TILE_COUNTS if tiled else _STRIP_COUNTS)
        height = page.number(_HEIGHT)
        rows = page.number(_TILE_HEIGHT) if tiled else page.number(_ROWS_PER_STRIP, height)
        return cls(
            width=page.number(_WIDTH),
            height=height,
            tile=page.number(_TILE_WIDTH) if tiled else None,
            rows=rows if tiled else min(rows, height),
            samples=page.number(_SAMPLES, 1) if page.number(_PLANAR, 1) == 1 else 1,
            segments=list(zip(offsets, lengths, strict=False)),
            compression=page.number(_COMPRESSION, 1),
            predictor=page.number(_PREDICTOR, _NO_PREDICTOR),
        )

    def bands(self, plane: int) -> Iterator[_Band]:
        """Yield a plane from top to bottom, a few megabytes at a time.

        Raises
        ------
        UnreadableError
            There are not enough segments for all of it.
        """
        if self.rows < 1 or self.tile == 0:
            raise UnreadableError("damaged or cut off; restore it from a copy")
        across = 1 if self.tile is None else -(-self.width // self.tile)
        down = -(-self.height // self.rows)
        step = max(1, _BAND_BYTES // (2 * self.samples * self.width * self.rows))
        first = plane * across * down
        if len(self.segments) < first + across * down:
            raise UnreadableError("damaged or cut off; restore it from a copy")
        for start in range(0, down, step):
            end = min(start + step, down)
            segments = self.segments[first + start * across : first + end * across]
            rows = min(end * self.rows, self.height) - start * self.rows
            yield _Band(start * self.rows, rows, segments)


def _unpacked(file: BinaryIO, stored: _Stored, band: _Band, order: str) -> NDArray[np.uint16]:
    """Decompress a band: uint16 (rows, W, samples)."""
    data = b"".join(_as_gray_bytes(file, stored, band))
    with opened(io.BytesIO(data), FORMATS["tif"]) as image:
        codes = np.asarray(image).view(order + "u2")
    pixels = codes.reshape(band.rows, stored.width, stored.samples).astype(np.uint16)
    if stored.predictor == _HORIZONTAL:
        step = stored.tile or stored.width
        for left in range(0, stored.width, step):  # each tile starts anew
            part = pixels[:, left : left + step]
            np.cumsum(part, axis=1, dtype=np.uint16, out=part)
    return pixels


def _as_gray_bytes(file: BinaryIO, stored: _Stored, band: _Band) -> Iterator[bytes]:
    """Yield a TIFF file of 8-bit grey that has the segments of a band, one behind the other."""
    gray = _gray_directory(stored, band)
    offsets = _STRIP_OFFSETS if stored.tile is None else _TILE_OFFSETS
    lengths = [length for _, length in band.segments]
    if sum(lengths) > file.seek(0, io.SEEK_END):
        raise UnreadableError("damaged or cut off; restore it from a copy")
    gray[offsets] = long(*lengths)  # as long as what comes in its place
    start = 8 + len(to_bytes(gray, 8))
    gray[offsets] = long(*(start + before for before in accumulate(lengths[:-1], initial=0)))
    yield b"II*\0" + struct.pack("<I", 8) + to_bytes(gray, 8)
    for offset, length in band.segments:
        file.seek(offset)
        data = file.read(length)
        if len(data) < length:
            raise UnreadableError("damaged or cut off; restore it from a copy")
        yield data


def _gray_directory(stored: _Stored, band: _Band) -> Directory:
    """Tags of a page of 8-bit grey, as many times wider as a pixel has bytes."""
    width = 2 * stored.samples
    lengths = long(*(length for _, length in band.segments))
    gray = Directory(
        {
            _WIDTH: long(stored.width * width),
            _HEIGHT: long(band.rows),
            _BITS: short(8),
            _COMPRESSION: short(stored.compression),
            _PHOTOMETRIC: short(_BLACK_IS_ZERO),
            _SAMPLES: short(1),
        }
    )
    if stored.tile is None:
        return Directory(gray | {_ROWS_PER_STRIP: long(stored.rows), _STRIP_COUNTS: lengths})
    tile = {_TILE_WIDTH: long(stored.tile * width), _TILE_HEIGHT: long(stored.rows)}
    return Directory(gray | tile | {_TILE_COUNTS: lengths})
