"""TIFF pages of 8 or 16 bits per channel, decompressed where they are looked at.

Pillow decodes pages whole, and cuts 16-bit colour to 8. Its libtiff can unpack a part of a page all
the same: some strips or tiles are handed to it as a page of 8-bit grey, so many times wider as a
pixel has bytes. The compressed segments are the same, only the directory before them differs. What
comes out are the samples, byte for byte.
"""

from __future__ import annotations

import io
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from reverse_oldify.errors import TooLargeError, UnreadableError
from reverse_oldify.files.formats import FORMATS
from reverse_oldify.files.ifd import Directory, long, read_directories, read_header, short, to_bytes
from reverse_oldify.files.opening import opened
from reverse_oldify.files.picture import Pixels
from reverse_oldify.files.samples import Samples

_SUBFILE, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 254, 256, 257, 258, 259, 262
_STRIP_OFFSETS, _SAMPLES, _ROWS_PER_STRIP, _STRIP_COUNTS, _PLANAR = 273, 277, 278, 279, 284
_PREDICTOR, _TILE_WIDTH, _TILE_HEIGHT, _TILE_OFFSETS, _TILE_COUNTS = 317, 322, 323, 324, 325
_EXTRA_SAMPLES, _SAMPLE_FORMAT = 338, 339
_REDUCED_OR_MASK = 1 | 4
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB = 0, 1, 2
_COLOURS = {_WHITE_IS_ZERO: 1, _BLACK_IS_ZERO: 1, _RGB: 3}
_UNSPECIFIED, _ASSOCIATED, _UNASSOCIATED = 0, 1, 2  # what an extra channel is
_NO_PREDICTOR, _HORIZONTAL = 1, 2
_RAW = 1
_KEPT = 2  # bands of each plane
_BAND_BYTES = 1 << 20
_DAMAGED = "damaged or cut off; restore it from a copy"
_BYTE_STREAMS = (_RAW, 5, 8, 32773, 32946, 34925, 50000)
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


