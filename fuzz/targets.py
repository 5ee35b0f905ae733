"""What is fuzzed: one function for each parser of ours, and seeds made by code.

A target takes bytes and may raise what its parser declares; anything else is a finding.
"""

from __future__ import annotations

import hashlib
import io
import json
import struct
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from PIL import Image

from reverse_oldify.errors import InputError, MissingExtraError, OptionError, UnsupportedError
from reverse_oldify.files import avif, jxl, raw
from reverse_oldify.files.boxes import to_box
from reverse_oldify.files.icc.make import gray_srgb_profile, srgb_profile
from reverse_oldify.files.icc.matrix import parse_matrix_profile
from reverse_oldify.files.jpeg.damage import Watched
from reverse_oldify.files.jpeg2000 import jp2
from reverse_oldify.files.jpeg2000.codestream import read_codestream
from reverse_oldify.files.layers import LayerWriter
from reverse_oldify.files.metadata import xmp, xmp_extended
from reverse_oldify.files.metadata.exif import block_of, densities_of, orientation_of
from reverse_oldify.files.metadata.read import Read
from reverse_oldify.files.picture import Metadata, Picture
from reverse_oldify.files.read import read_pages
from reverse_oldify.files.tiff import ifd
from reverse_oldify.files.write import write
from reverse_oldify.options import Options
from reverse_oldify.pipeline.hint_file import read_hints

for others in ("rawpy", "imagecodecs"):  # not ours, and have their own fuzzers
    sys.modules[others] = None

_MOST_PIXELS = 100_000
_FOLDER = Path(tempfile.mkdtemp())
_STATEMENT = xmp.Statement(xmp.IPTC_EXTENSION, "Iptc4xmpExt", "DigitalSourceType", "value")
_GRAY = np.arange(16 * 20, dtype=np.uint16).reshape(16, 20) * 200
_RGB, _CMYK = (struct.pack("<HHIHH", 262, 3, 1, kind, 0) for kind in (2, 5))
_COLOUR = np.dstack([_GRAY, _GRAY[::-1], _GRAY[:, ::-1]])


def directories(data: bytes) -> None:
    """TIFF directories, and those below them; whether they are of camera RAW."""
    raw.is_raw(io.BytesIO(data), None)
    with suppress(InputError):
        list(ifd.sub_directories(io.BytesIO(data), ifd.read_directories(io.BytesIO(data))))


def exif(data: bytes) -> None:
    """An EXIF block, and what is kept of it: that must be readable again."""
    with suppress(InputError):
        directory = ifd.read_block(data)
        orientation_of(directory), densities_of(directory)
        kept = block_of(directory)
        if kept is not None:
            assert orientation_of(ifd.read_block(kept)) == 1


def tiff(data: bytes) -> None:
    """TIFF files: every page, to the last pixel."""
    _pages(b"II*\0" + data[4:] if data[:4] not in (b"MM\0*", b"II+\0", b"MM\0+") else data)


def png(data: bytes) -> None:
    """PNG files whose checksums are right: else nothing would come through."""
    _pages(b"".join(_mended_chunks(data)))


def jpeg_markers(data: bytes) -> None:
    """The order of a JPEG file's markers."""
    with suppress(InputError):
        Watched(SimpleNamespace(fp=None), io.BytesIO(data)).notes()


def boxes(data: bytes) -> None:
    """Boxes of JPEG 2000, JPEG XL and AVIF, and what stands in them before the picture."""
    assert 8 <= avif.read_depth(io.BytesIO(data)).bits <= 16
    with suppress(InputError):
        codestream = read_codestream(io.BytesIO(data))
        assert codestream.width > 0 < codestream.height
        jp2.is_associated(io.BytesIO(data), codestream)
    with suppress(UnsupportedError, ValueError, struct.error):
        colours = jp2.read_palette(io.BytesIO(data))
        assert colours is None or colours.shape[1] in (3, 4)
    jp2.read_profile(io.BytesIO(data)), jp2.completed(Read(Metadata(), 1, ()), io.BytesIO(data))
    jxl.corrected(Read(Metadata(), 1, ()), SimpleNamespace(), io.BytesIO(data))
    with suppress(InputError):
        header = jxl.read_header(io.BytesIO(data))
        assert header.width > 0 < header.height


