"""How deep an AVIF picture is, and its tones: what Pillow does not tell (AV1 Image File Format).

Pillow gives 8 bits. The primary item of the file has properties (ISO/IEC 23008-12); a file without
them, a sequence say, is asked for the first configuration of AV1 that is in it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from reverse_oldify.files.boxes import Box, boxes_of

_MOST_BYTES = 1 << 16  # of a box of which all is read
_CONFIGURATION = b"av1C"  # AV1 in ISO base media format, 2.3.3
_HIGH_DEPTH, _TWELVE = 0x40, 0x20


class Depth(NamedTuple):
    """Bits per channel, and the number of the tones (transfer characteristics of ITU-T H.273)."""

    bits: int
    tones: int


def read_depth(file: BinaryIO) -> Depth:
    """Read depth and tones of a file; 8 bits and tones 0 where it does not say."""
    properties = [(box.name, box.read(16)) for box in _properties(file)]
    colours = (data[6:8] for name, data in properties if name == b"colr" and data[:4] == b"nclx")
    tones = int.from_bytes(next(colours, b""), "big")
    found = dict(properties)
    pixels = found.get(b"pixi", b"")  # version and flags, number of channels, bits of each
    if len(pixels) > 5 and 8 <= pixels[5] <= 16:
        return Depth(pixels[5], tones)
    configuration = found.get(_CONFIGURATION) or _first_configuration(file)
    flags = configuration[2] if len(configuration) > 2 else 0
    return Depth(8 if not flags & _HIGH_DEPTH else 12 if flags & _TWELVE else 10, tones)


def _first_configuration(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read(_MOST_BYTES).partition(_CONFIGURATION)[2]


def _properties(file: BinaryIO) -> Iterator[Box]:
    """Yield the properties of the primary item."""
    meta = next((box for box in boxes_of(file) if box.name == b"meta"), None)
    if meta is None:
        return
    inside = {box.name: box for box in meta.boxes(skip=4)}
    if b"iprp" not in inside or b"pitm" not in inside:
        return
    table = {box.name: box for box in inside[b"iprp"].boxes()}
    if b"ipco" not in table or b"ipma" not in table:
        return
    numbers = set(_associated(table[b"ipma"].read(_MOST_BYTES), inside[b"pitm"].read(8)))
    yield from (box for number, box in enumerate(table[b"ipco"].boxes(), 1) if number in numbers)


def _associated(associations: bytes, primary: bytes) -> Iterator[int]:
    """Yield the numbers of the properties of an item (ISO/IEC 23008-12, 9.3.1)."""
    try:
        (item,) = struct.unpack_from(">I" if primary[0] else ">H", primary, 4)
        long, wide = associations[0] > 0, associations[3] & 1
        (count,) = struct.unpack_from(">I", associations, 4)
        at = 8
        for _ in range(count):
            (of,) = struct.unpack_from(">I" if long else ">H", associations, at)
            at += 4 if long else 2
            size, at = associations[at] << wide, at + 1
            if of == item:
                numbers = struct.iter_unpack(">H" if wide else ">B", associations[at : at + size])
                yield from (number & (0x7FFF if wide else 0x7F) for (number,) in numbers)
                return
            at += size
    except (IndexError, struct.error):
        return
