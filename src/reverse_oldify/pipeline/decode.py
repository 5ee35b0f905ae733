"""From what the network says to one colour for every cell of its grid.

The network's distribution is honest, so its mean is the least-squares answer, and as grey as
honesty demands: where a dress may be red or blue, the mean is neither. The same distribution says
how much colour the mean has lost: of the power of the chroma, the mean square, a picture keeps all
but the variance; and of the root of that power, the chroma that it is likely to have, a cell keeps
what its guesses agree on. Vividness gives back a share of the first, to each cell by what it has
lost: what is certain, as skin is, changes little, what is dark hardly, for chroma glows there, and
what is nearly grey stays so. It also moves the answer a little from the mean towards the mode (the
annealed mean of Zhang et al. 2016), and takes the mean by how different colours look, not by their
a*, b*: a few vivid guesses then count for less. At 0 nothing of this happens. At any vividness,
cells of one surface agree on its colour.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from reverse_oldify.color.difference import evened, unevened
from reverse_oldify.matmul import matmul
from reverse_oldify.options import Options
from reverse_oldify.pipeline.palette import tilt
from reverse_oldify.pipeline.surfaces import agree
from reverse_oldify.types import FloatArray, ModelInfo

_DIM = 60.0  # L* below which chroma glows: less is given back, in proportion
_MODERATE = 0.8  # power of what is lost: the error of what is given back grows with its square
_USUAL = 10.0  # chroma lost of which as much is given back as without that power
_MOST = 1.55  # bound of the lift at vividness 1
_BOLD = 1.15  # and what is added to it up to 2
_BOLDER = 0.35  # share of the root mean square chroma at vividness 1 that is added to it up to 2
_TILTED = 0.1  # most of the variance that is given back where a palette tilts what is said
_RAREST = 1e-4  # floor of the prior: bins that hardly ever occur must not be boosted without limit


class _Moments(NamedTuple):
    """Of what the network says.

    Annealed mean, mean (2, h, w); variance, and the chroma that the first is due (h, w).
    """

    ab: FloatArray
    expected: FloatArray
    variance: FloatArray
    due: FloatArray


class Decoded(NamedTuple):
    """What `decode` makes of a prediction.

    Attributes
    ----------
    ab : float32 (2, h, w)
        a*, b*.
    lift : float
        How many times the chroma that it is due each cell was moved from neutral.
    """

    ab: FloatArray
    lift: float


def decode(
    prediction: FloatArray,
    info: ModelInfo,
    options: Options,
    reference: FloatArray | None = None,
    lightness: FloatArray | None = None,
    lift: float | None = None,
) -> Decoded:
    """Choose a colour for every cell of a picture.

    By the law of total variance the mean square of the chroma that the distribution of a picture
    expects is that of its mean plus its variance. The picture gets that of the mean plus a share of
    the variance: ``info.decoding["restored"]`` times the vividness, times the square of how much
    of it all is variance. So the dull and doubtful gain most. Beyond vividness 1 the wanted chroma
    grows evenly, for the sure as well. What that takes is one number for the picture, the lift.

    Parameters
    ----------
    prediction : float32 (n, h, w)
        Logits over ``info.bins``, or for a model of ab values (2, h, w) a* and b*, which are
        returned as they are.
    info
        Of the model; ``info.decoding`` holds, for vividness 1, ``temperature`` (divides the
        logits), ``prior_exponent`` (power of the prior that is divided out), ``restored`` and
        ``knee`` (chroma at which half of the lift sets in; what is nearly grey stays so). None of
        them: vividness changes nothing.
    options
        ``vividness`` is used. Beyond 1 nothing is annealed further, which would make hard patches
        of soft transitions.
    reference : float32 (n,), optional
        Histogram of the palette, see `palette.tilt`.
    lightness : float32 (h, w), optional
        L* of the cells; if given, `surfaces.agree` on their colour, and the dark are due less.
    lift : float, optional
        By default what the prediction itself asks for. Of a variant it must be given, or another
        colour here would change the colour over there.
    """
    if info.output != "distribution":
        return Decoded(prediction, 0.0)
    moments = _moments(prediction, info, options.vividness, reference, lightness)
    ab, expected, variance, due = moments
    if lightness is not None:
        ab = agree(ab, expected, variance, lightness)
    if not options.vividness or not info.decoding:
        return Decoded(ab, 0.0)
    if lift is None:
        lift = _lift(moments, info, options.vividness, reference)
    return Decoded(lifted(ab, due, lift, info.decoding.get("knee", 0.0)), lift)


def roughly(
    prediction: FloatArray, bins: FloatArray, lightness: FloatArray, lift: float, info: ModelInfo
) -> FloatArray:
    """About what `decode` makes of logits (m, h, w) over bins (m, 2), neither annealed nor tilted.

    For comparisons; half the work. float32 (2, h, w).
    """
    ab, variance = mean_and_variance(softmax(prediction), bins)
    due = _due(ab, ab, variance, lightness)
    return lifted(ab, due, lift, info.decoding.get("knee", 0.0))


def lifted(ab: FloatArray, due: FloatArray, lift: float, knee: float) -> FloatArray:
    """Move colours (2, h, w) away from neutral, hue unchanged: float32 (2, h, w).

    By ``lift`` times the chroma that each is ``due`` (h, w); what has the chroma ``knee``, by half
    of that, and what has less, hardly.
    """
    chroma = np.hypot(ab[0], ab[1])
    gain = 1 + lift * _reach(chroma, due, knee) / np.maximum(chroma, 1e-6)
    return np.asarray(ab * gain, np.float32)


def _reach(chroma: FloatArray, due: FloatArray, knee: float) -> FloatArray:
    """Chroma that a lift of 1 adds to each cell."""
    power = np.square(chroma)
    return np.asarray(due * power / np.maximum(power + knee**2, 1e-6))


def _lift(
    moments: _Moments, info: ModelInfo, vividness: float, reference: FloatArray | None
) -> float:
    """The lift that gives the annealed colours the mean square of the chroma that is wanted."""
    ab, expected, variance, due = moments
    kept, power = (float(np.square(planes).sum(0).mean()) for planes in (expected, ab))
    doubt = float(variance.mean())
    within, beyond = min(vividness, 1), max(vividness - 1, 0)  # vividness 1
    share = info.decoding.get("restored", 0.0) * (doubt / max(kept + doubt, 1e-6)) ** 2
    wanted = kept + share * within * doubt
    wanted *= (1 + _BOLDER * beyond) ** 2
    if reference is not None:  # vivid must be neither what the palette has made doubtful ...
        faded = max(vividness, 1) * float(matmul(np.square(info.bins).sum(1), reference))
        wanted = min(wanted, kept + _TILTED * vividness * doubt, faded)  # ... nor what is faded
    chroma = np.hypot(ab[0], ab[1])
    reach = _reach(chroma, due, info.decoding.get("knee", 0.0))
    square, across = float(np.square(reach).mean()), float((reach * chroma).mean())
    missing = max(wanted - power, 0.0)  # = square * lift**2 + 2 * across * lift
    lift = missing / max(across + np.sqrt(across**2 + square * missing), 1e-6)
    # Bounded: what is as good as grey must not turn into blotches, nor a face pay for its backdrop.
    return float(min(lift, _MOST * within + _BOLD * beyond))


def _moments(
    prediction: FloatArray,
    info: ModelInfo,
    vividness: float,
    reference: FloatArray | None,
    lightness: FloatArray | None,
) -> _Moments:
    likely = softmax(_tilted(prediction, reference))
    expected, variance = mean_and_variance(likely, info.bins)
    ab = expected
    strength = min(vividness, 1.0)
    temperature = info.decoding.get("temperature", 1.0) ** strength
    exponent = info.decoding.get("prior_exponent", 0.0) * strength
    if strength and info.decoding:
        surprise = -np.log(np.maximum(info.prior, _RAREST))
        scores = (prediction + exponent * surprise[:, None, None]) / temperature
        annealed = softmax(_tilted(scores, reference))
        looked = unevened(_mean(annealed, evened(info.bins.T).T))
        ab = strength * looked + (1 - strength) * _mean(annealed, info.bins)
    return _Moments(ab, expected, variance, _due(ab, expected, variance, lightness))


def _mean(probability: FloatArray, bins: FloatArray) -> FloatArray:
    # Not by BLAS: it would start threads for a few hundred thousand products.
    return np.asarray(np.einsum("nc,nhw->chw", bins, probability), np.float32)


def _due(
    ab: FloatArray, expected: FloatArray, variance: FloatArray, lightness: FloatArray | None
) -> FloatArray:
    """Chroma that colours (2, h, w) are due: (h, w).

    By what they have lost, the root mean square chroma that is expected, less their own.
    """
    likely = np.sqrt(np.square(expected).sum(0) + variance)
    lost = np.maximum(likely - np.hypot(*ab), 0)
    due = _USUAL * (lost / _USUAL) ** _MODERATE
    return np.asarray(due if lightness is None else due * np.clip(lightness / _DIM, 0, 1))


def _tilted(scores: FloatArray, reference: FloatArray | None) -> FloatArray:
    return scores if reference is None else scores + tilt(scores, reference)[:, None, None]


def softmax(logits: FloatArray) -> FloatArray:
    """Probabilities along the first axis, float32."""
    shifted: FloatArray = np.subtract(logits, logits.max(0), dtype=np.float32)
    np.exp(shifted, out=shifted)
    shifted /= shifted.sum(0)
    return shifted


def mean_and_variance(probability: FloatArray, bins: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Of distributions (n, gh, gw) over bins (n, 2): a*, b* (2, gh, gw), and the variance of both
    together (gh, gw).
    """
    mean = _mean(probability, bins)
    power = np.einsum("nhw,n->hw", probability, np.square(bins).sum(1))
    return mean, np.maximum(power - np.square(mean).sum(0), 0)
