"""Colourfulness: how vivid a picture is, as people rate it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def colorfulness(srgb: NDArray[np.unsignedinteger] | NDArray[np.floating]) -> float:
    """Colourfulness M3 of Hasler and Süsstrunk (2003), "Measuring colourfulness in natural images".

    Parameters
    ----------
    srgb : uint8, uint16 or floating (H, W, 3)
        Integers span the range of their type, floats 0..1.

    Returns
    -------
    float
        On the paper's scale (channels 0..255): 0 is grey, 15 slightly, 33 moderately,
        59 quite and 109 extremely colourful.
    """
    peak = 256**srgb.dtype.itemsize - 1 if srgb.dtype.kind == "u" else 1
    scaled = srgb.astype(np.float32) * np.float32(255 / peak)
    red, green, blue = np.moveaxis(scaled, -1, 0)
    opponents = (red - green, (red + green) / 2 - blue)
    mean = [plane.mean(dtype=np.float64) for plane in opponents]
    deviation = [plane.std(dtype=np.float64) for plane in opponents]
    return float(np.hypot(*deviation) + 0.3 * np.hypot(*mean))
