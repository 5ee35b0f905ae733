"""What the plugin for JPEG XL does not tell: size before decoding, depth, XMP (ISO/IEC 18181).

The plugin decodes as soon as it opens a file, cuts colour at more than 8 bits, and looks into no
box but EXIF's.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO, NamedTuple

from PIL import Image

from reverse_oldify.errors import DAMAGED, UnreadableError
from reverse_oldify.files import codecs
from reverse_oldify.files.boxes import Box, boxes_of
from reverse_oldify.files.metadata.read import MOST_BYTES, Read, bounded, with_exif

_CODESTREAM = b"\xff\x0a"
_HEADER_BYTES = 256
# Width to height, by the number that stands for it (part 1, A.3).
_RATIOS = {1: (1, 1), 2: (12, 10), 3: (4, 3), 4: (3, 2), 5: (16, 9), 6: (5, 4), 7: (2, 1)}
# How an integer is coded: for each of four selectors an offset, and the bits that are added to it.
_SIDE = ((1, 9), (1, 13), (1, 18), (1, 30))
_PREVIEW_SIDE = ((1, 6), (65, 8), (321, 10), (1345, 12))
_PREVIEW_EIGHTHS = ((16, 0), (32, 0), (1, 5), (33, 9))
_INTEGER_DEPTH = ((8, 0), (10, 0), (12, 0), (1, 6))
_FLOAT_DEPTH = ((32, 0), (16, 0), (24, 0), (1, 6))


class Header(NamedTuple):
    """Width and height as stored, and bits of each channel."""

    width: int
    height: int
    bits: int


def read_header(file: BinaryIO) -> Header:
    """Read size and depth of a file, and decode nothing.

    Raises
    ------
    UnreadableError
        There is no codestream, or it ends too early.
    """
    start = b""
    for box in _boxes(file):
        if box.name in (b"jxlc", b"jxlp") and len(start) < _HEADER_BYTES:
            start += box.read(_HEADER_BYTES)[4 if box.name == b"jxlp" else 0 :]
    if not start.startswith(_CODESTREAM):
        raise UnreadableError(DAMAGED)
    bits = _Bits(start[2:])
    height, width = _size(bits)
    return Header(width, height, _depth(bits))


def corrected(read: Read, image: Image.Image, file: BinaryIO) -> Read:
    """Add to what the plugin read: XMP, what is compressed, and the orientation that is true.

    The codestream says how the picture is turned, and the decoder has turned it; what EXIF says is
    to be ignored (part 2, 9.4). Not so in a JPEG that was packed: there EXIF is all there is.
    """
    if getattr(image, "jpeg", False):
        return read
    found, notes = dict[bytes, bytes](), dict[str, None]()
    for box in _boxes(file):
        if box.name == b"xml ":
            found.setdefault(b"xml ", box.read(MOST_BYTES + 1))
        elif box.name == b"brob" and box.read(4) in (b"Exif", b"xml "):
            try:
                found.setdefault(box.read(4), _unpacked(box))
            except UnreadableError as error:
                notes[str(error)] = None
    read = read._replace(metadata=replace(read.metadata, xmp=found.get(b"xml ")))
    if read.metadata.exif is None and b"Exif" in found:
        read = with_exif(read, _block(found[b"Exif"]))
    metadata, too_long = bounded(read.metadata)
    return Read(metadata, 1, (*read.notes, *notes, *too_long))


def _unpacked(box: Box) -> bytes:
    """Decompress what is in a box; the error is a note."""
    if not codecs.installed():
        raise UnreadableError(
            "its compressed metadata (EXIF, XMP) was left out: only plain is read; "
            f"{codecs.EXTRA} reads it"
        )
    try:
        return codecs.without_brotli(box.read(4 + MOST_BYTES)[4:], MOST_BYTES)
    except UnreadableError as error:
        raise UnreadableError(f"its compressed metadata is {error}; left out") from error


def _block(contents: bytes) -> bytes:
    """EXIF in a box, behind the number of bytes that are to be skipped (part 2, 9.4).

    Some write no such number; the plugin is one of them.
    """
    if contents[:4] in (b"II*\0", b"MM\0*"):
        return contents
    return contents[4 + int.from_bytes(contents[:4], "big") :]


def _boxes(file: BinaryIO) -> Iterator[Box]:
    """Yield every box; a bare codestream is one, too."""
    end = file.seek(0, io.SEEK_END)
    file.seek(0)
    if file.read(2) == _CODESTREAM:
        return iter([Box(file, b"jxlc", 0, end)])
    return boxes_of(file)


class _Bits:
    """Numbers of a codestream; each byte's lowest bit comes first."""

    def __init__(self, data: bytes) -> None:
        self._value, self._left = int.from_bytes(data, "little"), 8 * len(data)

    def take(self, count: int) -> int:
        self._left -= count
        if self._left < 0:
            raise UnreadableError(DAMAGED)
        number = self._value & ((1 << count) - 1)
        self._value >>= count
        return number

    def choose(self, choices: tuple[tuple[int, int], ...]) -> int:
        """Read a selector, and the bits that it asks for."""
        offset, count = choices[self.take(2)]
        return offset + self.take(count)


def _size(bits: _Bits, *, preview: bool = False) -> tuple[int, int]:
    """Height and width (part 1, A.3 SizeHeader, A.4 PreviewHeader)."""
    in_eighths = bits.take(1)

    def side() -> int:
        if not in_eighths:
            return bits.choose(_PREVIEW_SIDE if preview else _SIDE)
        return 8 * (bits.choose(_PREVIEW_EIGHTHS) if preview else 1 + bits.take(5))

    height = side()
    ratio = bits.take(3)
    if ratio == 0:
        return height, side()
    across, down = _RATIOS[ratio]
    return height, height * across // down


def _depth(bits: _Bits) -> int:
    """Bits of each channel (part 1, A.6 ImageMetadata), which follow the size."""
    if bits.take(1):  # all is as usual
        return 8
    if bits.take(1):  # extra fields
        bits.take(3)  # orientation
        if bits.take(1):
            _size(bits)  # at which to show it
        if bits.take(1):
            _size(bits, preview=True)
        if bits.take(1):
            _skip_animation(bits)
    return bits.choose(_FLOAT_DEPTH if bits.take(1) else _INTEGER_DEPTH)


def _skip_animation(bits: _Bits) -> None:
    bits.choose(((100, 0), (1000, 0), (1, 10), (1, 30)))  # ticks in a second: numerator
    bits.choose(((1, 0), (1001, 0), (1, 8), (1, 10)))  # and denominator
    bits.choose(((0, 0), (0, 3), (0, 16), (0, 32)))  # loops
    bits.take(1)  # timecodes
