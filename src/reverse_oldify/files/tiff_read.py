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
from typing import BinaryIO

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
    order, samples = read_header(file).order, directory.number(_SAMPLES, 1)
    if directory.number(_PLANAR, 1) == 1:
        planes = [_plane(file, directory, samples, slice(None), order)]
    else:
        each = len(_segments(directory)) // samples
        planes = [
            _plane(file, directory, 1, slice(index * each, (index + 1) * each), order)
            for index in range(samples)
        ]
    photometric = directory.number(_PHOTOMETRIC)
    colours = _COLOURS[photometric]
    pixels = planes[0] if len(planes) == 1 else np.concatenate(planes, axis=2)
    if photometric == _WHITE_IS_ZERO:
        pixels[..., 0] = ~pixels[..., 0]
    extra = directory.numbers(_EXTRA_SAMPLES, 0)[0]
    with_alpha = samples > colours and extra in (0, 1, 2)
    return pixels[..., : colours + with_alpha], with_alpha and extra == _ASSOCIATED


def _plane(
    file: BinaryIO, page: Directory, samples: int, which: slice, order: str
) -> NDArray[np.uint16]:
    """Unpack some of a page's segments, all of ``samples`` interleaved samples; (H, W, samples)."""
    data = b"".join(_bytes_as_gray(file, page, 2 * samples, which))
    with opened(io.BytesIO(data), FORMATS["tif"]) as image:
        codes = np.asarray(image).view(order + "u2")
    pixels = codes.reshape(image.height, -1, samples).astype(np.uint16)
    if page.number(_PREDICTOR, _NO_PREDICTOR) == _HORIZONTAL:
        step = page.number(_TILE_WIDTH) or pixels.shape[1]
        for left in range(0, pixels.shape[1], step):  # each tile starts anew
            part = pixels[:, left : left + step]
            np.cumsum(part, axis=1, dtype=np.uint16, out=part)
    return pixels


def _bytes_as_gray(file: BinaryIO, page: Directory, width: int, which: slice) -> Iterator[bytes]:
    """Yield a TIFF file of 8-bit grey with the page's segments; ``width`` bytes to a pixel."""
    segments = _segments(page)[which]
    end = file.seek(0, io.SEEK_END)
    if not segments or sum(length for _, length in segments) > end:
        raise UnreadableError("damaged or cut off; restore it from a copy")
    tiled = _TILE_OFFSETS in page
    gray = Directory(
        {
            _WIDTH: long(page.number(_WIDTH) * width),
            _HEIGHT: long(page.number(_HEIGHT)),
            _BITS: short(8),
            _COMPRESSION: short(page.number(_COMPRESSION, 1)),
            _PHOTOMETRIC: short(_BLACK_IS_ZERO),
            _SAMPLES: short(1),
            _TILE_COUNTS if tiled else _STRIP_COUNTS: long(*(length for _, length in segments)),
        }
    )
    if tiled:
        gray[_TILE_WIDTH] = long(page.number(_TILE_WIDTH) * width)
        gray[_TILE_HEIGHT] = long(page.number(_TILE_HEIGHT))
    else:
        gray[_ROWS_PER_STRIP] = long(page.number(_ROWS_PER_STRIP, page.number(_HEIGHT)))
    yield from _laid_out(file, gray, segments, _TILE_OFFSETS if tiled else _STRIP_OFFSETS)


def _laid_out(
    file: BinaryIO, gray: Directory, segments: list[tuple[int, int]], offsets: int
) -> Iterator[bytes]:
    """Yield header, directory and segments of a new file, the segments one behind the other."""
    gray[offsets] = long(*(0 for _ in segments))
    at = 8 + len(to_bytes(gray, 8))
    places = []
    for _, length in segments:
        places.append(at)
        at += length
    gray[offsets] = long(*places)
    yield b"II*\0" + struct.pack("<I", 8) + to_bytes(gray, 8)
    for offset, length in segments:
        file.seek(offset)
        data = file.read(length)
        if len(data) < length:
            raise UnreadableError("damaged or cut off; restore it from a copy")
        yield data


def _segments(page: Directory) -> list[tuple[int, int]]:
    """Offset and length of every strip or tile."""
    tiled = _TILE_OFFSETS in page
    offsets = page.numbers(_TILE_OFFSETS if tiled else _STRIP_OFFSETS)
    lengths = page.numbers(_TILE_COUNTS if tiled else _STRIP_COUNTS)
    return list(zip(offsets, lengths, strict=False))
