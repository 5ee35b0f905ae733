"""Values on the grid that flow between cells that are alike: a screened Poisson equation.

Minimises, over the cells that are free, ``anchor * (u - target)**2`` plus ``link * (u - v)**2`` of
neighbours u and v, by conjugate gradients: the energy of Levin, Lischinski and Weiss (2004),
"Colorization using optimization", with a pull towards a target.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reverse_oldify.types import FloatArray

Mask = NDArray[np.bool_]

_ROUNDS = 120
_ACCURACY = 3e-3  # of the norm of the first residual


def alike(guide: FloatArray, axis: int) -> FloatArray:
    """How alike neighbours of a guide (c, gh, gw), in standard deviations, are, 0..1."""
    return np.asarray(np.exp(-0.5 * np.square(np.diff(guide, axis=axis)).sum(0)))


def relax(
    start: FloatArray,
    target: FloatArray,
    anchor: FloatArray,
    links: tuple[FloatArray, FloatArray],
    fixed: Mask | None = None,
) -> FloatArray:
    """Let planes flow.

    Parameters
    ----------
    start : float32 (c, gh, gw)
        To begin with.
    target : float32 (c, gh, gw)
        What cells are pulled to.
    anchor : float32 (gh, gw)
        How strongly they are pulled to it, above 0.
    links : float32 (gh - 1, gw) and (gh, gw - 1)
        How strongly neighbours, down and across, pull at each other.
    fixed : bool (gh, gw), optional
        Cells that keep what they have at the start; by default none.

    Returns
    -------
    float32 (c, gh, gw)
    """
    shape = start.shape
    start, target = start.reshape(shape[0], -1), target.reshape(shape[0], -1)
    anchor = anchor.ravel()
    free = np.float32(1) if fixed is None else (~fixed).ravel().astype(np.float32)
    down, across = links
    # Row after row, as one line: the end of a row is no neighbour of the next one's start.
    across = np.pad(across, ((0, 0), (0, 1))).ravel()[:-1]
    neighbours = (down.ravel(), shape[-1]), (across, 1)
    diagonal = anchor.copy()
    for link, apart in neighbours:
        diagonal[:-apart] += link
        diagonal[apart:] += link

    def pull(planes: FloatArray) -> FloatArray:
        """Half the gradient of the energy, but for the target's part; by differences, so that what
        is even stays so to the bit.
        """
        out = anchor * planes
        for link, apart in neighbours:
            flow = link * (planes[:, apart:] - planes[:, :-apart])
            out[:, :-apart] -= flow
            out[:, apart:] += flow
        out *= free
        return out

    settled = start.astype(np.float32)
    residual = free * (anchor * target) - pull(settled)
    direction = residual / diagonal
    energy = first = np.vdot(residual, direction)
    for _ in range(_ROUNDS):
        if energy <= _ACCURACY**2 * first:
            break
        pulled = pull(direction)
        step = energy / np.vdot(direction, pulled)
        settled += step * direction
        residual -= step * pulled
        scaled = residual / diagonal
        energy, before = np.vdot(residual, scaled), energy
        direction *= energy / before
        direction += scaled
    return settled.reshape(shape)
