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
    gain: float | None = None,
) -> FloatArray:
    """Choose a colour for every cell of a picture.

    Parameters
    ----------
    prediction : float32 (n, h, w)
        Logits over ``info.bins``, or for a model of ab values (2, h, w) a* and b*.
    info
        Of the model; ``info.decoding`` holds, for vividness 1, ``temperature`` (divides the
        logits), ``prior_exponent`` (power of the prior that is divided out), ``chroma_share`` (see
        `chroma_gain`) and ``knee`` (chroma at which half of the gain is reached; what is nearly
        grey stays so).
    options
        ``vividness`` is used: temperature and gain are raised to it, the exponent grows with it.
    reference : float32 (n,), optional
        Histogram of the palette, see `palette.tilt`.
    gain : float, optional
        On chroma, at vividness 1; by default the prediction's own `chroma_gain`.

    Returns
    -------
    float32 (2, h, w)
        a*, b*.
    """
    ab = prediction
    if info.output == "distribution":
        ab = _annealed_mean(prediction, info, options.vividness, reference)
    if not options.vividness:
        return ab
    if gain is None:
        gain = chroma_gain(prediction, info, reference)
    return lift(ab, gain**options.vividness, info.decoding.get("knee", 0.0))


def chroma_gain(
    prediction: FloatArray, info: ModelInfo, reference: FloatArray | None = None
) -> float:
    """Gain that gives a picture, at vividness 1, the chroma that its distribution expects.

    The mean chroma of the picture is raised to a share (``info.decoding["chroma_share"]``) of the
    mean chroma under the distribution, which averaging opposite hues has lost; never lowered.
    Parameters as of `decode`; of hints the prediction should know nothing, or a hint here would
    change the colour over there.
    """
    constants = info.decoding
    if "chroma_share" not in constants or info.output != "distribution":
        return constants.get("gain", 1.0)
    ab = _annealed_mean(prediction, info, 1.0, reference)
    likely = softmax(_tilted(prediction, reference))
    chroma, bins = np.hypot(ab[0], ab[1]), np.hypot(info.bins[:, 0], info.bins[:, 1])
    expected = float(np.einsum("n,nhw->hw", bins, likely).mean())
    missing = constants["chroma_share"] * expected - float(chroma.mean())
    moved = float((chroma * _onset(chroma, constants.get("knee", 0.0))).mean())
    return 1 + min(max(missing / max(moved, 1e-6), 0.0), _MOST_GAIN - 1)


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
    # Not by BLAS: it would start threads for a few hundred thousand products.
    mean = np.einsum("nc,nhw->chw", info.bins, softmax(_tilted(scores, reference)))
    return np.asarray(mean, np.float32)


def _tilted(scores: FloatArray, reference: FloatArray | None) -> FloatArray:
    return scores if reference is None else scores + tilt(scores, reference)[:, None, None]


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
