"""JPEG XL: looked at before it is decoded, upright once, and honest about its depth."""

from __future__ import annotations

import io
import struct
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_files import encoded, gray_ramp, scene
from PIL import Image

from reverse_oldify.color.lab import linear_to_srgb
from reverse_oldify.errors import MissingExtraError, TooLargeError, UnreadableError
from reverse_oldify.files.codecs import decoded
from reverse_oldify.files.jxl import Header, corrected, read_header
from reverse_oldify.files.metadata.read import Read
from reverse_oldify.files.picture import Metadata
from reverse_oldify.files.read import read

# Made by cjxl 0.7 without loss: 6 x 4 pixels of RGB at 16 bits, all (65535, 32896, 257); then with
# (1000, 2000, 3000) in the corner at the top left, and grey 40 with 250 there, both to be turned
# clockwise by a quarter.
DEEP = bytes.fromhex("ff0a1840fc001417020802010058004b188b15428a04305e200280fdffebf7b71d02000000")
DEEP_TURNED = bytes.fromhex(
    "ff0a18400b3f00c525010802010080004b188b15420ac4dd1c20e95d20048081fe5df0bb166e0eea70f76d2b01010000"
)
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


def test_depth_that_the_plugin_cuts_is_told_and_gray_keeps_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("pillow_jxl")
    monkeypatch.setitem(sys.modules, "imagecodecs", None)
    told = "its 16 bits per channel were cut to 8"
    assert f"{told}; pip install 'reverse-oldify[deep]' reads all of them" in read(DEEP).notes
    linear = gray_ramp(np.uint16)  # what the plugin's encoder says of 16-bit grey
    picture = read(encoded(Image.fromarray(linear), "JXL", lossless=True))
    srgb = linear_to_srgb(linear.astype(np.float32) / 65535) * 65535
    assert np.abs(picture.pixels - srgb).max() < 3
    assert picture.notes == ()


def test_all_bits_of_colour_are_read_with_the_extra() -> None:
    pytest.importorskip("pillow_jxl")
    pytest.importorskip("imagecodecs")
    picture = read(DEEP)
    np.testing.assert_array_equal(picture.pixels, np.full((4, 6, 3), (65535, 32896, 257)))
    assert not [note for note in picture.notes if "cut" in note]


