"""See that hints are obeyed, whatever the network made of them.

The network takes a hint as advice. What is missing at the painted cells afterwards is added as a
smooth correction that is exact there, flows over cells that look alike, and fades where they do
not: the optimisation of Levin, Lischinski and Weiss (2004), "Colorization using optimization",
on the grid, with a pull towards zero so that what is far away is left alone.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reverse_oldify.pipeline.decode import decode
from reverse_oldify.pipeline.view import Paint, View
from reverse_oldify.types import FloatArray, ModelInfo, Options

Mask = NDArray[np.bool_]
Planes = NDArray[np.float64]

_REACH = 30.0  # cells over which a correction fades in a plain area
_LIGHTNESS = 5.0  # difference of L* between neighbours that counts as an edge
_CHROMA = 4.0  # the same for the ab that the network expects
_ROUNDS = 120
_ACCURACY = 1e-3  # of the largest correction


def obey(ab: FloatArray, painted: Paint, view: View, info: ModelInfo) -> FloatArray:
    """Correct a grid of chroma so that painted cells have their colour.

    Parameters
    ----------
    ab : float32 (2, gh, gw)
        a*, b* as decoded.
    painted
        What the user wants.
    view, info
        What the network sees, and what it is: cells are alike if both their lightness and the
        colour expected without hints are.

    Returns
    -------
    float32 (2, gh, gw)
    """
    fixed = painted.strength > 0
    if not fixed.any():
        return ab
    wanted = np.where(fixed, (painted.ab - ab) * painted.strength, 0)
    return np.asarray(ab + _spread(wanted, fixed, _guide(view, info)), np.float32)


def influence(painted: Paint, view: View, info: ModelInfo) -> FloatArray:
    """How much of a correction reaches each cell: float32 (gh, gw), 0..1."""
    fixed = painted.strength > 0
    if not fixed.any():
        return np.zeros(fixed.shape, np.float32)
    return np.asarray(_spread(painted.strength[None], fixed, _guide(view, info))[0], np.float32)


def _guide(view: View, info: ModelInfo) -> FloatArray:
    expected = decode(view.unsteered.values, info, Options(vividness=0))
    return np.concatenate([view.lightness[None] / _LIGHTNESS, expected / _CHROMA])


def _spread(wanted: FloatArray, fixed: Mask, guide: FloatArray) -> Planes:
    """Fill planes (c, gh, gw) from their fixed cells, by conjugate gradients on the others."""
    down, across = _likeness(guide, 1), _likeness(guide, 2)
    diagonal = np.full(fixed.shape, _REACH**-2)
    diagonal[:-1] += down
    diagonal[1:] += down
    diagonal[:, :-1] += across
    diagonal[:, 1:] += across

    def pull(planes: Planes) -> Planes:
        """What every free cell is pulled to: the gradient of the energy."""
        out = diagonal * planes
        out[:, :-1] -= down * planes[:, 1:]
        out[:, 1:] -= down * planes[:, :-1]
        out[..., :-1] -= across * planes[..., 1:]
        out[..., 1:] -= across * planes[..., :-1]
        out[:, fixed] = 0
        return out

    filled = wanted.astype(np.float64)
    residual = -pull(filled)
    scaled = residual / diagonal
    direction = scaled.copy()
    energy = (residual * scaled).sum()
    target = _ACCURACY * np.abs(wanted).max()
    for _ in range(_ROUNDS):
        if np.abs(residual / diagonal).max() <= target:
            break
        pulled = pull(direction)
        step = energy / (direction * pulled).sum()
        filled += step * direction
        residual -= step * pulled
        scaled = residual / diagonal
        energy, before = (residual * scaled).sum(), energy
        direction = scaled + energy / before * direction
    return filled


def _likeness(guide: FloatArray, axis: int) -> FloatArray:
    """How alike neighbours along an axis are, 0..1."""
    return np.asarray(np.exp(-0.5 * np.square(np.diff(guide, axis=axis)).sum(0)))
