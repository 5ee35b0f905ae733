"""Colour profiles: from whatever a file was encoded in to sRGB, by LittleCMS.

Relative colorimetric with black point compensation: the scan's white and black stay white and
black. Grey goes to grey with sRGB's tone curve, at 8 or 16 bits. Colour at 16 bits, which LittleCMS
does not take from Pillow, is computed here: exactly where a profile is a matrix, or with the extra
[deep].
"""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from reverse_oldify.files import codecs
from reverse_oldify.files.arrays import without_equal_channels
from reverse_oldify.files.icc.make import gray_srgb_profile
from reverse_oldify.files.icc.matrix import parse_matrix_profile
from reverse_oldify.files.picture import Pixels
from reverse_oldify.files.strips import strips_of

Convert = Callable[[Pixels], Pixels]
"""Converts pixels to sRGB, each for itself."""

_SPACE_OF_MODE = {"L": "GRAY", "I;16": "GRAY", "RGB": "RGB", "CMYK": "CMYK", "LAB": "LAB"}
_NODES = 52  # of a colour table on each axis: every fifth 8-bit code is one, exactly


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
        profile = _parsed(icc)
        space = profile.profile.xcolor_space.strip()
        if image.mode == "L" and space == "RGB":
            image = image.convert("RGB")
        if space != _SPACE_OF_MODE.get(image.mode):
            space = space if space.isprintable() else "something else"
            return image, f"its colour profile is for {space}, not for its pixels; ignored"
        if (profile.profile.profile_description or "").startswith("sRGB"):
            return image, None
        return _apply(image, profile), None
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image, "its colour profile is damaged; taken as sRGB"


def converter(icc: bytes, channels: int, dtype: np.dtype[Any]) -> tuple[Convert | None, str | None]:
    """Prepare to convert pixels out of a profile, each for itself: they may come in strips.

    Parameters
    ----------
    icc : bytes
        The profile.
    channels : {1, 3}
        Whether it is of grey (H, W), or of RGB (H, W, 3).
    dtype : uint8 or uint16
        Of the pixels.

    Returns
    -------
    convert : callable or None
        From pixels to sRGB; grey at 8 bits becomes RGB if it has a coloured profile. None when the
        profile is sRGB already, or cannot be used.
    note : str or None
        What was wrong with the profile, or is with the result.
    """
    if channels == 1:
        return _gray_converter(icc, dtype)
    black = Image.fromarray(np.zeros((1, 1, 3), np.uint8))
    converted, note = to_srgb(black, icc)
    if note is not None or converted is black:  # unusable, or sRGB
        return None, note
    if dtype == np.uint8:
        transform = _transform(_parsed(icc), _built_in_srgb(), "RGB", "RGB")
        return lambda pixels: np.asarray(_transformed(Image.fromarray(pixels), transform)), None
    matrix = parse_matrix_profile(icc)
    if matrix is not None:
        return lambda pixels: matrix.to_srgb(pixels.astype(np.uint16, copy=False)), None
    if codecs.installed():
        return partial(codecs.through_profile, icc=icc, space="rgb"), None
    note = (
        "its colour profile is a table, applied with the accuracy of 8 bits; "
        f"{codecs.EXTRA} applies it with 16"
    )
    return partial(_through_table, change=_changes(icc)), note


def is_usable(icc: bytes, space: str) -> bool:
    """Whether LittleCMS can convert out of a profile that is for a colour space as it names it."""
    try:
        profile = _parsed(icc)
        mode = next(mode for mode, of in _SPACE_OF_MODE.items() if of == space)
        if profile.profile.xcolor_space.strip() != space:
            return False
        _transform(profile, _built_in_srgb(), mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return False
    return True


def _gray_converter(icc: bytes, dtype: np.dtype[Any]) -> tuple[Convert | None, str | None]:
    meant_as_rgb = parse_matrix_profile(icc) if dtype == np.uint16 else None
    if meant_as_rgb is not None:
        table: Pixels = meant_as_rgb.gray_table()
    else:
        codes = np.arange(np.iinfo(dtype).max + 1, dtype=dtype).reshape(16, -1)
        gray = Image.fromarray(codes)
        converted, note = to_srgb(gray, icc)
        if converted is gray or note is not None:
            return None, note
        pixels = without_equal_channels(np.asarray(converted))
        table = pixels.reshape(codes.size, *pixels.shape[2:])
    return lambda pixels: table[pixels], None


def _changes(icc: bytes) -> NDArray[np.float32]:
    """What a profile changes at the nodes of a grid of colours, known to 8 bits, in 16-bit codes.

    The change is smooth where colour is not, so gradations stay: nothing is rounded to 8 bits.
    """
    axis = np.arange(0, 256, 255 // (_NODES - 1), dtype=np.uint8)
    nodes = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), -1).reshape(-1, _NODES, 3)
    converted, _ = to_srgb(Image.fromarray(nodes), icc)
    change = (np.asarray(converted, np.float32) - nodes) * 257
    return change.reshape(_NODES, _NODES, _NODES, 3)


def _through_table(pixels: Pixels, change: NDArray[np.float32]) -> Pixels:
    """Add to 16-bit colour what a profile changes, see `_changes`."""
    result = np.empty_like(pixels)
    for rows in strips_of(pixels):
        moved = pixels[rows] + _interpolated(change, pixels[rows])
        result[rows] = np.clip(moved + 0.5, 0, 65535).astype(np.uint16)
    return result


def _interpolated(table: NDArray[np.float32], pixels: Pixels) -> NDArray[np.floating[Any]]:
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
    return _transformed(image, _transform(profile, _built_in_srgb(), image.mode, "RGB"))


def _gray_table(
    profile: ImageCms.ImageCmsProfile, mode: str, dtype: np.dtype[Any]
) -> NDArray[np.unsignedinteger]:
    """The sRGB-encoded grey of every code of a profile; same dtype as the codes.

    A table is quick, and lets LittleCMS compute each value: its own shortcut interpolates between
    few points, and is off by 10 of 255 in the darks of a linear profile.
    """
    codes = np.arange(np.iinfo(dtype).max + 1, dtype=dtype).reshape(16, -1)
    target = _parsed(gray_srgb_profile())
    exact = _transform(profile, target, mode, mode, ImageCms.Flags.NOOPTIMIZE)
    return np.asarray(_transformed(Image.fromarray(codes), exact)).ravel()


def _transform(
    profile: ImageCms.ImageCmsProfile,
    target: ImageCms.ImageCmsProfile,
    mode: str,
    target_mode: str,
    flags: ImageCms.Flags = ImageCms.Flags.NONE,
) -> ImageCms.ImageCmsTransform:
    return ImageCms.buildTransform(
        profile,
        target,
        mode,
        target_mode,
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
        flags | ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )


def _transformed(image: Image.Image, transform: ImageCms.ImageCmsTransform) -> Image.Image:
    converted = ImageCms.applyTransform(image, transform)
    assert converted is not None  # None is for inPlace only
    return converted


def _parsed(icc: bytes) -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(io.BytesIO(icc))


@cache
def _built_in_srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
