"""The sRGB gamut: colours beyond it lose chroma until they fit; lightness and hue stay."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reverse_oldify.color.lab import lab_to_linear
from reverse_oldify.types import FloatArray

_TOLERANCE = 1e-6  # of linear light: at most one 16-bit code, at black
_HALVINGS = 14  # leaves an error of 0.01 in chroma for the strongest colour there is


def lab_to_linear_in_gamut(lightness: FloatArray, ab: FloatArray) -> FloatArray:
    """Linear sRGB of Lab colours; those outside the gamut are pulled in towards neutral.

    A colour that does not exist in sRGB keeps its L* and hue angle and gets the largest chroma
    that does, found by bisection to 0.01.

    Parameters
    ----------
    lightness : float32 (...)
        L*; cut to 0..100.
    ab : float32 (..., 2)
        a*, b*, finite.

    Returns
    -------
    float32 (..., 3)
        Linear sRGB, 0..1. Exactly equal channels where a* = b* = 0.
    """
    lightness = np.clip(lightness, 0, 100)
    linear = lab_to_linear(lightness, ab)
    outside = ~in_gamut(linear)
    if outside.any():
        linear[outside] = _pull_in(lightness[outside], ab[outside])
    return np.clip(linear, 0, 1, out=linear)


def in_gamut(linear: FloatArray) -> NDArray[np.bool_]:
    """Which linear sRGB colours (..., 3) can be shown, but for rounding; bool (...)."""
    least = np.minimum(np.minimum(linear[..., 0], linear[..., 1]), linear[..., 2])
    most = np.maximum(np.maximum(linear[..., 0], linear[..., 1]), linear[..., 2])
    return np.asarray((least >= -_TOLERANCE) & (most <= 1 + _TOLERANCE))


def _pull_in(lightness: FloatArray, ab: FloatArray) -> FloatArray:
    """Bisect the chroma of colours (n,), (n, 2) outside the gamut; linear sRGB (n, 3) inside it."""
    ab = np.moveaxis(np.ascontiguousarray(np.moveaxis(ab, -1, 0)), 0, -1)
    inside = np.zeros_like(lightness)  # share of the chroma known to fit
    step = np.float32(1)
    for _ in range(_HALVINGS):
        step /= 2
        trial = inside + step
        fits = in_gamut(lab_to_linear(lightness, ab * trial[:, None]))
        inside = np.where(fits, trial, inside)
    return lab_to_linear(lightness, ab * inside[:, None])
