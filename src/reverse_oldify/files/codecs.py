"""Codecs of the extra [deep], for what Pillow and its plugins cut to 8 bits.

JPEG 2000, JPEG XL and AVIF come in with all of their bits, JPEG 2000 goes out with 16, and
LittleCMS takes 16; see docs/decisions/0032.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from reverse_oldify.errors import UnreadableError
from reverse_oldify.files.icc.make import srgb_profile
from reverse_oldify.files.picture import Pixels
from reverse_oldify.files.strips import strips_of

EXTRA = "pip install 'reverse-oldify[deep]'"

_FLOATS = "its floating-point values were read as 0 to 1"


class Decoded(NamedTuple):
    """All bits of a picture, uint16 (H, W, C); whether colour was multiplied by opacity; notes."""

    samples: NDArray[np.uint16]
    associated: bool = False
    notes: tuple[str, ...] = ()


def installed() -> bool:
    """Whether the extra is there."""
    try:
        import imagecodecs  # noqa: F401
    except ImportError:
        return False
    return True


def decoded(data: bytes, key: str, bits: int, size: tuple[int, int]) -> Decoded:
    """Decode a picture of more than 8 bits; the extra must be there.

    Parameters
    ----------
    data : bytes
        A JPEG 2000 codestream, or a JPEG XL or AVIF file, whose size has been checked.
    key : str
        Of its format.
    bits : int
        Of a sample, more than 8.
    size : (int, int)
        Height and width, upright where the format says itself how a picture is turned.

    Returns
    -------
    Decoded
        As they are stored, black 0 and white 65535; see `whole_range`.

    Raises
    ------
    RuntimeError, UnreadableError
        The file is damaged or cut off, or the picture is of another size.
    """
    import imagecodecs

    if key == "jp2":
        samples = imagecodecs.jpeg2k_decode(data)
    elif key == "jxl":
        samples = imagecodecs.jpegxl_decode(data, index=0)
    else:
        samples = imagecodecs.avif_decode(data, index=0)
    if samples.ndim == 3 and samples.shape[:2] != size:  # grey, with planes that are no opacity
        samples = samples[0]
    if samples.shape[:2] != size:
        raise UnreadableError("damaged: it is not as large as it says; restore it from a copy")
    notes = (_FLOATS,) if samples.dtype.kind == "f" else ()
    return Decoded(whole_range(samples.reshape(*size, -1), bits), notes=notes)


def whole_range(samples: NDArray[Any], bits: int) -> NDArray[np.uint16]:
    """Bring samples to 16 bits, black to 0 and white to 65535.

    Parameters
    ----------
    samples : integer or floating (H, W, C)
        Integers of 8 ``bits`` or more: from 0, or if signed from minus a half of their range.
        Floats of 0 to 1; beyond, they are cut.
    bits : int
        Of an integer; uint8 has 8.

    Raises
    ------
    UnreadableError
        A sample has more bits than it should.
    """
    if samples.dtype == np.uint16 and bits == 16:
        return samples
    bits = 8 if samples.dtype == np.uint8 else bits
    scaled = np.empty(samples.shape, np.uint16)
    for rows in strips_of(samples):
        strip = samples[rows]
        if strip.dtype.kind == "f":
            light = np.nan_to_num(strip.astype(np.float32), posinf=1)
            scaled[rows] = np.clip(light, 0, 1) * np.float32(65535) + np.float32(0.5)
            continue
        codes = strip.astype(np.int64) + ((1 << bits - 1) if strip.dtype.kind == "i" else 0)
        if codes.min() < 0 or codes.max() >> bits:
            raise UnreadableError(
                "damaged: its samples have more bits than it says; restore it from a copy"
            )
        shifted = codes << 16 - bits if bits <= 16 else codes >> bits - 16
        scaled[rows] = shifted | (codes >> 2 * bits - 16 if bits < 16 else 0)
    return scaled


def without_brotli(data: bytes, most: int) -> bytes:
    """Decompress Brotli (RFC 7932); the extra must be there.

    Raises
    ------
    UnreadableError
        It is damaged, or more than ``most`` bytes.
    """
    import imagecodecs

    try:
        return bytes(imagecodecs.brotli_decode(data, out=most))
    except RuntimeError as error:
        raise UnreadableError(f"damaged, or longer than {most >> 20} MB") from error


def through_profile(samples: Pixels, icc: bytes, space: str) -> NDArray[np.uint16]:
    """Convert samples out of a profile, to sRGB; the extra must be there.

    Parameters
    ----------
    samples : uint16 (H, W, C)
        Of its colour space.
    icc : bytes
        The profile, which `profile.is_usable`.
    space : {"rgb", "cmyk"}
        What it is for.

    Returns
    -------
    uint16 (H, W, 3)
        Relative colorimetric with black point compensation, as in `files.icc.convert`.
    """
    import imagecodecs

    flags = imagecodecs.CMS.FLAGS
    converted: NDArray[np.uint16] = imagecodecs.cms_transform(
        np.ascontiguousarray(samples),
        icc,
        srgb_profile(),
        colorspace=space,
        outcolorspace="rgb",
        outdtype="uint16",
        intent=imagecodecs.CMS.INTENT.RELATIVE_COLORIMETRIC,
        flags=flags.BLACKPOINTCOMPENSATION | flags.NOOPTIMIZE,
    )
    return converted


def encoded(samples: Pixels) -> bytes:
    """Encode a strip as a codestream of JPEG 2000, without loss; the extra must be there.

    Parameters
    ----------
    samples : uint16 (H, W, C)
        C from 1 to 4.

    Returns
    -------
    bytes
        One tile, of three levels of wavelets.
    """
    import imagecodecs

    planes = np.ascontiguousarray(samples if samples.shape[2] > 1 else samples[..., 0])
    return bytes(
        imagecodecs.jpeg2k_encode(
            planes, level=0, reversible=True, codecformat="j2k", resolutions=4, planar=False
        )
    )
