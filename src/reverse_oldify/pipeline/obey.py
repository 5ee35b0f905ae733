"""See that hints are obeyed.

What is missing at the painted cells is added as a smooth correction that is exact there and flows
over neighbours that look alike (`relax`). The farther away, the more it is pulled: to what is
painted where the network says the same as there, for a coat is one coat across its creases, and to
nothing elsewhere, so that the rest of the picture is left alone. All in units of the network's
doubt: what is hardly known follows a hint further than what is sure of its colour.

A cell across an edge passes its correction on to that side which was painted. Grey takes chroma
away, whatever its hue, and no more than there is: if it took a*, b* away, what differs from the
painted cell would not turn grey, but to the opposite hue.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from reverse_oldify.pipeline.hints import Paint
from reverse_oldify.pipeline.relax import Mask, alike, relax
from reverse_oldify.pipeline.view import View
from reverse_oldify.types import FloatArray

Cells = NDArray[np.int64]

_GREY = 0.01  # chroma below which paint is grey; that of a code (#808080) is not quite 0
_REACH = 100.0  # cells over which a correction fades in a plain area, near to its hint
_NEAR = 11.0  # cells from the hint, from where on it fades more quickly
_LIGHTNESS = 3.5  # difference of L* between neighbours that counts as an edge
_CHROMA = 3.0  # the same for the ab that the network expects
_SAME_CHROMA = 6.0  # difference of ab that the network expects, between cells of one kind
_SAME_DOUBT = 0.4  # the same for the logarithm of its doubt
_SAME_LIGHTNESS = 15.0  # and for L*, which differs between light and shade
_SAME_PLACE = 16.0  # cells from the hint, from where on its kind matters less
_MOST_KINDS = 1000  # painted cells that are looked at for it; of more, some stand for all


def obey(ab: FloatArray, painted: Paint, view: View) -> FloatArray:
    """Correct a grid of chroma so that painted cells have their colour.

    Parameters
    ----------
    ab : float32 (2, gh, gw)
        a*, b* as decoded.
    painted
        What the user wants.
    view
        What the network sees: cells are alike if both their lightness and the colour that it
        expects are.

    Returns
    -------
    float32 (2, gh, gw)
    """
    fixed = painted.strength > 0
    if not fixed.any():
        return ab
    chroma, is_grey = np.hypot(*ab), np.hypot(*painted.ab) < _GREY
    added = np.where(is_grey, np.float32(0), (painted.ab - ab) * painted.strength)
    taken = np.where(is_grey, chroma * painted.strength, np.float32(0))
    wanted: FloatArray = np.concatenate([added, taken[None]])
    felt = wanted.any((1, 2))
    correction = np.zeros_like(wanted)
    correction[felt] = _spread(wanted[felt] / view.doubt, painted, view) * view.doubt
    # What is doubtful follows further than its hint, if that lies on what is sure, but not beyond.
    least, most = wanted.min((1, 2), keepdims=True), wanted.max((1, 2), keepdims=True)
    np.clip(correction, least, most, out=correction)
    lost = np.minimum(correction[2] / np.maximum(chroma, 1e-6), 1)
    return np.asarray(ab * (1 - lost) + correction[:2], np.float32)


def influence(painted: Paint, view: View) -> FloatArray:
    """How much of a correction reaches each cell: float32 (gh, gw), 0..1."""
    fixed = painted.strength > 0
    if not fixed.any():
        return np.zeros(fixed.shape, np.float32)
    (reach,) = _spread(painted.strength[None], painted, view)
    # What `relax` is short of its solution may lead outside.
    return np.asarray(np.clip(reach, 0, 1))


def _spread(wanted: FloatArray, painted: Paint, view: View) -> FloatArray:
    """Fill planes (c, gh, gw) from their painted cells."""
    fixed = painted.strength > 0
    target = _of_its_kind(wanted, painted, view)
    guide = np.concatenate([painted.lightness[None] / _LIGHTNESS, view.expected / _CHROMA])
    links = alike(guide, 1), alike(guide, 2)
    return relax(np.where(fixed, wanted, target), target, _pull(fixed), links, fixed)


def _of_its_kind(wanted: FloatArray, painted: Paint, view: View) -> FloatArray:
    """What planes (c, gh, gw) would be if only the network's opinion counted, and the place.

    The mean of the painted cells that are of the kind of each; the less so, the nearer to zero.
    """
    aspects = painted.lightness / _SAME_LIGHTNESS, np.log(view.doubt) / _SAME_DOUBT
    kind = np.stack([*view.expected / _SAME_CHROMA, *aspects])
    shape = view.lightness.shape
    weighed, weights = np.zeros_like(wanted), np.zeros(shape, np.float32)
    nearest = np.zeros(shape, np.float32)
    cells = np.argwhere(painted.strength > 0)
    cells = cells[:: 1 + len(cells) // _MOST_KINDS]
    for (row, column), away in zip(cells, _squared_distances(cells, shape), strict=True):
        other = np.square(kind - kind[:, row, column, None, None]).sum(0)
        same = np.exp(-0.5 * np.square(other)) / (1 + np.square(away / _SAME_PLACE**2))
        np.maximum(nearest, same, out=nearest)
        weights += np.square(same)
        weighed += np.square(same) * wanted[:, row, column, None, None]
    return np.asarray(weighed / np.maximum(weights, 1e-12) * nearest, np.float32)


def _pull(fixed: Mask) -> FloatArray:
    """Weak near painted cells, so that colour fills an object, and strong far from them."""
    nearest = np.full(fixed.shape, np.inf, np.float32)
    for away in _squared_distances(np.argwhere(fixed), fixed.shape):
        np.minimum(nearest, away, out=nearest)
    return np.asarray((1 + np.square(nearest / _NEAR**2)) / _REACH**2, np.float32)


def _squared_distances(cells: Cells, shape: tuple[int, ...]) -> Iterator[FloatArray]:
    """Of all cells of a grid, in cells, from each of some (n, 2)."""
    rows, columns = (np.arange(side, dtype=np.float32) for side in shape)
    for row, column in cells.astype(np.float32):
        yield np.add.outer(np.square(rows - row), np.square(columns - column))
