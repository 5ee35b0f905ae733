"""The codestream of JPEG 2000 (ISO/IEC 15444-1, annex A), looked at before it is decoded.

OpenJPEG leaves black what is missing, if the file ends as it should: here every tile is looked for.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from reverse_oldify.errors import DAMAGED, UnreadableError
from reverse_oldify.files.boxes import Box, boxes_of

START = b"\xff\x4f\xff\x51"
"""Start of codestream, and of the size that comes first."""

_TILE_PART = 0xFF90
_MOST_PARTS = 1 << 20


class Component(NamedTuple):
    """Bits of a sample, whether it has a sign, and whether there is one for every pixel."""

    bits: int
    signed: bool
    whole: bool


class Codestream(NamedTuple):
    """What a codestream says of itself.

    Attributes
    ----------
    box : Box
        Where it is.
    width, height : int
        In pixels.
    tiles : int
        Into how many the picture is cut.
    components : tuple of Component
        Its channels.
    first_part : int
        Where the first part of a tile begins, from the start of the codestream.
    """

    box: Box
    width: int
    height: int
    tiles: int
    components: tuple[Component, ...]
    first_part: int

    @property
    def bits(self) -> int:
        """Bits of the deepest component."""
        return max(component.bits for component in self.components)


def read_codestream(file: BinaryIO) -> Codestream:
    """Read the header of the codestream of a file, boxed or bare.

    Raises
    ------
    UnreadableError
        There is none, it makes no sense, or a part of the picture is missing.
    """
    box = _find(file)
    head = box.read(42)
    try:
        length, right, down, left, top = struct.unpack_from(">HxxIIII", head, 4)
        across, along, first, above, count = struct.unpack_from(">IIIIH", head, 24)
        triples = struct.iter_unpack(">BBB", box.read(42 + 3 * count)[42:])
        components = tuple(_component(*triple) for triple in triples)
        tiles = -(-(right - first) // across) * -(-(down - above) // along)
    except (struct.error, ZeroDivisionError) as error:
        raise UnreadableError(DAMAGED) from error
    if len(components) != count or not count or tiles < 1 or right <= left or down <= top:
        raise UnreadableError(DAMAGED)
    first = _checked(file, box, tiles, 4 + length)
    return Codestream(box, right - left, down - top, tiles, components, first)


def _find(file: BinaryIO) -> Box:
    end = file.seek(0, 2)
    file.seek(0)
    if file.read(4) == START:
        return Box(file, b"jp2c", 0, end)
    box = next((box for box in boxes_of(file) if box.name == b"jp2c"), None)
    if box is None or box.read(4) != START:
        raise UnreadableError(DAMAGED)
    return box


def _component(depth: int, across: int, down: int) -> Component:
    return Component((depth & 0x7F) + 1, bool(depth & 0x80), across == down == 1)


def _checked(file: BinaryIO, box: Box, tiles: int, behind_size: int) -> int:
    """Where the first part of a tile begins; see that there are all parts of every tile."""
    found, said, first = dict[int, int](), dict[int, int](), -1
    for at, tile, of in _parts(file, box, behind_size):
        first = at if first < 0 else first
        found[tile] = found.get(tile, 0) + 1
        said[tile] = max(said.get(tile, 0), of)
    if len(found) != tiles or any(found[tile] < said[tile] for tile in found):
        raise UnreadableError(DAMAGED)
    return first


def _parts(file: BinaryIO, box: Box, at: int) -> Iterator[tuple[int, int, int]]:
    """Yield place, number of the tile, and how many it has, of each part; what is odd ends them."""
    for _ in range(_MOST_PARTS):
        file.seek(box.start + at)
        head = file.read(12) if box.start + at + 12 <= box.end else b""
        if len(head) < 12:
            return
        marker, length, tile, size, _, of = struct.unpack(">HHHIBB", head)
        if marker == _TILE_PART:
            yield at, tile, of
            if size < 12:  # 0: to the end
                return
            at += size
        elif marker >> 8 == 0xFF and length >= 2 and marker != 0xFFD9:
            at += 2 + length
        else:
            return
