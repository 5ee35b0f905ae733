"""PNG with 16 bits per channel and colour or opacity, which Pillow cuts to 8 (ISO/IEC 15948).

Reading leaves inflating, filters and interlacing to Pillow: once for the high byte of every sample,
and once more for the low one. Writing is simple enough to be done here.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image
from PIL.ImageFile import ImageFile

from reverse_oldify.errors import DAMAGED, UnreadableError
from reverse_oldify.files.deflate import deflater
from reverse_oldify.files.formats import FORMATS
from reverse_oldify.files.icc.make import gamma_profile, profile_for
from reverse_oldify.files.metadata import iptc
from reverse_oldify.files.metadata.read import METRE
from reverse_oldify.files.modes import pixels_of
from reverse_oldify.files.opening import opened
from reverse_oldify.files.picture import Metadata, Raster
from reverse_oldify.files.samples import Samples, samples_of
from reverse_oldify.files.strips import bands, in_order

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GRAY, _RGB, _ALPHA = 0, 2, 4  # parts of the colour type
_COLOURS = (b"iCCP", b"sRGB", b"cICP")  # chunks beside which gamma does not count
_HEADER_BYTES, _GAMMA_OF_SRGB = 13, 2.2
_SUB = 1  # filter: difference from the pixel to the left
_PIECE = 1 << 20  # bytes that are read at once

XMP_KEYWORD = "XML:com.adobe.xmp"


def is_deep(head: bytes) -> bool:
    """Whether a file's first 32 bytes tell of 16 bits per channel with colour or opacity."""
    return head.startswith(_SIGNATURE) and head[24:25] == b"\x10" and head[25:26] != b"\0"


def check(file: BinaryIO) -> None:
    """Compare the checksums of the compressed samples, at which Pillow does not look.

    Raises
    ------
    UnreadableError
        They are damaged or cut off.
    """
    for name, length in chunks_of(file):
        if name != b"IDAT":
            continue
        checksum = zlib.crc32(name)
        for start in range(0, length, _PIECE):
            checksum = zlib.crc32(file.read(min(_PIECE, length - start)), checksum)
        if file.read(4) != struct.pack(">I", checksum):
            raise UnreadableError(DAMAGED)


def chunks_of(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Yield the type of every chunk and the length of its data, at which the file then is."""
    at = len(_SIGNATURE)
    while file.seek(at) == at and len(head := file.read(8)) == 8:
        length, name = struct.unpack(">I4s", head)
        yield name, length
        if name == b"IEND":
            return
        at += length + 12


def profile_of_gamma(file: BinaryIO) -> bytes | None:
    """Return a profile for the gamma that a file tells; None where that does not count (11.3.2).

    It does where nothing else tells of colours, and where it is not that of sRGB.
    """
    found = {b"gAMA": b""}
    for name, length in chunks_of(file):
        if name in _COLOURS:
            return None
        if name == b"IDAT":
            break
        if name in (b"IHDR", b"gAMA"):
            found[name] = file.read(min(length, _HEADER_BYTES))
    gamma = int.from_bytes(found[b"gAMA"]) / 100_000
    if not 0.1 <= gamma <= 10 or abs(gamma * _GAMMA_OF_SRGB - 1) < 0.01:
        return None
    return gamma_profile(1 / gamma, gray=not found[b"IHDR"][9] & _RGB)


def read_samples(image: ImageFile, file: BinaryIO) -> NDArray[np.uint16]:
    """Read the samples of a deep PNG: uint16 (H, W, 2), (H, W, 3) or (H, W, 4), as stored.

    Parameters
    ----------
    image : PIL.ImageFile.ImageFile
        The file, opened and not yet decoded.
    file : BinaryIO
        The same file, to read it once more. What is damaged raises what Pillow raises.
    """
    raw_mode = str(image.tile[0].args)
    if raw_mode == "LA;16B":  # as many bytes as red, green, blue and opacity at 8 bits
        image.load()
        with _decoded_as(file, "RGBA") as pairs:
            return np.asarray(pairs).view(">u2").astype(np.uint16)
    samples = np.zeros((image.height, image.width, len(image.getbands())), np.uint16)
    _add_low_bytes(file, raw_mode.replace("16B", "16L"), samples)
    _add(image, samples, 8)
    return samples


def _add_low_bytes(file: BinaryIO, raw_mode: str, samples: NDArray[np.uint16]) -> None:
    """Decode the low bytes, in a function of its own: the image is gone when it returns."""
    with _decoded_as(file, raw_mode) as image:
        _add(image, samples, 0)


def _add(image: Image, samples: NDArray[np.uint16], shift: int) -> None:
    """Put the bytes of an image into samples, a strip at a time."""
    for rows in bands(image.height, image.width):
        samples[rows] |= pixels_of(image, rows).astype(np.uint16) << shift


@contextmanager
def _decoded_as(file: BinaryIO, raw_mode: str) -> Iterator[Image]:
    with opened(file, FORMATS["png"]) as image:
        image.tile = [tile._replace(args=raw_mode) for tile in image.tile]
        yield image


def write_deep_png(picture: Raster, file: BinaryIO) -> None:
    """Write a picture of uint16 with all that is known of it."""
    height, width = picture.size
    coloured = len(picture.shape) == 3
    colour_type = (_RGB if coloured else _GRAY) | (_ALPHA if picture.has_alpha else 0)
    file.write(_SIGNATURE)
    _chunk(file, b"IHDR", struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0))
    for name, data in _describing(picture.metadata, profile_for(picture)):
        _chunk(file, name, data)
    for data in _deflated(samples_of(picture)):
        _chunk(file, b"IDAT", data)
    _chunk(file, b"IEND", b"")


def _describing(metadata: Metadata, profile: bytes) -> Iterator[tuple[bytes, bytes]]:
    yield b"iCCP", b"sRGB\0\0" + zlib.compress(profile)
    if metadata.dpi is not None:
        across, down = (round(density * METRE) for density in metadata.dpi)
        yield b"pHYs", struct.pack(">IIB", across, down, 1)
    if metadata.exif is not None:
        yield b"eXIf", metadata.exif.removeprefix(b"Exif\0\0")
    if metadata.xmp is not None:
        yield b"iTXt", XMP_KEYWORD.encode() + bytes(5) + metadata.xmp
    if metadata.iptc is not None:
        text = iptc.to_png(metadata.iptc).encode()
        yield b"zTXt", iptc.PNG_KEYWORD.encode() + bytes(2) + zlib.compress(text)
    for chunk in metadata.png_texts:
        yield chunk[:4], chunk[4:]


def _deflated(samples: Samples) -> Iterator[bytes]:
    """Yield the rows, each behind the number of its filter, as one zlib stream in pieces."""
    stream = deflater()
    for strip in in_order(samples.rows, bands(*samples.shape[:2]), samples.threads):
        codes = strip.astype(">u2").view(np.uint8).reshape(len(strip), -1)
        step = 2 * samples.shape[2]  # bytes of a pixel
        filtered = np.empty((len(codes), 1 + codes.shape[1]), np.uint8)
        filtered[:, 0] = _SUB
        filtered[:, 1 : 1 + step] = codes[:, :step]
        np.subtract(codes[:, step:], codes[:, :-step], out=filtered[:, 1 + step :])
        if piece := stream.compress(filtered.tobytes()):
            yield piece
    yield stream.flush()


def _chunk(file: BinaryIO, name: bytes, data: bytes) -> None:
    checksum = zlib.crc32(data, zlib.crc32(name))
    file.write(struct.pack(">I", len(data)) + name + data + struct.pack(">I", checksum))
