"""CIEDE2000: how different two colours look."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reverse_oldify.color.lab import row_strips
from reverse_oldify.types import FloatArray

Plane = NDArray[np.float64]

_CHROMA_7 = 25.0**7
_PALER = 0.045  # by how much less a difference of chroma counts, for each unit of chroma
_NEUTRAL = 1e-6
_HALF_TURN = 180.0 + 1e-9  # degrees: hues that are opposite are not beyond it by rounding


def ciede2000(lab: FloatArray, other: FloatArray) -> FloatArray:
    """CIEDE2000 colour difference of two pictures, pixel by pixel, with kL = kC = kH = 1.

    Parameters
    ----------
    lab, other : floating (..., 3)
        CIELAB (D65): L* 0..100, a*, b*.

    Returns
    -------
    float32 (...)
        0 for equal colours; about 1 is just noticeable side by side.

    References
    ----------
    Sharma, Wu, Dalal (2005), "The CIEDE2000 color-difference formula: implementation notes,
    supplementary test data, and mathematical observations".
    """
    shape = np.broadcast_shapes(np.shape(lab), np.shape(other))
    first = np.broadcast_to(lab, shape).reshape(-1, 3)
    second = np.broadcast_to(other, shape).reshape(-1, 3)
    difference = np.empty(len(first), np.float32)
    for pixels in row_strips(len(first), 1):
        difference[pixels] = _difference(_planes(first[pixels]), _planes(second[pixels]))
    return difference.reshape(shape[:-1])


def evened(ab: FloatArray) -> FloatArray:
    """Place colours in a plane where distances are about CIEDE2000.

    Two colours that are apart by a small chroma dC differ by dC / (1 + 0.045 C): the sum of that is
    how far from neutral a colour is, and its hue stays. (The chroma of DIN 99 is the same.)

    Parameters
    ----------
    ab : float32 (2, ...)
        a*, b*.

    Returns
    -------
    float32 (2, ...)
    """
    chroma = np.maximum(np.hypot(*ab), np.float32(_NEUTRAL))
    return np.asarray(ab * (np.log1p(_PALER * chroma) / (_PALER * chroma)))


def unevened(places: FloatArray) -> FloatArray:
    """a*, b* of places in the plane of `evened`; both float32 (2, ...)."""
    distance = np.maximum(np.hypot(*places), np.float32(_NEUTRAL))
    return np.asarray(places * (np.expm1(_PALER * distance) / (_PALER * distance)))


def _planes(lab: FloatArray) -> Plane:
    return np.asarray(lab.T, np.float64, order="C")


def _difference(lab: Plane, other: Plane) -> Plane:
    """Equations 2 to 22 of Sharma et al., on planes (3, n)."""
    gain = _neutral_gain((np.hypot(*lab[1:]) + np.hypot(*other[1:])) / 2)
    chroma, hue = _chroma_and_hue(lab, gain)
    other_chroma, other_hue = _chroma_and_hue(other, gain)

    product = chroma * other_chroma
    turn = other_hue - hue  # wrapped into -180..180
    turn -= 360.0 * np.sign(turn) * (np.abs(turn) > _HALF_TURN)
    turn[product == 0] = 0.0

    delta_lightness = other[0] - lab[0]
    delta_chroma = other_chroma - chroma
    delta_hue = 2.0 * np.sqrt(product) * np.sin(np.radians(turn / 2))

    mean_chroma = (chroma + other_chroma) / 2
    mean_hue = _mean_hue(hue, other_hue, neutral=product == 0)
    lightness_offset = ((lab[0] + other[0]) / 2 - 50.0) ** 2
    scaled_lightness = delta_lightness / (
        1.0 + 0.015 * lightness_offset / np.sqrt(20.0 + lightness_offset)
    )
    scaled_chroma = delta_chroma / (1.0 + 0.045 * mean_chroma)
    scaled_hue = delta_hue / (1.0 + 0.015 * mean_chroma * _hue_weight(mean_hue))
    rotation = _rotation(mean_chroma, mean_hue)
    square = (
        scaled_lightness**2
        + scaled_chroma**2
        + scaled_hue**2
        + rotation * scaled_chroma * scaled_hue
    )
    return np.asarray(np.sqrt(np.maximum(square, 0.0)))


def _neutral_gain(mean_chroma: Plane) -> Plane:
    """1 + G: by how much a* is stretched, most near neutral."""
    power = mean_chroma**7
    return np.asarray(1.5 - 0.5 * np.sqrt(power / (power + _CHROMA_7)))


def _chroma_and_hue(lab: Plane, gain: Plane) -> tuple[Plane, Plane]:
    """C' and h' (degrees, 0..360)."""
    a, b = lab[1] * gain, lab[2]
    return np.hypot(a, b), np.degrees(np.arctan2(b, a)) % 360.0


def _mean_hue(hue: Plane, other: Plane, *, neutral: NDArray[np.bool_]) -> Plane:
    """Mean hue (degrees) along the shorter arc; their sum where one colour has no hue."""
    total = hue + other
    wraps = np.abs(hue - other) > _HALF_TURN
    mean = (total + np.where(wraps, np.where(total < 360, 360.0, -360.0), 0.0)) / 2
    return np.where(neutral, total, mean)


def _hue_weight(hue: Plane) -> Plane:
    """T: the eye tells some hues apart better than others."""
    return np.asarray(
        1.0
        - 0.17 * np.cos(np.radians(hue - 30))
        + 0.24 * np.cos(np.radians(2 * hue))
        + 0.32 * np.cos(np.radians(3 * hue + 6))
        - 0.20 * np.cos(np.radians(4 * hue - 63))
    )


def _rotation(chroma: Plane, hue: Plane) -> Plane:
    """R_T: ties chroma to hue in the blue region."""
    angle = 30.0 * np.exp(-(((hue - 275.0) / 25.0) ** 2))
    power = chroma**7
    return np.asarray(-2.0 * np.sqrt(power / (power + _CHROMA_7)) * np.sin(np.radians(2 * angle)))
