"""From what the network says to one colour for every cell of its grid.

The network's distribution is honest, so its mean is the least-squares answer, and as grey as
honesty demands: where a dress may be red or blue, the mean is neither. The same distribution says
how much colour the mean has lost: of the power of the chroma, the mean square, a picture keeps all
but the variance; and of the root of that power, the chroma that it is likely to have, a cell keeps
what its guesses agree on. Vividness gives back a share of the first, to each cell by what it has
lost: what is certain, as skin is, changes little, what is dark hardly, for chroma glows there, and
what is nearly grey stays so. It also moves the answer a little from the mean towards the mode (the
annealed mean of Zhang et al. 2016), and takes the mean by how different colours look, not by their
a*, b*: a few vivid guesses then count for less. At 0 nothing of this happens, and between 0 and 1
the two are mixed. At any vividness, cells of one surface agree on its colour.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from reverse_oldify.color.difference import evened, unevened
from reverse_oldify.options import Options
from reverse_oldify.pipeline.lift import Lift, Moments, due_times, lifted, share_missing
from reverse_oldify.pipeline.palette import tilt
from reverse_oldify.pipeline.prediction import Prediction, mean_and_variance, mean_of, softmax
from reverse_oldify.pipeline.surfaces import agree
from reverse_oldify.types import FloatArray, ModelInfo

_DIM = 60.0  # L* below which chroma glows: less is given back, in proportion
_MODERATE = 0.8  # power of what is lost: the error of what is given back grows with its square
_USUAL = 10.0  # chroma lost of which as much is given back as without that power
_RAREST = 1e-4  # floor of the prior: bins that hardly ever occur must not be boosted without limit


class Decoded(NamedTuple):
    """What `decode` makes of a prediction: a*, b*, float32 (2, h, w), and how it was lifted."""

    ab: FloatArray
    lift: Lift


def decode(
    prediction: Prediction,
    info: ModelInfo,
    options: Options,
    lightness: FloatArray,
    reference: FloatArray | None = None,
    lift: Lift | None = None,
) -> Decoded:
    """Choose a colour for every cell of a picture.

    By the law of total variance the mean square of the chroma that the distribution of a picture
    expects is that of its mean plus its variance. The picture gets that of the mean plus a share of
    the variance: ``info.decoding["restored"]`` times the square of how much of it all is variance.
    So the dull and doubtful gain most. Below vividness 1 this is mixed with the expected colours;
    beyond, the wanted chroma grows evenly, for the sure as well. What that takes is one number for
    the picture, the lift; what its bound leaves duller than the expected colours gets more of them.

    Parameters
    ----------
    prediction
        For a model of ab values these are returned as they are.
    info
        Of the model; ``info.decoding`` holds, for vividness 1, ``temperature`` (divides the
        logits), ``prior_exponent`` (power of the prior that is divided out), ``restored`` and
        ``knee`` (chroma at which half of the lift sets in; what is nearly grey stays so). None of
        them: vividness changes nothing.
    options
        ``vividness`` is used. Beyond 1 nothing is annealed further, which would make hard patches
        of soft transitions.
    lightness : float32 (h, w)
        L* of the cells: tells which are of one surface, see `surfaces.agree`; the dark are due
        less.
    reference : float32 (n,), optional
        Histogram of the palette, see `palette.tilt`.
    lift : Lift, optional
        By default what the prediction itself asks for. Of a variant it must be given, or another
        colour here would change the colour over there.
    """
    if info.output != "distribution":
        return Decoded(prediction.values, Lift())
    moments = _moments(prediction, info, bool(options.vividness), lightness, reference)
    plain = agree(moments.expected, moments.expected, moments.variance, lightness)
    if not options.vividness or not info.decoding:
        return Decoded(plain, Lift())
    times = due_times(moments, info, options.vividness, reference) if lift is None else lift.times
    ab = agree(moments.ab, moments.expected, moments.variance, lightness)
    vivid = lifted(ab, moments.due, times, info.decoding.get("knee", 0.0))
    if lift is None:
        share = min(options.vividness, 1.0)
        lift = Lift(times, share, 1 - share)
        shown = lift.mixed(vivid, plain)
        missing = share_missing(shown, plain, options.vividness, lightness, moments.doubt)
        lift = lift._replace(plain=lift.plain + missing)
    return Decoded(lift.mixed(vivid, plain), lift)


def roughly(
    prediction: FloatArray, bins: FloatArray, lightness: FloatArray, lift: Lift, info: ModelInfo
) -> FloatArray:
    """About what `decode` makes of logits (m, h, w) over bins (m, 2), neither annealed nor tilted.

    For comparisons; half the work. float32 (2, h, w).
    """
    ab, variance = mean_and_variance(softmax(prediction), bins)
    due = _due(ab, ab, variance, lightness)
    return lift.mixed(lifted(ab, due, lift.times, info.decoding.get("knee", 0.0)), ab)


def _moments(
    prediction: Prediction,
    info: ModelInfo,
    anneal: bool,
    lightness: FloatArray,
    reference: FloatArray | None,
) -> Moments:
    logits = prediction.values
    expected, variance = (
        prediction.moments
        if reference is None
        else mean_and_variance(softmax(_tilted(logits, reference)), info.bins)
    )
    ab = expected
    if anneal and info.decoding:
        surprise = -np.log(np.maximum(info.prior, _RAREST))
        exponent = info.decoding.get("prior_exponent", 0.0)
        scores = np.asarray(logits + exponent * surprise[:, None, None], np.float32)
        annealed = softmax(_tilted(scores / info.decoding.get("temperature", 1.0), reference))
        ab = unevened(mean_of(annealed, evened(info.bins.T).T))
    return Moments(ab, expected, variance, _due(ab, expected, variance, lightness))


def _due(
    ab: FloatArray, expected: FloatArray, variance: FloatArray, lightness: FloatArray
) -> FloatArray:
    """Chroma that colours (2, h, w) are due: (h, w).

    By what they have lost, the root mean square chroma that is expected, less their own.
    """
    likely = np.sqrt(np.square(expected).sum(0) + variance)
    lost = np.maximum(likely - np.hypot(*ab), 0)
    due = _USUAL * (lost / _USUAL) ** _MODERATE
    return np.asarray(due * np.clip(lightness / _DIM, 0, 1))


def _tilted(scores: FloatArray, reference: FloatArray | None) -> FloatArray:
    return scores if reference is None else scores + tilt(scores, reference)[:, None, None]
