"""What the network says of a picture: for each cell of a grid, a distribution over colours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reverse_oldify.pipeline.remembered import remembered
from reverse_oldify.sampling import Extent
from reverse_oldify.types import FloatArray


@dataclass(frozen=True, eq=False)
class Prediction:
    """What the network says of a picture.

    Attributes
    ----------
    values : float32 (n, gh, gw)
        Logits over the model's bins, or (2, gh, gw) a* and b*; see `ModelInfo.output`.
    extent : (float, float)
        Rows and columns of the grid that the picture covers; the last ones may be partial.
    bins : float32 (n, 2)
        a*, b* of the model's bins.
    """

    values: FloatArray
    extent: Extent
    bins: FloatArray

    @remembered
    def moments(self) -> tuple[FloatArray, FloatArray]:
        """Of distributions, see `mean_and_variance`."""
        return mean_and_variance(softmax(self.values), self.bins)


def softmax(logits: FloatArray) -> FloatArray:
    """Probabilities along the first axis, float32."""
    shifted: FloatArray = np.subtract(logits, logits.max(0), dtype=np.float32)
    np.exp(shifted, out=shifted)
    shifted /= shifted.sum(0)
    return shifted


def mean_of(probability: FloatArray, bins: FloatArray) -> FloatArray:
    """a*, b* that distributions (n, gh, gw) over bins (n, 2) expect: float32 (2, gh, gw)."""
    # Not by BLAS: it would start threads for a few hundred thousand products.
    return np.asarray(np.einsum("nc,nhw->chw", bins, probability), np.float32)


def mean_and_variance(probability: FloatArray, bins: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Of distributions (n, gh, gw) over bins (n, 2): a*, b* (2, gh, gw), and the variance of both
    together (gh, gw).
    """
    mean = mean_of(probability, bins)
    power = np.einsum("nhw,n->hw", probability, np.square(bins).sum(1))
    return mean, np.maximum(power - np.square(mean).sum(0), 0)
