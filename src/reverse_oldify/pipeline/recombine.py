"""Lightness of the photograph + chroma of the model -> a colour picture."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import DTypeLike

from reverse_oldify.color.codes import LIMIT, PADDED, ColorCodes, pairs_between
from reverse_oldify.color.gamut import lab_to_linear_in_gamut
from reverse_oldify.color.lab import (
    gray_to_lightness,
    linear_to_8_bits,
    linear_to_srgb,
    srgb_to_gray,
    srgb_to_lightness,
)
from reverse_oldify.files.lazy import LazyPicture, lazily
from reverse_oldify.files.picture import Picture, Pixels, Raster, to_8_bits, to_16_bits
from reverse_oldify.pipeline.pin import PinnedChroma, Spots
from reverse_oldify.resize import ChromaUpsampler
from reverse_oldify.sampling import Extent, Tile, tiles
from reverse_oldify.types import ByteArray, FloatArray, Plane

# Of a tile where colours are looked up: whole rows, of all but the largest pictures. So little is
# done to a pixel that in smaller ones threads wait for each other: the interpreter is taken anew
# for every operation on a tile.
_COLUMNS = 6144
_ENTRIES = 2 * 256  # of a chroma in the table; an entry takes as long as two pixels save


def recombine(
    picture: Raster,
    ab: FloatArray,
    extent: Extent | None = None,
    *,
    look: FloatArray | None = None,
    bits: Literal[8, 16] = 8,
    spots: Spots | None = None,
    part: Tile | None = None,
    threads: int | None = 1,
    codes: ColorCodes | None = None,
) -> LazyPicture:
    """Give a picture the chroma of a grid; its lightness stays what it is.

    Every in-gamut pixel keeps its L* to within the rounding of the output; colours outside the
    gamut are pulled in at constant lightness and hue; where chroma is zero, R = G = B exactly.

    Parameters
    ----------
    picture : Picture or LazyPicture
        Grey or colour; only its lightness is used. Alpha, metadata and format are kept.
    ab : float32 (2, gh, gw)
        a*, b* of the cells of a coarse grid over the picture.
    extent : (float, float), optional
        Rows and columns of the grid that the picture covers, as from `resize.crop_grid`; all by
        default.
    look : float32 (h, w), optional
        L* at the working size, which saves the time to make it, see `ChromaUpsampler`.
    bits : {8, 16}
        Depth of the result.
    spots : int64 (n, 2), optional
        Row and column of pixels that get exactly the chroma of their cells.
    part : Tile, optional
        Rows and columns that are made, within the picture; all by default.
    threads : int, optional
        That share the work; None: one for each core.
    codes : ColorCodes, optional
        See `Recombiner`.

    Returns
    -------
    LazyPicture
        The part, in sRGB, made where it is looked at; alpha has the same depth.
    """
    rows, columns = part or (slice(0, picture.size[0]), slice(0, picture.size[1]))
    shape = (rows.stop - rows.start, columns.stop - columns.start, 3)
    recombiner = Recombiner(
        picture.lazy_lightness,
        ab,
        extent,
        look=look,
        bits=bits,
        spots=spots,
        area=shape[0] * shape[1],
        codes=codes,
    )

    at_depth = to_8_bits if bits == 8 else to_16_bits

    def paint(strip: slice) -> Picture:
        place = slice(rows.start + strip.start, rows.start + strip.stop)
        source = picture.rows(place)
        pixels = recombiner.rows(place, source.pixels[:, columns], columns.start)
        alpha = None if source.alpha is None else at_depth(source.alpha[:, columns])
        return Picture(pixels=pixels, alpha=alpha)

    return lazily(picture, paint, shape=shape, dtype=_dtype(bits), threads=threads)


class Recombiner:
    """Gives a picture the chroma of a grid, a strip of rows at a time.

    The rows of a picture that is never whole in memory may come in strips of any height, in any
    order and from several threads: the result is the same to the bit.

    What becomes 8 bits and has more than twice as many pixels as a table of its colours has entries
    is looked up there; all else is computed, which is exact and takes three times as long.

    Parameters
    ----------
    lightness : float32 (H, W)
        L*, 0..100. With a ``look`` it is looked at where the spots are, and nowhere else.
    ab, extent, look, bits, spots
        See `recombine`.
    area : int, optional
        How many pixels will be asked for, about; all of the picture by default.
    codes : ColorCodes, optional
        In which all that becomes 8 bits is looked up.
    """

    def __init__(
        self,
        lightness: Plane,
        ab: FloatArray,
        extent: Extent | None = None,
        *,
        look: FloatArray | None = None,
        bits: Literal[8, 16] = 8,
        spots: Spots | None = None,
        area: int | None = None,
        codes: ColorCodes | None = None,
    ) -> None:
        self._bits = bits
        self._upsampler: ChromaUpsampler | PinnedChroma
        if spots is None or not len(spots):
            self._upsampler = ChromaUpsampler(ab, lightness, extent, look)
        else:
            self._upsampler = PinnedChroma(ab, lightness, extent, look, spots)
        height, width = lightness.shape
        self._codes = codes
        if bits == 8 and codes is None:
            self._codes = _table(self._upsampler, area or height * width)
        self._by_codes: ChromaUpsampler | None = None
        if self._codes is not None and isinstance(self._upsampler, ChromaUpsampler):
            self._by_codes = self._upsampler.by_codes()

    def rows(self, rows: slice, source: Pixels, left: int = 0) -> Pixels:
        """Colour some rows.

        Parameters
        ----------
        rows : slice
            Which ones of the picture.
        source : uint8 or uint16, (h, w) or (h, w, 3)
            Their pixels, sRGB-encoded.
        left : int
            Column of the picture that the first one of ``source`` is.

        Returns
        -------
        uint8 or uint16 (h, w, 3)
            sRGB, at the depth that was asked for.
        """
        if source.dtype == np.uint8 and self._codes is not None:
            return self._looked_up(self._codes, rows.start, left, _gray(source))
        lightness = gray_to_lightness if source.ndim == 2 else srgb_to_lightness
        pixels: Pixels = np.empty((*source.shape[:2], 3), _dtype(self._bits))
        for tile in tiles(*source.shape[:2]):
            light = lightness(source[tile])
            chroma = self._upsampler.tile(_moved(tile, rows.start, left), light)
            _encode(lab_to_linear_in_gamut(light, np.moveaxis(chroma, 0, -1)), pixels[tile])
        return pixels

    def _looked_up(self, codes: ColorCodes, top: int, left: int, gray: ByteArray) -> ByteArray:
        """Colour 8-bit grey; the result is a view, see `files.arrays.padded`."""
        pixels = np.empty((*gray.shape, PADDED), np.uint8)
        words = pixels.view(np.uint32)[..., 0]
        height, width = gray.shape
        for tile in tiles(height, width, _COLUMNS):
            place = _moved(tile, top, left)
            if self._by_codes is None:
                chroma = self._upsampler.tile(place, gray_to_lightness(gray[tile]))
            else:
                chroma = self._by_codes.tile(place, gray[tile].astype(np.float32))
            codes.look_up(gray[tile], chroma, words[tile])
        return pixels[..., :3]


def _table(chroma: ChromaUpsampler | PinnedChroma, area: int) -> ColorCodes | None:
    """Work out the colours of so many pixels, if that is worth its while."""
    if isinstance(chroma, PinnedChroma) or not chroma.enlarges:
        return None
    if np.abs(chroma.ends).max() > LIMIT:
        return None
    pairs = pairs_between(chroma.ends)
    return ColorCodes(pairs) if pairs.sum() * _ENTRIES < area else None


def _moved(tile: Tile, top: int, left: int) -> Tile:
    """Where a part of a strip is in the picture."""
    rows, columns = tile
    return (
        slice(top + rows.start, top + rows.stop),
        slice(left + columns.start, left + columns.stop),
    )


def _gray(pixels: Pixels) -> ByteArray:
    codes = to_8_bits(pixels)
    return codes if codes.ndim == 2 else srgb_to_gray(codes)


def _encode(linear: FloatArray, pixels: Pixels) -> None:
    """Write linear sRGB, 0..1, as rounded sRGB codes."""
    for channel in range(3):  # by planes: both are quick along a row, neither along the channels
        plane = linear[..., channel]
        if pixels.dtype == np.uint8:
            pixels[..., channel] = linear_to_8_bits(plane)
        else:
            codes = linear_to_srgb(plane)
            codes *= 65535
            codes += 0.5
            np.copyto(pixels[..., channel], codes, casting="unsafe")


def _dtype(bits: Literal[8, 16]) -> DTypeLike:
    return np.uint8 if bits == 8 else np.uint16
