"""Area under the curve of the share of pixels within an ab distance (Zhang et al. 2016)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reverse_oldify.color.bins import ab_bins, soft_encode
from reverse_oldify.types import FloatArray

FARTHEST = 150
"""The largest distance in the ab plane that the curves look at."""

Curve = NDArray[np.float64]
"""Share (0..1) of the pixels within a distance of 0, 1, 2 .. `FARTHEST`; float64 (151,)."""


def distance_steps(truth: FloatArray, predicted: FloatArray) -> NDArray[np.int64]:
    """Smallest whole number that the ab error of each pixel does not exceed.

    Parameters
    ----------
    truth, predicted : float32 (..., 2)
        CIE a*, b*.

    Returns
    -------
    int64 (...)
        0..150, or 151 for anything farther.
    """
    distance = np.sqrt(np.square(truth - predicted).sum(-1))
    return np.asarray(np.minimum(np.ceil(distance), FARTHEST + 1).astype(np.int64))


def nearest_bin(ab: FloatArray) -> NDArray[np.int64]:
    """Number of the ab bin nearest to each colour: float32 (..., 2) -> int64 (...)."""
    index, weight = soft_encode(ab)
    heaviest = weight.argmax(-1)[..., None]
    return np.asarray(np.take_along_axis(index, heaviest, -1)[..., 0])


def share_within(steps: NDArray[np.int64]) -> Curve:
    """Share of the pixels whose ab error is at most 0, 1, .. 150; from `distance_steps`."""
    steps = steps.ravel()
    return np.cumsum(np.bincount(steps, minlength=FARTHEST + 2)[:-1]) / steps.size


def area(curve: Curve) -> float:
    """Area under a curve (trapezoids) over the largest possible area; 0..1."""
    return float((curve[1:] + curve[:-1]).sum() / 2 / FARTHEST)


class RebalancedCurve:
    """The same curve with every true colour weighing the same, gathered picture by picture.

    Zhang et al. weigh each pixel by one over the probability of its ab bin. Taken with the prior of
    the set itself, as here, that is the mean of the curves of all bins that occur in the truth: the
    weights need no training set, and are the same for every model.
    """

    def __init__(self) -> None:
        self._count = np.zeros((len(ab_bins()), FARTHEST + 2), np.int64)

    def add(self, true_bins: NDArray[np.int64], steps: NDArray[np.int64]) -> None:
        """Count a picture: `nearest_bin` of its truth and its `distance_steps`, (H, W) each."""
        cell = true_bins * (FARTHEST + 2) + steps
        self._count += np.bincount(cell.ravel(), minlength=self._count.size).reshape(
            self._count.shape
        )

    def curve(self) -> Curve:
        """Return the curve of everything counted so far; needs at least one pixel."""
        occurring = self._count[self._count.any(axis=1)]
        share = np.cumsum(occurring, axis=1) / occurring.sum(axis=1, keepdims=True)
        return np.asarray(share[:, :-1].mean(axis=0))
