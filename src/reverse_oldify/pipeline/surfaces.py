"""Cells of one surface agree on its colour: the doubtful follow the sure.

The network decides cell by cell, and of a plain backdrop it takes one half for sky and the other
for warm light. Chroma flows between neighbours that are about as light, unless the network tells
their colours apart by more than it doubts them, and each cell is held to its own by its certainty.
"""

from __future__ import annotations

import numpy as np

from reverse_oldify.pipeline.relax import relax
from reverse_oldify.types import FloatArray

_FLOW = 20.0  # between neighbours alike, against the hold of a cell as sure as the picture
_LIGHTNESS = 2.0  # difference of L* between neighbours that counts as an edge
_DOUBT = 0.03  # of the variance, and 1: squared difference of ab that counts as an edge
_LEAST = np.float32(1e-6)  # variance
SURE = 10.0  # variance of ab below which no cell counts as surer


def agree(
    ab: FloatArray, expected: FloatArray, variance: FloatArray, lightness: FloatArray
) -> FloatArray:
    """Even out chroma within surfaces.

    Parameters
    ----------
    ab : float32 (2, gh, gw)
        a*, b* to be evened out.
    expected, variance : float32 (2, gh, gw) and (gh, gw)
        Mean of what the network says, and its variance, of a* plus that of b*.
    lightness : float32 (gh, gw)
        L*.

    Returns
    -------
    float32 (2, gh, gw)
    """
    # Above 0: where all is sure, a cell that no neighbour pulls at must hold its own still.
    doubt = np.maximum(variance.mean(), _LEAST)
    hold = doubt / (variance + np.float32(SURE))
    links = (
        _link(expected, variance, lightness, axis=0),
        _link(expected, variance, lightness, axis=1),
    )
    return relax(ab, ab, hold, links)


def _link(expected: FloatArray, variance: FloatArray, light: FloatArray, axis: int) -> FloatArray:
    """Flow between neighbours along an axis."""
    gap = np.square(np.diff(light, axis=axis) / _LIGHTNESS)
    apart = np.square(np.diff(expected, axis=axis + 1)).sum(0)
    cells = np.moveaxis(variance, axis, 0)
    doubt = np.moveaxis(cells[1:] + cells[:-1], 0, axis) / 2
    return np.asarray(_FLOW * np.exp(-0.5 * (gap + apart / (1 + _DOUBT * doubt))), np.float32)
