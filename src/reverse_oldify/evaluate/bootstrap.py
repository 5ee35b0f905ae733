"""Confidence intervals: how far a score would move with other pictures of the same kind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

RESAMPLES = 1000
COVERAGE = 0.95
_SEED = 2016
_AT_ONCE = 100  # a divisor of RESAMPLES; keeps memory low for sets of any size


@dataclass(frozen=True, kw_only=True)
class Score:
    """A score of a set, and its 95 % confidence interval where one is known.

    One picture does not tell what others would do: then none is.
    """

    value: float
    low: float | None = None
    high: float | None = None


def mean_score(values: ArrayLike) -> Score:
    """Mean of one value a picture, with its percentile bootstrap interval (Efron 1979).

    Pictures, not pixels, are drawn with replacement: pixels of one picture are not independent.
    The draws are the same at every call with the same number of pictures.
    """
    values = np.asarray(values, np.float64)
    return ratio_score(values, np.ones_like(values))


def ratio_score(numerators: ArrayLike, denominators: ArrayLike) -> Score:
    """Ratio of two means over the same pictures, drawn in pairs; see `mean_score`."""
    above = np.asarray(numerators, np.float64)
    below = np.asarray(denominators, np.float64)
    value = float(above.mean() / max(below.mean(), 1e-12))
    if len(above) < 2:
        return Score(value=value)
    random = np.random.default_rng(_SEED)
    ratios = np.empty(RESAMPLES)
    for start in range(0, RESAMPLES, _AT_ONCE):
        drawn = random.integers(len(above), size=(_AT_ONCE, len(above)))
        means = np.maximum(below[drawn].mean(1), 1e-12)
        ratios[start : start + _AT_ONCE] = above[drawn].mean(1) / means
    low, high = np.quantile(ratios, [(1 - COVERAGE) / 2, (1 + COVERAGE) / 2])
    return Score(value=value, low=float(low), high=float(high))
