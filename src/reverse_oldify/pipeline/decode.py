"""From what the network says to one colour for every cell of its grid.

The network's distribution is honest, so its mean is the least-squares answer, and as grey as
honesty demands: where a dress may be red or blue, the mean is neither. Vividness moves the answer
from that mean towards the mode (Zhang et al. 2016 call it the annealed mean), takes back part of
the prior's pull towards grey, and gives the picture chroma that the mean has lost: the same
distribution says how much there is to expect. At 0 nothing of this happens.
"""

from __future__ import annotations

import numpy as np

from reverse_oldify.options import Options
from reverse_oldify.pipeline.palette import tilt
from reverse_oldify.types import FloatArray, ModelInfo

_RAREST = 1e-4  # floor of the prior: bins that hardly ever occur must not be boosted without limit
_MOST_GAIN = 2.5  # what is as good as grey must not turn into blotches


def decode(
    prediction: FloatArray,
    info: ModelInfo,
    options: Options,
    reference: FloatArray | None = None,
) -> FloatArray:
    """Choose a colour for every cell of a picture.

    Parameters
    ----------
    prediction : float32 (n, h, w)
        Logits over ``info.bins``, or for a model of ab values (2, h, w) a* and b*.
    info
        Of the model; ``info.decoding`` holds, for vividness 1, ``temperature`` (divides the
        logits), ``prior_exponent`` (power of the prior that is divided out), ``chroma_share`` (of
        the picture's expected chroma, that its mean chroma is raised to) and ``knee`` (chroma at
        which half of that gain is reached; what is nearly grey stays so).
    options
        ``vividness`` is used: temperature and gain are raised to it, the exponent grows with it.
    reference : float32 (n,), optional
        Histogram of the palette, see `palette.tilt`.

    Returns
    -------
    float32 (2, h, w)
        a*, b*.
    """
    vividness, constants = options.vividness, info.decoding
    knee = constants.get("knee", 0.0)
    if info.output == "ab":
        return lift(prediction, constants.get("gain", 1.0) ** vividness, knee)
    ab = _annealed_mean(prediction, info, vividness, reference)
    if not vividness or "chroma_share" not in constants:
        return ab
    at_one = ab if vividness == 1 else _annealed_mean(prediction, info, 1.0, reference)
    likely = softmax(_tilted(prediction, reference))
    expected = float(np.tensordot(np.hypot(*info.bins.T), likely, 1).mean())
    return lift(ab, _gain(at_one, constants["chroma_share"] * expected, knee) ** vividness, knee)


def lift(ab: FloatArray, gain: float, knee: float) -> FloatArray:
    """Raise chroma by a gain that sets in around the knee; ab (2, h, w), float32."""
    return np.asarray(ab * (1 + (gain - 1) * _onset(np.hypot(ab[0], ab[1]), knee)), np.float32)


def _annealed_mean(
    prediction: FloatArray, info: ModelInfo, vividness: float, reference: FloatArray | None
) -> FloatArray:
    temperature = info.decoding.get("temperature", 1.0) ** vividness
    exponent = info.decoding.get("prior_exponent", 0.0) * vividness
    surprise = -np.log(np.maximum(info.prior, _RAREST))
    scores = (prediction + exponent * surprise[:, None, None]) / temperature
    probability = softmax(_tilted(scores, reference))
    return np.asarray(np.tensordot(info.bins.T, probability, 1), np.float32)


def _tilted(scores: FloatArray, reference: FloatArray | None) -> FloatArray:
    return scores if reference is None else scores + tilt(scores, reference)[:, None, None]


def _gain(ab: FloatArray, wanted: float, knee: float) -> float:
    """Gain that brings the mean chroma of a picture up to the wanted one, see `lift`."""
    chroma = np.hypot(ab[0], ab[1])
    missing = wanted - float(chroma.mean())
    moved = float((chroma * _onset(chroma, knee)).mean())
    return 1 + min(max(missing / max(moved, 1e-6), 0.0), _MOST_GAIN - 1)


def _onset(chroma: FloatArray, knee: float) -> FloatArray:
    return np.asarray(chroma / (chroma + max(knee, 1e-6)), np.float32)


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
