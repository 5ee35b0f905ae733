"""All bits of JPEG 2000, JPEG XL and AVIF, with the extra [deep]; else 8 of them, and a note."""

from __future__ import annotations

from typing import BinaryIO

import numpy as np
from PIL import Image

from reverse_oldify.errors import DAMAGED, MissingExtraError, UnreadableError, UnsupportedError
from reverse_oldify.files import avif, codecs, interpret, jxl, modes
from reverse_oldify.files.formats import Format
from reverse_oldify.files.heic import notes_of_tones
from reverse_oldify.files.jpeg2000 import jp2
from reverse_oldify.files.jpeg2000.codestream import read_codestream
from reverse_oldify.files.modes import Arrays
from reverse_oldify.files.picture import Pixels

KEYS = ("jp2", "j2k", "jxl", "avif")
"""Of the formats that are read here."""


def to_arrays(image: Image.Image, file: BinaryIO, kind: Format) -> Arrays:
    """Take the pixels out of a file, converted from its profile to sRGB.

    Parameters
    ----------
    image : PIL.Image.Image
        The file, opened; its size has been checked.
    file : BinaryIO
        The same file, to read it once more.
    kind : Format
        One of `KEYS`.

    Raises
    ------
    UnreadableError
        A part of the picture is missing, or it is of two sizes. What else is damaged raises what
        the codec raises.
    MissingExtraError
        What reads 8 bits makes nonsense of it, and the extra is not there.
    UnsupportedError
        JPEG 2000 that is neither grey nor RGB.
    """
    is_jpeg_2000, palette = kind.key in ("jp2", "j2k"), None
    if is_jpeg_2000:
        palette = _palette(image, file)
        bits, decoded, notes = _jpeg_2000(image, file)
    elif kind.key == "jxl":
        bits, decoded, notes = _jpeg_xl(image, file)
    else:
        bits, decoded, notes = _avif(image, file)
    if decoded is None:
        if palette is not None:
            image = _with_palette(image, palette, bits)
        elif is_jpeg_2000 and bits < 8:
            image = _widened(image, bits)
        arrays = modes.to_arrays(image)
        if bits > 8 and arrays.pixels.dtype == np.uint8:
            notes += (_cut(bits),)
    else:
        icc = image.info.get("icc_profile")
        arrays = interpret.to_arrays(decoded.samples, icc, associated=decoded.associated)
        notes += decoded.notes
    return arrays._replace(notes=arrays.notes + notes)


_Found = tuple[int, codecs.Decoded | None, tuple[str, ...]]
"""Bits of a sample, samples if there are more than 8, and notes."""


def _jpeg_2000(image: Image.Image, file: BinaryIO) -> _Found:
    codestream = read_codestream(file)
    if (codestream.width, codestream.height) != image.size:
        raise UnreadableError("damaged: it is not as large as it says; restore it from a copy")
    image.info["icc_profile"] = jp2.read_profile(file)
    deeper = codestream.bits > 8
    return codestream.bits, jp2.read_samples(image, file, codestream) if deeper else None, ()


def _widened(image: Image.Image, bits: int) -> Image.Image:
    """Spread samples of fewer than 8 bits over all 256 codes; Pillow shifts them to the left.

    Raises
    ------
    UnsupportedError
        They are of inks, or of a palette with opacity.
    """
    if image.mode not in ("L", "LA", "RGB", "RGBA"):
        raise UnsupportedError(
            f"its {bits} bits of {image.mode} are not read here; save it with 8 bits per channel"
        )
    most = (1 << bits) - 1
    table = [(code >> (8 - bits)) * 255 // most for code in range(256)]
    return image.point(table * len(image.getbands()))


def _palette(image: Image.Image, file: BinaryIO) -> Pixels | None:
    """Palette of JPEG 2000, None where there is none; errors are those of `jp2.read_palette`."""
    colours = jp2.read_palette(file)
    if colours is not None and image.mode not in ("P", "PA"):
        raise UnsupportedError(jp2.UNUSUAL_PALETTE)
    return colours


def _with_palette(image: Image.Image, colours: Pixels, bits: int) -> Image.Image:
    """Give an image its palette: Pillow drops colours that are in it twice, which moves the rest,
    and shifts the numbers of colours if they have fewer than 8 bits.

    Raises
    ------
    UnreadableError
        It has numbers of colours that are not there.
    UnsupportedError
        It has opacity beside them, and fewer than 8 bits.
    """
    if bits < 8 and image.mode == "PA":
        raise UnsupportedError(jp2.UNUSUAL_PALETTE)
    numbers = image.point([code >> (8 - bits) for code in range(256)]) if bits < 8 else image
    if np.asarray(numbers.getchannel(0)).max() >= len(colours):
        raise UnreadableError(DAMAGED)
    assert image.palette is not None
    numbers.putpalette(colours.tobytes(), image.palette.mode)
    return numbers


def _jpeg_xl(image: Image.Image, file: BinaryIO) -> _Found:
    bits = jxl.read_header(file).bits
    if bits > 8 and not codecs.installed() and image.mode == "LA":  # comes out as noise
        raise MissingExtraError(f"reading {bits} bits of grey with opacity from JPEG XL", "deep")
    return bits, _decoded(image, file, "jxl", bits), ()


def _avif(image: Image.Image, file: BinaryIO) -> _Found:
    bits, tones = avif.read_depth(file)
    return bits, _decoded(image, file, "avif", bits), notes_of_tones(tones)


def _decoded(image: Image.Image, file: BinaryIO, key: str, bits: int) -> codecs.Decoded | None:
    if bits <= 8 or not codecs.installed():
        return None
    file.seek(0)
    return codecs.decoded(file.read(), key, bits, image.size[::-1])


def _cut(bits: int) -> str:
    note = f"its {bits} bits per channel were cut to 8"
    return note if codecs.installed() else f"{note}; {codecs.EXTRA} reads all of them"
