"""From Pillow's many modes to plain arrays: grey or RGB at 8 or 16 bits, and alpha."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, TiffImagePlugin

from reverse_oldify.errors import UnsupportedError
from reverse_oldify.files.arrays import without_equal_channels
from reverse_oldify.files.icc.convert import lab_to_srgb, to_srgb
from reverse_oldify.files.picture import Pixels, to_16_bits
from reverse_oldify.files.strips import bands
from reverse_oldify.files.tiff.layout import BITS, PHOTOMETRIC, SAMPLE_FORMAT, WHITE_IS_ZERO

_OF_16_BITS_A_PIXEL = "BGR;16"  # not a channel: of BMP
_RANGES = {"F": (1.0, 255.0, 65535.0), "I": (65535.0,)}
_UNSIGNED_RANGES, _SIGNED_RANGES = (65535.0, 4294967295.0), (32767.0,)
_BEYOND = 1.1  # of a range of floats: what overshoots does not make it the next


class Arrays(NamedTuple):
    """Pixels uint8 or uint16 (H, W) or (H, W, 3) in sRGB; alpha (H, W) or None; notes."""

    pixels: Pixels
    alpha: Pixels | None
    notes: tuple[str, ...]


def to_arrays(image: Image.Image) -> Arrays:
    """Take the pixels out of an image of any mode, converted from its profile to sRGB.

    Grey at 16 bits stays exact. RGB whose channels are all equal becomes grey.

    Raises
    ------
    UnsupportedError
        For integers or floats whose range has no obvious meaning, or an unknown mode.
    """
    colour, alpha, notes = _converted(image)
    pixels = without_equal_channels(_array(colour))
    return Arrays(pixels, _match(alpha, pixels), notes)


def to_srgb_image(image: Image.Image) -> tuple[Image.Image, tuple[str, ...]]:
    """Convert an image without opacity to sRGB, as `to_arrays`, and leave it with Pillow; notes."""
    colour, _, notes = _converted(image)
    return _without_equal_channels(colour), notes


def pixels_of(image: Image.Image, rows: slice) -> Pixels:
    """Take some rows out of an image that has been loaded, as its mode has them."""
    pixels: Pixels = np.asarray(image.crop((0, rows.start, image.width, rows.stop)))
    return pixels


def _converted(image: Image.Image) -> tuple[Image.Image, Image.Image | None, tuple[str, ...]]:
    """Bring an image to ``L``, ``I;16`` or ``RGB`` in sRGB, and alpha to ``L``; notes."""
    notes = []
    if _is_cut(image):
        notes.append(f"its 16 bits per channel were cut to 8: {image.mode} is not read deeper")
    image.load()
    opaque, alpha = _split_alpha(image)
    colour, note = _plain_mode(opaque)
    notes += [note] if note else []
    icc = image.info.get("icc_profile")
    if icc:
        colour, note = to_srgb(colour, icc)
        notes += [note] if note else []
    if colour.mode == "CMYK":
        colour = colour.convert("RGB")
        notes.append("CMYK without a usable profile; converted by the plain formula")
    return colour, alpha, tuple(notes)


def _without_equal_channels(image: Image.Image) -> Image.Image:
    """Return grey for RGB whose channels are all equal; anything else as it is."""
    if image.mode != "RGB":
        return image
    strips = bands(image.height, image.width)
    gray = all(without_equal_channels(pixels_of(image, rows)).ndim == 2 for rows in strips)
    return image.getchannel("G") if gray else image


def _split_alpha(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Part an image into an opaque one (not ``P``) and its alpha as ``L``."""
    if image.mode[0] in "IF":
        return image, _keyed_alpha(image)
    if image.mode in ("La", "RGBa"):
        image = image.convert(image.mode.upper())
    elif image.mode in ("P", "PA") or "transparency" in image.info:
        transparent = image.mode == "PA" or "transparency" in image.info
        image = image.convert("RGBA" if transparent else "RGB")
    if image.mode in ("LA", "RGBA"):
        return image.convert(image.mode[:-1]), image.getchannel("A")
    return image, None


def _keyed_alpha(image: Image.Image) -> Image.Image | None:
    """Alpha of 16-bit grey where one value stands for nothing (PNG's tRNS)."""
    key = image.info.get("transparency")
    if not isinstance(key, int):
        return None
    return Image.fromarray(np.where(np.asarray(image) == key, 0, 255).astype(np.uint8))


