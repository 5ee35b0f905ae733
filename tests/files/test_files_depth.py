"""Depths that Pillow does not tell are found, so that what it cuts is said."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_files import encoded, gray_ramp, scene
from PIL import Image

from reverse_oldify.files.depth import claimed_bits
from reverse_oldify.files.read import read


def test_jpeg_2000_tells_its_depth() -> None:
    assert claimed_bits(encoded(Image.fromarray(gray_ramp(np.uint16)), "JPEG2000"), "jp2") == 16
    assert claimed_bits(encoded(Image.fromarray(scene()), "JPEG2000"), "jp2") == 8


@pytest.mark.parametrize(("flags", "bits"), [(0x00, 8), (0x40, 10), (0x60, 12), (0x80, 8)])
def test_avif_tells_its_depth(flags: int, bits: int) -> None:
    assert claimed_bits(b"meta" + b"av1C" + bytes([0x81, 0x20, flags, 0]), "avif") == bits


def test_colour_that_is_cut_is_noted() -> None:
    data = bytearray(encoded(Image.fromarray(scene()), "JPEG2000"))
    assert read(bytes(data)).notes == ("was in colour; coloured anew from its lightness",)
    gray = read(encoded(Image.fromarray(gray_ramp(np.uint16)), "JPEG2000"))
    assert gray.notes == ()
    np.testing.assert_array_equal(gray.pixels, gray_ramp(np.uint16))


@given(head=st.binary(max_size=60), key=st.sampled_from(["jp2", "avif", "png"]))
def test_any_bytes_have_a_depth(head: bytes, key: str) -> None:
    marks = b"\xff\x4f\xff\x51" + struct.pack(">I", 1) + b"av1C"
    assert 1 <= claimed_bits(marks + head, key) <= 128
