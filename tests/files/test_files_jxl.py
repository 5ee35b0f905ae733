"""JPEG XL: looked at before it is decoded, upright once, and honest about its depth."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_files import encoded, gray_ramp, scene
from PIL import Image

from reverse_oldify.color.lab import linear_to_srgb
from reverse_oldify.errors import TooLargeError, UnreadableError
from reverse_oldify.files.jxl import Header, read_header
from reverse_oldify.files.read import read

# Made by cjxl 0.7 without loss: 6 x 4 pixels of RGB at 16 bits, all (65535, 32896, 257); and 6 x 4
# of grey 40 with 250 in the corner at the top left, to be turned clockwise by a quarter.
DEEP = bytes.fromhex("ff0a1840fc001417020802010058004b188b15428a04305e200280fdffebf7b71d02000000")
TURNED = bytes.fromhex("ff0a18400b04c525010802010040004b188b15c249c2e54cff680ade040000")


def boxed(codestream: bytes, *boxes: tuple[bytes, bytes]) -> bytes:
    """A container of a codestream and other boxes, the codestream in two parts."""
    parts = (b"jxlp", bytes(4) + codestream[:5]), (b"jxlp", b"\x80\0\0\1" + codestream[5:])
    head = b"\0\0\0\x0cJXL \r\n\x87\n\0\0\0\x14ftypjxl \0\0\0\0jxl "
    body = (struct.pack(">I4s", 8 + len(data), kind) + data for kind, data in (*boxes, *parts))
    return head + b"".join(body)


@pytest.mark.parametrize(
    ("codestream", "header"), [(DEEP, Header(6, 4, 16)), (TURNED, Header(6, 4, 8))]
)
def test_header_is_read_bare_or_boxed(codestream: bytes, header: Header) -> None:
    assert read_header(io.BytesIO(codestream)) == header
    assert read_header(io.BytesIO(boxed(codestream, (b"Exif", bytes(9000))))) == header


@pytest.mark.parametrize("size", [(8, 8), (256, 8), (300, 200), (1920, 1080), (1, 3000), (40, 50)])
def test_every_way_to_say_a_size_is_understood(size: tuple[int, int]) -> None:
    pytest.importorskip("pillow_jxl")
    data = encoded(Image.new("L", size), "JXL", lossless=True)
    assert read_header(io.BytesIO(data)) == Header(*size, 8)


def test_bomb_is_refused_before_it_is_decoded() -> None:
    bits = 0 | 3 << 1 | 999_999 << 3 | 0 << 33 | 3 << 36 | 999_999 << 38
    data = b"\xff\x0a" + bits.to_bytes(40, "little")
    assert read_header(io.BytesIO(data))[:2] == (1_000_000, 1_000_000)
    with pytest.raises(TooLargeError, match="1000000 x 1000000"):
        read(data)


def test_box_that_claims_to_end_beyond_all_numbers_is_the_last() -> None:
    endless = struct.pack(">I4sQ", 1, b"jlp\x80", (1 << 64) - 1)
    with pytest.raises(UnreadableError):
        read_header(io.BytesIO(endless + bytes(20)))


@given(st.binary(max_size=80), st.sampled_from([b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n"]))
def test_no_header_raises_anything_else(data: bytes, start: bytes) -> None:
    try:
        header = read_header(io.BytesIO(start + data))
    except UnreadableError:
        return
    assert header.width > 0 < header.height
    assert 1 <= header.bits <= 64


def test_depth_that_the_plugin_cuts_is_told_and_gray_keeps_it() -> None:
    pytest.importorskip("pillow_jxl")
    assert "its 16 bits per channel were cut to 8" in read(DEEP).notes
    linear = gray_ramp(np.uint16)  # what the plugin's encoder says of 16-bit grey
    picture = read(encoded(Image.fromarray(linear), "JXL", lossless=True))
    srgb = linear_to_srgb(linear.astype(np.float32) / 65535) * 65535
    assert np.abs(picture.pixels - srgb).max() < 3
    assert picture.notes == ()


def test_codestream_says_how_it_is_turned_and_exif_does_not() -> None:
    pytest.importorskip("pillow_jxl")
    exif = Image.Exif()
    exif[274], exif[315] = 6, "An author"
    packet = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"
    block = bytes(4) + exif.tobytes().removeprefix(b"Exif\0\0")
    picture = read(boxed(TURNED, (b"Exif", block), (b"xml ", packet)))
    assert picture.size == (6, 4)
    assert picture.pixels[0, 3] == 250
    assert picture.metadata.xmp == packet
    kept = Image.Exif()
    kept.load(picture.metadata.exif)
    assert (kept[274], kept[315]) == (1, "An author")


def test_packed_jpeg_is_turned_as_its_exif_says(tmp_path: Path) -> None:
    pytest.importorskip("pillow_jxl")
    exif = Image.Exif()
    exif[274] = 6
    Image.fromarray(scene()).save(tmp_path / "a.jpg", exif=exif)
    with Image.open(tmp_path / "a.jpg") as image:
        data = encoded(image, "JXL", lossless_jpeg=True)
    assert read(data).size == (60, 40)


def test_compressed_metadata_is_missed_aloud() -> None:
    pytest.importorskip("pillow_jxl")
    exif = Image.Exif()
    exif[315] = "An author"
    image = Image.fromarray(gray_ramp())
    data = encoded(image, "JXL", exif=exif.tobytes(), compress_metadata=True)
    (note,) = read(data).notes
    assert "compressed metadata (EXIF, XMP) was left out" in note


def test_damage_is_an_error() -> None:
    pytest.importorskip("pillow_jxl")
    for length in (2, 9, len(DEEP) - 9):
        with pytest.raises(UnreadableError):
            read(DEEP[:length])
