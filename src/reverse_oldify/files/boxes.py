"""Boxes: names, sizes and contents, of which JPEG 2000, JPEG XL and AVIF files are made."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import BinaryIO

_MOST_BOXES = 10_000


class Box:
    """Contents of a box, read where they lie.

    Attributes
    ----------
    name : bytes
        Four letters.
    start, end : int
        Where the contents are in the file.
    """

    def __init__(self, file: BinaryIO, name: bytes, start: int, end: int) -> None:
        self._file, self.name, self.start, self.end = file, name, start, end

    def read(self, most: int) -> bytes:
        """Return the contents, or their first bytes."""
        self._file.seek(self.start)
        return self._file.read(min(most, self.end - self.start))

    def boxes(self, skip: int = 0) -> Iterator[Box]:
        """Yield the boxes in this one, behind its first bytes."""
        return _between(self._file, self.start + skip, self.end)


def boxes_of(file: BinaryIO) -> Iterator[Box]:
    """Yield the boxes of a file; what is damaged ends them."""
    return _between(file, 0, file.seek(0, io.SEEK_END))


def to_box(name: bytes, contents: bytes) -> bytes:
    """Lay out a box of less than 4 GB."""
    return struct.pack(">I4s", 8 + len(contents), name) + contents


def _between(file: BinaryIO, at: int, end: int) -> Iterator[Box]:
    for _ in range(_MOST_BOXES):
        if at + 8 > end:
            return
        file.seek(at)
        head = file.read(16)
        size, name, header = *struct.unpack_from(">I4s", head), 8
        if size == 1 and len(head) == 16:
            size, header = struct.unpack_from(">Q", head, 8)[0], 16
        size = end - at if size == 0 else min(size, end - at)  # 0: to the end
        if size < header:
            return
        yield Box(file, name, at + header, at + size)
        at += size
