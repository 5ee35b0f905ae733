"""Notice damage in the middle of a JPEG file (ITU-T T.81).

libjpeg patches what is damaged and warns; Pillow hides the warnings. But entropy-coded data are
exactly as long as the picture needs. So the decoder first gets all but the last bytes, which must
not be enough, and then the last ones without the marker behind them, which must be: it stops asking
when it has all rows. Restart markers have an order and a number. What a flipped bit leaves in step,
nothing can tell.
"""

from __future__ import annotations

import struct
from typing import IO, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray
from PIL import ImageFile

from reverse_oldify.errors import UnreadableError

NOTE = "its data do not fit its size: a part may be damaged; compare it with another copy"

_END, _SCAN, _RESTART_INTERVAL, _RESTARTS = 0xD9, 0xDA, 0xDD, range(0xD0, 0xD8)
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_OTHERS = {0xC4, 0xCC, 0xDB, 0xDC, 0xFE, *range(0xE0, 0xF0)}  # tables, comments, applications
_HUFFMAN_SEQUENTIAL = {0xC0, 0xC1}
_MOST_SCANS = 500  # each goes through the whole picture, and a few bytes can make one
_BLOCK = 8  # pixels a side
_LAST_BYTES = 8  # that encoders may fill up with
_PADDING = b"\x55" * 16


class Watched:
    """A JPEG file that an image of Pillow reads from, and that notices what it does with it.

    Parameters
    ----------
    image : PIL.ImageFile.ImageFile
        The file, opened and not yet decoded; reads from here when it is.
    file : BinaryIO
        The same file.

    Raises
    ------
    UnreadableError
        It is made to take for ever.
    """

    def __init__(self, image: ImageFile.ImageFile, file: BinaryIO) -> None:
        file.seek(0)
        data = file.read()
        parser = _Parser(data)
        self._in_order = parser.in_order()
        self._parts = [data]
        if self._in_order and parser.kind in _HUFFMAN_SEQUENTIAL and len(parser.scans) == 1:
            start, end = parser.scans[0]
            last = max(start, end - _LAST_BYTES)
            self._parts = [data[:last], data[last:end] + _PADDING, b"\xff\xd9"]
        self._given = 0
        image.fp = cast("IO[bytes]", self)

    def seek(self, offset: int) -> None:
        """Begin again: Pillow does so before it decodes."""
        assert offset == 0
        self._given = 0

    def read(self, _most: int = -1) -> bytes:
        """Return the next part; whoever asks has not been content with those before."""
        self._given += 1
        return self._parts[self._given - 1] if self._given <= len(self._parts) else b""

    def notes(self) -> tuple[str, ...]:
        """Return what to say of the image, once it is decoded."""
        exact = len(self._parts) == 1 or self._given == 2
        return () if self._in_order and exact else (NOTE,)


class _Parser:
    """Goes from marker to marker, to the end of the picture.

    Attributes
    ----------
    kind : int
        Marker of the way of coding.
    scans : list of (int, int)
        Begin and end of every stretch of entropy-coded data.
    """

    def __init__(self, data: bytes) -> None:
        self.kind, self.scans = 0, list[tuple[int, int]]()
        self._data, self._frame, self._interval = data, b"", 0
        codes = np.frombuffer(data, np.uint8)
        before = np.flatnonzero(codes[:-1] == 0xFF)  # each may begin a marker
        before = before[~np.isin(codes[before + 1], (0x00, 0xFF))]
        self._markers, self._codes = before, codes[before + 1]
        self._ends = np.flatnonzero(~np.isin(self._codes, _RESTARTS))

    def in_order(self) -> bool:
        """Whether there is no marker that does not belong where it is, and none is missing."""
        at, right = 2, True
        try:
            while right:
                marker, at = self._marker(at)
                if marker == _END:
                    return True
                (length,) = struct.unpack_from(">H", self._data, at)
                body, at = self._data[at + 2 : at + length], at + length
                if marker == _SCAN:
                    at, restarts = self._scan(at)
                    right = self._fit(restarts, body[1 : 1 + 2 * body[0] : 2])
                else:
                    right = self._take(marker, body)
        except (IndexError, KeyError, ValueError, ZeroDivisionError, struct.error):
            pass  # cut off, or a table that makes no sense
        return False

    def _marker(self, at: int) -> tuple[int, int]:
        """Read a marker; also where what follows it begins. More than one 0xFF fills up."""
        if self._data[at] != 0xFF:
            raise ValueError("no marker")
        while self._data[at] == 0xFF:
            at += 1
        return self._data[at], at + 1

    def _take(self, marker: int, body: bytes) -> bool:
        """Remember what counts of a segment; whether it is one that may be there."""
        if marker in _FRAMES:
            self.kind, self._frame = marker, body
        elif marker == _RESTART_INTERVAL:
            (self._interval,) = struct.unpack(">H", body)
        return marker in _FRAMES or marker in _OTHERS or marker == _RESTART_INTERVAL

    def _scan(self, start: int) -> tuple[int, NDArray[np.uint8]]:
        """Find the end of entropy-coded data, and the restart markers inside."""
        first = int(np.searchsorted(self._markers, start))
        behind = int(self._ends[np.searchsorted(self._ends, first)])
        end = int(self._markers[behind])
        while self._data[end - 1] == 0xFF:
            end -= 1
        self.scans.append((start, end))
        if len(self.scans) > _MOST_SCANS:
            raise UnreadableError(f"damaged: it has more than {_MOST_SCANS} scans; save it anew")
        return end, self._codes[first:behind]

    def _fit(self, restarts: NDArray[np.uint8], components: bytes) -> bool:
        """Whether the restart markers of a scan are those that its size asks for, in order."""
        expected = (self._units(components) - 1) // self._interval if self._interval else 0
        order = _RESTARTS[0] + np.arange(expected) % len(_RESTARTS)
        return np.array_equal(restarts, order)

    def _units(self, components: bytes) -> int:
        """Minimum coded units of a scan (A.2.2: of several components; A.2.3: of one)."""
        height, width, count = struct.unpack_from(">HHB", self._frame, 1)
        sampling = {
            name: (both >> 4, both & 15)
            for name, both, _ in struct.iter_unpack("BBB", self._frame[6 : 6 + 3 * count])
        }
        most_across, most_down = (max(sides) for sides in zip(*sampling.values(), strict=True))
        if len(components) == 1:
            across, down = sampling[components[0]]
            columns = -(-width * across // (most_across * _BLOCK))
            rows = -(-height * down // (most_down * _BLOCK))
        else:
            columns, rows = -(-width // (most_across * _BLOCK)), -(-height // (most_down * _BLOCK))
        return int(columns * rows)
