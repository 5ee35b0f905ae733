"""JPEG 2000 is looked at before it is decoded: how large, how deep, and whether all is there."""

from __future__ import annotations

import io
import re
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_files import encoded, gray_ramp, scene
from PIL import Image

from reverse_oldify.errors import UnreadableError
from reverse_oldify.files.jpeg2000.codestream import START, Component, read_codestream
from reverse_oldify.files.read import read

TILED = encoded(Image.fromarray(scene()), "JPEG2000", tile_size=(16, 16), irreversible=False)
TILE_PARTS = [found.start() for found in re.finditer(rb"\xff\x90\0\x0a", TILED)]


def test_header_is_read_boxed_or_bare() -> None:
    bare = TILED[TILED.index(START) :]
    for data in (TILED, bare):
        codestream = read_codestream(io.BytesIO(data))
        assert (codestream.width, codestream.height, codestream.tiles) == (60, 40, 12)
        assert codestream.components == (Component(8, False, True),) * 3
    picture = read(bare)
    assert (picture.size, picture.format) == ((40, 60), "j2k")
    assert np.array_equal(picture.pixels, read(TILED).pixels)


def test_depth_is_told_however_long_the_header_is() -> None:
    deep = encoded(Image.fromarray(gray_ramp(np.uint16)), "JPEG2000")
    at = deep.index(b"jp2c") - 4
    data = deep[:at] + struct.pack(">I4s", 9008, b"free") + bytes(9000) + deep[at:]
    assert read_codestream(io.BytesIO(data)).bits == 16
    assert read_codestream(io.BytesIO(TILED)).bits == 8


def test_colour_of_8_bits_has_no_note() -> None:
    data = encoded(Image.fromarray(scene()), "JPEG2000")
    assert read(data).notes == ("was in colour; coloured anew from its lightness",)


def test_a_missing_tile_is_damage() -> None:
    """OpenJPEG leaves it black, if the file ends as it should."""
    assert len(TILE_PARTS) == 12
    np.testing.assert_array_equal(read(TILED).pixels, scene())
    for tile in (0, 5, 11):
        end = (*TILE_PARTS, len(TILED) - 2)[tile + 1]
        for data in (
            TILED[: TILE_PARTS[tile]] + b"\xff\xd9",
            TILED[: TILE_PARTS[tile]] + TILED[end:],
        ):
            with pytest.raises(UnreadableError, match="damaged or cut off"):
                read(data)


def test_a_missing_part_of_a_tile_is_damage() -> None:
    """The first of two parts that are announced is there."""
    data = bytearray(TILED)
    data[TILE_PARTS[3] + 11] = 2
    with pytest.raises(UnreadableError, match="damaged or cut off"):
        read(bytes(data))


@pytest.mark.parametrize("length", [0, 3, 20, 41, 43, 50])
def test_a_header_that_ends_too_early_is_damage(length: int) -> None:
    with pytest.raises(UnreadableError):
        read_codestream(io.BytesIO(TILED[TILED.index(START) :][:length]))


def test_a_codestream_of_another_size_is_refused_before_it_is_decoded() -> None:
    """A box says how large a picture is, and the codestream says it again."""
    data = bytearray(encoded(Image.fromarray(gray_ramp(np.uint16)), "JPEG2000"))
    at = data.index(START) + 8
    data[at : at + 4] = struct.pack(">I", 12)
    with pytest.raises(UnreadableError, match="not as large as it says"):
        read(bytes(data))


@given(st.binary(max_size=120), st.sampled_from([TILED[: TILED.index(START)], b""]))
def test_no_bytes_raise_anything_else(data: bytes, before: bytes) -> None:
    try:
        codestream = read_codestream(io.BytesIO(before + START + data))
    except UnreadableError:
        return
    assert codestream.width > 0 < codestream.height


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_few_bits_are_spread_over_the_whole_range(bits: int) -> None:
    imagecodecs = pytest.importorskip("imagecodecs")
    codes = np.random.default_rng(0).integers(0, 1 << bits, (40, 60), dtype=np.uint8)
    data = imagecodecs.jpeg2k_encode(codes, level=0, bitspersample=bits, reversible=True)
    assert read_codestream(io.BytesIO(data)).bits == bits
    np.testing.assert_array_equal(read(data).pixels, codes * (255 // ((1 << bits) - 1)))
