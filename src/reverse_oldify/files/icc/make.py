"""The colour profiles that are made: sRGB, grey with its tone curve, a gamma (ICC.1:2010, 4.3).

Small, and the same bytes at every run; LittleCMS would put today's date into its own.
"""

from __future__ import annotations

import struct
from functools import cache

from reverse_oldify.files.picture import Raster

D50 = (0.9642, 1.0, 0.8249)
"""White of the profile connection space, X, Y, Z."""

SRGB_IN_D50 = (
    (0.43607, 0.38515, 0.14307),
    (0.22249, 0.71687, 0.06061),
    (0.01392, 0.09708, 0.71410),
)
"""Linear sRGB to XYZ, adapted to D50 (IEC 61966-2-1; Bradford)."""

_D65_TO_D50 = (1.04788, 0.02292, -0.05022, 0.02959, 0.99048, -0.01707, -0.00925, 0.01508, 0.75168)
_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


def profile_for(picture: Raster) -> bytes:
    """Profile of a picture as this package holds it: sRGB-encoded grey, or sRGB."""
    return gray_srgb_profile() if len(picture.shape) == 2 else srgb_profile()


@cache
def srgb_profile() -> bytes:
    """Return an RGB display profile of sRGB."""
    return _profile(b"RGB ", {b"desc": _text("sRGB IEC61966-2.1")} | _colours(_tone_curve()))


@cache
def gray_srgb_profile() -> bytes:
    """Return a grey profile with sRGB's tone curve."""
    tags = {b"desc": _text("Grey with the tone curve of sRGB"), b"kTRC": _tone_curve()}
    return _profile(b"GRAY", tags)


def gamma_profile(gamma: float, *, gray: bool) -> bytes:
    """Return a profile of light that is the code to the power of gamma; colours are those of sRGB.

    Parameters
    ----------
    gamma : float
        1 is linear; 2.2 is nearly sRGB.
    gray : bool
        Whether it is for grey, or for RGB.
    """
    curve = _type(b"para", struct.pack(">HH", 0, 0) + _fixed(gamma))
    tags = {b"desc": _text(f"Gamma {gamma:g}")}
    if gray:
        return _profile(b"GRAY", tags | {b"kTRC": curve})
    return _profile(b"RGB ", tags | _colours(curve))


def _colours(curve: bytes) -> dict[bytes, bytes]:
    """Primaries of sRGB, each with a tone curve."""
    tags = {b"chad": _type(b"sf32", _fixed(*_D65_TO_D50))}
    for name, column in zip((b"r", b"g", b"b"), zip(*SRGB_IN_D50, strict=True), strict=True):
        tags |= {name + b"XYZ": _type(b"XYZ ", _fixed(*column)), name + b"TRC": curve}
    return tags


def _profile(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    tags = tags | {
        b"cprt": _text("No copyright, use freely"),
        b"wtpt": _type(b"XYZ ", _fixed(*D50)),
    }
    start = 128 + 4 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    places: dict[bytes, int] = {}  # what is the same is stored once
    for name, value in tags.items():
        if value not in places:
            places[value] = start + len(body)
            body += value + bytes(-len(value) % 4)
        table += name + struct.pack(">II", places[value], len(value))
    header = struct.pack(">I4xI4s4s4s", start + len(body), 0x04300000, b"mntr", space, b"XYZ ")
    header += struct.pack(">6H4s", 2026, 1, 1, 0, 0, 0, b"acsp")
    header += bytes(28) + _fixed(*D50)
    return header + bytes(128 - len(header)) + table + body


def _tone_curve() -> bytes:
    return _type(b"para", struct.pack(">HH", 3, 0) + _fixed(*_CURVE))


def _text(text: str) -> bytes:
    """An English multiLocalizedUnicodeType."""
    encoded = text.encode("utf-16-be")
    return _type(b"mluc", struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(encoded), 28) + encoded)


def _type(name: bytes, data: bytes) -> bytes:
    return name + bytes(4) + data


def _fixed(*numbers: float) -> bytes:
    """Numbers as s15Fixed16Number."""
    return b"".join(struct.pack(">i", round(number * 65536)) for number in numbers)
