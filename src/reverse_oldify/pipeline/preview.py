"""What a screen shows of a picture: smaller, or a part of it, and at once.

Only what depends on the options is made again: the scaled pictures are remembered, and the
network, its grid and the edges are those of the full picture, so that a preview looks like the
result.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from reverse_oldify.color.codes import GrowingCodes
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
        self._colours: dict[int, Picture] = {}  # of a picture that came in colour, the last only

    @property
    def nbytes(self) -> int:
        """Bytes that the remembered pictures take."""
        return sum(shown.nbytes for shown in (*self._grays.values(), *self._colours.values()))

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
        shown = self._original(size)
        if part is None:
            return shown
        part = inside(part, shown.size)
        alpha = None if shown.alpha is None else shown.alpha[part]
        return replace(shown, pixels=shown.pixels[part], alpha=alpha)

    def colorize(
        self, options: Options, size: int, part: Tile | None = None, *, quick: bool = False
    ) -> Picture:
        """Colour the picture at a smaller size; parameters and errors as of `original`.

        ``quick`` looks every colour up, see `GrowingCodes`, and is within CIEDE2000 2.5 of what is
        computed.
        """
        gray, chroma = self._gray(size), self._session.chroma(options)
        part = None if part is None else inside(part, gray.size)
        codes = _codes() if quick else None
        shown = self._session.recombine(chroma, options, canvas=gray, part=part, codes=codes)
        return shown.loaded()

    def uncertainty(self, options: Options, size: int) -> Picture:
        """Show where colour is a guess, see `Uncertainty.to_picture`."""
        return self._session.uncertainty(options).to_picture(self._gray(size).lightness)

    def _original(self, size: int) -> Picture:
        pixels, gray = self._session.picture.loaded().pixels, self._gray(size)
        if pixels.ndim == 2:
            return gray
        if max(gray.size) not in self._colours:
            self._colours = {max(gray.size): _scaled_colours(pixels, gray)}
        return self._colours[max(gray.size)]

    def _gray(self, size: int) -> Picture:
        """Lightness of the picture as sRGB grey, scaled."""
        shape = scaled_shape(self._session.picture.size, size)
        gray = self._grays.pop(max(shape), None) or self._made(shape)
        for least_used in [*self._grays][: 1 - _KEPT]:
            del self._grays[least_used]
        self._grays[max(shape)] = gray
        return gray

    def _made(self, shape: tuple[int, int]) -> Picture:
        picture = self._session.picture.loaded()
        alpha = None if picture.alpha is None else _scaled(to_8_bits(picture.alpha), shape)
        if picture.pixels.ndim == 2 and shape == picture.size:
            pixels = to_8_bits(picture.pixels)
        else:
            lightness = np.clip(resample(picture.lazy_lightness, shape), 0, 100)
            pixels = np.rint(lightness_to_gray(lightness) * 255).astype(np.uint8)
        told = Metadata(jpeg_quality=_QUALITY)
        return Picture(pixels=pixels, alpha=alpha, format="jpg", metadata=told)


@cache
def _codes() -> GrowingCodes:
    """Shared by all pictures: the next one has many of the same colours."""
    return GrowingCodes()


def scaled_shape(shape: tuple[int, int], size: int) -> tuple[int, int]:
    """Height and width whose longer one is ``size``, but no larger than they are."""
    scale = min(1.0, size / max(shape))
    return max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale))


def inside(part: Tile, shape: tuple[int, int]) -> Tile:
    """Return what of a part lies in a picture of ``shape`` (height, width).

    Raises
    ------
    OptionError
        If it is nothing.
    """
    rows, columns = (
        slice(side.start, min(side.stop, n)) for side, n in zip(part, shape, strict=True)
    )
    if rows.start >= rows.stop or columns.start >= columns.stop:
        height, width = shape
        raise OptionError(
            f"the region lies outside the scaled picture of {width} x {height}; choose one inside"
        )
    return rows, columns


def _scaled_colours(pixels: Pixels, like: Picture) -> Picture:
    """Scale sRGB codes (H, W, 3) to the size of a picture, whose alpha and format are taken."""
    planes = [_scaled(to_8_bits(pixels[..., channel]), like.size) for channel in range(3)]
    return replace(like, pixels=np.stack(planes, -1))


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
