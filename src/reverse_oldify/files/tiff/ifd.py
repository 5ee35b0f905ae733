"""Image file directories: the tables of tags that TIFF and EXIF are made of (TIFF 6.0, BigTIFF).

Pillow reads directories too, but knows no 16-bit colour and cannot write pages one by one. What is
read here comes from strangers: every size is checked against the file before anything is allocated.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

import numpy as np

from reverse_oldify.errors import DAMAGED, UnreadableError

BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED, LONG8 = 1, 2, 3, 4, 5, 7, 16
_IFD, _IFD8 = 13, 18
_UNSIGNED = (BYTE, SHORT, LONG, LONG8, _IFD, _IFD8)  # the last two are offsets of directories
EXIF, GPS, _INTEROPERABILITY, _SUB_DIRECTORIES = 34665, 34853, 40965, 330
_TEXTS = (37510, 27, 28)  # UserComment; GPSProcessingMethod and GPSAreaInformation
_POINTERS = (EXIF, GPS, _INTEROPERABILITY)
"""Tags whose value is where another directory begins."""

# Bytes of one value, and of the numbers it is made of, for every type of field.
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_SIZES |= {16: 8, 17: 8, 18: 8}
_NUMBERS = _SIZES | {5: 4, 10: 4}
_MOST_ENTRIES = 4096
_DEEPEST = 3


@dataclass(frozen=True)
class Field:
    """Values of one tag: their TIFF type, and their bytes, little-endian."""

    kind: int
    data: bytes

    @property
    def count(self) -> int:
        """How many values there are."""
        return len(self.data) // _SIZES[self.kind]

    @property
    def numbers(self) -> tuple[int, ...]:
        """The values of an unsigned integer type; none for any other type."""
        if self.kind not in _UNSIGNED:
            return ()
        return tuple(np.frombuffer(self.data, f"<u{_SIZES[self.kind]}").tolist())


def short(*values: int) -> Field:
    """Field of 16-bit integers."""
    return Field(SHORT, struct.pack(f"<{len(values)}H", *values))


def long(*values: int) -> Field:
    """Field of 32-bit integers.

    Raises
    ------
    UnreadableError
        Sizes or offsets beyond 4 GB: only damage explains those.
    """
    try:
        return Field(LONG, struct.pack(f"<{len(values)}I", *values))
    except struct.error as error:
        raise UnreadableError("damaged, or a page of more than 4 GB; make it smaller") from error


class Directory(dict[int, "Field | Directory"]):
    """Tags and their fields; EXIF and GPS hold directories of their own.

    Attributes
    ----------
    damaged : bool
        Whether there were fields that could not be read.
    """

    damaged = False

    def numbers(self, tag: int, *default: int) -> tuple[int, ...]:
        """Unsigned integers of a tag, or the default if it is not there."""
        field = self.get(tag)
        return field.numbers or default if isinstance(field, Field) else default

    def number(self, tag: int, default: int = 0) -> int:
        """Return the first unsigned integer of a tag."""
        return self.numbers(tag, default)[0]


class Header(NamedTuple):
    """How a file numbers: its byte order ("<" or ">"), BigTIFF or not, its first directory."""

    order: str
    big: bool
    first: int


def read_header(file: BinaryIO) -> Header:
    """Read the first bytes of a TIFF file.

    Raises
    ------
    UnreadableError
        They are no TIFF header.
    """
    file.seek(0)
    head = file.read(16).ljust(16, b"\0")
    order = {b"II": "<", b"MM": ">"}.get(head[:2])
    if order is None:
        raise UnreadableError(DAMAGED)
    big = struct.unpack(order + "H", head[2:4])[0] == 43
    first = struct.unpack(order + ("Q" if big else "I"), head[8:16] if big else head[4:8])[0]
    return Header(order, big, first)


def read_directories(file: BinaryIO) -> Iterator[Directory]:
    """Read the directories of a TIFF file, one for each page, as they are asked for.

    Raises
    ------
    UnreadableError
        The next one is damaged, or is one that was there before.
    """
    header = read_header(file)
    reader, offset, seen = _Reader(file, header), header.first, set[int]()
    while offset:
        if offset in seen:
            raise UnreadableError("its pages form a circle; restore it from a copy")
        seen.add(offset)
        directory, offset = reader.read(offset)
        yield directory


def sub_directories(file: BinaryIO, directories: Iterable[Directory]) -> Iterator[Directory]:
    """Read the directories below others (TIFF Technical Note 1), as they are asked for.

    Raises
    ------
    UnreadableError
        The next one is damaged.
    """
    reader = _Reader(file, read_header(file))
    for directory in directories:
        for offset in directory.numbers(_SUB_DIRECTORIES):
            yield reader.read(offset)[0]


def read_block(block: bytes) -> Directory:
    """Read the first directory of an EXIF block, with or without ``Exif`` before it.

    Raises
    ------
    UnreadableError
        It is damaged.
    """
    file = io.BytesIO(block.removeprefix(b"Exif\0\0"))
    return next(read_directories(file), Directory())


class _Reader:
    """Reads directories, and no more entries, nor bytes of values, than the file has room for.

    Else a few kilobytes, told again and again, would be read for hours.
    """

    def __init__(self, file: BinaryIO, header: Header) -> None:
        self._file, self._order, self._big = file, header.order, header.big
        self._size = self._left = file.seek(0, io.SEEK_END)
        self._entries_left = self._size // (20 if self._big else 12)

    def read(self, offset: int, depth: int = 1) -> tuple[Directory, int]:
        """Read the directory at an offset; return also the offset of the next."""
        pointer, entry_size = ("Q", 20) if self._big else ("I", 12)
        (count,) = self._unpack("Q" if self._big else "H", offset)
        self._entries_left -= count
        if count > _MOST_ENTRIES or self._entries_left < 0:
            raise UnreadableError(DAMAGED)
        at = offset + (8 if self._big else 2)
        directory = Directory()
        for start in range(at, at + count * entry_size, entry_size):
            tag, kind, length = self._unpack("HH" + pointer, start)
            place = start + (12 if self._big else 8)
            try:
                directory[tag] = self._field(tag, kind, length, place, depth)
            except (KeyError, UnreadableError):  # KeyError: a type of field that is none
                directory.damaged = True
        return directory, self._unpack(pointer, at + count * entry_size)[0]

    def _field(self, tag: int, kind: int, count: int, place: int, depth: int) -> Field | Directory:
        size = count * _SIZES[kind]
        pointer, room = ("Q", 8) if self._big else ("I", 4)
        if size > room:
            (place,) = self._unpack(pointer, place)
        data = self._swapped(self._bytes(place, size), _NUMBERS[kind])
        field = Field(kind, self._swapped_text(data) if tag in _TEXTS else data)
        if tag not in _POINTERS:
            return field
        if not field.numbers or depth == _DEEPEST:  # in the result it would point anywhere
            raise UnreadableError("a pointer that leads nowhere")
        return self.read(field.numbers[0], depth + 1)[0]

    def _unpack(self, pattern: str, offset: int) -> tuple[int, ...]:
        pattern = self._order + pattern
        data = self._bytes(offset, struct.calcsize(pattern), free=True)
        return struct.unpack(pattern, data)

    def _bytes(self, offset: int, size: int, *, free: bool = False) -> bytes:
        """Bytes of the file; those that are not ``free`` may not add up to more than it has."""
        if offset + size > self._size or (size > self._left and not free):
            raise UnreadableError(DAMAGED)
        self._left -= 0 if free else size
        self._file.seek(offset)
        return self._file.read(size)

    def _swapped(self, data: bytes, size: int) -> bytes:
        if self._order == "<" or size == 1:
            return data
        return np.frombuffer(data, f">u{size}").astype(f"<u{size}").tobytes()

    def _swapped_text(self, data: bytes) -> bytes:
        """Text of two bytes a letter is in the file's order (EXIF 2.32, 4.6.5), mostly."""
        head, text = data[:8], data[8:]
        if self._order == "<" or head != b"UNICODE\0" or len(text) % 2:
            return data
        first, second = text[::2].count(0), text[1::2].count(0)
        return data if second > first else head + self._swapped(text, 2)


