"""Is the predicted distribution honest? Reliability of its top bin and of its spread.

A calibrated model that gives its likeliest colour 30 % is right three times out of ten, and where
it expects to be off by 12 it is off by 12 on average. Both are measured on the cells of the
network's grid, on the distribution as predicted: before vividness reshapes it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reverse_oldify.color.bins import SPACING
from reverse_oldify.types import FloatArray

LEVELS = 10  # of the top bin's probability, 0..1
SPREAD_STEP, SPREADS = 2.5, 16  # the last level takes everything beyond 37.5


@dataclass(frozen=True, kw_only=True)
class Distribution:
    """Predicted colours of a picture: what calibration looks at.

    Attributes
    ----------
    probability : float32 (n, h, w)
        Of each ab bin, for each cell of a grid over the picture; sums to 1 over n.
    bins : float32 (n, 2)
        Centres of the bins, CIE a*, b*.
    spread : float32 (h, w)
        RMS ab error that is promised for the expected colour, see `pipeline.uncertainty`.
    covered : (float, float)
        Share of the picture's height and width that the grid covers, from the top left corner:
        a cell that hangs over the picture's edge is left out.
    """

    probability: FloatArray
    bins: FloatArray
    spread: FloatArray
    covered: tuple[float, float] = (1.0, 1.0)


@dataclass(frozen=True, kw_only=True)
class Reliability:
    """A reliability diagram: float64 (levels,) each, empty levels left out.

    ``predicted`` and ``observed`` are the means of a level, equal if the model is calibrated;
    ``share`` is the share of all cells that lie in it.
    """

    predicted: NDArray[np.float64]
    observed: NDArray[np.float64]
    share: NDArray[np.float64]

    def gap(self) -> float:
        """Mean distance of predicted from observed, each level weighing its share of cells."""
        return float((self.share * np.abs(self.predicted - self.observed)).sum())


class Calibration:
    """Gathers the two reliability diagrams of a model, picture by picture."""

    def __init__(self) -> None:
        self._top = np.zeros((3, LEVELS))
        self._spread = np.zeros((3, SPREADS))

    def add(self, distribution: Distribution, truth: FloatArray) -> None:
        """Count a picture.

        Parameters
        ----------
        distribution
            What was predicted.
        truth : float32 (h, w, 2)
            True a*, b*, averaged over each cell of the grid.
        """
        probability, bins = distribution.probability, distribution.bins
        top, likeliest = probability.max(0), probability.argmax(0)
        _count(self._top, top * LEVELS, top, _weight_in(bins[likeliest], truth))
        mean = np.einsum("nhw,nc->hwc", probability, bins)
        spread, squared_error = distribution.spread, np.square(truth - mean).mean(-1)
        _count(self._spread, spread / SPREAD_STEP, np.square(spread), squared_error)

    @property
    def empty(self) -> bool:
        """Whether nothing was counted, as for a model without a distribution."""
        return not self._top[0].any()

    def top(self) -> Reliability:
        """Probability of the likeliest bin against the true colour's weight in it (0..1)."""
        return _reliability(self._top)

    def spread(self) -> Reliability:
        """Predicted standard deviation against the RMS error of the expected colour, in ab."""
        squared = _reliability(self._spread)
        return Reliability(
            predicted=np.sqrt(squared.predicted),
            observed=np.sqrt(squared.observed),
            share=squared.share,
        )

    def expected_error(self) -> float:
        """Expected calibration error of the top bin's probability (Guo et al. 2017), 0..1."""
        return self.top().gap()

    def spread_error(self) -> float:
        """Mean gap between predicted spread and RMS error, over the RMS error of all cells."""
        return self.spread().gap() / max(self.rms_error(), 1e-12)

    def rms_error(self) -> float:
        """RMS ab error of the expected colour, over all cells and both components."""
        return float(np.sqrt(self._spread[2].sum() / self._spread[0].sum()))


def _weight_in(bins: FloatArray, truth: FloatArray) -> FloatArray:
    """Soft-encoding weight of true colours in the given bins: (h, w, 2) each -> (h, w)."""
    return np.asarray(np.clip(1 - np.abs(truth - bins) / SPACING, 0, 1).prod(-1))


def _count(
    sums: NDArray[np.float64], position: FloatArray, predicted: FloatArray, observed: FloatArray
) -> None:
    """Add cells to the levels that ``position`` falls into: their number and both sums."""
    levels = sums.shape[1]
    level = np.clip(position, 0, levels - 1).astype(np.int64).ravel()
    for row, weights in enumerate((np.ones_like(predicted), predicted, observed)):
        sums[row] += np.bincount(level, weights.ravel(), minlength=levels)


def _reliability(sums: NDArray[np.float64]) -> Reliability:
    number, predicted, observed = sums[:, sums[0] > 0]
    return Reliability(
        predicted=predicted / number, observed=observed / number, share=number / number.sum()
    )
