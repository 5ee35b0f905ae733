"""CIELAB and sRGB: exact conversions in float32, a strip of rows at a time.

Constants are those of scikit-image (IEC 61966-2-1 primaries rounded to six digits, CIE D65 for the
2-degree observer), so that every figure this project reports can be checked against it.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reverse_oldify.types import FloatArray

XYZ_FROM_RGB = np.array(
    [
        [0.412453, 0.357580, 0.180423],
        [0.212671, 0.715160, 0.072169],
        [0.019334, 0.119193, 0.950227],
    ]
)
RGB_FROM_XYZ = np.linalg.inv(XYZ_FROM_RGB)
WHITE_D65 = np.array([0.95047, 1.0, 1.08883])

STRIP_ROWS = 256  # keeps the temporaries of a strip inside the processor's cache and memory flat

_EPSILON = 0.008856
_SLOPE = 7.787
_OFFSET = 16.0 / 116.0


def srgb_to_linear(srgb: NDArray[np.floating]) -> NDArray[np.floating]:
    """Undo the sRGB transfer curve (IEC 61966-2-1). Any shape, 0..1 in and out."""
    return np.where(srgb > 0.04045, ((srgb + 0.055) / 1.055) ** 2.4, srgb / 12.92)


def linear_to_srgb(linear: NDArray[np.floating]) -> NDArray[np.floating]:
    """Apply the sRGB transfer curve (IEC 61966-2-1). Any shape; negative values become 0."""
    linear = np.maximum(linear, 0.0)
    return np.where(linear > 0.0031308, 1.055 * linear ** (1 / 2.4) - 0.055, linear * 12.92)


@cache
def _linear_table(levels: int) -> FloatArray:
    """Linear light of every code of an unsigned integer sRGB channel; float32 (levels,)."""
    return srgb_to_linear(np.arange(levels) / (levels - 1)).astype(np.float32)


@cache
def _lightness_table(levels: int) -> FloatArray:
    """L* of every code of an unsigned integer sRGB grey; float32 (levels,)."""
    return luminance_to_lightness(srgb_to_linear(np.arange(levels) / (levels - 1))).astype(
        np.float32
    )


def luminance_to_lightness(luminance: NDArray[np.floating]) -> NDArray[np.floating]:
    """CIE 1976 L* (0..100) of relative luminance Y (0..1). Any shape."""
    return np.asarray(116.0 * _forward(luminance) - 16.0)


def lightness_to_luminance(lightness: NDArray[np.floating]) -> NDArray[np.floating]:
    """Relative luminance Y (0..1) of CIE 1976 L* (0..100). Any shape."""
    return _backward((lightness + 16.0) / 116.0)


def gray_to_lightness(gray: NDArray[np.unsignedinteger]) -> FloatArray:
    """L* of sRGB-encoded grey: uint8 or uint16, any shape -> float32, same shape, 0..100."""
    table = _lightness_table(np.iinfo(gray.dtype).max + 1)
    return np.asarray(table[gray])


def lightness_to_gray(lightness: ArrayLike) -> FloatArray:
    """sRGB-encoded grey (0..1) that has the given L* (0..100). Any shape, float32."""
    luminance = lightness_to_luminance(np.asarray(lightness, np.float32))
    return np.clip(linear_to_srgb(luminance), 0.0, 1.0).astype(np.float32)


def srgb_to_lab(srgb: NDArray[np.unsignedinteger] | NDArray[np.floating]) -> FloatArray:
    """Convert sRGB to CIELAB (D65).

    Parameters
    ----------
    srgb : uint8, uint16 or floating (H, W, 3) or (N, 3)
        Integers span the range of their type, floats 0..1.

    Returns
    -------
    float32, same shape
        L* 0..100, a* and b* about -110..110.
    """
    lab = np.empty(srgb.shape, np.float32)
    for start in range(0, len(srgb), STRIP_ROWS):
        rows = slice(start, start + STRIP_ROWS)
        lab[rows] = _linear_to_lab(_linearize(srgb[rows]))
    return lab


def lab_to_linear(lightness: FloatArray, ab: FloatArray) -> FloatArray:
    """Linear sRGB of Lab colours, not clipped: outside 0..1 means outside the gamut.

    Parameters
    ----------
    lightness : float32 (...)
        L*, 0..100.
    ab : float32 (..., 2)
        a*, b*.

    Returns
    -------
    float32 (..., 3)
        Exactly equal channels where a* = b* = 0.
    """
    fy = (lightness + 16.0) / 116.0
    fx = fy + ab[..., 0] / 500.0
    fz = fy - ab[..., 1] / 200.0
    matrix = (RGB_FROM_XYZ * WHITE_D65).astype(np.float32)
    luminance = _backward(fy)
    xyz = (_backward(fx), luminance, _backward(fz))
    linear = np.stack([sum(m * c for m, c in zip(row, xyz, strict=True)) for row in matrix], -1)
    neutral = (ab[..., 0] == 0) & (ab[..., 1] == 0)
    return np.where(neutral[..., None], luminance[..., None], linear).astype(np.float32)


def lab_to_srgb(lab: FloatArray) -> FloatArray:
    """Convert CIELAB to sRGB, cut to 0..1 per channel (see `gamut` for a kinder way).

    ``(H, W, 3)`` or ``(N, 3)`` float32 in, same shape out.
    """
    srgb = np.empty(lab.shape, np.float32)
    for start in range(0, len(lab), STRIP_ROWS):
        strip = lab[start : start + STRIP_ROWS]
        linear = lab_to_linear(strip[..., 0], strip[..., 1:])
        srgb[start : start + STRIP_ROWS] = np.clip(linear_to_srgb(linear), 0.0, 1.0)
    return srgb


def _linearize(srgb: NDArray[np.unsignedinteger] | NDArray[np.floating]) -> NDArray[np.floating]:
    if np.issubdtype(srgb.dtype, np.unsignedinteger):
        return _linear_table(np.iinfo(srgb.dtype).max + 1)[srgb]
    return srgb_to_linear(np.asarray(srgb, np.float32))


def _linear_to_lab(linear: NDArray[np.floating]) -> FloatArray:
    matrix = (XYZ_FROM_RGB / WHITE_D65[:, None]).astype(np.float32)
    fx, fy, fz = (_forward(linear @ row) for row in matrix)
    return np.stack([116.0 * fy - 16.0, 500.0 * (fx - fy), 200.0 * (fy - fz)], -1).astype(
        np.float32
    )


def _forward(t: NDArray[np.floating]) -> NDArray[np.floating]:
    return np.where(t > _EPSILON, np.cbrt(t), _SLOPE * t + _OFFSET)


def _backward(f: NDArray[np.floating]) -> NDArray[np.floating]:
    return np.where(f > 0.2068966, f * f * f, (f - _OFFSET) / _SLOPE)