def _plain_mode(image: Image.Image) -> tuple[Image.Image, str | None]:
    """Bring an image without alpha to ``L``, ``I;16``, ``RGB`` or ``CMYK``."""
    if image.mode in ("L", "RGB", "CMYK"):
        return image, None
    if image.mode.startswith("I;16"):
        return Image.fromarray(_whole_range(image)), None
    if image.mode in ("I", "F"):
        return _wide_gray(image)
    if image.mode == "1":
        return image.convert("L"), None
    if image.mode == "LAB":
        return lab_to_srgb(image), None
    if image.mode in ("YCbCr", "HSV", "RGBX"):
        return image.convert("RGB"), None
    raise UnsupportedError(f"pixels of the kind {image.mode} are not handled; save it as RGB")


def _whole_range(image: Image.Image) -> NDArray[np.uint16]:
    """16-bit grey as uint16, black 0 and white 65535, which Pillow leaves to us for TIFF."""
    gray: NDArray[np.uint16] = np.asarray(image).astype(np.uint16)
    tags = _tags(image)
    if tags.get(BITS) == (12,):
        gray = gray << np.uint16(4) | gray >> np.uint16(8)
    if tags.get(PHOTOMETRIC) == WHITE_IS_ZERO:
        gray = np.invert(gray)
    return gray


def _wide_gray(image: Image.Image) -> tuple[Image.Image, str | None]:
    """32-bit integers or floats as 16-bit grey."""
    values, ranges, tags = np.asarray(image), _RANGES[image.mode], _tags(image)
    signed = tags.get(SAMPLE_FORMAT) == (2,)
    unsigned = tags.get(BITS) == (32,) and tags.get(SAMPLE_FORMAT, (1,)) == (1,)  # mostly in TIFF
    if unsigned:  # Pillow's own are signed
        values, ranges = values.view(np.uint32), _UNSIGNED_RANGES
    elif signed and tags.get(BITS) == (16,):
        ranges = _SIGNED_RANGES
    low, high = float(values.min()), float(values.max())
    beyond = _BEYOND if image.mode == "F" else 1
    limit = next((limit for limit in ranges if high <= limit * beyond), None)
    if not (np.isfinite(values).all() and low >= 0 and limit):
        raise UnsupportedError(
            f"its values run from {low:g} to {high:g}, which is no known range of grey; "
            "save it as 16-bit grey"
        )
    wide = np.minimum(values.astype(np.float64), limit)
    gray = np.rint(wide * (65535 / limit)).astype(np.uint16)
    if tags.get(PHOTOMETRIC) == WHITE_IS_ZERO:
        gray = np.invert(gray)
    floating = "floating-point" if image.mode == "F" else None
    kind = floating or ("32-bit" if unsigned else "signed" if signed else None)
    note = f"its {kind} values were read as 0 to {limit:.0f}" if kind else None
    if note and high > limit:
        note += f", and those up to {high:g} as that"
    return Image.fromarray(gray), note


def _array(image: Image.Image) -> Pixels:
    """Pixels of an image, taken by strips: for all at once Pillow would hold them twice more."""
    shape = (image.height, image.width) + (3,) * (image.mode == "RGB")
    deep = image.mode == "I;16"
    pixels: Pixels = np.empty(shape, np.uint16) if deep else np.empty(shape, np.uint8)
    for rows in bands(image.height, image.width):
        pixels[rows] = pixels_of(image, rows)
    return pixels


def _match(alpha: Image.Image | None, pixels: Pixels) -> Pixels | None:
    """Bring 8-bit alpha to the depth of the pixels."""
    if alpha is None:
        return None
    codes = np.asarray(alpha, np.uint8)
    return to_16_bits(codes) if pixels.dtype == np.uint16 else codes


def _is_cut(image: Image.Image) -> bool:
    """Whether Pillow, about to load colour at 16 bits, will keep only 8 of them."""
    if image.mode.startswith("I"):
        return False
    raw_modes = (str(tile.args) for tile in getattr(image, "tile", ()))
    return any(";16" in told and _OF_16_BITS_A_PIXEL not in told for told in raw_modes)


def _tags(image: Image.Image) -> Mapping[int, object]:
    return dict(image.tag_v2) if isinstance(image, TiffImagePlugin.TiffImageFile) else {}
