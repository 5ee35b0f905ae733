"""Colour profiles of three tone curves and a matrix, applied exactly to 16-bit colour.

Adobe RGB, Display P3, ProPhoto and most profiles of scanners and cameras are of this kind. Pillow's
LittleCMS takes colour at 8 bits only, which is what this module is for (ICC.1:2010, 10.6 curveType,
10.18 parametricCurveType, F.3).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reverse_oldify.color.lab import linear_to_srgb
from reverse_oldify.files.icc.make import SRGB_IN_D50
from reverse_oldify.files.strips import strips_of
from reverse_oldify.matmul import matmul, mixed

_CODES = 65536
_MOST_TAGS = 200
# Numbers that each kind of parametric curve takes: g a b c d e f.
_PARAMETERS = {0: 1, 1: 3, 2: 4, 3: 5, 4: 7}


@dataclass(frozen=True, eq=False)
class MatrixProfile:
    """A profile of this kind.

    Attributes
    ----------
    curves : float32 (3, 65536)
        Linear light, 0..1, of every code of red, green and blue.
    matrix : float32 (3, 3)
        From there to linear sRGB.
    """

    curves: NDArray[np.float32]
    matrix: NDArray[np.float32]

    def to_srgb(self, pixels: NDArray[np.uint16]) -> NDArray[np.uint16]:
        """Convert uint16 (H, W, 3) to sRGB; what lies outside its gamut is cut per channel."""
        converted = np.empty_like(pixels)
        for rows in strips_of(pixels):
            strip = pixels[rows]
            linear = np.stack([self.curves[channel][strip[..., channel]] for channel in range(3)])
            converted[rows] = np.moveaxis(_codes(mixed(self.matrix, linear)), 0, -1)
        return converted

    def gray_table(self) -> NDArray[np.uint16]:
        """sRGB-encoded grey of every code of a grey that is meant as three equal channels."""
        return _codes(self.curves[1])


def parse_matrix_profile(icc: bytes) -> MatrixProfile | None:
    """Read a profile; None if it is of another kind, or damaged."""
    try:
        tags = _tags(icc)
        if icc[16:20] != b"RGB " or icc[20:24] != b"XYZ " or b"A2B0" in tags:
            return None
        columns = [_xyz(tags[name + b"XYZ"]) for name in (b"r", b"g", b"b")]
        curves = [_curve(tags[name + b"TRC"]) for name in (b"r", b"g", b"b")]
    except (KeyError, ValueError, struct.error):
        return None
    matrix = matmul(np.linalg.inv(np.array(SRGB_IN_D50)), np.array(columns).T)
    return MatrixProfile(np.stack(curves), matrix.astype(np.float32))


def _tags(icc: bytes) -> dict[bytes, bytes]:
    (count,) = struct.unpack_from(">I", icc, 128)
    if count > _MOST_TAGS:
        raise ValueError("more tags than any profile has")
    entries = (struct.unpack_from(">4sII", icc, 132 + 12 * index) for index in range(count))
    return {name: icc[start : start + size] for name, start, size in entries}


def _xyz(tag: bytes) -> list[float]:
    values = struct.unpack_from(">3i", tag, 8)
    return [value / 65536 for value in values]


def _curve(tag: bytes) -> NDArray[np.float32]:
    """Linear light of every 16-bit code; float32 (65536,), 0..1."""
    codes = np.linspace(0, 1, _CODES)
    if tag[:4] == b"curv":
        linear = _sampled(tag, codes)
    elif tag[:4] == b"para":
        linear = _parametric(tag, codes)
    else:
        raise ValueError("not a tone curve")
    if not np.isfinite(linear).all():
        raise ValueError("a tone curve without values")
    return np.clip(linear, 0, 1).astype(np.float32)


def _sampled(tag: bytes, codes: NDArray[np.float64]) -> NDArray[np.float64]:
    """One number is a gamma, none is gamma 1, more are points on the curve."""
    (count,) = struct.unpack_from(">I", tag, 8)
    if count == 0:
        return codes
    if len(tag) < 12 + 2 * count:
        raise ValueError("a tone curve that is cut off")
    points = np.frombuffer(tag, ">u2", count, 12).astype(np.float64)
    if count == 1:
        return np.asarray(codes ** (points[0] / 256))
    return np.asarray(np.interp(codes, np.linspace(0, 1, count), points / 65535))


def _parametric(tag: bytes, codes: NDArray[np.float64]) -> NDArray[np.float64]:
    (kind,) = struct.unpack_from(">H", tag, 8)
    count = _PARAMETERS[kind]
    given = [value / 65536 for value in struct.unpack_from(f">{count}i", tag, 12)]
    gamma, a, b, c, d, e, f = (given + [0.0] * 7)[:7]
    if kind == 0:
        a, d = 1.0, -1.0
    elif kind in (1, 2):  # below -b/a the curve is constant, and c is its height everywhere
        if a == 0:
            raise ValueError("a tone curve without slope")
        e = f = c
        c, d = 0.0, -b / a
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        power = np.maximum(a * codes + b, 0) ** gamma + e
    return np.asarray(np.where(codes >= d, power, c * codes + f))


def _codes(linear: NDArray[np.float32]) -> NDArray[np.uint16]:
    """Linear light as rounded 16-bit sRGB codes, cut to 0..1."""
    srgb = linear_to_srgb(np.clip(linear, 0, 1))
    return np.asarray(srgb * 65535 + 0.5).astype(np.uint16)
