"""Which pictures are fit to learn colour from: decoded whole, large enough, really in colour."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from PIL import Image

from reverse_oldify.errors import InputError, TooLargeError
from reverse_oldify.files.read import read
from reverse_oldify.files.source import reason_alone
from reverse_oldify.types import ByteArray, FloatArray

MAX_PIXELS = 100_000_000

# Found by looking at contact sheets of the pictures on both sides of each limit.
GRAY_CHROMA = 4.0
TINT_MAX_CHROMA = 30.0
TINT_MAX_RESIDUAL = (4.5, 6.0)
TINT_HUES = (30.0, 120.0)

_SAMPLES = 10_000
_LIGHTNESS_STEP = 8


class Reason(StrEnum):
    """Why a picture was dropped."""

    BROKEN = "broken"
    TOO_LARGE = "too large"
    TINY = "tiny"
    GRAY = "gray"
    TINTED = "tinted"
    DUPLICATE = "duplicate"
    NEAR_DUPLICATE = "near-duplicate"


class Unfit(Exception):  # noqa: N818 (a verdict on one picture, not a failure of the program)
    """A picture is dropped, for the given reason."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def decode(content: bytes, max_pixels: int = MAX_PIXELS) -> ByteArray:
    """Decode a picture file completely.

    Returns
    -------
    uint8 (H, W, 3)
        sRGB, upright (colour profile and EXIF orientation applied).

    Raises
    ------
    Unfit
        ``BROKEN``: damaged, truncated, not a picture, or of a kind that is not handled.
        ``TOO_LARGE``: more than ``max_pixels`` pixels, found out before anything is decoded.
    """
    try:
        return read(content, max_pixels=max_pixels).srgb
    except TooLargeError as error:
        raise Unfit(Reason.TOO_LARGE, reason_alone(error)) from error
    except InputError as error:
        raise Unfit(Reason.BROKEN, reason_alone(error)) from error


def shrink(srgb: ByteArray, short_side: int) -> ByteArray:
    """Scale down by area averaging until the short side is ``short_side``; never scale up.

    uint8 (H, W, 3) sRGB in and out, aspect kept.
    """
    height, width = srgb.shape[:2]
    scale = short_side / min(height, width)
    if scale >= 1:
        return srgb
    size = (max(short_side, round(width * scale)), max(short_side, round(height * scale)))
    return np.asarray(Image.fromarray(srgb).resize(size, Image.Resampling.BOX))


def judge_colour(packed: ByteArray) -> Reason | None:
    """Tell grey and toned monochrome pictures from colour photographs.

    Grey means that 99 % of the pixels have a chroma below `GRAY_CHROMA`. Toned (sepia and the
    like) means that colour is a function of lightness alone: around the mean ab at each lightness
    hardly anything is left. Blue haze and glaciers come close to that too, and some sunsets, so
    only weak colours on the hues of sepia are dropped.

    Parameters
    ----------
    packed : uint8 (H, W, 3)
        Lab as `data.cache.encode_lab` packs it.

    Returns
    -------
    Reason or None
        ``GRAY``, ``TINTED``, or None for a colour photograph.
    """
    height, width = packed.shape[:2]
    step = max(1, int((height * width / _SAMPLES) ** 0.5))
    sample = packed[::step, ::step].reshape(-1, 3).astype(np.float32)
    lightness, ab = sample[:, 0], sample[:, 1:] - 128
    chroma = np.hypot(ab[:, 0], ab[:, 1])
    if np.percentile(chroma, 99) < GRAY_CHROMA:
        return Reason.GRAY
    mean_a, mean_b = ab.mean(axis=0)
    hue = float(np.degrees(np.arctan2(mean_b, mean_a)))
    sepia = TINT_HUES[0] <= hue <= TINT_HUES[1] and np.percentile(chroma, 90) < TINT_MAX_CHROMA
    if sepia and np.all(np.percentile(_residual(lightness, ab), [95, 99]) < TINT_MAX_RESIDUAL):
        return Reason.TINTED
    return None


def _residual(lightness: FloatArray, ab: FloatArray) -> FloatArray:
    """Distance in ab from the mean colour at the same lightness: (n,), (n, 2) -> (n,)."""
    level = (lightness / _LIGHTNESS_STEP).astype(np.intp)
    counts = np.bincount(level)
    used = np.flatnonzero(counts)
    centres = np.bincount(level, lightness)[used] / counts[used]
    deviations = [
        channel - np.interp(lightness, centres, np.bincount(level, channel)[used] / counts[used])
        for channel in ab.T
    ]
    return np.asarray(np.hypot(*deviations), np.float32)
