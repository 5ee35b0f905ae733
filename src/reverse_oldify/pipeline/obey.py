"""See that hints are obeyed.

What is missing at the painted cells is added as a smooth correction that is exact there, flows over
cells that look alike, and fades where they do not (`relax`), with a pull towards zero so that what
is far away is left alone. It flows in units of the network's doubt: what is hardly known follows a
hint further than what is sure of its colour.
"""

from __future__ import annotations

import numpy as np

from reverse_oldify.pipeline.relax import Mask, alike, relax
from reverse_oldify.pipeline.view import Paint, View
from reverse_oldify.types import FloatArray

_REACH = 100.0  # cells over which a correction fades in a plain area, near to its hint
_NEAR = 13.0  # cells from the hint, from where on it fades more quickly
_LIGHTNESS = 3.5  # difference of L* between neighbours that counts as an edge
_CHROMA = 3.0  # the same for the ab that the network expects


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
    wanted: FloatArray = np.where(fixed, (painted.ab - ab) * painted.strength, np.float32(0))
    correction = _spread(wanted / view.doubt, fixed, _guide(view)) * view.doubt
    # What is doubtful follows further than its hint, if that lies on what is sure, but not beyond.
    least, most = wanted.min((1, 2), keepdims=True), wanted.max((1, 2), keepdims=True)
    return np.asarray(ab + np.clip(correction, least, most), np.float32)


def influence(painted: Paint, view: View) -> FloatArray:
    """How much of a correction reaches each cell: float32 (gh, gw), 0..1."""
    fixed = painted.strength > 0
    if not fixed.any():
        return np.zeros(fixed.shape, np.float32)
    (reach,) = _spread(painted.strength[None], fixed, _guide(view))
    return np.asarray(reach)


def _guide(view: View) -> FloatArray:
    expected = view.expected / _CHROMA
    return np.concatenate([view.lightness[None] / _LIGHTNESS, expected])


def _spread(wanted: FloatArray, fixed: Mask, guide: FloatArray) -> FloatArray:
    """Fill planes (c, gh, gw) from their fixed cells."""
    links = alike(guide, 1), alike(guide, 2)
    return relax(wanted, 0.0, _pull_to_zero(fixed), links, fixed)


def _pull_to_zero(fixed: Mask) -> FloatArray:
    """Weak near painted cells, so that colour fills an object, and strong far from them."""
    painted = np.argwhere(fixed).astype(np.float32)
    rows, columns = (np.arange(side, dtype=np.float32) for side in fixed.shape)
    squared = np.full(fixed.shape, np.inf, np.float32)
    for row, column in painted:
        away = np.add.outer(np.square(rows - row), np.square(columns - column))
        np.minimum(squared, away, out=squared)
    return np.asarray((1 + np.square(squared / _NEAR**2)) / _REACH**2, np.float32)
