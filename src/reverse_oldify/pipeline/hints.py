"""Hints in pixels of the picture -> paint on the network's grid."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reverse_oldify.color.lab import srgb_to_lab
from reverse_oldify.errors import OptionError
from reverse_oldify.grid import edged
from reverse_oldify.options import NEUTRAL, Hint, Hints
from reverse_oldify.pipeline.view import View
from reverse_oldify.types import FloatArray
from reverse_oldify.values import number

Path = NDArray[np.float64]

_STEP = 0.5  # of a cell, between the dabs of a stroke
_EDGE = 10.0  # L* by which the cell beside is more like what was painted, from an edge on
_LEAST = 1e-6  # strength that can be told from none in single precision


class Paint(NamedTuple):
    """The user's colours on the network's grid.

    Attributes
    ----------
    ab : float32 (2, gh, gw)
        a*, b*; 0 where there is no paint.
    strength : float32 (gh, gw)
        0 (no paint) to 1 (obeyed).
    lightness : float32 (gh, gw)
        L* of the cells; of one across an edge, that of the side of it that was painted.
    """

    ab: FloatArray
    strength: FloatArray
    lightness: FloatArray


def paint(hints: Hints, size: tuple[int, int], view: View) -> Paint:
    """Lay hints on the grid; where they overlap, the later one covers as much as it has strength.

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
    nothing = np.zeros((3, rows, columns), np.float32)
    laid = Paint(nothing[:2], nothing[2], view.lightness.copy())
    cell = np.divide(size, view.extent)
    for hint in hints:
        for x, y in hint.points:
            check_inside(x, y, size)
    touched = [np.empty((0, 2))]
    for hint in _felt(hints):
        radius = hint.radius * float((1 / cell).mean())
        touched.append(_dabs(_path(hint, size) / cell))
        covered = _brush(touched[-1], radius, (rows, columns))
        through = laid.strength[covered] * (1 - hint.strength)  # what shows through, as in painting
        laid.strength[covered] = through + hint.strength
        mixed = through * laid.ab[:, covered] + hint.strength * hint_ab(hint)[:, None]
        laid.ab[:, covered] = mixed / laid.strength[covered]
    dabs = np.concatenate(touched)
    laid.lightness[tuple(dabs.astype(int).T)] = _sides(dabs, view)
    return laid


def spots(hints: Hints, size: tuple[int, int], view: View) -> NDArray[np.int64]:
    """Pixels under the middle of spots and strokes, one a cell: row and column, int64 (n, 2)."""
    cell = np.divide(size, view.extent)
    found: dict[tuple[int, int], tuple[int, int]] = {}
    for hint in _felt(hints):
        for dab in _dabs(_path(hint, size) / cell):
            row, column = int(dab[0] * cell[0]), int(dab[1] * cell[1])
            place = int((row + 0.5) / cell[0]), int((column + 0.5) / cell[1])
            if place == (int(dab[0]), int(dab[1])):  # else the middle of the pixel is not painted
                found[place] = row, column
    return np.array(list(found.values()), np.int64).reshape(-1, 2)


def hint_ab(hint: Hint) -> FloatArray:
    """a*, b* of a hint, float32 (2,)."""
    if hint.ab is not None:
        return np.array(hint.ab, np.float32)
    if hint.color == NEUTRAL:
        return np.zeros(2, np.float32)
    codes = bytes.fromhex(str(hint.color)[1:])
    return srgb_to_lab(np.frombuffer(codes, np.uint8)[None])[0, 1:]


def cell_at(x: float, y: float, size: tuple[int, int], view: View) -> tuple[int, int]:
    """Row and column of the cell that holds a pixel.

    Raises
    ------
    OptionError
        If there is no such pixel.
    """
    x, y = number("x", x), number("y", y)
    check_inside(x, y, size)
    row, column = _middles(np.array([[x, y]]), size)[0] / np.divide(size, view.extent)
    return int(row), int(column)


def check_inside(x: float, y: float, size: tuple[int, int]) -> None:
    """Refuse a pixel that a picture of ``size`` (height, width) does not have."""
    height, width = size
    if not (0 <= x < width and 0 <= y < height):
        raise OptionError(f"({x:g}, {y:g}) is outside the picture of {width} x {height} pixels")


def _felt(hints: Hints) -> Iterator[Hint]:
    """Hints that have an effect: a strength of 0 neither covers what is below, nor pins a pixel."""
    return (hint for hint in hints if hint.strength > _LEAST)


def _path(hint: Hint, size: tuple[int, int]) -> Path:
    """Points of a hint as row, column in the coordinates of areas: middles of pixels end in .5."""
    return _middles(np.array(hint.points, float), size)


def _middles(points: Path, size: tuple[int, int]) -> Path:
    """Middles, row and column, of the pixels that are nearest to points x, y."""
    last = np.array(size, float) - 1
    return np.asarray(np.floor(np.minimum(points[:, ::-1], last) + 0.5) + 0.5)


def _sides(dabs: Path, view: View) -> FloatArray:
    """L* of the cells under dabs (n, 2), float32 (n,): across an edge, of that side of it.

    Which is told by the one of the nine cells around that is nearest to the L* under the dab.
    """
    row, column = dabs.astype(int).T
    touched = tuple((dabs * np.divide(view.look.shape, view.extent)).astype(int).T)
    cells = edged(view.lightness)
    around = np.stack([cells[row + i // 3, column + i % 3] for i in range(9)])
    apart = np.abs(around - view.look[touched])
    nearest = apart.argmin(0)
    is_across = apart[4] - apart.min(0) > _EDGE
    return np.asarray(around[np.where(is_across, nearest, 4), np.arange(len(dabs))])


def _brush(dabs: Path, radius: float, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Cells (bool, of ``shape``) under dabs (n, 2): row, column in cells."""
    covered = np.zeros(shape, bool)
    centres = np.mgrid[: shape[0], : shape[1]] + 0.5
    for dab in dabs:
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
