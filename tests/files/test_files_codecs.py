"""With the extra [deep], no bit of JPEG 2000 is lost, neither in reading nor in writing."""

from __future__ import annotations

import io
import re
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_files import encode, encoded, gray_ramp, scene
from made_profiles import swapped_rgb_profile
from PIL import Image

from reverse_oldify.color.lab import srgb_to_lab
from reverse_oldify.errors import (
    MissingExtraError,
    TooLargeError,
    UnreadableError,
    UnsupportedError,
)
from reverse_oldify.files.boxes import boxes_of, to_box
from reverse_oldify.files.codecs import whole_range
from reverse_oldify.files.formats import FORMATS
from reverse_oldify.files.lazy import lazily
from reverse_oldify.files.picture import Metadata, Picture
from reverse_oldify.files.read import read
from reverse_oldify.files.write import write

imagecodecs = pytest.importorskip("imagecodecs")

CODES = np.arange(65536, dtype=np.uint16).reshape(256, 256)
COLOUR = np.dstack([CODES, CODES[::-1], CODES.T])
ALPHA = CODES[:, ::-1]
PICTURES = {
    "gray": Picture(pixels=CODES),
    "gray with opacity": Picture(pixels=CODES, alpha=ALPHA),
    "colour": Picture(pixels=COLOUR),
    "colour with opacity": Picture(pixels=COLOUR, alpha=ALPHA),
}
EACH = pytest.mark.parametrize("name", PICTURES)


def jp2(samples: np.ndarray, *boxes: bytes, bits: int | None = None) -> bytes:
    """A file without loss, whose header holds more boxes."""
    how = {"level": 0, "reversible": True, "codecformat": "jp2", "bitspersample": bits}
    return headed(imagecodecs.jpeg2k_encode(np.ascontiguousarray(samples), **how), b"".join(boxes))


def headed(data: bytes, more: bytes) -> bytes:
    """The same file with more boxes in its header."""
    at = data.index(b"jp2h") - 4
    (size,) = struct.unpack_from(">I", data, at)
    longer = struct.pack(">I", size + len(more))
    return data[:at] + longer + data[at + 4 : at + size] + more + data[at + size :]


def definition(*kinds: tuple[int, int, int]) -> bytes:
    """What each channel is: its number, colour or opacity, and which colour."""
    told = b"".join(struct.pack(">HHH", *kind) for kind in kinds)
    return to_box(b"cdef", struct.pack(">H", len(kinds)) + told)


@EACH
def test_every_code_is_written_and_read(tmp_path: Path, name: str) -> None:
    picture = PICTURES[name]
    back = read(write(picture, tmp_path / "a.jp2"))
    np.testing.assert_array_equal(back.pixels, picture.pixels)
    assert (back.alpha is None) == (picture.alpha is None)
    if picture.alpha is not None:
        np.testing.assert_array_equal(back.alpha, picture.alpha)
    assert not [note for note in back.notes if "cut" in note]


@EACH
def test_other_programs_read_what_is_written(tmp_path: Path, name: str) -> None:
    """Pillow reads grey, exiftool the header, and OpenJPEG's own program all, if it is there."""
    picture = PICTURES[name]
    path = write(picture, tmp_path / "a.jp2")
    if name == "gray":
        with Image.open(path) as image:
            np.testing.assert_array_equal(np.asarray(image), CODES)
    if shutil.which("exiftool"):
        told = subprocess.run(["exiftool", path], check=True, capture_output=True, text=True).stdout
        assert re.search(r"Bits Per Component +: 16 Bits, Unsigned", told)
        assert re.search(rf"Number Of Components +: {picture.channels}\b", told)
    if shutil.which("opj_decompress"):
        command = ["opj_decompress", "-i", path, "-o", tmp_path / "a.rawl"]
        subprocess.run(command, check=True, capture_output=True)
        planes = np.fromfile(tmp_path / "a.rawl", "<u2").reshape(-1, 256, 256)
        np.testing.assert_array_equal(planes, np.moveaxis(picture.samples, -1, 0))


def test_opacity_and_colour_are_said_by_number(tmp_path: Path) -> None:
    data = write(PICTURES["colour with opacity"], tmp_path / "a.jp2").read_bytes()
    (header,) = (box for box in boxes_of(io.BytesIO(data)) if box.name == b"jp2h")
    told = {box.name: box.read(100) for box in header.boxes()}
    assert told[b"colr"] == b"\1\0\0" + struct.pack(">I", 16), "sRGB"
    kinds = definition((0, 0, 1), (1, 0, 2), (2, 0, 3), (3, 1, 0))
    assert told[b"cdef"] == kinds[8:]
    opaque = write(PICTURES["colour"], tmp_path / "b.jp2").read_bytes()
    assert b"cdef" not in opaque


