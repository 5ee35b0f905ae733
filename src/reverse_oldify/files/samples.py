"""Samples as files store them, channels interleaved, a few rows at a time; and how they lie."""

from __future__ import annotations

import tempfile
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from reverse_oldify.errors import TooLargeError, reason_of
from reverse_oldify.files.metadata.read import SIDEWAYS, turn
from reverse_oldify.files.picture import Pixels, Raster
from reverse_oldify.files.strips import bands

_UPSIDE_DOWN = (3, 4)
_FROM_RIGHT = (6, 7)  # the stored row 0 is the last column
_IN_MEMORY = 1 << 26
"""Bytes up to which a picture that lies on its side is kept in memory, not in a temporary file."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Samples:
    """Samples that are looked at by rows.

    Attributes
    ----------
    shape : (int, int, int)
        Height, width, channels.
    dtype : uint8 or uint16
        Of a sample.
    rows : callable
        Gives some of the rows, (h, W, C); may be called by several threads.
    threads : int or None
        That may look at it at the same time, to some use; None: one for each core.
    """

    shape: tuple[int, int, int]
    dtype: np.dtype[Any]
    rows: Callable[[slice], Pixels]
    threads: int | None = 1


def samples_of(raster: Raster) -> Samples:
    """Samples of a picture: grey or RGB, and alpha."""
    return Samples(
        shape=(*raster.size, raster.channels),
        dtype=raster.dtype,
        rows=lambda rows: raster.rows(rows).samples,
        threads=raster.threads,
    )


def upright(samples: Samples, orientation: int) -> Samples:
    """Bring samples upright.

    Those that lie on their side are laid into a temporary file: each row of the result has a part
    of every strip of the file that they come from.

    Parameters
    ----------
    samples : Samples
        As they were stored.
    orientation : int
        1..8, see `metadata.turn`.

    Raises
    ------
    TooLargeError
        The temporary file cannot be written; the message does not name the picture.
    """
    if orientation >= SIDEWAYS:
        height, width, channels = samples.shape
        stood = _StoodUp(samples, orientation)
        return replace(samples, shape=(width, height, channels), rows=stood.rows)
    height = samples.shape[0]

    def turned(rows: slice) -> Pixels:
        if orientation in _UPSIDE_DOWN:
            rows = slice(height - rows.stop, height - rows.start)
        return turn(samples.rows(rows), orientation)

    return samples if orientation == 1 else replace(samples, rows=turned)


class _StoodUp:
    """Samples that lay on their side: strips of the file, each turned, one behind the other."""

    def __init__(self, samples: Samples, orientation: int) -> None:
        self._file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115
        weakref.finalize(self, self._file.close)
        self._lock = threading.Lock()
        self._dtype, self._channels = samples.dtype, samples.shape[2]
        self._parts: list[tuple[int, int]] = []  # where each part begins, and its columns
        for rows in bands(*samples.shape[:2]):
            part = turn(samples.rows(rows), orientation)
            self._parts.append((self._file.tell(), part.shape[1]))
            self._append(part.tobytes())
        if orientation in _FROM_RIGHT:
            self._parts.reverse()

    def _append(self, data: bytes) -> None:
        try:
            self._file.write(data)
            self._file.flush()
        except OSError as error:
            folder = tempfile.tempdir or "the temporary folder"
            raise TooLargeError(
                f"lies on its side, and to turn it {folder} cannot be written "
                f"({reason_of(error)}); free some space there, or name another folder in TMPDIR"
            ) from error

    def rows(self, rows: slice) -> Pixels:
        return np.concatenate([self._part(rows, *part) for part in self._parts], axis=1)

    def _part(self, rows: slice, start: int, columns: int) -> Pixels:
        line = columns * self._channels * self._dtype.itemsize
        with self._lock:
            self._file.seek(start + rows.start * line)
            data = self._file.read((rows.stop - rows.start) * line)
        return np.frombuffer(data, self._dtype).reshape(-1, columns, self._channels)
