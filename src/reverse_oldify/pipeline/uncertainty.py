"""How much of the colour is a guess, cell by cell."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from reverse_oldify.errors import ModelError
from reverse_oldify.files.picture import Picture
from reverse_oldify.pipeline.decode import ab_variance, softmax
from reverse_oldify.pipeline.view import Prediction
from reverse_oldify.resize import upsample_chroma
from reverse_oldify.sampling import Extent
from reverse_oldify.types import FloatArray, ModelInfo

LEVELS_PER_AB = 8
"""Grey levels of `Uncertainty.to_picture` for one unit of spread: white is 32 and more."""


class Uncertainty(NamedTuple):
    """What the distribution says of its own errors.

    Attributes
    ----------
    spread : float32 (gh, gw)
        Standard deviation of a* and b* (root of their mean variance): the RMS ab error to expect
        of the colour at vividness 0. How well it does so is in the evaluation's report.
    entropy : float32 (gh, gw)
        Of the bins, in bits: 0 is certainty.
    extent : (float, float)
        Rows and columns of the grid that the picture covers.
    """

    spread: FloatArray
    entropy: FloatArray
    extent: Extent

    @property
    def mean(self) -> float:
        """One number for the picture: root of the mean squared spread, the RMS error to expect."""
        return float(np.sqrt(np.square(self.spread).mean()))

    def at(self, lightness: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Spread and entropy of every pixel of the picture with this L* (H, W); (H, W) each."""
        planes = np.stack([self.spread, self.entropy])
        spread, entropy = np.maximum(upsample_chroma(planes, lightness, self.extent), 0)
        return spread, entropy

    def to_picture(self, lightness: FloatArray) -> Picture:
        """Spread as a grey picture of 8 bits, `LEVELS_PER_AB` levels for each unit of ab."""
        levels = np.minimum(self.at(lightness)[0] * LEVELS_PER_AB, 255)
        return Picture(pixels=np.rint(levels).astype(np.uint8), format="png")


def uncertainty(prediction: Prediction, info: ModelInfo) -> Uncertainty:
    """Measure a predicted distribution.

    ``info.decoding["spread_scale"]``, fitted on validation data, corrects the spread of a model
    that is too sure or not sure enough; 1 by default.

    Raises
    ------
    ModelError
        If the model predicts colours, not distributions.
    """
    if info.output != "distribution":
        raise ModelError(f"model {info.name} predicts no distribution; choose another model")
    probability = softmax(prediction.values)
    variance = ab_variance(probability, info.bins) / 2
    entropy = -(probability * np.log2(np.maximum(probability, 1e-12))).sum(0)
    scale = info.decoding.get("spread_scale", 1.0)
    spread = np.asarray(np.sqrt(variance) * scale, np.float32)
    return Uncertainty(spread, np.asarray(entropy, np.float32), prediction.extent)
