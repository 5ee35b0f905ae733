"""How often each colour occurs: the prior that decoding divides out to be vivid."""

from __future__ import annotations

import numpy as np

from reverse_oldify.color.bins import ab_bins, histogram
from reverse_oldify.data.cache import PictureCache, decode_lab
from reverse_oldify.types import FloatArray


def ab_prior(
    cache: PictureCache, numbers: list[int], cell: int = 4, most: int = 2000
) -> FloatArray:
    """Mean histogram over `ab_bins` of pictures averaged over cells of ``cell`` x ``cell`` pixels.

    Returns
    -------
    float32 (n,)
        Sums to 1. Every ``len(numbers) / most``-th picture is looked at.
    """
    prior = np.zeros(len(ab_bins()))
    for number in numbers[:: -(-len(numbers) // most)]:
        packed = cache[number]
        height, width = (side // cell for side in packed.shape[:2])
        ab = decode_lab(packed[: height * cell, : width * cell])[..., 1:]
        prior += histogram(ab.reshape(height, cell, width, cell, 2).mean((1, 3)))
    return np.asarray(prior / prior.sum(), np.float32)
