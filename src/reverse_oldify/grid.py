"""Arithmetic on grids of cells: planes (..., h, w) of which each value is the mean of a square."""

from __future__ import annotations

import numpy as np

from reverse_oldify.types import FloatArray


def edged(planes: FloatArray, cells: int = 1) -> FloatArray:
    """Repeat the edges of planes (..., h, w): `numpy.pad`, but for its own time."""
    *lead, height, width = planes.shape
    padded = np.empty((*lead, height + 2 * cells, width + 2 * cells), np.float32)
    inner = slice(cells, -cells)
    padded[..., inner, inner] = planes
    padded[..., :cells, inner] = planes[..., :1, :]
    padded[..., -cells:, inner] = planes[..., -1:, :]
    padded[..., :cells] = padded[..., cells : cells + 1]
    padded[..., -cells:] = padded[..., -cells - 1 : -cells]
    return padded


def around(planes: FloatArray, merge: np.ufunc) -> FloatArray:
    """Merge each cell of (..., h, w) with its eight neighbours; edges are repeated."""
    padded = edged(planes)
    rows = merge(merge(padded[..., :-2, :], padded[..., 1:-1, :]), padded[..., 2:, :])
    return np.asarray(merge(merge(rows[..., :-2], rows[..., 1:-1]), rows[..., 2:]))


def mean_around(planes: FloatArray) -> FloatArray:
    """Mean of each cell of (..., h, w) and its eight neighbours; edges are repeated."""
    return around(planes, np.add) * np.float32(1 / 9)


def regressed(ab: FloatArray, lightness: FloatArray, noise: float) -> tuple[FloatArray, FloatArray]:
    """Regress chroma (2, h, w) on lightness (h, w) around each cell.

    ``noise`` is a variance of L* that lightness has to exceed to say much. Returns the slope of a*
    and b*, float32 (2, h, w), and the variances of L*, a* and b*, float32 (3, h, w).
    """
    light = lightness[None]
    means = mean_around(np.concatenate([light, ab, light**2, ab**2, ab * light]))
    mean, variance = means[:3], np.maximum(means[3:6] - means[:3] ** 2, 0)
    return (means[6:] - mean[1:] * mean[0]) / (variance[0] + np.float32(noise)), variance


def halve(planes: FloatArray) -> FloatArray:
    """Means of 2 x 2 cells: (..., 2 h, 2 w) to (..., h, w)."""
    squat = planes[..., ::2, :] + planes[..., 1::2, :]
    return np.asarray((squat[..., ::2] + squat[..., 1::2]) * np.float32(0.25))


def parted(planes: FloatArray) -> FloatArray:
    """Part cells in four, (c, h, w) to (c, 2 h, 2 w), as smoothly as their means allow.

    The mean of the four is the cell. Along each axis these are the halves of the curve that has the
    means of five cells (the parabolas of Colella, Woodward 1984, without their limiter).
    """
    return _halves(_halves(edged(planes, 2), -2), -1)


def quarters_between(planes: FloatArray, merge: np.ufunc) -> FloatArray:
    """For each quarter of a cell, merge the four nearest cells: (c, h, w) to (c, 2 h, 2 w)."""
    padded = edged(planes)
    rows = merge(padded[:, :-1], padded[:, 1:])
    corners = merge(rows[..., :-1], rows[..., 1:])
    tall = np.repeat(corners, 2, 1)[:, 1:-1]
    return np.repeat(tall, 2, 2)[..., 1:-1]


def _halves(planes: FloatArray, axis: int) -> FloatArray:
    """Part cells in two along an axis, of which two at each end are lost."""
    cells = planes.swapaxes(axis, -1)
    near, far = cells[..., 3:-1] - cells[..., 1:-3], cells[..., 4:] - cells[..., :-4]
    change = (22 * near - 3 * far) * np.float32(1 / 128)
    middle = cells[..., 2:-2]
    halves = np.stack([middle - change, middle + change], -1)
    return np.asarray(halves.reshape(*middle.shape[:-1], -1).swapaxes(axis, -1))
