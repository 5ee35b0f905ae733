"""Lightness of the photograph + chroma of the model -> a colour picture."""

from __future__ import annotations

import numpy as np

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
from reverse_oldify.files.picture import Picture, Pixels, Raster
from reverse_oldify.pipeline.pin import PinnedChroma, Spots
from reverse_oldify.resize import ChromaUpsampler
from reverse_oldify.sampling import Extent, Tile, tiles
from reverse_oldify.types import ByteArray, FloatArray

# Of a tile where colours are looked up: whole rows, of all but the largest pictures. So little is
# done to a pixel that in smaller ones threads wait for each other: the interpreter is taken anew
# for every operation on a tile.
_COLUMNS = 6144
_ENTRIES = 2 * 256  # of a chroma in the table; an entry takes as long as two pixels save

Chroma = ChromaUpsampler | PinnedChroma


def recombine(
    picture: Raster,
    ab: FloatArray,
    extent: Extent | None = None,
    *,
    look: FloatArray | None = None,
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
    spots : int64 (n, 2), optional
        Row and column of pixels that get exactly the chroma of their cells.
    part : Tile, optional
        Rows and columns that are made, within the picture; all by default.
    threads : int, optional
        That share the work; None: one for each core.
    codes : ColorCodes, optional
        In which a picture of 8 bits is looked up; by default in a table of its own colours, where
        the part has more than twice as many pixels as that has entries. All else is computed, which
        is exact and takes three times as long.

    Returns
    -------
    LazyPicture
        The part, in sRGB, at the picture's depth, made where it is looked at. Whatever strips are
        looked at, from however many threads: the result is the same to the bit.
    """
    rows, columns = part or (slice(0, picture.size[0]), slice(0, picture.size[1]))
    shape = (rows.stop - rows.start, columns.stop - columns.start, 3)
    lightness = picture.lazy_lightness
    chroma: Chroma = (
        ChromaUpsampler(ab, lightness, extent, look)
        if spots is None or not len(spots)
        else PinnedChroma(ab, lightness, extent, look, spots)
    )
    if picture.dtype != np.uint8:
        codes = None
    elif codes is None:
        codes = _table(chroma, shape[0] * shape[1])
    recombiner = _Recombiner(chroma, codes)

    def paint(strip: slice) -> Picture:
        place = slice(rows.start + strip.start, rows.start + strip.stop)
        source = picture.rows(place)
        pixels = recombiner.rows(place, source.pixels[:, columns], columns.start)
        alpha = None if source.alpha is None else source.alpha[:, columns]
        return Picture(pixels=pixels, alpha=alpha)

    return lazily(
        picture,
        paint,
        shape=shape,
        dtype=picture.dtype,
        threads=threads,
        is_padded=codes is not None,
    )


class _Recombiner:
    """Puts chroma under the lightness of strips; see `recombine`."""

    def __init__(self, chroma: Chroma, codes: ColorCodes | None) -> None:
        self._chroma, self._codes = chroma, codes
        self._by_codes: ChromaUpsampler | None = None
        if codes is not None and isinstance(chroma, ChromaUpsampler):
            self._by_codes = chroma.by_codes()

    def rows(self, rows: slice, source: Pixels, left: int) -> Pixels:
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
            sRGB, of the same type.
        """
        if self._codes is not None:
            codes = np.asarray(source, np.uint8)
            gray = codes if codes.ndim == 2 else srgb_to_gray(codes)
            return self._looked_up(self._codes, rows.start, left, gray)
        lightness = gray_to_lightness if source.ndim == 2 else srgb_to_lightness
        pixels: Pixels = np.empty((*source.shape[:2], 3), source.dtype)
        for tile in tiles(*source.shape[:2]):
            light = lightness(source[tile])
            chroma = self._chroma.tile(_moved(tile, rows.start, left), light)
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
                chroma = self._chroma.tile(place, gray_to_lightness(gray[tile]))
            else:
                chroma = self._by_codes.tile(place, gray[tile].astype(np.float32))
            codes.look_up(gray[tile], chroma, words[tile])
        return pixels[..., :3]


def _table(chroma: Chroma, area: int) -> ColorCodes | None:
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
