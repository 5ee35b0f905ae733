"""JPEG written a strip at a time (ITU-T T.81).

Pillow encodes whole pictures only. But a strip that is encoded by itself begins and ends as the
data between two restart markers do: put one behind the other, with such markers between them,
strips of a whole number of blocks are the picture; no coefficient differs from those of the whole.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import BinaryIO

BLOCK = 8
"""Pixels a side. Rows of a strip are a multiple of it, or of two where chroma has half the rows."""

END = b"\xff\xd9"
"""The last bytes of a file."""

_START, _SCAN = b"\xff\xd8", 0xDA
_FRAME, _RESTART_INTERVAL, _RESTART = 0xC0, 0xDD, 0xD0  # baseline


def join(strips: Iterable[bytes], height: int, file: BinaryIO) -> None:
    """Write one JPEG file that has the strips of others, one below the other.

    Parameters
    ----------
    strips : iterable of bytes
        Baseline files of the same width, quality, subsampling and Huffman tables. What is said
        beside the pixels is that of the first.
    height : int
        Of all of them.
    file : BinaryIO
        Is written to.
    """
    for number, strip in enumerate(strips):
        body = _data_start(strip)
        if number == 0:
            file.write(_head(strip[:body], height))
        else:
            file.write(bytes([0xFF, _RESTART + (number - 1) % 8]))
        file.write(strip[body : -len(END)])
    file.write(END)


def segment_of(marker: int, contents: bytes) -> bytes:
    """A marker segment (B.1.1.4): the marker's second byte, the length, and what it holds."""
    return struct.pack(">BBH", 0xFF, marker, 2 + len(contents)) + contents


def _head(head: bytes, height: int) -> bytes:
    """All before the data of the first strip, for the whole height."""
    parts = [_START]
    for marker, segment in _segments(head):
        if marker == _FRAME:
            rows, width, colours, both = struct.unpack_from(">HHBxB", segment, 5)
            across, down = (both >> 4, both & 15) if colours > 1 else (1, 1)  # of lightness
            segment = segment[:5] + struct.pack(">H", height) + segment[7:]
        elif marker == _SCAN and rows < height:
            units = -(-width // (across * BLOCK)) * (rows // (down * BLOCK))
            parts.append(segment_of(_RESTART_INTERVAL, struct.pack(">H", units)))
        parts.append(segment)
    return b"".join(parts)


def _data_start(strip: bytes) -> int:
    """Where the entropy-coded data begin."""
    return len(_START) + sum(len(segment) for _, segment in _segments(strip))


def _segments(file: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield markers and what belongs to them, to the one before the data."""
    at, marker = len(_START), 0
    while marker != _SCAN:
        marker, length = struct.unpack_from(">xBH", file, at)
        yield marker, file[at : at + 2 + length]
        at += 2 + length
