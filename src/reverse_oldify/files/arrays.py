"""Arrays as pictures, and back."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from reverse_oldify.errors import UnsupportedError
from reverse_oldify.files.picture import Picture, Pixels
from reverse_oldify.files.strips import strips_of
from reverse_oldify.types import ByteArray


def from_array(array: NDArray[Any]) -> Picture:
    """Take a picture from an array.

    Parameters
    ----------
    array : uint8, uint16 or floating; (H, W), (H, W, 1), (H, W, 3) or (H, W, 4)
        sRGB-encoded grey, RGB or RGB and opacity. Floats span 0..1 and are kept with 16 bits. A
        mask counts for nothing.

    Raises
    ------
    UnsupportedError
        For any other shape or type, and for floats that are not in 0..1.
    """
    array = np.asarray(array)  # what lies under a mask is looked at, too
    channels = array.shape[2:] or (1,)
    if array.ndim not in (2, 3) or channels[0] not in (1, 3, 4) or 0 in array.shape:
        raise UnsupportedError(
            f"an array of shape {array.shape} is no picture; give (H, W), (H, W, 3) or (H, W, 4)"
        )
    if np.issubdtype(array.dtype, np.floating):
        if not (array.min() >= 0 and array.max() <= 1):  # false for NaN too
            raise UnsupportedError("floating-point pictures must lie in 0..1; scale yours first")
        wide = np.result_type(array, np.float32)  # 16-bit floats end at 65504
        array = (np.multiply(array, 65535, dtype=wide) + 0.5).astype(np.uint16)
    array = array.astype(array.dtype.newbyteorder("="), copy=False)
    if array.dtype not in (np.uint8, np.uint16):
        raise UnsupportedError(
            f"an array of {array.dtype} is no picture; give uint8, uint16, or floats in 0..1"
        )
    if channels[0] == 4:
        return Picture(pixels=array[..., :3], alpha=array[..., 3])
    return Picture(pixels=array if channels[0] == 3 else array.reshape(array.shape[:2]))


def to_array(picture: Picture, like: NDArray[Any]) -> NDArray[Any]:
    """Give a picture back as an array of the type of ``like``: (H, W, 3), or 4 with opacity."""
    array = picture.samples
    if np.issubdtype(like.dtype, np.floating):
        return np.divide(array, 65535, dtype=np.float64).astype(like.dtype)
    return array.astype(like.dtype, copy=False)


def without_equal_channels(pixels: Pixels) -> Pixels:
    """Return grey (H, W) for RGB (H, W, 3) whose channels are all equal; else what was given."""
    if pixels.ndim == 2:
        return pixels
    for rows in strips_of(pixels):  # in colour, the first one tells
        if not np.array_equal(pixels[rows, :, 1:], pixels[rows, :, :-1]):
            return pixels
    gray: Pixels = pixels[..., 0].copy()
    return gray


def padded(pixels: Pixels) -> ByteArray | None:
    """Bytes of which 8-bit RGB is the first three of each four, as Pillow holds it, too.

    uint8 (H, W, 4) where ``pixels`` is that array but for the last byte of each pixel; else None.
    """
    whole = pixels.base
    if (
        not isinstance(whole, np.ndarray)
        or not pixels.dtype == whole.dtype == np.uint8
        or pixels.shape[2:] != (3,)
        or whole.shape[1:] != (pixels.shape[1], 4)
        or pixels.strides != whole.strides
        or not whole.flags.c_contiguous
    ):
        return None
    first, beyond = divmod(pixels.ctypes.data - whole.ctypes.data, whole.strides[0])
    return None if beyond else whole[first : first + len(pixels)]
