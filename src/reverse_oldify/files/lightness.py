"""L* of a picture as a `types.Plane`: sliced as an array, computed at each look."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from reverse_oldify.color.lab import gray_to_lightness, srgb_to_lightness
from reverse_oldify.files.strips import bands, in_order
from reverse_oldify.types import FloatArray

if TYPE_CHECKING:
    from reverse_oldify.files.lazy import LazyPicture
    from reverse_oldify.files.picture import Pixels


class Lightness:
    """L* of pixels.

    Parameters
    ----------
    pixels : uint8 or uint16, (H, W) or (H, W, 3)
        sRGB-encoded grey, or sRGB.
    """

    def __init__(self, pixels: Pixels) -> None:
        self._pixels = pixels
        self.shape = pixels.shape[:2]

    def __getitem__(self, part: Any, /) -> FloatArray:
        return _lightness(self._pixels[part])

    def reduced(self, factor: int) -> FloatArray | None:
        """See `types.Reducible`."""
        if self._pixels.dtype != np.uint8:
            return None
        height, width = self.shape
        return _reduced(lambda rows: self._pixels[rows], height, width, factor)


class LightnessOfRows:
    """L* of a picture that is made by rows.

    The rows that were asked for last are kept: they are mostly asked for part by part.
    """

    def __init__(self, picture: LazyPicture) -> None:
        self._picture = picture
        self._kept: tuple[slice, Lightness] | None = None
        self.shape = picture.size

    def __getitem__(self, part: tuple[slice, slice], /) -> FloatArray:
        rows, columns = part
        kept = self._kept  # read and written at once, for there may be several threads
        if kept is None or kept[0] != rows:
            kept = self._kept = rows, Lightness(self._picture.rows(rows).pixels)
        return kept[1][:, columns]

    def reduced(self, factor: int) -> FloatArray | None:
        """See `types.Reducible`."""
        picture = self._picture
        if picture.dtype != np.uint8:
            return None
        if picture.shrink is not None:
            return _lightness(picture.shrink(factor))
        pixels = lambda rows: picture.rows(rows).pixels  # noqa: E731
        return _reduced(pixels, *self.shape, factor, picture.threads)


def _lightness(pixels: Pixels) -> FloatArray:
    return gray_to_lightness(pixels) if pixels.ndim == 2 else srgb_to_lightness(pixels)


def _reduced(
    pixels: Callable[[slice], Pixels],
    height: int,
    width: int,
    factor: int,
    threads: int | None = 1,
) -> FloatArray:
    """L* of the mean codes of blocks: sRGB is so even to the eye that it is their mean L*."""
    small = np.empty((-(-height // factor), -(-width // factor)), np.float32)

    def fill(rows: slice) -> None:
        codes = np.asarray(Image.fromarray(pixels(rows)).reduce(factor))
        top = rows.start // factor
        small[top : top + len(codes)] = _lightness(codes)

    for _ in in_order(fill, bands(height, width, factor), threads):
        pass
    return small
