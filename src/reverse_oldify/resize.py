"""Down to what the network looks at, and its chroma back up to every pixel of the picture.

The only resizing code. Coordinates are those of areas: cell ``i`` of a grid covers ``i`` to
``i + 1``, and a picture that does not fill its last cell says so by its *extent*, the rows and
columns of the grid (not whole numbers) that it covers.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from PIL import Image

from reverse_oldify.color.lab import row_strips
from reverse_oldify.types import FloatArray

Extent = tuple[float, float]

_LONGEST = 4  # the long side is at most so many times the working size
_STRIP_PIXELS = 1 << 18  # the planes of a strip stay within a few megabytes
_GUIDE = 4  # guide pixels per cell, on each axis: what the consistency of the chroma is judged on
_ROUNDS = 2  # of back-projection; a third changes the third digit of the error
_NOISE = 60.0  # variance of L* in a neighbourhood below which it says little about colour


def working_shape(height: int, width: int, size: int) -> tuple[int, int]:
    """Height and width at which the network looks at a picture.

    The aspect is kept and the area is about ``size * size``, whatever the size of the picture;
    the long side is at most ``4 * size``, the short side at least 1.
    """
    scale = min(size / math.sqrt(height * width), _LONGEST * size / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


def fit(lightness: FloatArray, size: int, multiple: int) -> tuple[FloatArray, tuple[int, int]]:
    """Scale a picture to its working size and pad it to what the network accepts.

    Parameters
    ----------
    lightness : float32 (H, W)
        L*, 0..100.
    size : int
        Working size in pixels, see `working_shape`.
    multiple : int
        Height and width of the result are multiples of it.

    Returns
    -------
    lightness : float32 (h', w')
        Scaled, then padded at the right and the bottom by repeating the last column and row.
    shape : (int, int)
        Height and width without the padding.
    """
    shape = working_shape(*lightness.shape, size=size)
    scaled = np.clip(resample(lightness, shape), 0, 100)
    padding = [(0, -side % multiple) for side in shape]
    return np.pad(scaled, padding, mode="edge"), shape


def crop_grid(grid: FloatArray, shape: tuple[int, int], stride: int) -> tuple[FloatArray, Extent]:
    """Cut off the cells that lie in the padding only.

    Parameters
    ----------
    grid : float32 (c, gh, gw)
        What the network says of the padded picture.
    shape : (int, int)
        Height and width without the padding, as from `fit`.
    stride : int
        Pixels per cell, on each axis.

    Returns
    -------
    grid : float32 (c, ceil(h / stride), ceil(w / stride))
    extent : (float, float)
        ``h / stride, w / stride``: how much of the grid the picture covers.
    """
    rows, columns = (-(-side // stride) for side in shape)
    return grid[:, :rows, :columns], (shape[0] / stride, shape[1] / stride)


def resample(
    plane: FloatArray,
    shape: tuple[int, int],
    box: tuple[float, float, float, float] | None = None,
) -> FloatArray:
    """Scale a float32 plane (H, W) to a shape: averaged when it shrinks, bicubic when it grows.

    With a ``box`` (left, top, right, bottom in pixels of the plane) that part is interpolated
    linearly, so that a large result can be made in strips which fit together.
    """
    shrinks = shape[0] <= plane.shape[0] and shape[1] <= plane.shape[1]
    filters = Image.Resampling
    # Hamming is the sharpest of Pillow's averages that has no negative lobes (no halos).
    method = filters.BILINEAR if box else filters.HAMMING if shrinks else filters.BICUBIC
    image = Image.fromarray(np.ascontiguousarray(plane, np.float32))
    return np.asarray(image.resize((shape[1], shape[0]), method, box))


class ChromaUpsampler:
    """Carries a grid of chroma to every pixel of a picture, along the edges of its lightness.

    Around each cell, chroma is modelled as an affine function of lightness: the guided filter
    (He, Sun, Tang 2013), with coefficients found on the coarse grid (He, Sun 2015). A pixel gets
    the interpolated chroma plus slope times (its L* minus the interpolated L*). The grid is first
    sharpened such that the result, averaged over a cell, gives the cell back (back-projection:
    Irani, Peleg 1991). Last, each channel is cut to the range of the cells around the pixel:
    no halos, no new colours, and the grain of a plain area cannot turn into coloured noise.

    Parameters
    ----------
    ab : float32 (2, gh, gw)
        a*, b*: the mean of each cell.
    lightness : float32 (H, W)
        L*, 0..100, of the whole picture.
    extent : (float, float), optional
        Rows and columns of the grid that the picture covers, as from `crop_grid`; all by default.
    """

    def __init__(self, ab: FloatArray, lightness: FloatArray, extent: Extent | None = None) -> None:
        self.lightness = lightness
        self.extent = extent or (float(ab.shape[1]), float(ab.shape[2]))
        guide = _guide(lightness, ab.shape[1:], self.extent)
        self._cell_lightness = _cell_means(guide)
        self._least, self._most = _around(ab).min((-2, -1)), _around(ab).max((-2, -1))
        self._ab, self._slope = ab, self._slopes(ab)
        for _ in range(_ROUNDS):
            self._ab = self._ab + ab - _cell_means(self._predict(guide, _whole(ab)))
            self._slope = self._slopes(self._ab)

    def rows(self, rows: slice) -> FloatArray:
        """Chroma of some rows of the picture: a*, b*, float32 (2, rows, W)."""
        lightness = self.lightness[rows]
        down, across = self.extent
        scale = down / len(self.lightness)
        box = (0.0, rows.start * scale, across, min(rows.stop * scale, down))
        ab = self._predict(lightness, box)
        for channel, plane in enumerate(ab):
            np.maximum(plane, resample(self._least[channel], plane.shape, box), out=plane)
            np.minimum(plane, resample(self._most[channel], plane.shape, box), out=plane)
        return ab

    def _predict(self, lightness: FloatArray, box: tuple[float, float, float, float]) -> FloatArray:
        """Chroma (2, h, w) of the part ``box`` of the grid, where the picture has this L*."""
        detail = lightness - resample(self._cell_lightness, lightness.shape, box)
        ab = np.empty((2, *lightness.shape), np.float32)
        for channel, plane in enumerate(ab):
            np.multiply(resample(self._slope[channel], plane.shape, box), detail, out=plane)
            plane += resample(self._ab[channel], plane.shape, box)
        return ab

    def _slopes(self, ab: FloatArray) -> FloatArray:
        """Change of a*, b* per unit of L* around each cell; float32 (2, gh, gw)."""
        near = _around(self._cell_lightness)
        near = near - near.mean((-2, -1), keepdims=True)
        covariance = (_around(ab) * near).mean((-2, -1))
        return np.asarray(covariance / ((near**2).mean((-2, -1)) + _NOISE), np.float32)


def upsample_chroma(
    ab: FloatArray, lightness: FloatArray, extent: Extent | None = None
) -> FloatArray:
    """Carry a grid of chroma to a whole picture at once, see `ChromaUpsampler`.

    float32 (2, gh, gw) and L* (H, W) in; a*, b* (2, H, W) out.
    """
    upsampler = ChromaUpsampler(ab, lightness, extent)
    strips = row_strips(*lightness.shape, pixels=_STRIP_PIXELS)
    return np.concatenate([upsampler.rows(rows) for rows in strips], axis=1)


def _guide(lightness: FloatArray, cells: tuple[int, ...], extent: Extent) -> FloatArray:
    """The picture at `_GUIDE` pixels per cell, padded as the network saw it, to whole cells."""
    shape = tuple(max(1, round(side * _GUIDE)) for side in extent)
    guide = resample(lightness, (shape[0], shape[1]))
    padding = [(0, _GUIDE * count - side) for count, side in zip(cells, shape, strict=True)]
    return np.pad(guide, padding, mode="edge")


def _cell_means(planes: FloatArray) -> FloatArray:
    """Mean of each cell: (..., h, w) at guide resolution to (..., gh, gw)."""
    *lead, height, width = planes.shape
    cells = planes.reshape(*lead, height // _GUIDE, _GUIDE, width // _GUIDE, _GUIDE)
    return np.asarray(cells.mean((-3, -1)))


def _around(grid: FloatArray) -> FloatArray:
    """Each cell's neighbourhood: (..., gh, gw) to (..., gh, gw, 3, 3), edges repeated."""
    padding = [(0, 0)] * (grid.ndim - 2) + [(1, 1), (1, 1)]
    return sliding_window_view(np.pad(grid, padding, mode="edge"), (3, 3), axis=(-2, -1))


def _whole(grid: FloatArray) -> tuple[float, float, float, float]:
    return 0.0, 0.0, float(grid.shape[-1]), float(grid.shape[-2])
