"""Colour profiles: from whatever a file was encoded in to sRGB, by LittleCMS.

Relative colorimetric with black point compensation: the scan's white and black stay white and
black. Grey goes to grey with sRGB's tone curve, at 8 or 16 bits.
"""

from __future__ import annotations

import io
import struct
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

_SPACE_OF_MODE = {"L": "GRAY", "I;16": "GRAY", "RGB": "RGB", "CMYK": "CMYK", "LAB": "LAB"}
_D50 = (0.9642, 1.0, 0.8249)


def to_srgb(image: Image.Image, icc: bytes) -> tuple[Image.Image, str | None]:
    """Convert an image out of its profile.

    Parameters
    ----------
    image : PIL.Image.Image
        Mode ``L``, ``I;16``, ``RGB`` or ``CMYK``, without alpha.
    icc : bytes
        The profile.

    Returns
    -------
    image : PIL.Image.Image
        sRGB-encoded ``L``, ``I;16`` or ``RGB``; the one given when the profile is sRGB already, or
        cannot be used.
    note : str or None
        What was wrong with the profile.
    """
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        space = profile.profile.xcolor_space.strip()
        if image.mode == "L" and space == "RGB":
            image = image.convert("RGB")
        if space != _SPACE_OF_MODE.get(image.mode):
            return image, f"its colour profile is for {space}, not for its pixels; ignored"
        if (profile.profile.profile_description or "").startswith("sRGB"):
            return image, None
        return _apply(image, profile), None
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image, "its colour profile is damaged; taken as sRGB"


def lab_to_srgb(image: Image.Image) -> Image.Image:
    """Convert mode ``LAB`` (CIE D50, 8 bits) to sRGB."""
    return _apply(image, ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")))


def _apply(image: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image:
    if image.mode in ("L", "I;16"):
        gray = np.asarray(image)
        return Image.fromarray(_gray_table(profile, image.mode, gray.dtype)[gray])
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    return _converted(image, profile, srgb, "RGB", ImageCms.Flags.NONE)


def _gray_table(
    profile: ImageCms.ImageCmsProfile, mode: str, dtype: np.dtype[Any]
) -> NDArray[np.unsignedinteger]:
    """The sRGB-encoded grey of every code of a profile; same dtype as the codes.

    A table is quick, and lets LittleCMS compute each value: its own shortcut interpolates between
    few points, and is off by 10 of 255 in the darks of a linear profile.
    """
    codes = np.arange(np.iinfo(dtype).max + 1, dtype=dtype).reshape(16, -1)
    target = ImageCms.ImageCmsProfile(io.BytesIO(gray_srgb_profile()))
    flags = ImageCms.Flags.NOOPTIMIZE
    return np.asarray(_converted(Image.fromarray(codes), profile, target, mode, flags)).ravel()


def _converted(
    image: Image.Image,
    profile: ImageCms.ImageCmsProfile,
    target: ImageCms.ImageCmsProfile,
    mode: str,
    flags: ImageCms.Flags,
) -> Image.Image:
    converted = ImageCms.profileToProfile(
        image,
        profile,
        target,
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        outputMode=mode,
        flags=flags | ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    assert converted is not None  # None is for inPlace only
    return converted


@cache
def gray_srgb_profile() -> bytes:
    """Return a grey profile with sRGB's tone curve (ICC.1:2010, version 4.3; IEC 61966-2-1)."""
    curve = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    tags = {
        b"desc": _text("Grey with the tone curve of sRGB"),
        b"cprt": _text("No copyright, use freely"),
        b"wtpt": b"XYZ \0\0\0\0" + _fixed(*_D50),
        b"kTRC": b"para\0\0\0\0" + struct.pack(">HH", 3, 0) + _fixed(*curve),
    }
    start = 128 + 4 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for name, value in tags.items():
        table += name + struct.pack(">II", start + len(body), len(value))
        body += value + bytes(-len(value) % 4)
    size = start + len(body)
    header = struct.pack(">I4sI4s4s4s", size, b"\0" * 4, 0x04300000, b"mntr", b"GRAY", b"XYZ ")
    header += struct.pack(">6H4s", 2026, 1, 1, 0, 0, 0, b"acsp")
    header += bytes(28) + _fixed(*_D50)
    return header + bytes(128 - len(header)) + table + body


def _fixed(*numbers: float) -> bytes:
    """Numbers as s15Fixed16Number."""
    return b"".join(struct.pack(">i", round(number * 65536)) for number in numbers)


def _text(text: str) -> bytes:
    """An English multiLocalizedUnicodeType."""
    encoded = text.encode("utf-16-be")
    return (
        b"mluc\0\0\0\0" + struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(encoded), 28) + encoded
    )
