"""Down to what the network looks at, and its chroma back up to every pixel of the picture.

The only resizing code. Coordinates are those of areas: cell ``i`` of a grid covers ``i`` to
``i + 1``, and a picture that does not fill its last cell says so by its *extent*, the rows and
columns of the grid (not whole numbers) that it covers.
"""

from __future__ import annotations

import math
from copy import copy
from itertools import pairwise

import numpy as np

from reverse_oldify.color.lab import lightness_to_gray
from reverse_oldify.detail import doubled, trained
from reverse_oldify.grid import around, halve, mean_around, regressed
from reverse_oldify.sampling import Extent, Tile, interpolate, resample, shrunk, tiles
from reverse_oldify.types import FloatArray, Plane

_LONGEST = 4  # the long side is at most so many times the working size

# Fitted on photographs and on the same with film grain added: benchmarks/chroma_upsampling.py.
_DOUBLINGS = 2  # of the grid, before the step to full resolution
_GRAIN = 150.0  # variance of L* around a cell below which it says little about colour
_FLAT = 1e-4  # chroma for each L*, below which it is constant
_BORROWED = 0.1  # how much the cells around count for how a cell mixes its colours
_SHARED = 12  # rows made as one are a 12th of a cell or less: each is off by less than a 24th
_MOST_SHARING = 8  # rows