def xmp_packet(data: bytes) -> None:
    """XMP packets: what is said is found again, and still there when it is said twice."""
    with suppress(UnsupportedError):
        xmp.value_of(data, xmp.XMP, "CreatorTool")
        merged = xmp.merge(data, [_STATEMENT])
        assert xmp.value_of(merged, _STATEMENT.namespace, _STATEMENT.name) == "value"
        assert xmp.merge(merged, [_STATEMENT])


def extended_xmp(data: bytes) -> None:
    """A packet and the segments in which it goes on; a second one is found again in two."""
    packet, *parts = data.split(xmp_extended.SEGMENT)
    whole, _ = xmp_extended.joined(packet, [xmp_extended.SEGMENT + part for part in parts])
    halves = xmp_extended.split(whole or b"")
    if halves is not None:
        segments = xmp_extended.to_jpeg(halves.packet)
        assert len(halves.packet) <= 65_502
        assert halves.packet in segments
        assert xmp.value_of(halves.packet, xmp.NOTE, "HasExtendedXMP") is not None


def profile(data: bytes) -> None:
    """Colour profiles of curves and a matrix, applied to a few codes."""
    parsed = parse_matrix_profile(data)
    if parsed is not None:
        assert np.isfinite(parsed.curves).all()
        parsed.to_srgb(_COLOUR)


def hints(data: bytes) -> None:
    """Files of hints."""
    path = _FOLDER / "hints.json"
    path.write_bytes(data)
    with suppress(OptionError):
        read_hints(path).check([Path("a.jpg")])


def options(data: bytes) -> None:
    """Options as JSON: what is accepted comes back the same."""
    with suppress(ValueError, RecursionError):  # of json; OptionError is a ValueError, too
        table = json.loads(data)
        accepted = Options.from_json(table)
        assert Options.from_json(json.loads(json.dumps(accepted.to_json()))) == accepted


def _pages(data: bytes) -> None:
    with suppress(InputError, MissingExtraError):
        for page in read_pages(data, max_pixels=_MOST_PIXELS):
            assert page.pixels.shape[:2] == page.size


def _mended_chunks(data: bytes) -> Iterator[bytes]:
    """A PNG file made of chunks whose lengths and checksums are right."""
    yield b"\x89PNG\r\n\x1a\n"
    at = 8
    while at + 8 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        name, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        yield struct.pack(">I", len(body)) + name + body
        yield struct.pack(">I", zlib.crc32(name + body))
        at += 12 + length


def _file(format: str, picture: Picture | None = None) -> bytes:
    picture = picture or Picture(pixels=_COLOUR, alpha=_GRAY, metadata=_told())
    return write(picture, _FOLDER / f"seed.{format}", overwrite=True, allow_loss=True).read_bytes()


def _told() -> Metadata:
    return Metadata(exif=_exif(), xmp=xmp.merge(None, [_STATEMENT]), dpi=(300, 300))


def _extended() -> bytes:
    """A packet, and behind it the parts of a second one, each with what a segment begins with."""
    extension = xmp.merge(None, [_STATEMENT])
    name = hashlib.md5(extension, usedforsecurity=False).hexdigest().upper()
    packet = xmp.merge(None, [xmp.Statement(xmp.NOTE, "xmpNote", "HasExtendedXMP", name)])
    place = xmp_extended.SEGMENT + name.encode() + struct.pack(">I", len(extension))
    cut = len(extension) // 2
    second = place + struct.pack(">I", cut) + extension[cut:]
    return packet + place + struct.pack(">I", 0) + extension[:cut] + second


def _exif() -> bytes:
    block = Image.Exif()
    block[315], block[306] = "An author", "2026:01:01 00:00:00"
    block.get_ifd(34665).update({33434: 0.01, 36867: "2026:01:01 00:00:00"})
    block.get_ifd(34853).update({1: "N", 2: (1.0, 2.0, 3.0)})
    return block.tobytes()


