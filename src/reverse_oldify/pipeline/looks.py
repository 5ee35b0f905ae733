"""Palettes that need no reference: looks, made of nothing but these numbers.

Each is a mixture of round normal distributions in the ab plane, around which the colours of a
photograph of that kind lie: (a*, b*, standard deviation, share).
"""

from __future__ import annotations

import numpy as np

from reverse_oldify.color.bins import ab_bins
from reverse_oldify.errors import OptionError
from reverse_oldify.options import Palette

LOOKS: dict[str, tuple[tuple[float, float, float, float], ...]] = {
    "amber": ((4, 8, 6, 0.40), (12, 28, 9, 0.35), (34, 28, 12, 0.12), (-8, -18, 10, 0.13)),
    "dawn": ((0, -6, 5, 0.45), (-4, -20, 9, 0.30), (10, 4, 7, 0.25)),
    "faded": ((3, 6, 4, 0.60), (8, 14, 6, 0.25), (-5, 8, 5, 0.15)),
    "forest": ((-4, 8, 6, 0.35), (-18, 24, 9, 0.40), (6, 18, 8, 0.15), (-4, -14, 8, 0.10)),
    "slide": ((2, 4, 6, 0.35), (20, 32, 14, 0.25), (-16, 26, 11, 0.20), (2, -34, 12, 0.20)),
    "sunset": ((8, 6, 6, 0.35), (24, 34, 12, 0.35), (24, -8, 10, 0.15), (6, -24, 10, 0.15)),
}
"""Warm and rich; cold; washed out; green; a bold reversal film; red, orange and violet."""


def look(name: str) -> Palette:
    """Palette of a look.

    Raises
    ------
    OptionError
        If there is none of this name.
    """
    if name not in LOOKS:
        raise OptionError(
            f"no look {name!r}: choose {', '.join(LOOKS)}, or give a palette: in Python what "
            "find_palette makes of a picture or .json, over HTTP what POST /v1/palettes answers"
        )
    bins = ab_bins().astype(float)
    share = np.zeros(len(bins))
    for a, b, deviation, weight in LOOKS[name]:
        bump = np.exp(-0.5 * ((bins - (a, b)) ** 2).sum(1) / deviation**2)
        share += weight * bump / bump.sum()
    kept = share > 1e-5
    colors = np.column_stack([bins[kept], np.round(share[kept], 6)]).tolist()
    return Palette(colors=tuple((a, b, weight) for a, b, weight in colors), name=name)