def working_shape(height: int, width: int, size: int) -> tuple[int, int]:
    """Height and width at which the network looks at a picture.

    The aspect is kept and the area is about ``size * size``, whatever the size of the picture;
    the long side is at most ``4 * size``, the short side at least 1.
    """
    scale = min(size / math.sqrt(height * width), _LONGEST * size / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


def fit(lightness: Plane, size: int, multiple: int) -> tuple[FloatArray, tuple[int, int]]:
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
    height, width = lightness.shape
    shape = working_shape(height, width, size)
    plane, extent = shrunk(lightness, shape)
    scaled = np.clip(resample(plane, shape, extent), 0, 100)
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


class ChromaUpsampler:
    """Carries a grid of chroma to every pixel of a picture, along the edges of its lightness.

    The grid is doubled twice, each time by what lightness tells of chroma within a cell, see
    `detail.doubled`.

    Then each cell has two colours, of what is dark and of what is light in it, and a pixel is a
    mixture of them by its lightness: no halos, no new colours, and grain in a plain area, where
    both are one, cannot turn into coloured noise.

    Where cells are high, two or more rows of pixels share what their middle would get: the colours
    and how they are mixed, not the mixture. What a row of pixels gets does not depend, not by a
    bit, on those that are asked for with it.

    Parameters
    ----------
    ab : float32 (2, gh, gw)
        a*, b*: the mean of each cell.
    lightness : float32 (H, W)
        L*, 0..100, of the whole picture.
    extent : (float, float), optional
        Rows and columns of the grid that the picture covers, as from `crop_grid`; all by default.
    look : float32 (h, w), optional
        The picture scaled to four times that, if it is at hand; else it is made.
    """

    def __init__(
        self,
        ab: FloatArray,
        lightness: Plane,
        extent: Extent | None = None,
        look: FloatArray | None = None,
    ) -> None:
        extent = extent or (float(ab.shape[1]), float(ab.shape[2]))
        guides = [_guide(lightness, ab.shape[1:], extent, look)]
        for _ in range(_DOUBLINGS):
            guides.insert(0, halve(guides[0]))
        for level, (coarse, fine) in enumerate(pairwise(guides)):
            ab = doubled(ab, coarse, fine, trained(level))
        self.size = lightness.shape[0], lightness.shape[1]
        self._extent = extent[0] * 2**_DOUBLINGS, extent[1] * 2**_DOUBLINGS
        self._share = _rows_that_share(self.size[0] / self._extent[0])
        self.model: FloatArray = _two_colours(ab, guides[-1])
        """Of each cell of the doubled grid, see `_two_colours`; float32 (6, gh, gw)."""

    @property
    def ends(self) -> FloatArray:
        """The two colours of each cell, of which pixels are mixtures; float32 (2, 2, gh, gw)."""
        darker = self.model[4:]
        return np.stack([darker, darker + self.model[2:4]], 1)

    @property
    def enlarges(self) -> bool:
        """Whether the picture has no fewer rows and columns than the doubled grid."""
        return all(side >= cells for side, cells in zip(self.size, self._extent, strict=True))

    def by_codes(self) -> ChromaUpsampler:
        """Return one whose `tile` takes 8-bit codes of sRGB grey, as float32, instead of L*.

        L* is nearly a straight line in them, and is taken for one between the two colours of a
        cell. To look up L* of every pixel takes as long as half of all that `tile` does.
        """
        slope, offset = self.model[:2]
        ends = np.stack([-offset, 1 - offset]) / slope  # L* of the two colours
        shown = np.clip(ends, 0, 100)
        codes = 255 * lightness_to_gray(shown) + np.float32(2.55) * (ends - shown)
        slope = 1 / (codes[1] - codes[0])
        other = copy(self)
        other.model = np.concatenate([[slope, -codes[0] * slope], self.model[2:]])
        return other

    def tile(self, tile: Tile, lightness: FloatArray) -> FloatArray:
        """Chroma of a part of the picture.

        Parameters
        ----------
        tile
            Its rows and columns.
        lightness : float32 (h, w)
            L* of that part.

        Returns
        -------
        float32 (2, h, w)
            a*, b*.
        """
        share = self._share
        model = interpolate(self.model, self.size, tile, self._extent, share)
        rows, (height, width) = tile[0], lightness.shape
        if rows.start % share or height % share:  # not whole ones are asked for
            model, share = np.repeat(model, share, 1)[:, rows.start % share :][:, :height], 1
        light = lightness.reshape(-1, share, width)
        mixed = model[0, :, None] * light
        mixed += model[1, :, None]
        np.clip(mixed, 0, 1, out=mixed)
        ab = model[2:4, :, None] * mixed
        ab += model[4:, :, None]
        return ab.reshape(2, height, width)


def upsample_chroma(ab: FloatArray, lightness: Plane, extent: Extent | None = None) -> FloatArray:
    """Carry a grid of chroma to a whole picture at once, see `ChromaUpsampler`.

    float32 (2, gh, gw) and L* (H, W) in; a*, b* (2, H, W) out.
    """
    upsampler = ChromaUpsampler(ab, lightness, extent)
    height, width = lightness.shape
    result = np.empty((2, height, width), np.float32)
    for tile in tiles(height, width):
        result[:, *tile] = upsampler.tile(tile, lightness[tile])
    return result


def _rows_that_share(height: float) -> int:
    """How many rows of pixels are so little of a cell's height that one will do: 1, 2, 4, ..."""
    share = 1
    while share < _MOST_SHARING and 2 * share * _SHARED <= height:
        share *= 2
    return share


def _two_colours(ab: FloatArray, lightness: FloatArray) -> FloatArray:
    """Say of each cell (2, gh, gw) which two colours there are around it, and where each is.

    The line of the regression of chroma on lightness, cut where it leaves the range of the cells
    around, has two ends: a colour of what is dark, and one of what is light. All between are
    mixtures of them, by their lightness, so that no pixel gets a colour beyond.

    Returns
    -------
    float32 (6, gh, gw)
        Slope and offset of the light one's share, as a function of L*; what it has more of a*, b*
        than the dark one; a*, b* of the dark one.
    """
    slope, _ = regressed(ab, lightness, _GRAIN)
    slope[np.abs(slope) < _FLAT] = 0
    steep = np.where(slope == 0, np.float32(np.nan), slope)
    ends = np.stack([around(ab, np.minimum), around(ab, np.maximum)]) - ab
    reach = ends / steep  # in L*; not a number where chroma does not change
    near, far = np.minimum(*reach), np.maximum(*reach)
    darker = np.fmax(np.fmax(near[0], near[1]), np.float32(-100))
    lighter = np.fmin(np.fmin(far[0], far[1]), np.float32(100))
    width = np.maximum(lighter - darker, 1)
    share = np.stack([1 / width, -(lightness + darker) / width])
    more = slope * (lighter - darker)
    # Where there is but one colour, any share is right: best is that of the cells around.
    weight = np.abs(more).sum(0) + np.float32(1e-6)
    share = share * weight + _BORROWED * mean_around(share * weight)
    share /= weight + _BORROWED * mean_around(weight)
    return np.concatenate([share, more, ab + slope * darker])


def _guide(
    lightness: Plane, cells: tuple[int, ...], extent: Extent, look: FloatArray | None
) -> FloatArray:
    """The picture at the resolution of the doubled grid, padded to whole cells as for `fit`."""
    factor = 2**_DOUBLINGS
    shape = (max(1, round(extent[0] * factor)), max(1, round(extent[1] * factor)))
    padding = [(0, factor * count - side) for count, side in zip(cells, shape, strict=True)]
    if look is None or look.shape != shape:
        look = resample(lightness, shape)
    return np.pad(look, padding, mode="edge")
