"""How much of the colour is a guess, cell by cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reverse_oldify.color.bins import SPACING
from reverse_oldify.errors import ModelError
from reverse_oldify.files.picture import Picture
from reverse_oldify.pipeline.prediction import Prediction, softmax
from reverse_oldify.pipeline.remembered import remembered
from reverse_oldify.resize import ChromaUpsampler, upsample_chroma
from reverse_oldify.sampling import Extent, tiles
from reverse_oldify.types import FloatArray, ModelInfo, Plane

_ENCODED_VARIANCE = SPACING**2 / 6  # of a*, or of b*: that of bilinear weights, mean over places

LEVELS_PER_AB = 8
"""Grey levels of `Uncertainty.to_picture` for one unit of spread: white is 32 and more."""


@dataclass(frozen=True, eq=False)
class Uncertainty:
    """What the distribution says of its own errors.

    Attributes
    ----------
    prediction
        The distribution.
    spread : float32 (gh, gw)
        Standard deviation of a* and b* (root of their mean variance): the RMS ab error to expect
        of the colour at vividness 0. How well it does so is in the evaluation's report.
    undecided : float32 (gh, gw) or float
        See `uncertainty`.
    """

    prediction: Prediction
    spread: FloatArray
    undecided: FloatArray | float

    @remembered
    def entropy(self) -> FloatArray:
        """Of the bins, in bits, float32 (gh, gw): 0 is certainty."""
        return _bits(self.prediction.values) * self.undecided

    @property
    def extent(self) -> Extent:
        """Rows and columns of the grid that the picture covers."""
        return self.prediction.extent

    @property
    def mean(self) -> float:
        """One number for the picture: root of the mean squared spread, the RMS error to expect."""
        return float(np.sqrt(np.square(self.spread).mean()))

    def at(self, lightness: Plane) -> tuple[FloatArray, FloatArray]:
        """Spread and entropy of every pixel of the picture with this L* (H, W); (H, W) each."""
        spread, entropy = np.maximum(upsample_chroma(self._planes, lightness, self.extent), 0)
        return spread, entropy

    def to_picture(self, lightness: Plane) -> Picture:
        """Spread as a grey picture of 8 bits, `LEVELS_PER_AB` levels for each unit of ab."""
        upsampler = ChromaUpsampler(self._planes, lightness, self.extent)
        pixels = np.empty(lightness.shape, np.uint8)
        for tile in tiles(lightness.shape[0], lightness.shape[1]):
            spread, _ = upsampler.tile(tile, lightness[tile])
            pixels[tile] = np.rint(np.clip(spread * LEVELS_PER_AB, 0, 255))
        return Picture(pixels=pixels, format="png")

    @property
    def _planes(self) -> FloatArray:
        """Both, which are carried to every pixel as a* and b* are."""
        return np.stack([self.spread, self.entropy])


def uncertainty(
    prediction: Prediction, info: ModelInfo, undecided: FloatArray | float = 1.0
) -> Uncertainty:
    """Measure a predicted distribution.

    The soft-encoding of the training targets spreads a colour over four bins; what that adds to the
    variance is taken off again. ``info.decoding["spread_scale"]``, fitted by
    `benchmarks/fit_vividness.py`, corrects a model that is too sure or not sure enough; 1 by
    default.

    Parameters
    ----------
    prediction, info
        What the model says, and the model.
    undecided : float32 (gh, gw) or float
        1 where everything is open, 0 where a colour was decided: all is lessened by it.

    Raises
    ------
    ModelError
        If the model predicts colours, not distributions.
    """
    if info.output != "distribution":
        raise ModelError(f"model {info.name} predicts no distribution; choose another model")
    _, both = prediction.moments
    variance = np.maximum(both / 2 - _ENCODED_VARIANCE, 0)
    scale = info.decoding.get("spread_scale", 1.0)
    spread = np.asarray(np.sqrt(variance) * scale * undecided, np.float32)
    return Uncertainty(prediction, spread, undecided)


def _bits(logits: FloatArray) -> FloatArray:
    """Entropy of distributions (n, gh, gw), without a logarithm for each bin.

    A logit is the logarithm of its probability and of what all are divided by: the likeliest tells.
    """
    probability, top = softmax(logits), logits.max(0)
    nats = top - np.log(probability.max(0)) - np.einsum("nhw,nhw->hw", probability, logits)
    return np.asarray(np.maximum(nats, 0) / np.log(2), np.float32)
