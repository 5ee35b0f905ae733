"""Hints in pixels of the picture -> paint on the network's grid."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from reverse_oldify.color.lab import srgb_to_lab
from reverse_oldify.errors import OptionError
from reverse_oldify.pipeline.view import Paint, View
from reverse_oldify.types import NEUTRAL, FloatArray, Hint, Hints

Path = NDArray[np.float64]

_STEP = 0.5  # of a cell, between the dabs of a stroke


def paint(hints: Hints, size: tuple[int, int], view: View) -> Paint:
    """Lay hints on the grid; where they overlap, the later one lies on top.

    Parameters
    ----------
    hints
        In pixels of the picture.
    size : (int, int)
        Height and width of the picture.
    view
        Of the picture.

    Raises
    ------
    OptionError
        If a hint lies outside the picture.
    """
    rows, columns = view.lightness.shape
    laid = Paint(np.zeros((2, rows, columns), np.float32), np.zeros((rows, columns), np.float32))
    scale = np.array([view.extent[0] / size[0], view.extent[1] / size[1]])
    for hint in hints:
        _check_inside(hint, size)
        path = (np.array(hint.points)[:, ::-1] + 0.5) * scale
        covered = _brush(path, hint.radius * float(scale.mean()), (rows, columns))
        laid.ab[:, covered] = hint_ab(hint)[:, None]
        laid.strength[covered] = hint.strength
    return laid


def spots(hints: Hints, size: tuple[int, int], view: View) -> NDArray[np.int64]:
    """Pixels under the middle of spots and strokes, one a cell: row and column, int64 (n, 2)."""
    cell = size[0] / view.extent[0], size[1] / view.extent[1]
    found: dict[tuple[int, int], tuple[int, int]] = {}
    for hint in hints:
        path = np.array(hint.points)[:, ::-1] + 0.5
        for row, column in _dabs(path / cell) * cell:
            found[int(row / cell[0]), int(column / cell[1])] = int(row), int(column)
    return np.array(list(found.values()), np.int64).reshape(-1, 2)


def hint_ab(hint: Hint) -> FloatArray:
    """a*, b* of a hint, float32 (2,)."""
    if hint.ab is not None:
        return np.array(hint.ab, np.float32)
    if hint.color == NEUTRAL:
        return np.zeros(2, np.float32)
    codes = bytes.fromhex(str(hint.color)[1:])
    return srgb_to_lab(np.frombuffer(codes, np.uint8)[None])[0, 1:]


def _check_inside(hint: Hint, size: tuple[int, int]) -> None:
    height, width = size
    for x, y in hint.points:
        if x >= width or y >= height:
            raise OptionError(
                f"a hint lies at ({x:g}, {y:g}), outside the picture of {width} x {height} pixels"
            )


def _brush(path: Path, radius: float, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Cells (bool, of ``shape``) under a stroke along ``path`` (n, 2): row, column in cells."""
    covered = np.zeros(shape, bool)
    centres = np.mgrid[: shape[0], : shape[1]] + 0.5
    for dab in _dabs(path):
        covered[int(dab[0]), int(dab[1])] = True
        covered |= ((centres - dab[:, None, None]) ** 2).sum(0) < radius**2
    return covered


def _dabs(path: Path) -> Path:
    """Points along a polyline, no farther apart than a step."""
    dabs = [path[:1]]
    for start, end in pairwise(path):
        count = max(1, math.ceil(float(np.hypot(*(end - start))) / _STEP))
        dabs.append(start + (end - start) * (np.arange(1, count + 1) / count)[:, None])
    return np.concatenate(dabs)
