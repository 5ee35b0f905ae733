"""Pictures to look at: the best, the median, the worst and some random ones, side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from reverse_oldify.evaluate.photographs import Photograph, Skipped
from reverse_oldify.evaluate.suite import Evaluation
from reverse_oldify.types import ByteArray

FOLDER = "pictures"
_LONGEST_SIDE = 384
_SEED = 2016


@dataclass(frozen=True, kw_only=True)
class Group:
    """A heading of the gallery and the numbers of its pictures."""

    title: str
    pictures: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Panel:
    """A version of a picture: its file, relative to the report, and its error if it has one."""

    title: str
    file: str
    ciede2000: float | None


def choose(evaluation: Evaluation, lead: int, count: int) -> tuple[Group, ...]:
    """Pick ``count`` pictures a group by the CIEDE2000 of the lead row; no picture twice."""
    ranking = evaluation.ranking(lead)
    count = min(count, -(-len(ranking) // 4))
    best, worst = ranking[:count], ranking[count:][::-1][:count]
    rest = ranking[count : len(ranking) - count]
    start = max((len(rest) - count) // 2, 0)
    median = rest[start : start + count]
    others = sorted(set(rest) - set(median))
    random = np.random.default_rng(_SEED).permutation(others)[:count]
    groups = (("Best", best), ("Worst", worst), ("Median", median), ("Random", random))
    return tuple(
        Group(title=title, pictures=tuple(int(n) for n in numbers)) for title, numbers in groups
    )


def paint(
    folder: Path,
    evaluation: Evaluation,
    photographs: Iterable[Photograph | Skipped],
    groups: Sequence[Group],
) -> dict[int, tuple[Panel, ...]]:
    """Colour the chosen pictures once more and save every version of them as JPEG.

    Nothing was kept from the run but numbers, so that a set may be of any size.

    Returns
    -------
    dict
        Panels by the number of the picture: truth first, then the rows.
    """
    by_id = {evaluation.pictures[n].id: n for group in groups for n in group.pictures}
    (folder / FOLDER).mkdir(exist_ok=True)
    panels = {}
    for photograph in photographs:
        if isinstance(photograph, Photograph) and photograph.id in by_id:
            number = by_id[photograph.id]
            panels[number] = _panels(folder, evaluation, number, photograph)
    return panels


def _panels(
    folder: Path, evaluation: Evaluation, number: int, truth: Photograph
) -> tuple[Panel, ...]:
    stem = f"{FOLDER}/{number:05d}"
    panels = [_save(folder, f"{stem}-truth.jpg", truth.srgb, "truth", None)]
    for place, row in enumerate(evaluation.rows):
        error = evaluation.pictures[number].scores[place].ciede2000
        srgb = row.contender.colorize(truth.gray)
        panels.append(_save(folder, f"{stem}-{place}.jpg", srgb, row.contender.name, error))
    return tuple(panels)


def _save(folder: Path, file: str, srgb: ByteArray, title: str, error: float | None) -> Panel:
    image = Image.fromarray(srgb)
    image.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    image.save(folder / file, quality=90, subsampling=0)
    return Panel(title=title, file=file, ciede2000=error)
