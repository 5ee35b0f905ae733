"""L* of a picture as a `types.Plane`: sliced as an array, computed at each look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reverse_oldify.color.lab import gray_to_lightness, srgb_to_lightness
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
        pixels = self._pixels[part]
        return gray_to_lightness(pixels) if self._pixels.ndim == 2 else srgb_to_lightness(pixels)


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
