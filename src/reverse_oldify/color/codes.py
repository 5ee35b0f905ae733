"""8-bit sRGB of grey codes with chroma, looked up: for pictures larger than the table.

A picture has few colours: 256 codes of grey, and some thousand pairs of a*, b* to the nearest
whole number. Each is worked out once, exactly, its gamut and all; a pixel then costs one look.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reverse_oldify.color.gamut import in_gamut, rim
from reverse_oldify.color.lab import gray_to_lightness, lab_to_linear, linear_to_8_bits
from reverse_oldify.types import ByteArray, FloatArray

LIMIT = 127.0
"""Largest |a*| and |b*| in a table."""

PADDED = 4
"""Bytes of a looked-up pixel: R, G, B and one that says nothing, as Pillow lays them out, too."""

_PAIRS = 64  # that are worked out together
_MARGIN = 0.01  # of chroma, for what is rounded on the way

Pairs = NDArray[np.bool_]
"""Which a*, b* (rows, columns), both from -128 to 127, occur; bool (256, 256)."""

Words = NDArray[np.uint32]
"""Pixels of `PADDED` bytes."""


class ColorCodes:
    """Looks up what a grey code becomes with a chroma.

    Lightness and hue are as in `gamut.lab_to_linear_in_gamut`, but that a* and b* are rounded to
    whole numbers, and chroma beyond the gamut is cut to within 0.3.

    Parameters
    ----------
    pairs : bool (256, 256)
        See `pairs_between`; what else is looked up is black.
    """

    def __init__(self, pairs: Pairs) -> None:
        # 64 MB of zeros, of which the system gives only the pages that are written to.
        self._table = np.zeros((256, 256, 256), np.uint32)
        self._work_out(pairs)

    def _work_out(self, pairs: Pairs) -> None:
        chosen = np.argwhere(pairs)
        for first in range(0, len(chosen), _PAIRS):
            a, b = chosen[first : first + _PAIRS].T
            self._table[a, b] = _codes(np.stack([a, b]).astype(np.float32) - 128)

    def look_up(self, gray: ByteArray, ab: FloatArray, out: Words | None = None) -> Words:
        """Colour grey pixels.

        Parameters
        ----------
        gray : uint8 (h, w)
            sRGB codes.
        ab : float32 (2, h, w)
            a*, b*, within `LIMIT`; is overwritten.
        out : uint32 (h, w), optional
            Is written to, and returned.

        Returns
        -------
        uint32 (h, w)
            Pixels of `PADDED` bytes.
        """
        ab += np.float32(128.5)
        codes = ab.astype(np.int32)
        index: NDArray[np.int32] = codes[0]
        for lower in (codes[1], gray):
            index <<= 8
            index |= lower
        return self._table.reshape(-1).take(index, out=out, mode="clip")


class GrowingCodes(ColorCodes):
    """Works out a chroma when it is met first: for many pictures of like colours, in threads.

    It takes 1 KB for each pair of a*, b* that has occurred, 64 MB if all of them have.
    """

    def __init__(self) -> None:
        super().__init__(np.zeros((256, 256), bool))

    def look_up(self, gray: ByteArray, ab: FloatArray, out: Words | None = None) -> Words:
        """See `ColorCodes.look_up`; a*, b* beyond `LIMIT` are cut to it."""
        words = super().look_up(gray, np.clip(ab, -LIMIT, LIMIT, out=ab), out)
        missing = words == 0  # what is known is opaque
        if missing.any():
            a, b = ab[:, missing].astype(np.uint8)  # moved to 0..255 by now
            pairs = np.zeros((256, 256), bool)
            pairs[a, b] = True
            self._work_out(pairs)
            words[missing] = self._table[a, b, gray[missing]]
        return words


def _codes(ab: FloatArray) -> NDArray[np.uint32]:
    """Pixels of all grey codes with each chroma (2, n): (n, 256)."""
    shape = ab.shape[1], 256
    lightness = np.broadcast_to(gray_to_lightness(np.arange(256, dtype=np.uint8)), shape)
    fits = in_gamut(lab_to_linear(lightness, np.moveaxis(ab[..., None], 0, -1)))
    shown = np.where(fits, ab[..., None], _pulled_in(ab))
    linear = lab_to_linear(lightness, np.moveaxis(shown, 0, -1))
    codes = np.full((*shape, PADDED), 255, np.uint8)
    for channel in range(3):
        codes[..., channel] = linear_to_8_bits(linear[..., channel])
    return np.asarray(codes.view(np.uint32)[..., 0])


def _pulled_in(ab: FloatArray) -> FloatArray:
    """Each chroma (2, n) cut to the rim at all grey codes: (2, n, 256)."""
    degrees = np.degrees(np.arctan2(ab[1], ab[0])) % np.float32(360)
    before = np.minimum(degrees.astype(np.intp), 359)
    after = (degrees - before).astype(np.float32)[:, None]
    most = rim()[before] * (1 - after) + rim()[before + 1] * after
    chroma = np.maximum(np.hypot(*ab), np.float32(1e-6))[:, None]
    return np.asarray(ab[..., None] * np.minimum(most / chroma, 1))


def pairs_between(ends: FloatArray) -> Pairs:
    """Which pairs occur in a picture whose chroma is interpolated.

    Parameters
    ----------
    ends : float32 (2, n, gh, gw)
        a*, b* of the cells, within `LIMIT`. A pixel is a mixture of those of 2 x 2 cells.
    """
    least, most = _of_four(ends.min(1), np.minimum), _of_four(ends.max(1), np.maximum)
    low = np.floor(least + np.float32(128.5 - _MARGIN)).astype(np.intp).reshape(2, -1)
    high = np.floor(most + np.float32(128.5 + _MARGIN)).astype(np.intp).reshape(2, -1) + 1
    corners = np.zeros((258, 258), np.int64)  # of all boxes, to be summed up
    for a, b, sign in ((low, low, 1), (low, high, -1), (high, low, -1), (high, high, 1)):
        places = a[0] * 258 + b[1]
        corners += sign * np.bincount(places, minlength=258 * 258).reshape(258, 258)
    return np.asarray(corners.cumsum(0).cumsum(1)[:256, :256] > 0)


def _of_four(planes: FloatArray, merge: np.ufunc) -> FloatArray:
    """Merge each 2 x 2 cells of (c, gh, gw), those at the edges also with themselves."""
    padded = np.pad(planes, [(0, 0), (1, 1), (1, 1)], mode="edge")
    rows = merge(padded[:, 1:], padded[:, :-1])
    return np.asarray(merge(rows[..., 1:], rows[..., :-1]))
