"""Inks and CIELAB in TIFF at 16 bits, which Pillow cuts to 8 or does not read (TIFF 6.0)."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from reverse_oldify.color.lab import lab_to_srgb, linear_to_srgb, row_strips
from reverse_oldify.files import codecs
from reverse_oldify.files.icc.convert import is_usable
from reverse_oldify.files.icc.make import D50, SRGB_IN_D50
from reverse_oldify.files.interpret import Space
from reverse_oldify.files.picture import Pixels
from reverse_oldify.files.tiff.ifd import RATIONAL, Directory, Field
from reverse_oldify.files.tiff.layout import BITS, CIELAB, CMYK, PHOTOMETRIC, WHITE_POINT
from reverse_oldify.matmul import mixed

_D65_X = 0.3127
_STRIP_PIXELS = 1 << 15
_LINEAR_TO = 6 / 29  # f(Y) below which CIE 1976 is a straight line
_XYZ_TO_LINEAR = np.linalg.inv(np.array(SRGB_IN_D50)) * np.array(D50)


def is_convertible(page: Directory, icc: bytes | None) -> bool:
    """Whether all bits can be converted: 16 of CMYK with a profile by the extra [deep] alone."""
    inked = page.number(PHOTOMETRIC, -1) == CMYK and page.number(BITS) == 16
    return not inked or icc is None or codecs.installed() or not is_usable(icc, "CMYK")


def of(page: Directory, icc: bytes | None) -> Space | None:
    """Colour space of a page at 16 bits, if it is neither grey nor RGB.

    CMYK goes through its profile, or without one through the plain formula, with a note. The white
    of CIELAB is that which the page names, if it is D65, and else D50, as in Photoshop.
    """
    kind = page.number(PHOTOMETRIC, -1)
    if kind == CIELAB:
        return Space(3, _from_d65 if _is_d65(page) else _from_d50)
    if kind != CMYK:
        return None
    if icc is not None and is_usable(icc, "CMYK"):
        return Space(4, partial(codecs.through_profile, icc=icc, space="cmyk"))
    return Space(4, _plain, "CMYK without a usable profile; converted by the plain formula")


def _plain(inks: Pixels) -> Pixels:
    light = np.uint32(65535) - inks.astype(np.uint32)
    codes: Pixels = ((light[..., :3] * light[..., 3:] + 32767) // 65535).astype(np.uint16)
    return codes


def _is_d65(page: Directory) -> bool:
    field = page.get(WHITE_POINT)
    if not isinstance(field, Field) or field.kind != RATIONAL or field.count != 2:
        return False
    x, of = (int(number) for number in np.frombuffer(field.data, "<u4")[:2])
    return of > 0 and abs(x / of - _D65_X) < 0.005


def _from_d65(samples: Pixels) -> Pixels:
    return _codes(lab_to_srgb(_lab(samples)))


def _from_d50(samples: Pixels) -> Pixels:
    result = np.empty(samples.shape, np.uint16)
    for rows in row_strips(len(samples), samples.shape[1], _STRIP_PIXELS):
        lightness, a, b = np.moveaxis(_lab(samples[rows]).astype(np.float64), -1, 0)
        middle = (lightness + 16) / 116
        f = np.stack([middle + a / 500, middle, middle - b / 200])
        xyz = np.where(f > _LINEAR_TO, f**3, (f - 4 / 29) * (3 * _LINEAR_TO**2))
        linear = mixed(_XYZ_TO_LINEAR, xyz)
        linear = np.where((a == 0) & (b == 0), xyz[1], linear)  # neutral, not nearly so
        result[rows] = _codes(linear_to_srgb(np.clip(np.moveaxis(linear, 0, -1), 0, 1)))
    return result


def _lab(samples: Pixels) -> NDArray[np.float32]:
    lab = samples.view(np.int16).astype(np.float32)
    lab *= np.float32(1 / 256)
    lab[..., 0] = samples[..., 0] * np.float32(100 / 65535)
    return lab


def _codes(srgb: NDArray[np.floating]) -> NDArray[np.uint16]:
    return (srgb * 65535 + 0.5).astype(np.uint16)
