"""Chroma between the cells of a grid, told by the lightness: a small network, in numpy.

The mean of a cell is known, and how lightness runs within it. A smooth curve through the means is
right to begin with; where chroma has an edge, lightness mostly has one, too, and says where. How
far that is to be trusted (is it paint, a shadow, texture, grain?) is what the network has learnt
from photographs, by ``benchmarks/fit_detail.py``.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from reverse_oldify.grid import edged, parted, quarters_between, regressed
from reverse_oldify.matmul import matmul
from reverse_oldify.types import FloatArray

WEIGHTS = Path(__file__).with_name("detail.npz")

_NOISE = 25.0  # variance of L* that a regression on it has to overcome

Layers = tuple[tuple[FloatArray, FloatArray], ...]
"""Weights (n, n, in, out) and offsets (out,) of convolutions, from the first to the last. Out of
the last comes what is added to a* of the quarters of a cell, row by row, and to b*; its weights are
such that this is 0 in the mean."""


class Cells(NamedTuple):
    """What is known of a grid of chroma (2, h, w) before detail is added.

    Attributes
    ----------
    features : float32 (14, h, w)
        What the network looks at.
    smooth, least, most : float32 (2, 2 h, 2 w)
        a*, b* of the quarters of cells without detail, and their bounds.
    """

    features: FloatArray
    smooth: FloatArray
    least: FloatArray
    most: FloatArray


def doubled(ab: FloatArray, coarse: FloatArray, fine: FloatArray, layers: Layers) -> FloatArray:
    """Double a grid of chroma.

    Parameters
    ----------
    ab : float32 (2, h, w)
        a*, b*: the mean of each cell.
    coarse, fine : float32 (h, w), (2 h, 2 w)
        L*, 0..100, of the cells, and of their quarters.
    layers
        Of the network, from `trained`.

    Returns
    -------
    float32 (2, 2 h, 2 w)
        Each between the four cells nearest to it, by channel; its means are ``ab`` but for that.
    """
    cells = look(ab, coarse, fine)
    height, width = coarse.shape
    detail = _network(cells.features, layers).reshape(height, width, 2, 2, 2)  # ab, row, column
    result = detail.transpose(2, 0, 3, 1, 4).reshape(cells.smooth.shape)
    result += cells.smooth
    np.maximum(result, cells.least, out=result)
    return np.minimum(result, cells.most, out=result)


@cache
def trained(level: int) -> Layers:
    """The network for the first (0) or the second (1) doubling of what a model said."""
    with np.load(WEIGHTS) as file:
        names = (f"{level}.{number}" for number in range(len(file.files)))
        return tuple(
            (file[f"{name}.weights"].astype(np.float32), file[f"{name}.offsets"].astype(np.float32))
            for name in names
            if f"{name}.weights" in file
        )


def look(ab: FloatArray, coarse: FloatArray, fine: FloatArray) -> Cells:
    """Prepare a doubling; parameters as of `doubled`."""
    least, most = quarters_between(ab, np.minimum), quarters_between(ab, np.maximum)
    return Cells(_features(ab, coarse, fine), parted(ab), least, most)


def _features(ab: FloatArray, coarse: FloatArray, fine: FloatArray) -> FloatArray:
    """What the network looks at, in numbers around 1: (14, h, w).

    The quarters' lightness beside the smooth curve; lightness and chroma beside their
    surroundings; slope of chroma over lightness; how much both vary; lightness; and how much the
    quarters differ.
    """
    height, width = coarse.shape
    rest = fine - parted(coarse[None])[0]
    quarters = rest.reshape(height, 2, width, 2).transpose(1, 3, 0, 2).reshape(4, height, width)
    slope, variance = regressed(ab, coarse, _NOISE)
    light = coarse[None]
    beside = np.concatenate([light, ab])
    beside = beside - _mean_of_25(beside)
    return np.concatenate(
        [
            quarters / 5,
            beside[:1] / 15,
            beside[1:] / 10,
            slope * 3,
            np.log(variance + 1) / 3,
            (light - 50) / 50,
            np.log((quarters**2).mean(0, keepdims=True) + np.float32(0.1)) / 3,
        ]
    )


def _mean_of_25(planes: FloatArray) -> FloatArray:
    height, width = planes.shape[-2:]
    padded = edged(planes, 2)
    rows = np.sum([padded[..., first : first + height, :] for first in range(5)], 0)
    cells = np.sum([rows[..., first : first + width] for first in range(5)], 0)
    return np.asarray(cells * np.float32(1 / 25))


def _network(features: FloatArray, layers: Layers) -> FloatArray:
    """Apply layers to planes (c, h, w), edges repeated: (h, w, out)."""
    reach = sum(len(weights) // 2 for weights, _ in layers)
    x = np.ascontiguousarray(edged(features, reach).transpose(1, 2, 0))
    for number, (weights, offsets) in enumerate(layers):
        if number:
            np.maximum(x, 0, out=x)
        x = _convolved(x, weights)
        x += offsets
    return x


def _convolved(x: FloatArray, weights: FloatArray) -> FloatArray:
    """Convolve (h, w, in) with (n, n, in, out), where all of the kernel fits."""
    size, _, into, out = weights.shape
    height, width = (side - size + 1 for side in x.shape[:2])
    # One product for each row of the kernel: a copy of x for each of its cells would take longer.
    seen = np.concatenate([x[:, first : first + width] for first in range(size)], -1)
    result = np.zeros((height, width, out), np.float32)
    for row, each in enumerate(weights.reshape(size, size * into, out)):
        result += matmul(seen[row : row + height], each)
    return result
