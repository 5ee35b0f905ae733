"""HEIC with 10 or 12 bits per channel, which its plugin for Pillow cuts to 8."""

from __future__ import annotations

from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_HDR = {16: "PQ", 18: "HLG"}  # transfer characteristics of ITU-T H.273


def is_deep(image: Image.Image) -> bool:
    """Whether an opened HEIC picture has more than 8 bits per channel."""
    return _depth(image) > 8


def read_samples(image: Image.Image, file: BinaryIO) -> NDArray[np.uint16]:
    """Read the samples of a deep HEIC picture, upright.

    Parameters
    ----------
    image : PIL.Image.Image
        The file, opened.
    file : BinaryIO
        The same file, to read it once more. What is damaged raises what the plugin raises.

    Returns
    -------
    uint16 (H, W, C)
        Black 0 and white 65535, C as in `interpret.to_arrays`.
    """
    import pillow_heif

    picture = pillow_heif.open_heif(file, convert_hdr_to_8bit=False)
    samples = np.array(picture, np.uint16)  # its highest bits, of 16
    samples |= samples >> np.uint16(_depth(image))
    return samples.reshape(*samples.shape[:2], -1)


def remarks(image: Image.Image) -> tuple[str, ...]:
    """Say of an opened picture what is not converted here: the tones of HDR."""
    profile = image.info.get("nclx_profile") or {}
    return notes_of_tones(profile.get("transfer_characteristics", 0))


def notes_of_tones(number: int) -> tuple[str, ...]:
    """Say of tones that they are not converted here, given their number in ITU-T H.273."""
    name = _HDR.get(number)
    return (f"its HDR tones ({name}) were taken as those of sRGB",) if name else ()


def _depth(image: Image.Image) -> int:
    return int(image.info.get("bit_depth", 8))
