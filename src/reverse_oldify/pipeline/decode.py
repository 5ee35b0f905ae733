"""From what the network says to one colour for every cell of its grid.

The network's distribution is honest, so its mean is the least-squares answer, and as grey as
honesty demands: where a dress may be red or blue, the mean is neither. Vividness moves the answer
from that mean towards the mode (Zhang et al. 2016 call it the annealed mean), takes back part of
the prior's pull towards grey, and lifts chroma. At 0 nothing of this happens.
"""

from __future__ import annotations

import numpy as np

from reverse_oldify.options import Options
from reverse_oldify.pipeline.palette import tilt
from reverse_oldify.types import FloatArray, ModelInfo

_RAREST = 1e-4  # floor of the prior: bins that hardly ever occur must not be boosted without limit


def decode(
    prediction: FloatArray,
    info: ModelInfo,
    options: Options,
    reference: FloatArray | None = None,
) -> FloatArray:
    """Choose a colour for every cell.

    Parameters
    ----------
    prediction : float32 (n, h, w)
        Logits over ``info.bins``, or for a model of ab values (2, h, w) a* and b*.
    info
        Of the model; ``info.decoding`` holds, for vividness 1, ``temperature`` (divides the
        logits), ``prior_exponent`` (power of the prior that is divided out), ``gain`` (on chroma)
        and ``knee`` (chroma at which half of the gain is reached; what is nearly grey stays so).
        All but the knee act as powers of the vividness.
    options
        ``vividness`` is used.
    reference : float32 (n,), optional
        Histogram of the palette, see `palette.tilt`.

    Returns
    -------
    float32 (2, h, w)
        a*, b*.
    """
    constants = info.decoding
    gain, knee = constants.get("gain", 1.0) ** options.vividness, constants.get("knee", 0.0)
    if info.output == "ab":
        return lift(prediction, gain, knee)
    temperature = constants.get("temperature", 1.0) ** options.vividness
    exponent = constants.get("prior_exponent", 0.0) * options.vividness
    surprise = -np.log(np.maximum(info.prior, _RAREST))
    scores = (prediction + exponent * surprise[:, None, None]) / temperature
    if reference is not None:
        scores += tilt(scores, reference)[:, None, None]
    probability = softmax(scores)
    return lift(np.tensordot(info.bins.T, probability, 1), gain, knee)


def lift(ab: FloatArray, gain: float, knee: float) -> FloatArray:
    """Raise chroma by a gain that sets in around the knee; ab (2, h, w), float32."""
    chroma = np.hypot(ab[0], ab[1])
    return np.asarray(ab * (1 + (gain - 1) * chroma / (chroma + max(knee, 1e-6))), np.float32)


def softmax(logits: FloatArray) -> FloatArray:
    """Probabilities along the first axis, float32."""
    shifted: FloatArray = np.subtract(logits, logits.max(0), dtype=np.float32)
    np.exp(shifted, out=shifted)
    shifted /= shifted.sum(0)
    return shifted


def ab_variance(probability: FloatArray, bins: FloatArray) -> FloatArray:
    """Variance in ab of distributions (n, gh, gw) over bins (n, 2); (gh, gw)."""
    mean = np.einsum("nhw,nc->chw", probability, bins)
    power = np.einsum("nhw,n->hw", probability, np.square(bins).sum(1))
    return np.asarray(np.maximum(power - np.square(mean).sum(0), 0))
