"""CIELAB and sRGB: exact conversions, a strip of rows at a time.

Constants are those of scikit-image (IEC 61966-2-1 primaries rounded to six digits, CIE D65 for the
2-degree observer), so that every figure this project reports can be checked against it.

Inside, channels are planes (a plane is quick to compute on); outside, they are the last axis.
Towards Lab the arithmetic is float64: a* is 500 times a difference of two cube roots, which leaves
float32 with errors above 1e-4. Back to sRGB float32 suffices.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reverse_oldify.matmul import mixed
from reverse_oldify.types import ByteArray, FloatArray

XYZ_FROM_RGB = np.array(
    [
        [0.412453, 0.357580, 0.180423],
        [0.212671, 0.715160, 0.072169],
        [0.019334, 0.119193, 0.950227],
    ]
)
RGB_FROM_XYZ = np.linalg.inv(XYZ_FROM_RGB)
WHITE_D65 = np.array([0.95047, 1.0, 1.08883])

STRIP_PIXELS = 1 << 14  # the temporaries of a strip stay inside the processor's cache

_WHITE_FROM_RGB = XYZ_FROM_RGB / WHITE_D65[:, None]  # XYZ relative to the white point
_RGB_FROM_WHITE = (RGB_FROM_XYZ * WHITE_D65).astype(np.float32)

_EPSILON = 0.008856  # below this the cube root of CIE 1976 gives way to a straight line
_EPSILON_ROOT = 0.2068966
_SLOPE = 7.787
_OFFSET = 16.0 / 116.0

_BLACK = 0.0031308  # linear light below which the curve of sRGB is a straight line
_BLACK_SLOPE = 12.92
_ROOTS = 1 << 15
_STEPS = 1 << 20  # of luminance: 159 to half a code of sRGB where it is darkest

SrgbArray = NDArray[np.unsignedinteger] | NDArray[np.floating]


def row_strips(height: int, width: int, pixels: int = STRIP_PIXELS) -> Iterator[slice]:
    """Slices that together cover ``height`` rows, each of about ``pixels`` pixels."""
    rows = max(1, pixels // max(width, 1))
    for start in range(0, height, rows):
        yield slice(start, min(start + rows, height))


def srgb_to_linear(srgb: NDArray[np.floating]) -> NDArray[np.floating]:
    """Undo the sRGB transfer curve (IEC 61966-2-1). Floating, any shape, 0..1 in and out."""
    linear = np.asarray(((np.maximum(srgb, 0) + 0.055) / 1.055) ** 2.4)
    np.copyto(linear, srgb / 12.92, where=srgb <= 0.04045)
    return linear


def linear_to_srgb(linear: NDArray[np.floating]) -> NDArray[np.floating]:
    """Apply the sRGB transfer curve (IEC 61966-2-1). Floating, any shape, 0..1 in and out.

    Negative values become 0.
    """
    # The power of what is above the line's end, and the line of what is below: no pixel is asked
    # on which side it lies, which would take three times as long.
    srgb = np.asarray(np.maximum(linear, _BLACK))
    np.log(srgb, out=srgb)
    srgb *= 1 / 2.4
    np.exp(srgb, out=srgb)  # twice as quick as a power
    srgb *= 1.055
    line = np.clip(linear, 0, _BLACK)
    line *= _BLACK_SLOPE
    srgb += line
    srgb -= 0.055 + _BLACK_SLOPE * _BLACK
    return srgb


def linear_to_8_bits(linear: FloatArray) -> NDArray[np.uint8]:
    """Rounded sRGB codes of linear sRGB, float32, cut to 0..1; any shape.

    By a table of square roots, which are close to sRGB's curve: its steps are 0.01 of a code, so
    that a code is off by no more than 0.506.
    """
    root = np.asarray(np.maximum(linear, 0))
    np.sqrt(root, out=root)
    root *= _ROOTS
    root += 0.5
    return np.asarray(_code_table().take(root.astype(np.intp), mode="clip"))


@cache
def _code_table() -> NDArray[np.uint8]:
    """The sRGB codes of the squares of equal steps from 0 to 1; uint8."""
    linear = np.linspace(0, 1, _ROOTS + 1) ** 2
    return np.asarray(np.rint(linear_to_srgb(linear) * 255), np.uint8)


@cache
def _linear_table(levels: int) -> NDArray[np.float64]:
    """Linear light of every code of an unsigned integer sRGB channel; float64 (levels,)."""
    return srgb_to_linear(np.arange(levels) / (levels - 1)).astype(np.float64)


@cache
def _lightness_table(levels: int) -> FloatArray:
    """L* of every code of an unsigned integer sRGB grey; float32 (levels,)."""
    return luminance_to_lightness(_linear_table(levels)).astype(np.float32)


def luminance_to_lightness(luminance: NDArray[np.floating]) -> NDArray[np.floating]:
    """CIE 1976 L* (0..100) of relative luminance Y (0..1). Any shape."""
    return np.asarray(116.0 * _forward(luminance) - 16.0)


def lightness_to_luminance(lightness: NDArray[np.floating]) -> NDArray[np.floating]:
    """Relative luminance Y (0..1) of CIE 1976 L* (0..100). Any shape."""
    return _backward((lightness + 16.0) / 116.0)


def gray_to_lightness(gray: NDArray[np.unsignedinteger]) -> FloatArray:
    """L* of sRGB-encoded grey: uint8 or uint16, any shape -> float32, same shape, 0..100."""
    return _lightness_table(_levels(gray)).take(gray.astype(np.intp), mode="clip")


def lightness_to_gray(lightness: ArrayLike) -> FloatArray:
    """sRGB-encoded grey (0..1) that has the given L* (0..100). Any shape, float32."""
    luminance = lightness_to_luminance(np.asarray(lightness, np.float32))
    return np.asarray(np.clip(linear_to_srgb(luminance), 0.0, 1.0), np.float32)


def srgb_to_gray(srgb: ByteArray) -> ByteArray:
    """Grey of the same luminance as sRGB: uint8 (H, W, 3) -> uint8 (H, W), rounded.

    Equal channels give exactly the code of one of them.
    """
    gray = np.empty(srgb.shape[:2], np.uint8)
    pairs, blues, codes = _gray_tables()
    for rows in row_strips(*srgb.shape[:2]):
        index = srgb[rows, :, 1].astype(np.intp)
        index <<= 8
        index |= srgb[rows, :, 0]
        luminance = pairs.take(index, mode="clip")
        luminance += blues.take(srgb[rows, :, 2].astype(np.intp), mode="clip")
        codes.take(luminance, out=gray[rows], mode="clip")
    return gray


@cache
def _gray_tables() -> tuple[NDArray[np.intp], NDArray[np.intp], ByteArray]:
    """Luminance in steps, of red and green (the code of green times 256, and that of red) and of
    blue; and the sRGB code of each step.
    """
    steps = np.rint(XYZ_FROM_RGB[1][:, None] * _linear_table(256) * _STEPS).astype(np.intp)
    first = np.ceil(srgb_to_linear((np.arange(255) + 0.5) / 255) * _STEPS).astype(np.intp)
    counts = np.diff(first, prepend=0, append=_STEPS + 3)
    codes = np.repeat(np.arange(256, dtype=np.uint8), counts)  # quicker than a curve of each step
    return (steps[1][:, None] + steps[0]).reshape(-1), steps[2], codes


def _lightness_of_8_bits(srgb: ByteArray, lightness: FloatArray) -> None:
    """Write L* of 8-bit sRGB (H, W, 3)."""
    codes = [srgb[..., channel].astype(np.intp) for channel in range(3)]
    equal = codes[0] == codes[1]
    equal &= codes[1] == codes[2]
    if equal.all():
        lightness[:] = _lightness_table(256).take(codes[0], mode="clip")
        return
    red, green, blue = (
        table.take(code, mode="clip")
        for table, code in zip(_luminance_tables(), codes, strict=True)
    )
    red += green
    red += blue
    lightness[:] = luminance_to_lightness(red)
    lightness[equal] = _lightness_table(256)[codes[0][equal]]  # mostly few


@cache
def _luminance_tables() -> FloatArray:
    """What each code of R, G, B adds to the luminance; float32 (3, 256)."""
    return np.asarray(XYZ_FROM_RGB[1][:, None] * _linear_table(256), np.float32)


def srgb_to_lightness(srgb: SrgbArray) -> FloatArray:
    """L* alone of sRGB (H, W, 3), see `srgb_to_lab`; float32 (H, W), 0..100.

    Equal channels of integers give exactly the `gray_to_lightness` of one of them.
    """
    lightness = np.empty(srgb.shape[:2], np.float32)
    for rows in row_strips(*srgb.shape[:2]):
        if srgb.dtype == np.uint8:
            _lightness_of_8_bits(np.asarray(srgb[rows], np.uint8), lightness[rows])
            continue
        red, green, blue = _linear_planes(srgb[rows])
        luminance = blue + XYZ_FROM_RGB[1, 0] * (red - blue) + XYZ_FROM_RGB[1, 1] * (green - blue)
        lightness[rows] = luminance_to_lightness(luminance)
    return lightness


def srgb_to_lab(srgb: SrgbArray) -> FloatArray:
    """Convert sRGB to CIELAB (D65).

    Parameters
    ----------
    srgb : uint8, uint16 or floating (H, W, 3) or (N, 3)
        Integers span the range of their type, floats 0..1.

    Returns
    -------
    float32, same shape
        L* 0..100, a* and b* about -110..110; within 1e-5 of float64 arithmetic.
    """
    lab = np.empty(srgb.shape, np.float32)
    for rows in row_strips(len(srgb), srgb[0].size // 3 if len(srgb) else 1):
        planes = _linear_planes(srgb[rows])
        fx, fy, fz = _forward(mixed(_WHITE_FROM_RGB, planes))
        lab[rows, ..., 0] = 116.0 * fy - 16.0
        lab[rows, ..., 1] = 500.0 * (fx - fy)
        lab[rows, ..., 2] = 200.0 * (fy - fz)
    return lab


def lab_to_linear(lightness: FloatArray, ab: FloatArray) -> FloatArray:
    """Linear sRGB of Lab colours, not clipped: outside 0..1 means outside the gamut.

    Parameters
    ----------
    lightness : float32 (...)
        L*, 0..100.
    ab : float32 (..., 2)
        a*, b*; quickest as a view of planes, ``np.moveaxis(planes, 0, -1)``.

    Returns
    -------
    float32 (..., 3), a view of planes
        Exactly equal channels where a* = b* = 0.
    """
    a, b = ab[..., 0], ab[..., 1]
    f = np.empty((3, *np.shape(lightness)), np.float32)
    np.add(lightness, np.float32(16), out=f[1])
    f[1] *= np.float32(1 / 116)
    np.multiply(a, np.float32(1 / 500), out=f[0])
    np.multiply(b, np.float32(-1 / 200), out=f[2])
    f[::2] += f[1]
    xyz = _backward(f)
    linear = mixed(_RGB_FROM_WHITE, xyz, out=f)
    neutral = a == 0
    neutral &= b == 0
    if neutral.any():
        np.copyto(linear, xyz[1], where=neutral)
    return np.moveaxis(linear, 0, -1)


def f_to_linear(f: FloatArray) -> FloatArray:
    """Linear sRGB, float32 (3, n), of ``f(X), f(Y), f(Z)`` of CIE 1976, float32 (3, n)."""
    return mixed(_RGB_FROM_WHITE, _backward(f))


def lab_to_srgb(lab: FloatArray) -> FloatArray:
    """Convert CIELAB to sRGB, cut to 0..1 per channel (see `gamut` for a kinder way).

    ``(H, W, 3)`` or ``(N, 3)`` float32 in, same shape out.
    """
    srgb = np.empty(lab.shape, np.float32)
    for rows in row_strips(len(lab), lab[0].size // 3 if len(lab) else 1):
        linear = lab_to_linear(lab[rows, ..., 0], lab[rows, ..., 1:])
        srgb[rows] = np.clip(linear_to_srgb(linear), 0.0, 1.0)
    return srgb


def _linear_planes(srgb: SrgbArray) -> NDArray[np.float64]:
    """Linear light of sRGB (..., 3), as float64 planes (3, ...)."""
    planes = np.moveaxis(srgb, -1, 0)
    if srgb.dtype.kind == "u":
        table = _linear_table(_levels(srgb))
        return np.asarray(table[planes.astype(np.intp, order="C")])
    return srgb_to_linear(planes.astype(np.float64, order="C")).astype(np.float64)


def _levels(codes: SrgbArray) -> int:
    """How many codes an unsigned integer type has."""
    return 1 << (8 * codes.dtype.itemsize)


def _forward(t: NDArray[np.floating]) -> NDArray[np.floating]:
    f = np.asarray(np.cbrt(t))
    np.copyto(f, _SLOPE * t + _OFFSET, where=t <= _EPSILON)
    return f


def _backward(f: NDArray[np.floating]) -> NDArray[np.floating]:
    t = np.asarray(f * f)
    t *= f
    if np.min(f, initial=1) <= _EPSILON_ROOT:  # seldom so in much of a photograph
        dark = f <= _EPSILON_ROOT
        t[dark] = (f[dark] - _OFFSET) / _SLOPE
    return t
