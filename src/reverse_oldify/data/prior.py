"""How often each colour occurs: the prior that decoding divides out to be vivid."""

from __future__ import annotations

import numpy as np

from reverse_oldify.color.bins import ab_bins, histogram
from reverse_oldify.data.cache import PictureCache, decode_lab
from reverse_oldify.types import FloatArray

_CELL = 4  # pixels a side: what the network says one colour of
_MOST = 2000  # pictures that are looked at, evenly spread


def ab_prior(cache: PictureCache, numbers: list[int]) -> FloatArray:
    """Mean histogram over `ab_bins` of pictures averaged over cells of 4 x 4 pixels.

    Returns
    -------
    float32 (n,)
        Sums to 1. Of many pictures only some are looked at.
    """
    prior = np.zeros(len(ab_bins()))
    for number in numbers[:: -(-len(numbers) // _MOST)]:
        packed = cache[number]
        height, width = (side // _CELL for side in packed.shape[:2])
        ab = decode_lab(packed[: height * _CELL, : width * _CELL])[..., 1:]
        prior += histogram(ab.reshape(height, _CELL, width, _CELL, 2).mean((1, 3)))
    return np.asarray(prior / prior.sum(), np.float32)