def to_bytes(directory: Directory, offset: int, *, big: bool = False) -> bytes:
    """Lay a directory out, little-endian, with all its values behind it.

    Parameters
    ----------
    directory : Directory
        Tags in any order.
    offset : int
        Where in the file the bytes will begin; even.
    big : bool
        As BigTIFF.

    Returns
    -------
    bytes
        The offset of the next directory, zero, is right behind the entries; see `next_place`.
    """
    entry, pointer, room = ("<HHQ", "<Q", 8) if big else ("<HHI", "<I", 4)
    table = struct.pack("<Q" if big else "<H", len(directory))
    behind = offset + next_place(len(directory), big=big) + room
    values = b""
    for tag, field in sorted(directory.items()):
        if isinstance(field, Directory):
            start = struct.pack(pointer, behind + len(values))
            values += to_bytes(field, behind + len(values), big=big)
            field = Field(LONG8 if big else LONG, start)
        data = field.data
        table += struct.pack(entry, tag, field.kind, field.count)
        if len(data) <= room:
            table += data.ljust(room, b"\0")
        else:
            table += struct.pack(pointer, behind + len(values))
            values += data + bytes(len(data) % 2)
    return table + bytes(room) + values


def next_place(entries: int, *, big: bool = False) -> int:
    """Where, from the start of a directory, the offset of the next one is written."""
    return 8 + 20 * entries if big else 2 + 12 * entries
