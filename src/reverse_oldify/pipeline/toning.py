"""Tell a photograph in colour from a monochrome one that is toned: sepia, cyanotype, yellowed."""

from __future__ import annotations

import numpy as np

from reverse_oldify.color.lab import srgb_to_lab
from reverse_oldify.files.picture import Raster

_LOOKED_AT = 96  # pixels a side
_TINT = 6.0  # chroma below which a hue means nothing
_ONE_TONE = np.cos(np.radians(40))  # hues further than this from the mean hue are another tone
_SHARE = 0.01  # of all pixels that must have another tone


def has_colours(picture: Raster) -> bool:
    """Whether a picture has colours of more than one hue.

    A toned or yellowed print has one: paper, stains and silver differ in chroma, little in hue.
    `Picture.is_coloured` calls such a print coloured. Looks at no more than 96 x 96 pixels; true
    when one in a hundred of what is seen has a chroma above 6 and a hue more than 40 degrees from
    the mean hue, which is weighted by chroma.
    """
    if len(picture.shape) == 2:
        return False
    looked_at = picture.thinned(_LOOKED_AT)
    ab, seen = srgb_to_lab(looked_at.pixels)[..., 1:], looked_at.opacity
    chroma = np.hypot(ab[..., 0], ab[..., 1])
    a, b = (ab * seen[..., None]).mean((0, 1))
    along = (ab[..., 0] * a + ab[..., 1] * b) / np.hypot(a, b).clip(1e-9)
    another = (chroma > _TINT) & (along < _ONE_TONE * chroma)
    return bool((another * seen).sum() > _SHARE * seen.sum())
