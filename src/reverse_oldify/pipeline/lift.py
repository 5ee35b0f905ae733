"""How far a picture is moved from neutral: one lift for all its cells, see `decode`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from reverse_oldify.color.colorfulness import colorfulness
from reverse_oldify.color.gamut import lab_to_srgb_in_gamut
from reverse_oldify.matmul import matmul
from reverse_oldify.types import FloatArray, ModelInfo

_MOST = 1.55  # bound of the lift at vividness 1
_BOLD = 1.15  # what is added to that bound up to vividness 2
_BOLDER = 0.35  # share of the root mean square chroma at vividness 1 that is added to it up to 2
_RISE = 0.08  # how much more colourful than 0 vividness 1 is at least, of what is all doubt
_TILTED = 0.1  # most of the variance that is given back where a palette tilts what is said
_ROUNDS = 4


class Moments(NamedTuple):
    """Of what the network says.

    Annealed mean, mean (2, h, w); variance, and the chroma that the first is due (h, w).
    """

    ab: FloatArray
    expected: FloatArray
    variance: FloatArray
    due: FloatArray

    @property
    def kept(self) -> float:
        """Mean square of the chroma of the mean."""
        return _power(self.expected)

    @property
    def lost(self) -> float:
        """What is beyond that in the mean square of the chroma that is expected: the variance."""
        return float(self.variance.mean())

    @property
    def doubt(self) -> float:
        """Share of it that is lost, 0..1."""
        return self.lost / max(self.kept + self.lost, 1e-6)


class Lift(NamedTuple):
    """How a picture is made vivid.

    Attributes
    ----------
    times : float
        How many times the chroma that it is due each cell is moved from neutral.
    vivid, plain : float
        Shares of what that gives, and of the expected colours, in what is shown.
    """

    times: float = 0.0
    vivid: float = 0.0
    plain: float = 1.0

    def mixed(self, vivid: FloatArray, plain: FloatArray) -> FloatArray:
        """What is shown, of colours (2, h, w)."""
        return np.asarray(np.float32(self.vivid) * vivid + np.float32(self.plain) * plain)


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


def due_times(
    moments: Moments, info: ModelInfo, vividness: float, reference: FloatArray | None
) -> float:
    """What gives the annealed colours the mean square of the chroma that is wanted."""
    ab, kept, lost, power = moments.ab, moments.kept, moments.lost, _power(moments.ab)
    beyond = max(vividness - 1, 0)
    share = info.decoding.get("restored", 0.0) * moments.doubt**2
    wanted = kept + share * lost
    wanted *= (1 + _BOLDER * beyond) ** 2
    if reference is not None:  # vivid must be neither what the palette has made doubtful ...
        faded = (1 + beyond) * float(matmul(np.square(info.bins).sum(1), reference))
        wanted = min(wanted, kept + _TILTED * (1 + beyond) * lost, faded)  # ... nor what is faded
    chroma = np.hypot(ab[0], ab[1])
    reach = _reach(chroma, moments.due, info.decoding.get("knee", 0.0))
    square, across = float(np.square(reach).mean()), float((reach * chroma).mean())
    missing = max(wanted - power, 0.0)  # = square * lift**2 + 2 * across * lift
    lift = missing / max(across + np.sqrt(across**2 + square * missing), 1e-6)
    # Bounded: what is as good as grey must not turn into blotches, nor a face pay for its backdrop.
    return float(min(lift, _MOST + _BOLD * beyond))


def share_missing(
    shown: FloatArray,
    plain: FloatArray,
    vividness: float,
    lightness: FloatArray,
    doubt: float,
) -> float:
    """What share of the expected colours (2, h, w) makes those that are shown more colourful.

    By as much as ``doubt``, see `Moments`, and ``vividness`` ask for. Guesses of what is nearly
    grey are mostly grey: annealed, they may lose more than the bounded lift gives back.
    """
    own, share = _colourfulness(plain, lightness), 0.0
    least = own * (1 + _RISE * doubt * min(vividness, 1) + _BOLDER * max(vividness - 1, 0))
    for _ in range(_ROUNDS):  # for colourfulness adds up only nearly
        missing = least - _colourfulness(shown + np.float32(share) * plain, lightness)
        if missing <= 0:
            break
        share += missing / max(own, 1e-6)
    return share


def _power(ab: FloatArray) -> float:
    """Mean square of the chroma of colours (2, h, w)."""
    return float(np.square(ab).sum(0).mean())


def _colourfulness(ab: FloatArray, lightness: FloatArray) -> float:
    """Of colours (2, h, w) at their lightness (h, w), as sRGB shows them."""
    srgb = lab_to_srgb_in_gamut(lightness.ravel(), ab.reshape(2, -1).T)
    return colorfulness(srgb[None])
