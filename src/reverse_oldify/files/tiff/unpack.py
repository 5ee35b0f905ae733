"""Segments of a TIFF page, decompressed: inflated here, anything else by Pillow's libtiff.

Pillow decodes pages whole, and cuts 16-bit colour to 8. Its libtiff can unpack a part of a page all
the same: some strips or tiles are handed to it as a page of 8-bit grey, so many times wider as a
pixel has bytes. The compressed segments are the same, only the directory before them differs. What
comes out are the samples, byte for byte.

Deflate has a checksum, at which libtiff does not look: it stops when it has enough.
"""

from __future__ import annotations

import io
import zlib
from typing import BinaryIO

import numpy as np

from reverse_oldify.errors import DAMAGED, UnreadableError
from reverse_oldify.files.formats import FORMATS
from reverse_oldify.files.opening import opened
from reverse_oldify.files.picture import Pixels
from reverse_oldify.files.tiff.ifd import Directory, long, short
from reverse_oldify.files.tiff.layout import (
    BITS,
    BLACK_IS_ZERO,
    COMPRESSION,
    DEFLATE,
    FROM_LOW,
    HEIGHT,
    HORIZONTAL,
    JPEG,
    PHOTOMETRIC,
    ROWS_PER_STRIP,
    SAMPLES,
    STRIP_COUNTS,
    STRIP_OFFSETS,
    TILE_COUNTS,
    TILE_HEIGHT,
    TILE_OFFSETS,
    TILE_WIDTH,
    WIDTH,
    Band,
    Layout,
    before_segments,
)

_TURNED = bytes(int(f"{code:08b}"[::-1], 2) for code in range(256))
"""Bytes with their bits in the other order."""
_SPARE = 1 << 26  # bytes that may lie behind those of a segment
_AT_ONCE = 1 << 20


def unpacked(file: BinaryIO, stored: Layout, band: Band) -> Pixels:
    """Decompress a band: (rows, W, samples), in the byte order of the machine.

    Raises
    ------
    UnreadableError
        It is damaged or cut off; Pillow may raise anything else.
    """
    segments = [segment_of(file, stored, place) for place in band.segments]
    unpack = _inflated if stored.compression in DEFLATE else _by_libtiff
    pixels = unpack(segments, stored, band)
    if stored.predictor == HORIZONTAL:
        step = stored.tile or stored.width
        for left in range(0, stored.width, step):  # each tile starts anew
            part = pixels[:, left : left + step]
            np.cumsum(part, axis=1, dtype=pixels.dtype, out=part)
    return pixels


def segment_of(file: BinaryIO, stored: Layout, place: tuple[int, int]) -> bytes:
    """Read a strip or tile, given its offset and length, the high bit of each byte first.

    Raises
    ------
    UnreadableError
        It is cut off.
    """
    offset, length = place
    file.seek(offset)
    data = file.read(length)
    if len(data) < length:
        raise UnreadableError(DAMAGED)
    # The bits of a JPEG have no other order, whatever the tags say.
    turned = stored.fill_order == FROM_LOW and stored.compression != JPEG
    return data.translate(_TURNED) if turned else data


def check_inflates(file: BinaryIO, stored: Layout) -> None:
    """Compare the checksums of all strips or tiles of a page that is deflated.

    Raises
    ------
    UnreadableError
        One is damaged or cut off; zlib may raise its own error.
    """
    pixels = stored.rows * (stored.tile or stored.width)
    most = pixels * stored.samples * stored.dtype.itemsize
    for place in stored.needed:
        _inflate(segment_of(file, stored, place), 1, most)


def _inflated(segments: list[bytes], stored: Layout, band: Band) -> Pixels:
    """Inflate strips or tiles, and lay them where they belong."""
    shape = band.rows, stored.width, stored.samples
    pixels: Pixels = np.empty(shape, stored.dtype.newbyteorder("="))
    width = stored.tile or stored.width
    line = width * stored.samples * stored.dtype.itemsize
    for index, data in enumerate(segments):
        down, right = divmod(index, stored.across)
        top, left = down * stored.rows, right * width
        place = pixels[top : top + stored.rows, left : left + width]
        rows = len(place) if stored.tile is None else stored.rows
        part = np.frombuffer(_inflate(data, rows * line, stored.rows * line), stored.dtype)
        part = part.reshape(rows, width, stored.samples)
        place[:] = part[: place.shape[0], : place.shape[1]]
    return pixels


def _inflate(data: bytes, size: int, most: int) -> bytes:
    """So many bytes of a zlib stream that has not too many more than ``most``, to its checksum."""
    stream = zlib.decompressobj()
    samples = stream.decompress(data, size)
    # A last strip may have all rows of the others, a single one all that its tags say.
    for _ in range(0, most - size + _SPARE, _AT_ONCE):
        if stream.eof or not stream.unconsumed_tail:
            break
        stream.decompress(stream.unconsumed_tail, _AT_ONCE)
    if len(samples) < size or not stream.eof:
        raise UnreadableError(DAMAGED)
    return samples


def _by_libtiff(segments: list[bytes], stored: Layout, band: Band) -> Pixels:
    data = b"".join([_header(segments, stored, band), *segments])
    with opened(io.BytesIO(data), FORMATS["tif"]) as image:
        codes = np.asarray(image).view(stored.dtype)
    native = stored.dtype.newbyteorder("=")
    pixels: Pixels = codes.reshape(band.rows, stored.width, stored.samples).astype(native)
    return pixels


def _header(segments: list[bytes], stored: Layout, band: Band) -> bytes:
    """Begin a TIFF file of 8-bit grey, behind which the segments follow, one behind the other."""
    lengths = [len(segment) for segment in segments]
    offsets = STRIP_OFFSETS if stored.tile is None else TILE_OFFSETS
    return before_segments(_gray_directory(lengths, stored, band), offsets, lengths)


def _gray_directory(lengths: list[int], stored: Layout, band: Band) -> Directory:
    """Tags of a page of 8-bit grey, as many times wider as a pixel has bytes."""
    width = stored.dtype.itemsize * stored.samples
    gray = Directory(
        {
            WIDTH: long(stored.width * width),
            HEIGHT: long(band.rows),
            BITS: short(8),
            COMPRESSION: short(stored.compression),
            PHOTOMETRIC: short(BLACK_IS_ZERO),
            SAMPLES: short(1),
        }
    )
    if stored.tile is None:
        strip = {ROWS_PER_STRIP: long(stored.rows), STRIP_COUNTS: long(*lengths)}
        return Directory(gray | strip)
    tile = {TILE_WIDTH: long(stored.tile * width), TILE_HEIGHT: long(stored.rows)}
    return Directory(gray | tile | {TILE_COUNTS: long(*lengths)})
