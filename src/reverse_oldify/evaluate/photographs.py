"""The photographs to evaluate on: folders, archives and prepared sets, one decoded at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from reverse_oldify.color.lab import lab_to_srgb, lightness_to_gray, srgb_to_lab
from reverse_oldify.data.cache import PictureCache, decode_lab, encode_lab, is_prepared
from reverse_oldify.data.examine import split_of
from reverse_oldify.data.screen import judge_colour, shrink
from reverse_oldify.data.sources import Source, find_sources
from reverse_oldify.errors import DataError, InputError
from reverse_oldify.files.read import read
from reverse_oldify.files.source import reason_alone
from reverse_oldify.types import ByteArray, FloatArray, ModelInfo

SMALLEST = 32
"""Pixels of the short side of a picture that is scored; what is smaller is an icon or a line."""


@dataclass(frozen=True, kw_only=True)
class Photograph:
    """A colour photograph: the truth.

    ``id`` is the start of the SHA-256 of its content, ``srgb`` uint8 (H, W, 3), ``lab`` float32
    (H, W, 3), ``gray`` uint8 (H, W): the sRGB grey of its lightness, which is all that a contender
    sees.
    """

    name: str
    kind: str
    id: str
    srgb: ByteArray
    lab: FloatArray
    gray: ByteArray


@dataclass(frozen=True, kw_only=True)
class Skipped:
    """A picture that is not scored, and why. ``failed``: a broken file, no grey or tiny one."""

    name: str
    reason: str
    failed: bool


@dataclass(frozen=True, kw_only=True)
class _Candidate:
    name: str
    kind: str
    id: str
    decode: Callable[[], ByteArray]


class PhotographSet:
    """Iterates over the photographs of a place; may be iterated again, with the same result.

    Parameters
    ----------
    place : Path
        A folder (with all below it), a zip or tar archive, or a prepared set, of which only the
        val split is used.
    size : int
        Pictures whose short side is longer than this many pixels are scaled down to it.
    limit : int, optional
        Use this many pictures: those whose content hashes come first, so that the same content
        gives the same sample on every machine.
    kind : str, optional
        Use only pictures of this kind (as a prepared set or an ``index.csv`` beside shards says).

    Raises
    ------
    DataError
        There is nothing of the kind in this place.
    """

    def __init__(
        self, place: Path, *, size: int, limit: int | None = None, kind: str | None = None
    ) -> None:
        self.place, self.size, self.limit, self.kind = place, size, limit, kind
        self._unreadable: list[Skipped] = []
        self._ids = self._choose()

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[Photograph | Skipped]:
        yield from self._unreadable
        waiting = set(self._ids)
        for candidate in self._candidates():
            if candidate.id in waiting:
                waiting.remove(candidate.id)  # of identical files, the first one counts
                yield self._photograph(candidate)

    def _choose(self) -> frozenset[str]:
        ids = {candidate.id for candidate in self._candidates(self._unreadable)}
        if not ids and not self._unreadable:
            which = f" of kind {self.kind!r}" if self.kind else ""
            which += " for validation" if is_prepared(self.place) else ""
            raise DataError(f"{self.place}: no pictures{which} here; give colour photographs")
        return frozenset(sorted(ids)[: self.limit])

    def _candidates(self, unreadable: list[Skipped] | None = None) -> Iterator[_Candidate]:
        if is_prepared(self.place):
            candidates = _in_cache(PictureCache(self.place))
        else:
            candidates = _in_sources(find_sources([self.place]), unreadable)
        return (one for one in candidates if self.kind in (None, one.kind))

    def _photograph(self, candidate: _Candidate) -> Photograph | Skipped:
        try:
            srgb = shrink(candidate.decode(), self.size)
        except InputError as error:
            return Skipped(name=candidate.name, reason=reason_alone(error), failed=True)
        height, width = srgb.shape[:2]
        if min(height, width) < min(SMALLEST, self.size):
            reason = f"{width} x {height} pixels; too small for a photograph"
            return Skipped(name=candidate.name, reason=reason, failed=False)
        if judge_colour(encode_lab(srgb)) is not None:
            reason = "black and white or toned; there is no colour to compare with"
            return Skipped(name=candidate.name, reason=reason, failed=False)
        lab = srgb_to_lab(srgb)
        gray = np.rint(lightness_to_gray(lab[..., 0]) * 255).astype(np.uint8)
        return Photograph(
            name=candidate.name, kind=candidate.kind, id=candidate.id, srgb=srgb, lab=lab, gray=gray
        )


def _in_cache(cache: PictureCache) -> Iterator[_Candidate]:
    for number in cache.select("val"):
        entry = cache.entries[number]
        yield _Candidate(
            name=entry.name,
            kind=entry.kind,
            id=entry.id,
            decode=partial(_cached_srgb, cache, number),
        )


def _cached_srgb(cache: PictureCache, number: int) -> ByteArray:
    return np.rint(lab_to_srgb(decode_lab(cache[number])) * 255).astype(np.uint8)


def _file_srgb(content: bytes) -> ByteArray:
    return read(content).srgb


def _in_sources(sources: list[Source], unreadable: list[Skipped] | None) -> Iterator[_Candidate]:
    for source in sources:
        for file in source.files():
            name = f"{source.label}/{file.name}"
            kind = source.labels.get(file.name, ("", source.kind))[1]
            try:
                content = file.read()
            except InputError as error:
                if unreadable is not None:
                    unreadable.append(Skipped(name=name, reason=str(error), failed=True))
                continue
            yield _Candidate(
                name=name,
                kind=kind,
                id=hashlib.sha256(content).hexdigest()[:16],
                decode=partial(_file_srgb, content),
            )


def learnt_from(place: Path, info: ModelInfo) -> int:
    """How many photographs of a prepared set's val split a model was trained on.

    A recipe may redraw the split. Only what is told by the model's own recipe is known, not what
    it started from.
    """
    data = info.recipe.get("data", {})
    share = data.get("val_fraction", 0.0)
    if not share or not is_prepared(place):
        return 0
    cache = PictureCache(place)
    if cache.index_hash != info.scores.get("index_hash"):
        return 0
    numbers = cache.select("val", tuple(data.get("kinds", ())))
    return sum(split_of(cache.entries[number].id, share) == "train" for number in numbers)


def mean_ab(photographs: Iterable[Photograph | Skipped]) -> tuple[float, float]:
    """Mean a*, b* of photographs, each weighing the same; neutral if there are none."""
    means = [one.lab[..., 1:].mean((0, 1)) for one in photographs if isinstance(one, Photograph)]
    a, b = np.mean(means, axis=0) if means else (0.0, 0.0)
    return float(a), float(b)
