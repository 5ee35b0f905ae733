"""Which colours a place may have: the likeliest distinct ones of its distribution."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reverse_oldify.color.gamut import lab_to_srgb_in_gamut
from reverse_oldify.color.lab import srgb_to_lab
from reverse_oldify.errors import OptionError
from reverse_oldify.matmul import matmul
from reverse_oldify.types import FloatArray

_APART = 18.0  # in ab: closer colours are taken for one


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """A colour that a place may have.

    Attributes
    ----------
    srgb : (int, int, int)
        0..255, at the lightness of the place.
    ab : (float, float)
        CIE a*, b*.
    probability : float
        0..1, of this colour and those near to it.
    """

    srgb: tuple[int, int, int]
    ab: tuple[float, float]
    probability: float

    @property
    def hex(self) -> str:
        """``"#rrggbb"``, as a hint takes it."""
        return "#" + bytes(self.srgb).hex()


def suggest(
    probability: FloatArray, bins: FloatArray, lightness: float, count: int
) -> list[Suggestion]:
    """Find the likeliest distinct colours, the likeliest first.

    The likeliest bin takes those around it, then the likeliest of the rest, and so on, until none
    is left; every bin counts for the colour it is nearest to. So a colour and its probability do
    not depend on how many are asked for. Colours are those that exist at this lightness.

    Parameters
    ----------
    probability : float32 (n,)
        Sums to 1.
    bins : float32 (n, 2)
        a*, b*.
    lightness : float
        L*, 0..100.
    count : int
        At most so many, 1 or more.

    Raises
    ------
    OptionError
        If ``count`` is less than 1.
    """
    if count < 1:
        raise OptionError(f"{count} suggestions; ask for 1 or more")
    shares, colours = distinct(probability, within_gamut(lightness, bins), len(bins))
    shares, colours = np.minimum(shares[:count], 1), colours[:count]  # sums of shares round up
    shown = lab_to_srgb_in_gamut(np.full(len(colours), lightness, np.float32), colours)
    srgb = np.rint(shown * 255).astype(int).tolist()
    return [
        Suggestion(srgb=(red, green, blue), ab=(a, b), probability=share)
        for (red, green, blue), (a, b), share in zip(
            srgb, colours.tolist(), shares.tolist(), strict=True
        )
    ]


def distinct(probability: FloatArray, ab: FloatArray, count: int) -> tuple[FloatArray, FloatArray]:
    """Tell at most ``count`` distinct colours of a distribution (n,) over colours (n, 2).

    Returns their shares (m,), the largest first, and a*, b* (m, 2); see `suggest`.
    """
    squared = np.square(ab[:, 0, None] - ab[:, 0]) + np.square(ab[:, 1, None] - ab[:, 1])
    near = matmul(np.exp(squared * np.float32(-0.5 / (_APART / 3) ** 2)), probability)
    peaks: list[int] = []
    while len(peaks) < count and near.max() > 0:
        peaks.append(int(near.argmax()))
        near = np.where(squared[peaks[-1]] < _APART**2, 0, near)
    owned = squared[peaks].argmin(0) == np.arange(len(peaks))[:, None]
    shares = np.where(owned, probability, 0)
    colours = matmul(shares, ab) / np.maximum(shares.sum(1), 1e-12)[:, None]
    order = np.argsort(-shares.sum(1), kind="stable")
    return shares.sum(1)[order], np.asarray(colours[order], np.float32)


def within_gamut(lightness: float, ab: FloatArray) -> FloatArray:
    """Pull colours (n, 2) in until they exist at this lightness."""
    shown = lab_to_srgb_in_gamut(np.full(len(ab), lightness, np.float32), ab)
    return srgb_to_lab(shown)[:, 1:]