def is_plain(directory: Directory) -> bool:
    """Whether a page is read here: grey or RGB, integers of 8 or 16 bits, no lossy compression."""
    bits, colours = set(directory.numbers(_BITS)), _COLOURS.get(directory.number(_PHOTOMETRIC, -1))
    samples = directory.number(_SAMPLES, 1)
    eight = bits == {8} and directory.numbers(_EXTRA_SAMPLES)[:1] != (_UNSPECIFIED,)
    return (
        colours is not None
        and (bits == {16} or eight)
        and colours <= samples <= 5
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

    Raises
    ------
    UnreadableError
        The page is damaged or cut off, as far as is known without decompressing it.
    """

    def __init__(self, reopen: Callable[[], BinaryIO], directory: Directory) -> None:
        self._reopen = reopen
        with reopen() as file:
            order, size = read_header(file).order, file.seek(0, io.SEEK_END)
        self._stored = _Stored.of(directory, order)
        self._stored.check(size)
        self._inverted = directory.number(_PHOTOMETRIC) == _WHITE_IS_ZERO
        colours, count = _COLOURS[directory.number(_PHOTOMETRIC)], directory.number(_SAMPLES, 1)
        extra = directory.number(_EXTRA_SAMPLES)
        with_alpha = count > colours and extra in (_UNSPECIFIED, _ASSOCIATED, _UNASSOCIATED)
        self.associated = with_alpha and extra == _ASSOCIATED
        self._channels = colours + with_alpha
        self._bands: dict[tuple[int, int], Pixels] = {}
        self._lock = threading.Lock()

    @property
    def samples(self) -> Samples:
        """Grey or RGB in the page's own colour space, black 0, perhaps with opacity."""
        stored = self._stored
        shape = stored.height, stored.width, self._channels
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
        return samples[..., : self._channels]

    def _band(self, plane: int, index: int) -> Pixels:
        """Decompress some segments; those of before are kept, as looks mostly go on from there."""
        with self._lock:
            if (plane, index) not in self._bands:
                with self._reopen() as file:
                    band = _unpacked(file, self._stored, self._stored.band(plane, index))
                self._bands[plane, index] = band
                for oldest in list(self._bands)[: -_KEPT * self._stored.planes]:
                    del self._bands[oldest]
            return self._bands[plane, index]


class _Band(NamedTuple):
    """Some rows of a page, and offset and length of the segments that hold them."""

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
    planes : int
        That lie one behind the other.
    samples : int
        Interleaved in each segment: all of a pixel's, or one.
    dtype : dtype
        Of a sample, in the byte order of the file.
    segments : list of (offset, length)
        From left to right, then downwards, then plane by plane.
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

    @classmethod
    def of(cls, page: Directory, order: str) -> _Stored:
        tiled = _TILE_OFFSETS in page
        offsets = page.numbers(_TILE_OFFSETS if tiled else _STRIP_OFFSETS)
        lengths = page.numbers(_TILE_COUNTS if tiled else _STRIP_COUNTS)
        height, samples = page.number(_HEIGHT), page.number(_SAMPLES, 1)
        rows = page.number(_TILE_HEIGHT) if tiled else page.number(_ROWS_PER_STRIP, height)
        planes = 1 if page.number(_PLANAR, 1) == 1 else samples
        stored = cls(
            width=page.number(_WIDTH),
            height=height,
            tile=page.number(_TILE_WIDTH) if tiled else None,
            rows=rows if tiled else min(rows, height),
            planes=planes,
            samples=samples // planes,
            dtype=np.dtype(f"{order}u{page.number(_BITS) // 8}"),
            segments=list(zip(offsets, lengths, strict=False)),
            compression=page.number(_COMPRESSION, _RAW),
            predictor=page.number(_PREDICTOR, _NO_PREDICTOR),
        )
        whole = not tiled and stored.rows == height and stored.compression == _RAW
        return stored._cut() if whole else stored

    def _cut(self) -> _Stored:
        """Take what lies there as it is, in one strip, for several strips."""
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
        if self.rows < 1 or self.tile == 0 or self.samples < 1:
            raise UnreadableError(_DAMAGED)
        count = self.planes * self._across * -(-self.height // self.rows)
        needed = self.segments[:count]
        if len(needed) < count or any(
            length < 1 or offset + length > size for offset, length in needed
        ):
            raise UnreadableError(_DAMAGED)

    @property
    def band_rows(self) -> int:
        """Rows that are decompressed together: of about a megabyte."""
        return self.rows * max(1, _BAND_BYTES // (self._line * self.rows))

    def band(self, plane: int, index: int) -> _Band:
        """Return one of them, counted from the top of a plane."""
        top = index * self.band_rows
        rows = min(self.band_rows, self.height - top)
        before = plane * -(-self.height // self.rows)
        start, end = top // self.rows, -(-(top + rows) // self.rows)
        part = slice((before + start) * self._across, (before + end) * self._across)
        return _Band(rows, self.segments[part])

    @property
    def _across(self) -> int:
        """Segments beside each other."""
        return 1 if self.tile is None else -(-self.width // self.tile)

    @property
    def _line(self) -> int:
        """Bytes of a row of a segment, over the whole width."""
        return max(1, self.width * self.samples * self.dtype.itemsize)


def _unpacked(file: BinaryIO, stored: _Stored, band: _Band) -> Pixels:
    """Decompress a band: (rows, W, samples), in the byte order of the machine."""
    data = b"".join(_as_gray_bytes(file, stored, band))
    with opened(io.BytesIO(data), FORMATS["tif"]) as image:
        codes = np.asarray(image).view(stored.dtype)
    native = stored.dtype.newbyteorder("=")
    pixels: Pixels = codes.reshape(band.rows, stored.width, stored.samples).astype(native)
    if stored.predictor == _HORIZONTAL:
        step = stored.tile or stored.width
        for left in range(0, stored.width, step):  # each tile starts anew
            part = pixels[:, left : left + step]
            np.cumsum(part, axis=1, dtype=native, out=part)
    return pixels


def _as_gray_bytes(file: BinaryIO, stored: _Stored, band: _Band) -> Iterator[bytes]:
    """Yield a TIFF file of 8-bit grey that has the segments of a band, one behind the other."""
    gray = _gray_directory(stored, band)
    offsets = _STRIP_OFFSETS if stored.tile is None else _TILE_OFFSETS
    lengths = [length for _, length in band.segments]
    gray[offsets] = long(*lengths)  # as long as what comes in its place
    start = 8 + len(to_bytes(gray, 8))
    gray[offsets] = long(*(start + before for before in accumulate(lengths[:-1], initial=0)))
    yield b"II*\0" + struct.pack("<I", 8) + to_bytes(gray, 8)
    for offset, length in band.segments:
        file.seek(offset)
        data = file.read(length)
        if len(data) < length:
            raise UnreadableError(_DAMAGED)
        yield data


def _gray_directory(stored: _Stored, band: _Band) -> Directory:
    """Tags of a page of 8-bit grey, as many times wider as a pixel has bytes."""
    width = stored.dtype.itemsize * stored.samples
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
