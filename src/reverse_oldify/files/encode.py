"""From a picture to the bytes of a file, and what gets lost on the way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np
from PIL import Image

from reverse_oldify.errors import UnsupportedError
from reverse_oldify.files.formats import Format
from reverse_oldify.files.picture import Picture, to_8_bits
from reverse_oldify.types import ByteArray

_JPEG_EXIF_LIMIT = 65_533 - 6  # one marker segment, less its length and name
_GIF_COLOURS = 255  # the 256th stands for transparency


def losses(picture: Picture, kind: Format) -> Iterator[str]:
    """Say, a sentence each, what of a picture a format cannot hold."""
    if picture.pixels.dtype == np.uint16 and not _fits_deep(picture, kind):
        yield f"its 16 bits per channel were rounded to 8 for {kind.name}"
    if picture.alpha is not None and not kind.alpha and not _is_opaque(picture):
        yield f"its transparent parts were laid on white: {kind.name} has no transparency"
    if picture.metadata.exif is not None and not _fits_exif(picture, kind):
        yield f"its EXIF was left out: {kind.name} cannot hold it"
    if kind.key == "gif":
        yield "GIF holds 256 colours only; take --format png for all of them"


def encode(picture: Picture, kind: Format, file: BinaryIO) -> None:
    """Write a picture as a file of the given format.

    sRGB, without a profile. GIF gets a palette of its own and error diffusion (Floyd and Steinberg
    1976).

    Raises
    ------
    UnsupportedError
        The picture has a side longer than the format can hold; the message names no file.
    """
    height, width = picture.size
    if kind.limit is not None and max(height, width) > kind.limit:
        raise UnsupportedError(
            f"{width} x {height} pixels do not fit: {kind.name} holds {kind.limit} on a side; "
            "take --format png or tif"
        )
    settings: dict[str, Any] = dict(kind.settings)
    if picture.metadata.dpi is not None:
        settings["dpi"] = picture.metadata.dpi
    if _fits_exif(picture, kind):
        settings["exif"] = picture.metadata.exif
    _image(picture, kind).save(file, format=kind.pillow, **settings)


def _image(picture: Picture, kind: Format) -> Image.Image:
    if kind.key == "gif":
        return _with_palette(picture)
    if picture.alpha is None:
        deep = _fits_deep(picture, kind)
        return picture.to_image() if deep else Image.fromarray(to_8_bits(picture.pixels))
    return picture.to_image() if kind.alpha else Image.fromarray(_on_white(picture))


def _on_white(picture: Picture) -> ByteArray:
    """Lay a picture with alpha on white, in sRGB codes, as browsers and viewers do."""
    assert picture.alpha is not None
    pixels = to_8_bits(picture.pixels)
    opacity = to_8_bits(picture.alpha).astype(np.float32) / 255
    if pixels.ndim == 3:
        opacity = opacity[..., None]
    return np.asarray(np.rint(255 + (pixels - 255.0) * opacity), np.uint8)


def _with_palette(picture: Picture) -> Image.Image:
    colours = Image.fromarray(picture.srgb)
    palette = colours.quantize(_GIF_COLOURS, Image.Quantize.MEDIANCUT, kmeans=1)
    image = colours.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)
    if picture.alpha is None:
        return image
    index = np.array(image)
    index[to_8_bits(picture.alpha) < 128] = _GIF_COLOURS
    transparent = Image.fromarray(index)
    flat = (image.getpalette() or []) + [0] * 768
    transparent.putpalette(flat[:768])
    transparent.info["transparency"] = _GIF_COLOURS
    return transparent


def _fits_deep(picture: Picture, kind: Format) -> bool:
    return kind.deep_gray and picture.pixels.ndim == 2 and picture.alpha is None


def _fits_exif(picture: Picture, kind: Format) -> bool:
    exif = picture.metadata.exif
    if exif is None or not kind.exif:
        return False
    return kind.key != "jpg" or len(exif) <= _JPEG_EXIF_LIMIT


def _is_opaque(picture: Picture) -> bool:
    alpha = picture.alpha
    return alpha is None or bool((alpha == np.iinfo(alpha.dtype).max).all())
