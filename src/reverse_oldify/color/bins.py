"""Quantised ab: the classes over which the network spreads its belief.

A bin is a point of a square grid in the ab plane. A colour is *soft-encoded* by the bilinear
weights of the four bins around it, so that the expected value of the encoding is the colour itself,
exactly. (Zhang et al. 2016, "Colorful Image Colorization", use a Gaussian over the five nearest
bins, which blurs the target and moves its mean at the rim of the gamut.)
"""

from __future__ import annotations

from functools import cache

import numpy as np

from reverse_oldify.color.lab import srgb_to_lab
from reverse_oldify.types import FloatArray

SPACING = 10
AB_LIMIT = 110.0  # a* and b* of sRGB stay within it
_REACH = 12  # grid points on each side of neutral: one more than the limit asks for


@cache
def ab_bins() -> FloatArray:
    """Bins of the sRGB gamut: every corner of every grid cell that holds an sRGB colour.

    Returns
    -------
    float32 (n, 2)
        a*, b* of the bins, sorted by a*, then b*. Do not modify.
    """
    level = np.linspace(0, 1, 52, dtype=np.float32)
    srgb = np.stack(np.meshgrid(level, level, level, indexing="ij"), -1).reshape(-1, 3)
    cell = np.floor(srgb_to_lab(srgb)[:, 1:] / SPACING).astype(int) + _REACH
    held = np.zeros((2 * _REACH + 1, 2 * _REACH + 1), bool)
    for i, j in ((0, 0), (0, 1), (1, 0), (1, 1)):
        held[cell[:, 0] + i, cell[:, 1] + j] = True
    bins = ((np.argwhere(held) - _REACH) * SPACING).astype(np.float32)
    bins.setflags(write=False)
    return bins


def soft_encode(ab: FloatArray) -> tuple[np.ndarray, FloatArray]:
    """Soft-encode colours over `ab_bins`.

    Parameters
    ----------
    ab : floating (..., 2)
        a*, b*; a colour whose cell lies outside the sRGB gamut is moved to the nearest bin.

    Returns
    -------
    index : int64 (..., 4)
        Which bins.
    weight : float32 (..., 4)
        Their weights; they sum to 1, and ``(weight[..., None] * bins[index]).sum(-2)`` is ``ab``.
    """
    number = _bin_numbers()
    position = np.clip(np.asarray(ab, np.float32) / SPACING + _REACH, 0, 2 * _REACH - 1e-3)
    low = position.astype(np.int64)
    fraction = position - low
    corner = [(i, j) for i in (0, 1) for j in (0, 1)]
    index = np.stack([number[low[..., 0] + i, low[..., 1] + j] for i, j in corner], -1)
    weight = np.stack(
        [np.abs(1 - i - fraction[..., 0]) * np.abs(1 - j - fraction[..., 1]) for i, j in corner],
        -1,
    ).astype(np.float32)
    return index, weight


def histogram(ab: FloatArray, share: FloatArray | None = None) -> FloatArray:
    """Soft histogram of colours (..., 2) over `ab_bins`; float32 (n,), sums to 1.

    Each counts for its share, (...), 0 or more; by default all alike.
    """
    index, weight = soft_encode(ab)
    if share is not None:
        weight = weight * share[..., None]
    count = np.bincount(index.ravel(), weight.ravel(), minlength=len(ab_bins()))
    return np.asarray(count / max(count.sum(), np.finfo(float).tiny), np.float32)


@cache
def _bin_numbers() -> np.ndarray:
    """Number of the bin at (or nearest to) each point of the grid; int64 (2 reach + 1, same)."""
    bins = ab_bins()
    axis = np.arange(-_REACH, _REACH + 1) * SPACING
    grid = np.stack(np.meshgrid(axis, axis, indexing="ij"), -1)
    distance = ((grid[:, :, None] - bins) ** 2).sum(-1)
    return np.asarray(distance.argmin(-1))
