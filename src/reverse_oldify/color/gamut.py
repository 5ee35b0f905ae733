"""The sRGB gamut: colours beyond it lose chroma until they fit; lightness and hue stay."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from reverse_oldify.color.lab import (
    f_to_linear,
    gray_to_lightness,
    lab_to_linear,
    linear_to_srgb,
)
from reverse_oldify.types import FloatArray

_TOLERANCE = 1e-6  # of linear light: at most one 16-bit code, at black
_FURTHEST = np.float32(140)  # no colour of sRGB has more chroma
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
    planes = np.moveaxis(linear, -1, 0)
    least, most = planes.min(initial=0), planes.max(initial=1)
    if least < -_TOLERANCE or most > 1 + _TOLERANCE:
        outside = np.flatnonzero(~in_gamut(linear))
        colours = (plane.reshape(-1)[outside] for plane in (lightness, ab[..., 0], ab[..., 1]))
        planes.reshape(3, -1)[:, outside] = _pull_in(*colours)
    return np.clip(linear, 0, 1, out=linear) if least < 0 or most > 1 else linear


def lab_to_srgb_in_gamut(lightness: FloatArray, ab: FloatArray) -> FloatArray:
    """sRGB, float32 (..., 3), 0..1, of Lab colours: see `lab_to_linear_in_gamut`."""
    return np.asarray(linear_to_srgb(lab_to_linear_in_gamut(lightness, ab)), np.float32)


def in_gamut(linear: FloatArray) -> NDArray[np.bool_]:
    """Which linear sRGB colours (..., 3) can be shown, but for rounding; bool (...)."""
    least = np.minimum(np.minimum(linear[..., 0], linear[..., 1]), linear[..., 2])
    most = np.maximum(np.maximum(linear[..., 0], linear[..., 1]), linear[..., 2])
    return np.asarray((least >= -_TOLERANCE) & (most <= 1 + _TOLERANCE))


@cache
def rim() -> FloatArray:
    """Largest chroma in sRGB, by hue angle and lightness; computed once.

    Returns
    -------
    float32 (361, 256)
        For each whole degree (the first and the last are the same), for each 8-bit code of grey.
    """
    angle = np.radians(np.arange(361, dtype=np.float32))[:, None]
    gray = gray_to_lightness(np.arange(256, dtype=np.uint8))
    colours = (gray, _FURTHEST * np.cos(angle), _FURTHEST * np.sin(angle))
    lightness, a, b = (np.ravel(plane) for plane in np.broadcast_arrays(*colours))
    return _FURTHEST * _fitting_share(lightness, a, b).reshape(361, 256)


def _pull_in(lightness: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
    """Cut the chroma of colours (n,) outside the gamut; linear sRGB (3, n) inside it."""
    share = _fitting_share(lightness, a, b)
    return f_to_linear(_f_of(lightness, a * share, b * share))


def _fitting_share(lightness: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
    """Bisect how much of the chroma of colours (n,) sRGB can show: 0..1, (n,)."""
    neutral = (lightness + np.float32(16)) * np.float32(1 / 116)
    away = _f_of(lightness, a, b) - neutral
    share = np.zeros_like(neutral)  # of the chroma that is known to fit
    step = np.float32(1)
    for _ in range(_HALVINGS):
        step /= 2
        f = away * (share + step)
        f += neutral
        excess = f_to_linear(f)
        excess -= np.float32(0.5)
        fits = np.abs(excess, out=excess).max(0) <= 0.5 + _TOLERANCE
        share += step * fits
    return share


def _f_of(lightness: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
    """``f(X), f(Y), f(Z)`` of CIE 1976, (3, n)."""
    neutral = (lightness + np.float32(16)) * np.float32(1 / 116)
    return np.stack([neutral + a / 500, neutral, neutral - b / 200])
