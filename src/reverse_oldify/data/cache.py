"""A prepared training set on disk: decoded once, memory-mapped ever after.

``index.csv``
    One row a picture: id, source, name, kind, split, width, height, offset.
``lab.u8``
    All pictures end to end, each (height, width, 3) uint8: L* x 2.55, a* + 128, b* + 128.
``dropped.csv``
    The pictures that are not in the set: source, name, reason, detail.
``about.json``
    How the set was made: counts, options, the version that made it, and the hash of the index.
``overview.png``
    Samples, sizes, colours and counts, to look at.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from reverse_oldify.color.lab import srgb_to_lab
from reverse_oldify.errors import DataError
from reverse_oldify.types import ByteArray, FloatArray

INDEX, PIXELS, DROPPED = "index.csv", "lab.u8", "dropped.csv"
ABOUT, OVERVIEW = "about.json", "overview.png"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One picture of a prepared set.

    ``id`` is the start of the SHA-256 of the decoded pixels; ``kind`` a free label (for example
    landscape, general); ``split`` is train or val; ``offset`` is in bytes into ``lab.u8``.
    """

    id: str
    source: str
    name: str
    kind: str
    split: str
    width: int
    height: int
    offset: int


def encode_lab(srgb: ByteArray) -> ByteArray:
    """Pack sRGB, uint8 (H, W, 3), as Lab in uint8 (H, W, 3); rounds by at most half a code."""
    lab = srgb_to_lab(srgb)
    return np.clip(np.rint(lab * [2.55, 1, 1] + [0, 128, 128]), 0, 255).astype(np.uint8)


def decode_lab(packed: ByteArray) -> FloatArray:
    """Undo `encode_lab`: uint8 (..., 3) -> float32 L*, a*, b*."""
    return ((packed.astype(np.float32) - [0, 128, 128]) / [2.55, 1, 1]).astype(np.float32)


def is_prepared(folder: Path) -> bool:
    """Whether a folder is a prepared set."""
    return (folder / INDEX).is_file() and (folder / PIXELS).is_file()


class PictureCache:
    """Read side of a prepared set: ``cache[i]`` is packed Lab, uint8 (H, W, 3), not copied.

    Raises
    ------
    DataError
        The folder is not a prepared set, or a damaged one.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        index = self.folder / INDEX
        if not index.is_file():
            raise DataError(
                f"{folder}: no prepared set here; run 'reverse-oldify data prepare SOURCE... "
                f"-o {folder}' first"
            )
        try:
            self.entries = tuple(_read_index(index))
            self._pixels = np.memmap(self.folder / PIXELS, np.uint8, "r")
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise DataError(
                f"{folder}: {INDEX} or {PIXELS} is damaged ({error}); prepare the set again"
            ) from error
        if sum(entry.width * entry.height * 3 for entry in self.entries) != len(self._pixels):
            raise DataError(f"{folder}: {PIXELS} does not match {INDEX}; prepare the set again")
        self.index_hash = hashlib.sha256(index.read_bytes()).hexdigest()

    def __reduce__(self) -> tuple[type[PictureCache], tuple[Path]]:
        """Other processes map the file themselves instead of being sent its pixels."""
        return PictureCache, (self.folder,)

    def __len__(self) -> int:
        return len(self.entries)

    def __getitem__(self, number: int) -> ByteArray:
        entry = self.entries[number]
        end = entry.offset + entry.height * entry.width * 3
        return np.asarray(self._pixels[entry.offset : end]).reshape(entry.height, entry.width, 3)

    def select(self, split: str, kinds: tuple[str, ...] = ()) -> list[int]:
        """Numbers of the pictures of a split, of the given kinds only (all if none are given)."""
        return [
            number
            for number, entry in enumerate(self.entries)
            if entry.split == split and (not kinds or entry.kind in kinds)
        ]


def write_index(path: Path, entries: list[Entry]) -> None:
    """Write ``index.csv``."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Entry)])
        writer.writeheader()
        writer.writerows(vars(entry) for entry in entries)


def _read_index(path: Path) -> Iterator[Entry]:
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield Entry(
                id=row["id"],
                source=row["source"],
                name=row["name"],
                kind=row["kind"],
                split=row["split"],
                width=int(row["width"]),
                height=int(row["height"]),
                offset=int(row["offset"]),
            )
