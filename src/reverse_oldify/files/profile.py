"""Colour profiles: from whatever a file was encoded in to sRGB, by LittleCMS.

Relative colorimetric with black point compensation: the scan's white and black stay white and
black. Grey goes to grey with sRGB's tone curve, at 8 or 16 bits. Colour at 16 bits, which LittleCMS
does not take from Pillow, is computed here: exactly where a profile is a matrix.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from reverse_oldify.color.lab import row_strips
from reverse_oldify.files.icc import gray_srgb_profile
from reverse_oldify.files.icc_matrix import parse_matrix_profile

_SPACE_OF_MODE = {"L": "GRAY", "I;16": "GRAY", "RGB": "RGB", "CMYK": "CMYK", "LAB": "LAB"}
_NODES = 52  # of a colour table on each axis: every fifth 8-bit code is one, exactly
_STRIP_PIXELS = 1 << 17


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


def deep_to_srgb(pixels: NDArray[np.uint16], icc: bytes) -> tuple[NDArray[np.uint16], str | None]:
    """Convert 16-bit colour out of its profile.

    Parameters
    ----------
    pixels : uint16 (H, W, 3)
        RGB in the profile's space.
    icc : bytes
        The profile.

    Returns
    -------
    pixels : uint16 (H, W, 3)
        sRGB; the ones given when the profile is sRGB already, or cannot be used.
    note : str or None
        What was wrong with the profile, or is with the result.
    """
    black = Image.fromarray(np.zeros((1, 1, 3), np.uint8))
    converted, note = to_srgb(black, icc)
    if note is not None or converted is black:  # unusable, or sRGB
        return pixels, note
    matrix = parse_matrix_profile(icc)
    if matrix is not None:
        return matrix.to_srgb(pixels), None
    note = "its colour profile is a table, applied with the accuracy of 8 bits"
    return _through_table(pixels, icc), note


def _through_table(pixels: NDArray[np.uint16], icc: bytes) -> NDArray[np.uint16]:
    """Add to 16-bit colour what a profile changes, known at the nodes of a grid to 8 bits.

    The change is smooth where colour is not, so gradations stay: nothing is rounded to 8 bits.
    """
    axis = np.arange(0, 256, 255 // (_NODES - 1), dtype=np.uint8)
    nodes = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), -1).reshape(-1, _NODES, 3)
    converted, _ = to_srgb(Image.fromarray(nodes), icc)
    change = (np.asarray(converted, np.float32) - nodes).reshape(_NODES, _NODES, _NODES, 3) * 257
    result = np.empty_like(pixels)
    for rows in row_strips(len(pixels), pixels.shape[1], _STRIP_PIXELS):
        moved = pixels[rows] + _interpolated(change, pixels[rows])
        result[rows] = np.clip(moved + 0.5, 0, 65535).astype(np.uint16)
    return result


def _interpolated(
    table: NDArray[np.float32], pixels: NDArray[np.uint16]
) -> NDArray[np.floating[Any]]:
    """Values of a table (n, n, n, 3) at the places that colours name, trilinear."""
    place = pixels * np.float32((_NODES - 1) / 65535)
    low = np.minimum(place.astype(np.intp), _NODES - 2)
    share = place - low
    total = np.zeros(pixels.shape, np.float32)
    for corner in np.ndindex(2, 2, 2):
        weight = np.where(corner, share, 1 - share).prod(-1, keepdims=True)
        red, green, blue = np.moveaxis(low + corner, -1, 0)
        total += weight * table[red, green, blue]
    return total


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
