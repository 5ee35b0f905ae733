"""TIFF files made by code: by zlib and Pillow in every layout of 8 or 16 bits, else by tifffile."""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass

import numpy as np
import tifffile
from PIL import Image

from reverse_oldify.files.tiff.ifd import LONG, SHORT, Directory, Field, to_bytes

_PILLOWS_NAME = {5: "tiff_lzw", 8: "tiff_adobe_deflate", 32773: "packbits", 50000: "zstd"}


def written(codes: np.ndarray, **settings: object) -> bytes:
    """A file as tifffile writes it."""
    file = io.BytesIO()
    tifffile.imwrite(file, codes, **settings)
    return file.getvalue()


def segments_of(data: bytes) -> list[tuple[int, int]]:
    """Offset and length of the strips or tiles of the first page."""
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        page = file.pages[0]
        return list(zip(page.dataoffsets, page.databytecounts, strict=True))


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How samples are stored: compression, predictor, rows of a strip or side of a tile, order."""

    compression: int = 1
    predictor: int = 1
    rows: int = 9
    tile: int | None = None
    order: str = "<"
    big: bool = False
    planar: bool = False
    photometric: int = 2
    extra: int | tuple[int, ...] | None = None
    fill_order: int | None = None
    tags: Directory | None = None


def tiff_page(samples: np.ndarray, layout: Layout, start: int) -> tuple[bytes, int]:
    """Segments and directory of one page, to be put at ``start``; and where the directory is."""
    height, width, channels = samples.shape
    planes = [samples[..., [index]] for index in range(channels)] if layout.planar else [samples]
    segments = [_segment(part, layout) for plane in planes for part in _parts(plane, layout)]
    if layout.fill_order == 2:
        segments = [_with_bits_turned(segment) for segment in segments]
    body = b"".join(segments)
    offsets = np.cumsum([start, *(len(segment) for segment in segments)])[:-1]
    tags = Directory(layout.tags or {})
    tags |= {
        256: _long(width),
        257: _long(height),
        258: _short(*[8 * samples.itemsize] * channels),
        259: _short(layout.compression),
        262: _short(layout.photometric),
        277: _short(channels),
        284: _short(2 if layout.planar else 1),
        317: _short(layout.predictor),
        324 if layout.tile else 273: _long(*offsets),
        325 if layout.tile else 279: _long(*(len(segment) for segment in segments)),
    }
    if layout.tile:
        tags |= {322: _long(layout.tile), 323: _long(layout.tile)}
    else:
        tags[278] = _long(layout.rows)
    if layout.fill_order is not None:
        tags[266] = _short(layout.fill_order)
    if layout.extra is not None:
        tags[338] = _short(*np.atleast_1d(layout.extra))
    body += bytes(len(body) % 2)
    at = start + len(body)
    return body + to_bytes(tags, at, big=layout.big), at


def deep_tiff(samples: np.ndarray, layout: Layout | None = None) -> bytes:
    """A file of one page, uint8 or uint16 (H, W, C); only the samples are in the layout's order."""
    layout = layout or Layout()
    size = 16 if layout.big else 8
    page, at = tiff_page(samples, layout, size)
    first = at.to_bytes(8 if layout.big else 4, "little")
    return (b"II+\0\x08\0\0\0" if layout.big else b"II*\0") + first + page


def _parts(plane: np.ndarray, layout: Layout) -> list[np.ndarray]:
    if layout.tile is None:
        return [plane[top : top + layout.rows] for top in range(0, len(plane), layout.rows)]
    side = layout.tile
    height, width, _ = plane.shape
    padded = np.pad(plane, ((0, -height % side), (0, -width % side), (0, 0)), mode="edge")
    return [
        padded[top : top + side, left : left + side]
        for top in range(0, height, side)
        for left in range(0, width, side)
    ]


def _segment(part: np.ndarray, layout: Layout) -> bytes:
    if layout.predictor == 2:
        part = np.concatenate([part[:, :1], part[:, 1:] - part[:, :-1]], axis=1)
    data = part.astype(f"{layout.order}u{part.itemsize}").tobytes()
    if layout.compression == 1:
        return data
    if layout.compression == 8:
        return zlib.compress(data)
    return _compressed_by_pillow(data, len(part), _PILLOWS_NAME[layout.compression])


def _with_bits_turned(data: bytes) -> bytes:
    bits = np.unpackbits(np.frombuffer(data, np.uint8))
    return np.packbits(bits, bitorder="little").tobytes()


def _compressed_by_pillow(data: bytes, rows: int, name: str) -> bytes:
    """The one strip of a grey TIFF that Pillow writes of the bytes."""
    file = io.BytesIO()
    gray = Image.frombytes("L", (len(data) // rows, rows), data)
    gray.save(file, "TIFF", compression=name, tiffinfo={278: rows}, strip_size=1 << 30)
    image = Image.open(file)
    (offset,), (length,) = image.tag_v2[273], image.tag_v2[279]
    return file.getvalue()[offset : offset + length]


def _long(*values: int) -> Field:
    return Field(LONG, np.array(values, "<u4").tobytes())


def _short(*values: int) -> Field:
    return Field(SHORT, np.array(values, "<u2").tobytes())