def test_what_is_said_of_it_is_kept(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[274], exif[315] = 1, "An author"
    told = Metadata(
        exif=exif.tobytes(),
        xmp=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>",
        iptc=b"\x1c\x02\x50\x00\x02me",
        dpi=(300.0, 2400.0),
    )
    picture = Picture(pixels=COLOUR, alpha=ALPHA, metadata=told)
    back = read(write(picture, tmp_path / "a.jp2"))
    np.testing.assert_array_equal(back.samples, picture.samples)
    assert (back.metadata.xmp, back.metadata.iptc) == (told.xmp, told.iptc)
    assert back.metadata.dpi == pytest.approx(told.dpi, rel=1e-4)
    block = Image.Exif()
    block.load(back.metadata.exif)
    assert block[315] == "An author"


def test_pictures_by_rows_and_noise_are_written(tmp_path: Path) -> None:
    noise = np.random.default_rng(3).integers(0, 65536, (300, 40, 3)).astype(np.uint16)
    scan = Picture(pixels=noise)
    lazy = lazily(scan, scan.rows, shape=scan.shape, dtype=np.uint16, threads=2)
    back = read(write(lazy, tmp_path / "a.jp2"))
    np.testing.assert_array_equal(back.pixels, noise)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 4))
def test_small_pictures_come_back(height: int, width: int, channels: int) -> None:
    codes = np.random.default_rng(5).integers(0, 65536, (height, width, channels))
    samples = codes.astype(np.uint16)
    with_alpha = channels in (2, 4)
    pixels = samples[..., : channels - with_alpha]
    pixels = pixels[..., 0] if channels < 3 else pixels
    picture = Picture(pixels=pixels, alpha=samples[..., -1] if with_alpha else None)
    file = io.BytesIO()
    encode(picture, FORMATS["jp2"], file)
    back = read(file.getvalue())
    gray = channels >= 3 and bool((pixels == pixels[..., :1]).all())
    np.testing.assert_array_equal(back.pixels, pixels[..., 0] if gray else pixels)
    assert not with_alpha or np.array_equal(back.alpha, samples[..., -1])


@pytest.mark.parametrize("bits", [9, 10, 12, 15])
@pytest.mark.parametrize("samples", [CODES, COLOUR], ids=["gray", "colour"])
def test_odd_depths_fill_the_whole_range(samples: np.ndarray, bits: int) -> None:
    codes = samples >> (16 - bits)
    picture = read(jp2(codes, bits=bits))
    assert np.abs(picture.pixels - codes * (65535 / ((1 << bits) - 1))).max() <= 1
    assert (picture.pixels.min(), picture.pixels.max()) == (0, 65535)


@pytest.mark.parametrize("samples", [CODES, COLOUR], ids=["gray", "colour"])
def test_a_sign_moves_black_to_the_middle(samples: np.ndarray) -> None:
    signed = (samples.astype(np.int32) - 32768).astype(np.int16)
    np.testing.assert_array_equal(read(jp2(signed)).pixels, samples)


def test_profile_is_applied_at_16_bits() -> None:
    """Red and green change places, and no two of 16 bits become one of 8."""
    data = jp2(COLOUR)
    at = data.index(b"colr") - 4
    header = data.index(b"jp2h") - 4
    colour = to_box(b"colr", b"\2\0\0" + swapped_rgb_profile())
    (size,), (whole,) = struct.unpack_from(">I", data, at), struct.unpack_from(">I", data, header)
    data = data[:at] + colour + data[at + size :]
    data = data[:header] + struct.pack(">I", whole + len(colour) - size) + data[header + 4 :]
    picture = read(data)
    assert picture.pixels.dtype == np.uint16
    assert np.abs(picture.pixels[..., 0].astype(int) - COLOUR[..., 1]).mean() < 600
    assert len(np.unique(picture.pixels[..., 0])) > 40_000


def test_colour_that_was_multiplied_by_opacity_is_divided() -> None:
    half = np.full((8, 8, 4), 20_000, np.uint16)
    half[..., 3] = 32_768
    for kind, expected in ((1, 20_000), (2, 40_000)):
        defined = definition((0, 0, 1), (1, 0, 2), (2, 0, 3), (3, kind, 0))
        picture = read(jp2(half, defined))
        assert np.abs(picture.pixels.astype(int) - expected).max() <= 1
        assert (picture.alpha == 32_768).all()


