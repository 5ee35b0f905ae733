"""Pictures and files made by code, for the tests of this folder."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import replace
from typing import BinaryIO

import numpy as np
from PIL import Image

from reverse_oldify.files.encode import encode_pages
from reverse_oldify.files.formats import Format
from reverse_oldify.files.picture import Raster


def scene(height: int = 40, width: int = 60) -> np.ndarray:
    """A smooth coloured picture with something different in each corner; uint8 (H, W, 3)."""
    y, x = np.mgrid[:height, :width]
    red = 255 * x / max(width - 1, 1)
    green = 255 * y / max(height - 1, 1)
    blue = 128 + 60 * np.sin(x / 7)
    return np.stack([red, green, blue], -1).astype(np.uint8)


def gray_ramp(dtype: type = np.uint8) -> np.ndarray:
    """Every 8-bit code, or 16-bit codes of which 8 bits would lose most; (16, 16)."""
    codes = np.arange(256).reshape(16, 16)
    return (codes if dtype == np.uint8 else codes * 256 + 255 - codes).astype(dtype)


def encoded(image: Image.Image, format: str, **settings: object) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **settings)
    return file.getvalue()


def encode(picture: Raster, kind: Format, file: BinaryIO, *, allow_loss: bool = False) -> None:
    """Write a picture alone, were it a page of several."""
    encode_pages([replace(picture, page_count=1)], kind, file, allow_loss=allow_loss)


def png_header(width: int, height: int, *, bits: int = 8, colour: int = 0) -> bytes:
    """A PNG that claims a size, with next to no data behind it."""
    head = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def deep_png(codes: np.ndarray) -> bytes:
    """PNG of uint16 RGB (H, W, 3), which Pillow cannot write."""
    height, width, _ = codes.shape
    head = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in codes)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def gray_tiff(codes: np.ndarray, *, photometric: int = 1, bits: int = 16) -> bytes:
    """Uncompressed little-endian grey TIFF of one strip; float32 is written as float."""
    height, width = codes.shape
    data = _packed_12(codes) if bits == 12 else codes.tobytes()
    sample_format = 3 if codes.dtype.kind == "f" else 1
    tags = [
        (256, 4, width),
        (257, 4, height),
        (258, 3, bits),
        (259, 3, 1),
        (262, 3, photometric),
        (273, 4, 8),
        (277, 3, 1),
        (278, 4, height),
        (279, 4, len(data)),
        (339, 3, sample_format),
    ]
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    directory = struct.pack("<H", len(tags)) + entries + bytes(4)
    return b"II*\0" + struct.pack("<I", 8 + len(data)) + data + directory


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _packed_12(codes: np.ndarray) -> bytes:
    """Pairs of 12-bit codes in three bytes, the high bits first."""
    first, second = codes.ravel()[::2].astype(int), codes.ravel()[1::2].astype(int)
    packed = np.stack([first >> 4, (first & 15) << 4 | second >> 8, second & 255], -1)
    return packed.astype(np.uint8).tobytes()
