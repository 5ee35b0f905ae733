"""Planes made smaller and larger: separable filters, applied as small matrix products.

Few cells of a grid count for a small part of a picture, so the product of the weights of its rows,
those cells, and the weights of its columns is quicker than a loop over taps, and takes no library
but numpy. The products are kept so small that BLAS does not share them among threads, which costs
more than it gains, most of all when other threads are at work already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from reverse_oldify.matmul import matmul
from reverse_oldify.types import FloatArray, Plane, Reducible

Extent = tuple[float, float]
"""Rows and columns of a grid that a picture covers, from the top left; not whole numbers."""

Tile = tuple[slice, slice]
"""Rows and columns of a picture."""

TILE = 64, 528
"""Rows and columns; the float32 planes that it takes to colour a tile stay within the cache. Rows
of planes whose length is a power of two would drive each other out of it."""

_BAND = 8  # rows or columns of a smaller picture that are made together
_CELLS = 8  # columns of a grid that are enlarged together
_LEFT = 4  # pixels on a side for the filter to average, after a mean of whole blocks
_WORK = 1 << 18  # multiplications in a product: OpenBLAS uses threads from twice as many


def strips(length: int, size: int) -> Iterator[slice]:
    """Cut a length into slices; the last one is smaller."""
    for start in range(0, length, size):
        yield slice(start, min(start + size, length))


def tiles(height: int, width: int, columns: int = TILE[1]) -> Iterator[Tile]:
    """Cover a picture, row by row of tiles; ``columns`` wide."""
    return product(strips(height, TILE[0]), strips(width, columns))


def shrunk(plane: Plane, shape: tuple[int, int]) -> tuple[Plane, Extent]:
    """Make a plane smaller on the way to a shape, where that is quick: no less than four times it.

    Also gives the extent that the plane has then, for `resample`.
    """
    height, width = plane.shape
    factor = int(min(height / shape[0], width / shape[1]) / _LEFT)
    if factor > 1 and isinstance(plane, Reducible):
        small = plane.reduced(factor)
        if small is not None:
            return small, (height / factor, width / factor)
    return plane, (float(height), float(width))


def resample(plane: Plane, shape: tuple[int, int], extent: Extent | None = None) -> FloatArray:
    """Scale a float32 plane (H, W) to a shape: averaged when it shrinks, bicubic when it grows.

    ``extent`` is how much of its rows and columns is the picture; all by default.
    """
    height, width = plane.shape
    down, across = extent or (float(height), float(width))
    # Hamming is the sharpest of the usual averages that has no negative lobes (no halos).
    kernel = hamming if shape[0] <= height and shape[1] <= width else cubic
    squat = np.empty((shape[0], width), np.float32)
    for rows in strips(shape[0], _BAND):
        used, weights = _weights(height, down / shape[0], rows.start, rows.stop, kernel)
        for columns in strips(width, max(1, _WORK // weights.size)):
            matmul(weights, plane[used, columns], out=squat[rows, columns])
    small = np.empty(shape, np.float32)
    for columns in strips(shape[1], _BAND):
        used, weights = _weights(width, across / shape[1], columns.start, columns.stop, kernel)
        for rows in strips(shape[0], max(1, _WORK // weights.size)):
            matmul(squat[rows, used], weights.T, out=small[rows, columns])
    return small


def interpolate(
    planes: FloatArray,
    shape: tuple[int, int],
    tile: Tile,
    extent: Extent | None = None,
    share: int = 1,
) -> FloatArray:
    """One tile of grids that are enlarged linearly to a picture.

    Parameters
    ----------
    planes : float32 (c, gh, gw)
        What the cells hold. On an axis on which the picture is smaller than the grid, cells are
        averaged.
    shape : (int, int)
        Height and width of the picture.
    tile
        Its part that is made.
    extent : (float, float), optional
        Rows and columns of the grid that the picture covers; all by default.
    share : int
        Rows that are made as one, that of their middle: the first so many rows of the picture, the
        next, and so on. A divisor of the rows of a `TILE`.

    Returns
    -------
    float32 (c, n, w)
        A row for each ``share`` rows of which the tile has any. The same, to the bit, whichever
        rows are made together.
    """
    cells = planes.shape[1:]
    extent = extent or (float(cells[0]), float(cells[1]))
    down, across = extent[0] / shape[0] * share, extent[1] / shape[1]
    rows, columns = tile
    first, width = rows.start // TILE[0] * TILE[0], columns.stop - columns.start
    near, _ = _weights(cells[1], across, columns.start, columns.stop, triangle)
    # How BLAS rounds depends on how many rows there are, and on their places among them. So the
    # same ones are always made together, also where fewer are asked for.
    made = TILE[0] // share
    together = len(planes) * made
    most = min(int(_CELLS / across), _WORK // ((_CELLS + 2) * together))
    bands = []
    for top in range(first, rows.stop, TILE[0]):
        bottom = min(top + TILE[0], shape[0])
        used, vertical = _weights(cells[0], down, top // share, -(-bottom // share), triangle)
        if len(vertical) < made:
            vertical = np.pad(vertical, [(0, made - len(vertical)), (0, 0)])
        tall = matmul(vertical, planes[:, used, near]).reshape(together, -1)
        wide = np.empty((together, width), np.float32)
        for part in strips(width, max(_BAND, most)):
            start, stop = columns.start + part.start, columns.start + part.stop
            used, horizontal = _weights(cells[1], across, start, stop, triangle)
            beside = tall[:, used.start - near.start : used.stop - near.start]
            matmul(beside, horizontal.T, out=wide[:, part])
        bands.append(wide.reshape(len(planes), made, width))
    result = bands[0] if len(bands) == 1 else np.concatenate(bands, 1)
    return result[:, (rows.start - first) // share : -(-(rows.stop - first) // share)]


Kernel = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Weight at a distance from the centre, 0 from 2 on."""


@lru_cache(maxsize=512)
def _weights(
    cells: int, scale: float, start: int, stop: int, kernel: Kernel
) -> tuple[slice, FloatArray]:
    """Weights of cells in the pixels from ``start`` to ``stop``, along one axis.

    ``scale`` is in cells per pixel. Returns the cells that count, and float32 (pixels, cells);
    the weights of a pixel sum to 1, also at the edges, beyond which there is nothing.
    """
    width = max(scale, 1.0)
    reach = width * (2 if kernel is cubic else 1)
    centres = (np.arange(start, stop) + 0.5) * scale
    first, last = max(int(centres[0] - reach), 0), min(int(centres[-1] + reach) + 1, cells)
    weights = kernel((np.arange(first, last) + 0.5 - centres[:, None]) / width)
    weights /= weights.sum(1, keepdims=True)
    # Transposed, which is how they are mostly used, they lie in order.
    return slice(first, last), weights.astype(np.float32, order="F")


def triangle(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Linear interpolation."""
    return np.asarray(np.maximum(1 - np.abs(x), 0))


def hamming(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sinc in a Hamming window, one lobe."""
    return np.where(np.abs(x) < 1, np.sinc(x) * (0.54 + 0.46 * np.cos(np.pi * x)), 0)


def cubic(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cubic convolution (Keys 1981) with a = -0.5."""
    x = np.abs(x)
    near, far = (1.5 * x - 2.5) * x * x + 1, ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x < 1, near, np.where(x < 2, far, 0))
