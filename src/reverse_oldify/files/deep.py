"""From samples of 16 bits, as a file stored them, to grey or RGB in sRGB, and alpha."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from reverse_oldify.color.lab import row_strips
from reverse_oldify.files.icc_matrix import parse_matrix_profile
from reverse_oldify.files.modes import Arrays, without_equal_channels
from reverse_oldify.files.profile import deep_to_srgb, to_srgb

_STRIP_PIXELS = 1 << 17


def to_arrays(
    samples: NDArray[np.uint16],
    icc: bytes | None = None,
    *,
    associated: bool = False,
    key: tuple[int, ...] | None = None,
) -> Arrays:
    """Bring samples to sRGB; nothing is rounded to fewer bits.

    Parameters
    ----------
    samples : uint16 (H, W, C)
        Grey, grey and opacity, RGB, or RGB and opacity, for C from 1 to 4.
    icc : bytes, optional
        Their colour profile.
    associated : bool
        Whether colour was multiplied by opacity.
    key : tuple of int, optional
        The colour that stands for nothing, where there is no opacity.
    """
    colours = 3 if samples.shape[2] >= 3 else 1
    pixels = samples[..., :colours]
    alpha = samples[..., colours].copy() if samples.shape[2] > colours else None
    if alpha is not None and associated:
        pixels = _parted(pixels, alpha)
    if key is not None and alpha is None and len(key) == colours:
        alpha = np.where((pixels == key).all(-1), 0, 65535).astype(np.uint16)
    pixels, note = _colour(pixels, icc) if colours == 3 else _gray(pixels[..., 0], icc)
    return Arrays(without_equal_channels(pixels), alpha, (note,) if note else ())


def _colour(pixels: NDArray[np.uint16], icc: bytes | None) -> tuple[NDArray[np.uint16], str | None]:
    return deep_to_srgb(pixels, icc) if icc else (pixels, None)


def _gray(gray: NDArray[np.uint16], icc: bytes | None) -> tuple[NDArray[np.uint16], str | None]:
    gray = np.ascontiguousarray(gray)
    if not icc:
        return gray, None
    meant_as_rgb = parse_matrix_profile(icc)
    if meant_as_rgb is not None:
        return meant_as_rgb.gray_table()[gray], None
    image, note = to_srgb(Image.fromarray(gray), icc)
    return np.asarray(image, np.uint16), note


def _parted(pixels: NDArray[np.uint16], alpha: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Divide colour by opacity; where there is no opacity there is no colour either."""
    result = np.empty_like(pixels)
    for rows in row_strips(len(alpha), alpha.shape[1], _STRIP_PIXELS):
        opacity = np.maximum(alpha[rows], 1)[..., None].astype(np.float32)
        parted = pixels[rows] * (np.float32(65535) / opacity) + np.float32(0.5)
        result[rows] = np.minimum(parted, 65535).astype(np.uint16)
    return result
