"""The picture as it travels through the package: pixels, and what the file said about them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from reverse_oldify.color.lab import gray_to_lightness, srgb_to_lab, srgb_to_lightness
from reverse_oldify.types import ByteArray, FloatArray

if TYPE_CHECKING:
    from PIL import Image

Pixels = NDArray[np.uint8] | NDArray[np.uint16]

# A scan of a grey photograph is seldom exactly grey: JPEG, the lamp and the paper tint it by a
# few units of chroma. Sepia has 10 to 25.
_TINT = 6.0
_COLOURED_SHARE = 0.01
_LOOKED_AT = 96  # pixels a side: enough to tell, and takes less than a millisecond


@dataclass(frozen=True, kw_only=True)
class Metadata:
    """What a file says beside its pixels.

    Attributes
    ----------
    exif : bytes or None
        An EXIF block; its orientation is 1, for the pixels are upright already.
    xmp : bytes or None
        An XMP packet, as it was read.
    icc : bytes or None
        The colour profile that the file carried. The pixels are sRGB whatever it says: it was
        applied when the file was read, and must not be written beside them.
    iptc : bytes or None
        IPTC-IIM records.
    dpi : (float, float) or None
        Pixels per inch across and down.
    jpeg_quality : int or None
        1..100: the quality at which a JPEG was written, as far as its tables tell.
    """

    exif: bytes | None = None
    xmp: bytes | None = None
    iptc: bytes | None = None
    icc: bytes | None = None
    dpi: tuple[float, float] | None = None
    jpeg_quality: int | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Picture:
    """A picture, upright and in sRGB.

    Attributes
    ----------
    pixels : uint8 or uint16, (H, W) or (H, W, 3)
        sRGB-encoded grey, or sRGB. Orientation and colour profile are already applied.
    alpha : same dtype (H, W), or None
        Opacity, 0 to the dtype's maximum.
    format : str or None
        Key of `formats.FORMATS`: what it was read from, and the default of what is written.
    metadata : Metadata
        What the file said beside its pixels.
    source : Path or None
        Where it was read from.
    notes : tuple of str
        What a person should know of how it was read, one short sentence each.
    page_count : int
        Pages of the file that it was read from.
    """

    pixels: Pixels
    alpha: Pixels | None = None
    format: str | None = None
    metadata: Metadata = field(default_factory=Metadata)
    source: Path | None = None
    notes: tuple[str, ...] = ()
    page_count: int = 1

    @property
    def size(self) -> tuple[int, int]:
        """Height and width, in pixels."""
        return self.pixels.shape[0], self.pixels.shape[1]

    @property
    def lightness(self) -> FloatArray:
        """L* (CIE 1976, D65), float32 (H, W), 0..100; computed at each call."""
        return self.lazy_lightness[...]

    @property
    def lazy_lightness(self) -> Lightness:
        """The same, computed where it is looked at: whole, it takes four times a grey picture."""
        return Lightness(self.pixels)

    @property
    def srgb(self) -> ByteArray:
        """The pixels as 8-bit sRGB, uint8 (H, W, 3); grey is repeated, 16 bits are rounded."""
        pixels = to_8_bits(self.pixels)
        if pixels.ndim == 3:
            return pixels
        return np.repeat(pixels[..., None], 3, axis=2)

    @property
    def nbytes(self) -> int:
        """Bytes that pixels and alpha take."""
        return self.pixels.nbytes + (0 if self.alpha is None else self.alpha.nbytes)

    @property
    def samples(self) -> Pixels:
        """Pixels with alpha as one array of their type, (H, W, C), C from 1 to 4."""
        height, width = self.size
        pixels = self.pixels.reshape(height, width, -1)
        if self.alpha is None:
            return pixels
        samples: Pixels = np.empty((height, width, pixels.shape[2] + 1), pixels.dtype)
        samples[..., :-1], samples[..., -1] = pixels, self.alpha
        return samples

    @property
    def is_coloured(self) -> bool:
        """Whether there is more colour than the tint of a scanned grey photograph.

        Looks at no more than 96 x 96 pixels: true when one in a hundred has a chroma above 6.
        """
        if self.pixels.ndim == 2:
            return False
        ab = srgb_to_lab(self.thinned(_LOOKED_AT).pixels)[..., 1:]
        return bool((np.hypot(ab[..., 0], ab[..., 1]) > _TINT).mean() > _COLOURED_SHARE)

    def thinned(self, side: int) -> Picture:
        """Return every so manieth pixel, without alpha: no more than ``side`` x ``side``."""
        down, across = (-(-length // side) for length in self.size)
        return Picture(pixels=self.pixels[::down, ::across])

    def with_notes(self, *notes: str) -> Picture:
        """Return the same picture with more notes."""
        return replace(self, notes=self.notes + notes)

    def at_8_bits(self) -> Picture:
        """Return the same picture, rounded to 8 bits."""
        alpha = None if self.alpha is None else to_8_bits(self.alpha)
        return replace(self, pixels=to_8_bits(self.pixels), alpha=alpha)

    def at_16_bits(self) -> Picture:
        """Return the same picture at 16 bits: 255 becomes 65535."""
        alpha = None if self.alpha is None else to_16_bits(self.alpha)
        return replace(self, pixels=to_16_bits(self.pixels), alpha=alpha)

    def to_image(self) -> Image.Image:
        """Return a Pillow image: ``L``, ``I;16`` or ``RGB``, or ``LA`` or ``RGBA`` with alpha.

        What Pillow has no mode for (16-bit colour, 16-bit grey with alpha) is rounded to 8 bits.
        """
        from PIL import Image

        if self.alpha is None:
            return Image.fromarray(self.pixels if self.pixels.ndim == 2 else self.srgb)
        pixels = to_8_bits(self.pixels)
        return Image.fromarray(np.dstack([pixels, to_8_bits(self.alpha)]))

    def save(self, path: Path | str, *, format: str | None = None, overwrite: bool = False) -> Path:
        """Write the picture to a file; see `files.write.write`."""
        from reverse_oldify.files.write import write

        return write(self, path, format=format, overwrite=overwrite)


class Lightness:
    """L* of pixels as a `types.Plane`: sliced as an array, computed at each look.

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


def to_8_bits(pixels: Pixels) -> ByteArray:
    """Round 16-bit codes to the nearest 8-bit ones; 8-bit codes are returned as they are."""
    if pixels.dtype == np.uint8:
        return np.asarray(pixels, np.uint8)
    return ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)


def to_16_bits(pixels: Pixels) -> NDArray[np.uint16]:
    """Spread 8-bit codes over 16 bits; 16-bit codes are returned as they are."""
    if pixels.dtype == np.uint16:
        return np.asarray(pixels, np.uint16)
    return pixels.astype(np.uint16) * np.uint16(257)
