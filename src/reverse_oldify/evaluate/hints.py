"""How quickly hints lead to the truth: error against the number of random hints.

As Zhang et al. (2017), "Real-time user-guided image colorization with learned deep priors": places
are drawn at random, each reveals the mean true colour of a small patch, and all goes through the
public API. More hints include the fewer.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from reverse_oldify.color.difference import ciede2000
from reverse_oldify.color.lab import srgb_to_lab
from reverse_oldify.errors import DataError
from reverse_oldify.evaluate.metrics import psnr, rms_ab_error
from reverse_oldify.evaluate.photographs import Photograph, Skipped
from reverse_oldify.options import Hints, Options
from reverse_oldify.types import FloatArray

if TYPE_CHECKING:
    from reverse_oldify.pipeline.colorizer import Colorizer

COUNTS = (0, 1, 2, 5, 10, 50, 100)
_SEED = 0  # of the places
_REACH = 2  # pixels of the patch on each side of its middle: 5 x 5


class Point(NamedTuple):
    """One point of the curve: means over the pictures, see `metrics.METRICS`."""

    hints: int
    psnr: float
    rms_ab: float
    ciede2000: float


def hint_curve(photographs: Iterable[Photograph | Skipped], colorizer: Colorizer) -> list[Point]:
    """Measure the curve, at vividness 0: it is about hints alone.

    Parameters
    ----------
    photographs
        The truth; what was skipped is passed over.
    colorizer
        Coloured through its `open`, as a user would.

    Raises
    ------
    DataError
        If there is not a single photograph.
    """
    rows = [
        _measure(photograph, colorizer, np.random.default_rng([_SEED, number]))
        for number, photograph in enumerate(photographs)
        if isinstance(photograph, Photograph)
    ]
    if not rows:
        raise DataError("no photographs to give hints for; give colour photographs")
    means = np.mean(rows, axis=0).tolist()
    return [Point(count, *scores) for count, scores in zip(COUNTS, means, strict=True)]


def random_hints(lab: FloatArray, count: int, rng: np.random.Generator) -> Hints:
    """Hints at random pixels, with the mean true ab of a patch: Lab (H, W, 3) in."""
    height, width = lab.shape[:2]
    xy = np.stack([rng.integers(width, size=count), rng.integers(height, size=count)], -1)
    return Hints.from_arrays(xy, [_patch(lab, x, y) for x, y in xy] or np.zeros((0, 2)))


def _measure(
    truth: Photograph, colorizer: Colorizer, rng: np.random.Generator
) -> list[tuple[float, float, float]]:
    session = colorizer.open(truth.gray)
    hints = random_hints(truth.lab, COUNTS[-1], rng)
    scores = []
    for count in COUNTS:
        options = Options(vividness=0, hints=Hints(hints.strokes[:count]))
        srgb = session.paint(options).loaded().srgb
        lab = srgb_to_lab(srgb)
        difference = float(ciede2000(truth.lab, lab).mean(dtype=np.float64))
        error = rms_ab_error(truth.lab[..., 1:], lab[..., 1:])
        scores.append((psnr(truth.srgb, srgb), error, difference))
    return scores


def _patch(lab: FloatArray, x: int, y: int) -> FloatArray:
    rows, columns = (slice(max(place - _REACH, 0), place + _REACH + 1) for place in (y, x))
    return np.asarray(lab[rows, columns, 1:].mean((0, 1)))
