"""Chroma at full resolution that is right, to the pixel, where a hint was placed.

A cell of the grid may lie across an edge, and the pixel that was clicked on its other side. What
upsampling leaves amiss there is added back, over pixels that are close by and about as light:
interpolation by Gaussian kernels in place and lightness, exact at the spots. Around spots that are
close by and disagree the kernels overshoot: nowhere is more added than at one of those within
reach, and nothing leads beyond their colours.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from reverse_oldify.resize import ChromaUpsampler
from reverse_oldify.sampling import Extent, Tile
from reverse_oldify.types import FloatArray, Plane

Spots = NDArray[np.int64]
"""Row and column of pixels, int64 (n, 2)."""

_RADIUS = 0.7  # standard deviation in place, in cells
_LIGHTNESS = 8.0  # standard deviation in L*
_RIDGE = 1e-3  # spots that contradict each other are averaged
_WINDOW = 3.0  # standard deviations, beyond which a spot has no effect


class PinnedChroma:
    """A `ChromaUpsampler` that gives some pixels exactly the chroma of their cells.

    Parameters
    ----------
    ab : float32 (2, gh, gw)
        a*, b*: the mean of each cell.
    lightness : float32 (H, W)
        L*, 0..100.
    extent, look
        See `ChromaUpsampler`.
    spots : int64 (n, 2)
        Row and column of the pixels.
    """

    def __init__(
        self,
        ab: FloatArray,
        lightness: Plane,
        extent: Extent | None,
        look: FloatArray | None,
        spots: Spots,
    ) -> None:
        extent = extent or (float(ab.shape[1]), float(ab.shape[2]))
        self._upsampler = ChromaUpsampler(ab, lightness, extent, look)
        self._spots, self._light = spots, _light_of(spots, lightness)
        cell = np.array(lightness.shape[:2]) / extent
        self._radius = _RADIUS * cell
        cells = ((spots + 0.5) / cell).astype(np.int64)
        self._wanted = ab[:, cells[:, 0], cells[:, 1]]
        self._amiss = amiss = self._wanted - self._upsampled()
        row, column = spots.T[:, :, None]
        kernel = self._kernel(row, column, self._light[:, None], spots, self._light)
        kernel += _RIDGE * np.eye(len(spots))
        self._weights = np.linalg.solve(kernel, amiss.T).astype(np.float32)

    def tile(self, tile: Tile, lightness: FloatArray) -> FloatArray:
        """Chroma of a part of the picture, see `ChromaUpsampler.tile`."""
        ab = self._upsampler.tile(tile, lightness)
        near = list(self._near(tile))
        if not near:  # as in most parts of a large picture
            return ab
        added, least, most = (np.zeros_like(ab) for _ in range(3))
        lowest, highest = ab.copy(), ab.copy()
        for number, (rows, columns) in near:
            row, column = np.ogrid[rows, columns]
            window = tuple(
                slice(side.start - part.start, side.stop - part.start)
                for side, part in zip((rows, columns), tile, strict=True)
            )
            spot, light = self._spots[number], self._light[number]
            kernel = self._kernel(row, column, lightness[window], spot, light)
            added[:, *window] += self._weights[number, :, None, None] * kernel
            amiss, wanted = (each[:, number, None, None] for each in (self._amiss, self._wanted))
            for bound, moved, end in (
                (least, np.minimum, amiss),
                (most, np.maximum, amiss),
                (lowest, np.minimum, wanted),
                (highest, np.maximum, wanted),
            ):
                moved(bound[:, *window], end, out=bound[:, *window])
        return np.clip(ab + np.clip(added, least, most), lowest, highest)

    def _near(self, tile: Tile) -> Iterator[tuple[int, Tile]]:
        """Spots that reach a tile, by number, and the rows and columns of it that they reach."""
        reach = np.ceil(_WINDOW * self._radius).astype(int)
        for number, spot in enumerate(self._spots):
            rows, columns = (
                slice(max(place - far, part.start), min(place + far + 1, part.stop))
                for place, far, part in zip(spot, reach, tile, strict=True)
            )
            if rows.start < rows.stop and columns.start < columns.stop:
                yield number, (rows, columns)

    def _upsampled(self) -> FloatArray:
        """What the upsampler says of the spots, float32 (2, n)."""
        ab = np.empty((2, len(self._spots)), np.float32)
        for number, (row, column) in enumerate(self._spots):
            pixel = slice(row, row + 1), slice(column, column + 1)
            light = self._light[number, None, None]
            ab[:, number] = self._upsampler.tile(pixel, light)[:, 0, 0]
        return ab

    def _kernel(
        self,
        row: NDArray[np.int64],
        column: NDArray[np.int64],
        lightness: FloatArray,
        spot: Spots,
        light: FloatArray,
    ) -> FloatArray:
        """How much pixels are like a spot in place and in its lightness, 0..1; all broadcast."""
        squared = ((row - spot[..., 0]) / self._radius[0]) ** 2
        squared = squared + ((column - spot[..., 1]) / self._radius[1]) ** 2
        squared += ((lightness - light) / _LIGHTNESS) ** 2
        return np.asarray(np.exp(-0.5 * squared), np.float32)


def _light_of(spots: Spots, lightness: Plane) -> FloatArray:
    """L* of the spots, float32 (n,)."""
    light = np.empty(len(spots), np.float32)
    for number in np.argsort(spots[:, 0]):  # downwards, as pictures are decoded
        row, column = spots[number]
        light[number] = lightness[row : row + 1, column : column + 1][0, 0]
    return light