@pytest.mark.parametrize("bits", [10, 12, 16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_every_depth_and_opacity_are_read_with_the_extra(bits: int, channels: int) -> None:
    pytest.importorskip("pillow_jxl")
    imagecodecs = pytest.importorskip("imagecodecs")
    codes = np.arange(65536, dtype=np.uint16).reshape(256, 256) >> (16 - bits)
    planes = [codes, codes.T, codes[::-1], codes[:, ::-1]]
    samples = np.ascontiguousarray(np.dstack(planes[:channels]))
    data = imagecodecs.jpegxl_encode(samples, lossless=True, bitspersample=bits)
    stored, codes = decoded(data, "jxl", bits, (256, 256)).samples, samples / ((1 << bits) - 1)
    assert np.abs(stored - codes * 65535).max() <= (0 if bits == 16 else 1)
    picture = read(data)
    assert picture.pixels.dtype == np.uint16
    assert (picture.alpha is None) == (channels in (1, 3))
    assert picture.alpha is None or np.array_equal(picture.alpha, stored[..., -1])
    colours = linear_to_srgb(codes.astype(np.float32)[..., : 1 if channels < 3 else 3]) * 65535
    error = np.abs(picture.pixels.reshape(colours.shape) - colours)
    assert error.max() < 200, "as exact as the numbers in its profile: dark and saturated"
    assert np.median(error) < 4


def test_floats_are_read_from_0_to_1_with_a_note() -> None:
    pytest.importorskip("pillow_jxl")
    imagecodecs = pytest.importorskip("imagecodecs")
    light = np.linspace(0, 1, 768, dtype=np.float32).reshape(16, 16, 3)
    picture = read(imagecodecs.jpegxl_encode(light, lossless=True))
    assert "its floating-point values were read as 0 to 1" in picture.notes
    assert np.abs(picture.pixels - linear_to_srgb(light) * 65535).max() < 70
    assert len(np.unique(picture.pixels)) > 700


def test_turned_colour_is_upright_once() -> None:
    pytest.importorskip("pillow_jxl")
    pytest.importorskip("imagecodecs")
    picture = read(DEEP_TURNED)
    assert picture.size == (6, 4)
    assert picture.pixels[0].tolist() == [[65535, 32896, 257]] * 3 + [[1000, 2000, 3000]]


def test_gray_with_opacity_that_the_plugin_garbles_asks_for_the_extra(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("pillow_jxl")
    imagecodecs = pytest.importorskip("imagecodecs")
    data = imagecodecs.jpegxl_encode(np.dstack([gray_ramp(np.uint16)] * 2), lossless=True)
    monkeypatch.setattr("reverse_oldify.files.codecs.installed", lambda: False)
    with pytest.raises(MissingExtraError, match=r"16 bits of grey with opacity.*\[deep\]"):
        read(data)


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


def test_compressed_metadata_is_missed_aloud(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pillow_jxl")
    monkeypatch.setattr("reverse_oldify.files.codecs.installed", lambda: False)
    exif = Image.Exif()
    exif[315] = "An author"
    image = Image.fromarray(gray_ramp())
    data = encoded(image, "JXL", exif=exif.tobytes(), compress_metadata=True)
    (note,) = read(data).notes
    assert "compressed metadata (EXIF, XMP) was left out" in note
    assert note.endswith("only plain is read; pip install 'reverse-oldify[deep]' reads it")


def compressed(name: bytes, data: bytes) -> tuple[bytes, bytes]:
    imagecodecs = pytest.importorskip("imagecodecs")
    return b"brob", name + imagecodecs.brotli_encode(data)


def test_compressed_metadata_is_read_with_the_extra() -> None:
    pytest.importorskip("pillow_jxl")
    exif = Image.Exif()
    exif[274], exif[282], exif[283], exif[296] = 6, 300.0, 300.0, 2
    exif[315] = "An author"
    packet = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"
    block = struct.pack(">I", 3) + b"abc" + exif.tobytes().removeprefix(b"Exif\0\0")
    boxes = compressed(b"Exif", block), compressed(b"xml ", packet), compressed(b"jumb", b"other")
    picture = read(boxed(TURNED, *boxes))
    assert picture.size == (6, 4), "the codestream says how it is turned"
    assert picture.metadata.xmp == packet
    assert picture.metadata.dpi == (300.0, 300.0)
    kept = Image.Exif()
    kept.load(picture.metadata.exif)
    assert (kept[274], kept[315]) == (1, "An author")
    assert picture.notes == ()


def test_metadata_that_the_plugin_compresses_is_read() -> None:
    pytest.importorskip("pillow_jxl")
    pytest.importorskip("imagecodecs")
    exif = Image.Exif()
    exif[315] = "An author"
    data = encoded(Image.fromarray(gray_ramp()), "JXL", exif=exif.tobytes(), compress_metadata=True)
    assert b"brob" in data
    picture = read(data)
    kept = Image.Exif()
    kept.load(picture.metadata.exif)
    assert kept[315] == "An author"
    assert picture.notes == ()


def test_compressed_metadata_that_is_damaged_or_a_bomb_is_left_out_with_a_note() -> None:
    pytest.importorskip("pillow_jxl")
    bomb = compressed(b"xml ", b" " * (9 << 20))
    assert len(bomb[1]) < 1000
    kind, whole = compressed(b"Exif", b"much of it " * 20)
    note = "its compressed metadata is damaged, or longer than 8 MB; left out"
    picture = read(boxed(TURNED, bomb))
    assert picture.notes == (note,)
    assert picture.metadata.xmp is None
    for cut in (whole[:-3], whole[:4]):
        told = corrected(Read(Metadata(), 1, ()), Image.new("L", (1, 1)), boxes_in((kind, cut)))
        assert told == Read(Metadata(), 1, (note,))
    picture = read(boxed(TURNED, (kind, whole)))
    assert picture.notes == ("its EXIF is damaged; left out",)


def boxes_in(*boxes: tuple[bytes, bytes]) -> io.BytesIO:
    return io.BytesIO(boxed(TURNED, *boxes))


def test_damage_is_an_error() -> None:
    pytest.importorskip("pillow_jxl")
    for length in (2, 9, len(DEEP) - 9):
        with pytest.raises(UnreadableError):
            read(DEEP[:length])
