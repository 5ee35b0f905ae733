"""What a screen shows of a picture: smaller, or a part of it, and at once.

Only what depends on the options is made again: the scaled pictures are remembered, and the
network, its grid and the edges are those of the full picture, so that a preview looks like the
result.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from reverse_oldify.color.lab import lightness_to_gray
from reverse_oldify.errors import OptionError
from reverse_oldify.files.picture import Metadata, Picture, Pixels, to_8_bits
from reverse_oldify.options import Options
from reverse_oldify.pipeline.session import Session
from reverse_oldify.sampling import Tile, resample
from reverse_oldify.types import ByteArray, FloatArray

_KEPT = 3  # sizes that are remembered
_QUALITY = 90  # of JPEG


class Preview:
    """Shows the picture of a session; for one thread at a time.

    Every result is a `Picture` of 8 bits without metadata, to be written as JPEG.

    Parameters
    ----------
    session
        Of the picture.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._grays: dict[int, Picture] = {}

    @property
    def nbytes(self) -> int:
        """Bytes that the remembered pictures take."""
        return sum(gray.nbytes for gray in self._grays.values())

    def original(self, size: int, part: Tile | None = None) -> Picture:
        """Scale the picture as it came.

        Parameters
        ----------
        size : int
            Longest side of the whole picture; it is never enlarged.
        part : Tile, optional
            Rows and columns of the scaled picture, of which those that exist are taken.

        Raises
        ------
        OptionError
            If the part lies outside.
        """
        picture = self._session.picture
        if picture.pixels.ndim == 2:
            return cut(self._gray(size), part)
        pixels, shape = to_8_bits(picture.pixels), scaled_shape(picture.size, size)
        planes = [_scaled(pixels[..., channel], shape) for channel in range(3)]
        return cut(replace(self._gray(size), pixels=np.stack(planes, -1)), part)

    def colorize(self, options: Options, size: int, part: Tile | None = None) -> Picture:
        """Colour the picture at a smaller size; parameters and errors as of `original`."""
        gray = self._gray(size)
        return cut(self._session.recombine(self._session.chroma(options), options, gray), part)

    def uncertainty(self, options: Options, size: int) -> Picture:
        """Show where colour is a guess, see `Uncertainty.to_picture`."""
        return self._session.uncertainty(options).to_picture(self._gray(size).lightness)

    def _gray(self, size: int) -> Picture:
        """Lightness of the picture as sRGB grey, scaled."""
        shape = scaled_shape(self._session.picture.size, size)
        if max(shape) not in self._grays:
            for oldest in [*self._grays][: 1 - _KEPT]:
                del self._grays[oldest]
            self._grays[max(shape)] = self._made(shape)
        return self._grays[max(shape)]

    def _made(self, shape: tuple[int, int]) -> Picture:
        picture = self._session.picture
        alpha = None if picture.alpha is None else _scaled(to_8_bits(picture.alpha), shape)
        if picture.pixels.ndim == 2 and shape == picture.size:
            pixels = to_8_bits(picture.pixels)
        else:
            lightness = np.clip(resample(picture.lazy_lightness, shape), 0, 100)
            pixels = np.rint(lightness_to_gray(lightness) * 255).astype(np.uint8)
        told = Metadata(jpeg_quality=_QUALITY)
        return Picture(pixels=pixels, alpha=alpha, format="jpg", metadata=told)


def scaled_shape(shape: tuple[int, int], size: int) -> tuple[int, int]:
    """Height and width whose longer one is ``size``, but no larger than they are."""
    scale = min(1.0, size / max(shape))
    return max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale))


def cut(picture: Picture, part: Tile | None) -> Picture:
    """Cut a part out of a picture.

    Raises
    ------
    OptionError
        If none of it is inside.
    """
    if part is None:
        return picture
    pixels = picture.pixels[part]
    if not pixels.size:
        height, width = picture.size
        raise OptionError(f"the region lies outside the scaled picture of {width} x {height}")
    return replace(
        picture, pixels=pixels, alpha=None if picture.alpha is None else picture.alpha[part]
    )


class _Codes:
    """8-bit codes as a `types.Plane` of float32."""

    def __init__(self, codes: Pixels) -> None:
        self._codes, self.shape = codes, codes.shape

    def __getitem__(self, part: Tile, /) -> FloatArray:
        return self._codes[part].astype(np.float32)


def _scaled(codes: Pixels, shape: tuple[int, int]) -> ByteArray:
    """Scale codes, uint8 (H, W), to a shape."""
    if codes.shape == shape:
        return np.asarray(codes, np.uint8)
    return np.rint(np.clip(resample(_Codes(codes), shape), 0, 255)).astype(np.uint8)
