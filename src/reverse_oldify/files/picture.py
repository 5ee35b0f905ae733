"""The picture as it travels through the package: pixels, and what the file said about them."""

from __future__ import annotations

import io
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from reverse_oldify.color.lab import srgb_to_lab
from reverse_oldify.errors import UnsupportedError
from reverse_oldify.files.lightness import Lightness
from reverse_oldify.files.strips import bands
from reverse_oldify.types import ByteArray, FloatArray, Plane

if TYPE_CHECKING:
    from PIL import Image

Pixels = NDArray[np.uint8] | NDArray[np.uint16]

# A scan of a grey photograph is seldom exactly grey: JPEG, the lamp and the paper tint it by a
# few units of chroma. Sepia has 10 to 25.
_TINT = 6.0
_COLOURED_SHARE = 0.01
_LOOKED_AT = 96  # pixels a side: enough to tell, and takes less than a millisecond
_KINDS = np.uint8, np.uint16
_OBJECT = 48  # bytes of a short one of Python, beside what it holds
_SHOWN = 1024  # pixels a side: a notebook keeps what it shows


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
    png_texts : tuple of bytes
        Chunks of text of a PNG file, each its type and data; without those that hold the above.
    jpeg_comments : tuple of bytes
        Of a JPEG file.
    jpeg_quality : int or None
        1..100: the quality at which a JPEG was written, as far as its tables tell.
    """

    exif: bytes | None = None
    xmp: bytes | None = None
    iptc: bytes | None = None
    icc: bytes | None = None
    dpi: tuple[float, float] | None = None
    png_texts: tuple[bytes, ...] = ()
    jpeg_comments: tuple[bytes, ...] = ()
    jpeg_quality: int | None = None

    @property
    def nbytes(self) -> int:
        """Bytes that it takes, about."""
        parts = (self.exif, self.xmp, self.iptc, self.icc, *self.png_texts, *self.jpeg_comments)
        return sum(_OBJECT + len(part) for part in parts if part)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Raster:
    """Rows of pixels, upright and in sRGB: a `Picture` holds them, a `lazy.LazyPicture` makes them.

    Attributes
    ----------
    shape : (int, int) or (int, int, 3)
        Height and width of grey, or of RGB.
    dtype : uint8 or uint16
        Of its codes.
    has_alpha : bool
        Whether there is opacity.
    threads : int or None
        That may look at it at the same time, to some use; None: one for each core.
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

    threads: int | None = 1
    format: str | None = None
    metadata: Metadata = field(default_factory=Metadata)
    source: Path | None = None
    notes: tuple[str, ...] = ()
    page_count: int = 1

    if TYPE_CHECKING:  # fields of the one, computed by the other

        @property
        def shape(self) -> tuple[int, ...]: ...  # noqa: D102
        @property
        def dtype(self) -> np.dtype[Any]: ...  # noqa: D102
        @property
        def has_alpha(self) -> bool: ...  # noqa: D102

        @property
        def lazy_lightness(self) -> Plane: ...  # noqa: D102

        def rows(self, rows: slice) -> Picture:
            """Return some rows, as a picture of their own."""

        def loaded(self) -> Picture:
            """Return all of it, in memory."""

        def at_8_bits(self) -> Self: ...  # noqa: D102
        def at_16_bits(self) -> Self: ...  # noqa: D102

    @property
    def size(self) -> tuple[int, int]:
        """Height and width, in pixels."""
        return self.shape[0], self.shape[1]

    @property
    def channels(self) -> int:
        """How many there are with alpha, from 1 to 4."""
        return (3 if len(self.shape) == 3 else 1) + self.has_alpha

    @property
    def nbytes(self) -> int:
        """Bytes that pixels and alpha take, or would."""
        return self.shape[0] * self.shape[1] * self.channels * self.dtype.itemsize

    @property
    def is_coloured(self) -> bool:
        """Whether there is more colour than the tint of a scanned grey photograph.

        Looks at no more than 96 x 96 pixels: true when one in a hundred of what is seen has a
        chroma above 6.
        """
        if len(self.shape) == 2:
            return False
        looked_at = self.thinned(_LOOKED_AT)
        ab, seen = srgb_to_lab(looked_at.pixels)[..., 1:], looked_at.opacity
        tinted = np.hypot(ab[..., 0], ab[..., 1]) > _TINT
        return bool((tinted * seen).sum() > _COLOURED_SHARE * seen.sum())

    @property
    def is_opaque(self) -> bool:
        """Whether nothing shows through; where there is opacity, looks at all of it."""
        most = np.iinfo(self.dtype).max
        alphas = (self.rows(rows).alpha for rows in bands(*self.size))
        return not self.has_alpha or all(bool(np.all(alpha == most)) for alpha in alphas)

    def thinned(self, side: int) -> Picture:
        """Return one pixel of so many on both axes that there are at most ``side`` x ``side``."""
        down, across = (-(-length // side) for length in self.size)
        rows = [self.rows(slice(row, row + 1)) for row in range(0, self.size[0], down)]
        pixels: Pixels = np.concatenate([row.pixels[:, ::across] for row in rows])
        if not self.has_alpha:
            return Picture(pixels=pixels)
        seen = (row.alpha for row in rows)
        alpha: Pixels = np.concatenate([part[:, ::across] for part in seen if part is not None])
        return Picture(pixels=pixels, alpha=alpha)

    def __repr__(self) -> str:
        height, width = self.size
        kind = ("RGB" if len(self.shape) == 3 else "grey") + (
            " with alpha" if self.has_alpha else ""
        )
        origin = "" if self.source is None else f" from {self.source}"
        return f"<{type(self).__name__} {width} x {height}, {kind}, {self.dtype}{origin}>"

    def with_notes(self, *notes: str) -> Self:
        """Return the same picture with more notes."""
        return replace(self, notes=self.notes + notes)

    def save(
        self,
        path: Path | str,
        *,
        format: str | None = None,
        overwrite: bool = False,
        allow_loss: bool = False,
    ) -> Path:
        """Write the picture to a file; see `files.write.write`."""
        from reverse_oldify.files.write import write

        return write(self, path, format=format, overwrite=overwrite, allow_loss=allow_loss)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Picture(Raster):
    """A picture in memory, upright and in sRGB; see `Raster` for what else it says.

    Attributes
    ----------
    pixels : uint8 or uint16, (H, W) or (H, W, 3)
        sRGB-encoded grey, or sRGB. Orientation and colour profile are already applied.
    alpha : same dtype (H, W), or None
        Opacity, 0 to the dtype's maximum.

    Raises
    ------
    UnsupportedError
        If they are something else.
    """

    pixels: Pixels
    alpha: Pixels | None = None

    def __post_init__(self) -> None:
        kind, shape = getattr(self.pixels, "dtype", None), getattr(self.pixels, "shape", ())
        if kind not in _KINDS or not (len(shape) == 2 or shape[2:] == (3,)) or 0 in shape:
            raise UnsupportedError(
                f"pixels are {kind}, {shape}; give uint8 or uint16, (H, W) or (H, W, 3)"
            )
        if self.alpha is not None and (self.alpha.dtype, self.alpha.shape) != (kind, shape[:2]):
            raise UnsupportedError(
                f"alpha is {self.alpha.dtype}, {self.alpha.shape}; give {kind}, {shape[:2]}"
            )

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the pixels."""
        return self.pixels.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the pixels."""
        return self.pixels.dtype

    @property
    def has_alpha(self) -> bool:
        """Whether there is alpha."""
        return self.alpha is not None

    def rows(self, rows: slice) -> Picture:
        """Return some rows, not copied."""
        alpha = None if self.alpha is None else self.alpha[rows]
        return Picture(pixels=self.pixels[rows], alpha=alpha)

    def loaded(self) -> Picture:
        """Return the picture itself."""
        return self

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
    def opacity(self) -> FloatArray:
        """How much of each pixel is seen, float32 (H, W), 0..1; 1 where there is no alpha."""
        if self.alpha is None:
            return np.ones(self.size, np.float32)
        return np.divide(self.alpha, np.iinfo(self.dtype).max, dtype=np.float32)

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

    def _repr_png_(self) -> bytes:
        """What a notebook shows where a cell ends with the picture; smaller than it, if large."""
        image, file = self.at_8_bits().to_image(), io.BytesIO()
        image.thumbnail((_SHOWN, _SHOWN))
        image.save(file, "PNG")
        return file.getvalue()


def to_8_bits(pixels: Pixels) -> ByteArray:
    """Round codes to the nearest 8-bit ones: uint8 or uint16, any shape, to uint8.

    8-bit codes are returned as they are, not copied.
    """
    if pixels.dtype == np.uint8:
        return np.asarray(pixels, np.uint8)
    return ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)


def to_16_bits(pixels: Pixels) -> NDArray[np.uint16]:
    """Spread codes over 16 bits, 255 to 65535: uint8 or uint16, any shape, to uint16.

    16-bit codes are returned as they are, not copied.
    """
    if pixels.dtype == np.uint16:
        return np.asarray(pixels, np.uint16)
    return pixels.astype(np.uint16) * np.uint16(257)