def _channels_in_another_order(data: bytes) -> bytes:
    return headed(data, definition((0, 0, 3), (1, 0, 2), (2, 0, 1)))


def _of_another_space(data: bytes) -> bytes:
    at = data.index(b"colr") + 7
    return data[:at] + struct.pack(">I", 18) + data[at + 4 :]


@pytest.mark.parametrize("change", [_channels_in_another_order, _of_another_space])
def test_what_is_neither_gray_nor_rgb_is_refused(change: Callable[[bytes], bytes]) -> None:
    with pytest.raises(UnsupportedError, match="16 bits per channel is read if it is grey or RGB"):
        read(change(jp2(COLOUR)))


@pytest.mark.parametrize("name", ["gray with opacity", "colour", "colour with opacity"])
def test_without_the_extra_colour_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    """Pillow would make white black."""
    path = write(PICTURES[name], tmp_path / "a.jp2")
    monkeypatch.setitem(sys.modules, "imagecodecs", None)
    told = r"16 bits per channel from JPEG 2000 needs .* pip install 'reverse-oldify\[deep\]'"
    with pytest.raises(MissingExtraError, match=told):
        read(path)


@pytest.mark.parametrize("bits", [10, 12, 16])
def test_without_the_extra_gray_is_read(monkeypatch: pytest.MonkeyPatch, bits: int) -> None:
    codes = CODES >> (16 - bits)
    data = jp2(codes, bits=bits)
    monkeypatch.setitem(sys.modules, "imagecodecs", None)
    gray = read(data)
    assert np.abs(gray.pixels - codes * (65535 / ((1 << bits) - 1))).max() <= 1
    assert gray.pixels.max() == 65535, "white is white"
    assert gray.notes == ()


def test_damage_is_an_error_and_never_half_a_picture() -> None:
    data = jp2(COLOUR)
    for length in (20, 100, len(data) // 2, len(data) - 100, len(data) - 2, len(data) - 1):
        with pytest.raises(UnreadableError):
            read(data[:length])


def test_size_is_checked_before_anything_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    data = jp2(COLOUR)

    def decode(*_: object) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr(imagecodecs, "jpeg2k_decode", decode)
    with pytest.raises(TooLargeError, match="256 x 256"):
        read(data, max_pixels=65_535)


def test_a_picture_that_the_codec_has_no_memory_for_is_said_to_be_too_large(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def decode(*_: object) -> None:
        raise MemoryError

    data = jp2(COLOUR)
    monkeypatch.setattr(imagecodecs, "jpeg2k_decode", decode)
    with pytest.raises(TooLargeError, match="does not fit into memory"):
        read(data)


def test_8_bits_do_without_the_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "imagecodecs", None)
    write(Picture(pixels=scene()), tmp_path / "a.jp2")
    np.testing.assert_array_equal(read(tmp_path / "a.jp2").pixels, scene())


def test_lightness_of_a_result_is_that_of_the_scan(tmp_path: Path) -> None:
    """Read, and written again: nothing between the two changes a code."""
    source = tmp_path / "scan.jp2"
    source.write_bytes(jp2(COLOUR))
    back = read(write(read(source), tmp_path / "result.jp2"))
    lightness = srgb_to_lab(back.pixels)[..., 0]
    np.testing.assert_array_equal(lightness, srgb_to_lab(COLOUR)[..., 0])


def test_samples_of_any_kind_become_16_bits() -> None:
    def of(*values: float, kind: type, bits: int) -> list[int]:
        return whole_range(np.array(values, kind).reshape(1, -1, 1), bits).ravel().tolist()

    assert of(0, 511, 512, 1023, kind=np.uint16, bits=10) == [0, 32_735, 32_800, 65_535]
    assert of(0, 255, kind=np.uint8, bits=12) == [0, 65_535]
    assert of(-2048, 0, 2047, kind=np.int16, bits=12) == [0, 32_776, 65_535]
    assert of(0, (1 << 24) - 1, kind=np.uint32, bits=24) == [0, 65_535]
    assert of(-1, 0, 0.5, 1, 9, np.inf, kind=np.float32, bits=32) == [
        *(0, 0, 32_768),
        *(65_535, 65_535, 65_535),
    ]
    assert of(np.nan, kind=np.float16, bits=16) == [0]
    with pytest.raises(UnreadableError, match="more bits than it says"):
        of(1024, kind=np.uint16, bits=10)


def test_encoded_8_bit_pictures_stay_8_bit() -> None:
    assert read(encoded(Image.fromarray(gray_ramp()), "JPEG2000")).pixels.dtype == np.uint8
