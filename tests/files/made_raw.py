"""A camera RAW file (DNG 1.4) made by code, for the tests of this folder."""

from __future__ import annotations

import struct

import numpy as np
from made_tiffs import Layout, deep_tiff

from reverse_oldify.files.tiff.ifd import ASCII, BYTE, RATIONAL, Directory, Field, short

_SIGNED_RATIONAL = 10
_XYZ_TO_LINEAR_SRGB = (
    *(3.2406, -1.5372, -0.4986),
    *(-0.9689, 1.8758, 0.0415),
    *(0.0557, -0.2040, 1.0570),
)


def dng(linear: np.ndarray, *, orientation: int = 1) -> bytes:
    """A DNG of a camera whose red, green and blue are those of linear sRGB.

    Parameters
    ----------
    linear : uint16 (H, W)
        What the sensor saw behind its filters, red green / green blue; 65535 is white.
    """
    tags = {
        271: Field(ASCII, b"Made\0"),
        272: Field(ASCII, b"By code\0"),
        274: short(orientation),
        315: Field(ASCII, b"An author\0"),
        33421: short(2, 2),  # CFARepeatPatternDim
        33422: Field(BYTE, bytes([0, 1, 1, 2])),  # CFAPattern
        50706: Field(BYTE, bytes([1, 4, 0, 0])),  # DNGVersion
        50708: Field(ASCII, b"Made by code\0"),  # UniqueCameraModel
        50717: short(65535),  # WhiteLevel
        50721: _rational(*_XYZ_TO_LINEAR_SRGB, kind=_SIGNED_RATIONAL),  # ColorMatrix1
        50728: _rational(1, 1, 1),  # AsShotNeutral
        50778: short(21),  # CalibrationIlluminant1: D65
    }
    filtered = Layout(photometric=32803, rows=len(linear), tags=Directory(tags))
    return deep_tiff(linear[..., None], filtered)


def _rational(*numbers: float, kind: int = RATIONAL) -> Field:
    pairs = (struct.pack("<iI", round(number * 10_000), 10_000) for number in numbers)
    return Field(kind, b"".join(pairs))
