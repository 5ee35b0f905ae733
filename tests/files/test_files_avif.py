"""AVIF says how deep it is: Pillow gives 8 bits of it."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_files import encoded, gray_ramp, scene
from PIL import Image

from reverse_oldify.errors import UnreadableError
from reverse_oldify.files.avif import Depth, read_depth
from reverse_oldify.files.boxes import to_box
from reverse_oldify.files.read import read

FLAGS = pytest.mark.parametrize(("flags", "bits"), [(0x00, 8), (0x40, 10), (0x60, 12), (0x80, 8)])


def configuration(flags: int) -> bytes:
    return to_box(b"av1C", bytes([0x81, 0x20, flags, 0]))


def nclx(tones: int) -> bytes:
    return to_box(b"colr", b"nclx" + struct.pack(">HHHB", 9, tones, 9, 0x80))


def file_of(*properties: bytes, numbers: bytes, item: int = 1) -> bytes:
    """Boxes of which some properties are those of the primary item, the second of two."""
    other = struct.pack(">HB", item + 1, 1) + b"\1"
    one = struct.pack(">HB", item, len(numbers)) + numbers
    associations = bytes(4) + struct.pack(">I", 2) + other + one
    table = to_box(b"ipco", b"".join(properties)) + to_box(b"ipma", associations)
    primary = to_box(b"pitm", bytes(4) + struct.pack(">H", item))
    meta = to_box(b"meta", bytes(4) + primary + to_box(b"iprp", table))
    return to_box(b"ftyp", b"avif\0\0\0\0mif1") + meta


@FLAGS
def test_depth_is_that_of_the_primary_item(flags: int, bits: int) -> None:
    data = file_of(configuration(0x60 ^ flags), configuration(flags), numbers=b"\x82")
    assert read_depth(io.BytesIO(data)) == Depth(bits, 0)


@FLAGS
def test_without_items_the_first_configuration_counts(flags: int, bits: int) -> None:
    data = b"meta" + b"av1C" + bytes([0x81, 0x20, flags, 0])
    assert read_depth(io.BytesIO(data)).bits == bits


def test_a_grid_says_how_deep_its_pixels_are_and_which_tones_they_have() -> None:
    pixels = to_box(b"pixi", bytes(4) + b"\3\x0c\x0c\x0c")
    profile = to_box(b"colr", b"prof" + bytes(20))
    data = file_of(configuration(0), pixels, nclx(16), profile, numbers=b"\2\x83\4")
    assert read_depth(io.BytesIO(data)) == Depth(12, 16)


@given(st.binary(max_size=80), st.integers(0, 80))
def test_any_bytes_have_a_depth(data: bytes, at: int) -> None:
    whole = file_of(configuration(0x40), nclx(18), numbers=b"\1\2")
    damaged = whole[: 20 + at] + data + whole[20 + at + len(data) :]
    for each in (data, damaged, whole[: 20 + at]):
        assert 8 <= read_depth(io.BytesIO(each)).bits <= 16


def test_eight_bits_have_no_note() -> None:
    data = encoded(Image.fromarray(scene()), "AVIF")
    assert read_depth(io.BytesIO(data)).bits == 8
    assert read(data).notes == ("was in colour; coloured anew from its lightness",)


def deep_avif(samples: np.ndarray, bits: int) -> bytes:
    """Without loss; uint16 (H, W) or (H, W, C)."""
    imagecodecs = pytest.importorskip("imagecodecs")
    layout = {"pixelformat": "444" if samples.ndim == 3 else "400", "codec": "aom"}
    return imagecodecs.avif_encode(samples, level=100, bitspersample=bits, **layout)


@pytest.mark.parametrize("bits", [10, 12])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_all_bits_are_read(bits: int, channels: int) -> None:
    codes = (np.arange(64 * 64, dtype=np.uint16).reshape(64, 64) * 16) >> (16 - bits)
    planes = [codes, codes[::-1].copy(), codes.T.copy(), codes[:, ::-1].copy()][:channels]
    samples = np.dstack(planes) if channels > 1 else codes
    picture = read(deep_avif(samples, bits))
    expected = np.rint(samples * (65535 / ((1 << bits) - 1)))
    got = picture.samples if channels > 1 else picture.pixels
    assert got.dtype == np.uint16
    assert np.abs(got - expected).max() <= 1
    assert got.max() == 65535, "white is white"
    assert not [note for note in picture.notes if "cut" in note]


def test_without_the_extra_the_note_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    data = deep_avif(np.dstack([gray_ramp(np.uint16) >> 6] * 3), 10)
    monkeypatch.setattr("reverse_oldify.files.codecs.installed", lambda: False)
    picture = read(data)
    assert picture.pixels.dtype == np.uint8
    assert picture.notes == (
        "its 10 bits per channel were cut to 8; "
        "pip install 'reverse-oldify[deep]' reads all of them",
    )


def test_tones_of_hdr_are_noted() -> None:
    imagecodecs = pytest.importorskip("imagecodecs")
    ten = np.dstack([gray_ramp(np.uint16) >> 6] * 3)
    pq = imagecodecs.avif_encode(ten, level=100, bitspersample=10, transfer=16, primaries=9)
    assert read(pq).notes == ("its HDR tones (PQ) were taken as those of sRGB",)


def test_damage_is_an_error() -> None:
    data = deep_avif(np.dstack([gray_ramp(np.uint16) >> 6] * 3), 10)
    for length in (40, len(data) // 2, len(data) - 9, len(data) - 1):
        with pytest.raises(UnreadableError):
            read(data[:length])