def _plain(format: str, **settings: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray((_COLOUR >> 8).astype(np.uint8)).save(file, format, **settings)
    return file.getvalue()


def _json(**table: object) -> bytes:
    return json.dumps(table).encode()


def _tiffs() -> list[bytes]:
    small = [_plain("TIFF", compression=name) for name in ("raw", "tiff_lzw", "jpeg", "packbits")]
    layers = io.BytesIO()
    LayerWriter(layers).add(Picture(pixels=_GRAY), Picture(pixels=_COLOUR))
    inks = _file("tif", Picture(pixels=_COLOUR, alpha=_GRAY)).replace(_RGB, _CMYK)
    return [_file("tif"), _file("tif", Picture(pixels=_GRAY)), layers.getvalue(), inks, *small]


Seeds = Callable[[], list[bytes]]

WORDS = {
    "xmp": (
        *("<!DOCTYPE x [<!ENTITY a 'b'>]>", "&a;", "<?xml version='1.0'?>", "<![CDATA[", "]]>"),
        *("rdf:Description", "rdf:about", "rdf:parseType='Resource'", "xmlns:a='b'", "xml:lang"),
        *("Iptc4xmpExt:DigitalSourceType", "tiff:Orientation", "xmp:CreatorTool", "&#0;", "\ufeff"),
    ),
    "extended": ("xmpNote:HasExtendedXMP", "http://ns.adobe.com/xmp/extension/", "rdf:Description"),
    "png": ("IHDR", "PLTE", "IDAT", "tRNS", "iCCP", "iTXt", "eXIf", "pHYs", "acTL", "fcTL", "IEND"),
    "profile": ("RGB ", "XYZ ", "rXYZ", "rTRC", "gTRC", "bTRC", "A2B0", "curv", "para", "GRAY"),
    "boxes": (
        *("jp2h", "colr", "uuid", "JpgTiffExif->JP2", "jxlc", "jxlp", "xml ", "brob", "Exif"),
        *("meta", "iprp", "ipco", "ipma", "pitm", "pixi", "av1C", "nclx", "cdef", "pclr"),
    ),
    "hints": (
        *('"version": 1', '"hints"', '"pictures"', '"points"', '"color"', '"ab"', '"radius"'),
        *('"strength"', '"neutral"', "null", "true", "NaN", "Infinity", "1e999", "-1", "[[", "{}"),
    ),
    "options": (
        *('"vividness"', '"hints"', '"palette"', '"variant"', '"seed"', '"working_size"', "[]"),
        *(
            "null",
            "true",
            "NaN",
            "-Infinity",
            "1e999",
            "-1",
            "0.5",
            '"dawn"',
            "99999999999999999999",
        ),
    ),
}
"""Pieces that a fuzzer would not guess soon, by target."""

TARGETS: dict[str, tuple[Callable[[bytes], None], Seeds]] = {
    "directories": (directories, _tiffs),
    "exif": (exif, lambda: [_exif(), _exif().removeprefix(b"Exif\0\0")]),
    "tiff": (tiff, _tiffs),
    "png": (png, lambda: [_file("png"), _file("png", Picture(pixels=_COLOUR)), _plain("PNG")]),
    "jpeg": (
        jpeg_markers,
        lambda: [
            _plain("JPEG"),
            _plain("JPEG", progressive=True),
            _plain("JPEG", restart_marker_blocks=1),
        ],
    ),
    "boxes": (
        boxes,
        lambda: [
            _file("jp2"),
            _plain("AVIF"),
            bytes.fromhex("ff0a1840fc00141702080201"),
            _BOXED,
            _PALETTE,
        ],
    ),
    "xmp": (xmp_packet, lambda: [xmp.merge(None, [_STATEMENT]), b"<a xmlns:b='c'><b:d/></a>"]),
    "extended": (extended_xmp, lambda: [_extended(), _extended()[:-30]]),
    "profile": (profile, lambda: [srgb_profile(), gray_srgb_profile()]),
    "hints": (
        hints,
        lambda: [
            _json(version=1, hints=[{"points": [[1, 2], [3, 4]], "color": "#a03020", "radius": 3}]),
            _json(version=1, pictures={"a.jpg": [{"points": [[9, 8]], "ab": [1, -2.5]}]}),
            _json(version=1, hints=[{"points": [[1, 2]], "color": "neutral", "strength": 0.5}]),
        ],
    ),
    "options": (options, lambda: [json.dumps(Options().to_json()).encode(), b'{"vividness": 2}']),
}
"""Name of each target: the function, and what makes its seeds."""

_BOXED = (
    b"\0\0\0\x0cJXL \r\n\x87\n\0\0\0\x14ftypjxl \0\0\0\0jxl "
    b"\0\0\0\x0cxml <a/>\0\0\0\x14jxlp\x80\0\0\0\xff\x0a\x18\x40\xfc\0\x14\x17"
)
_PALETTE = to_box(
    b"jp2h",
    to_box(b"pclr", b"\0\2\3\7\7\7abcdef")
    + to_box(b"cmap", bytes.fromhex("000001000000010100000102")),
)
