"""Damage inside the segments of a TIFF page is found where a checksum tells."""

from __future__ import annotations

import io
import zlib

import numpy as np
import pytest
import tifffile
from made_files import scene
from made_tiffs import Layout, deep_tiff, segments_of
from PIL import Image

from reverse_oldify.errors import UnreadableError
from reverse_oldify.files.read import read

GRAY = np.random.default_rng(0).normal(128, 20, (90, 64, 1)).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("tile", [None, 16])
def test_damaged_deflate_is_an_error_wherever_the_damage_is(tile: int | None) -> None:
    layout = Layout(compression=8, predictor=2, rows=90, tile=tile, photometric=1)
    sound = deep_tiff(GRAY, layout)
    np.testing.assert_array_equal(read(sound).pixels, GRAY[..., 0])
    ((start, length), *_) = segments_of(sound)
    damaged = np.random.default_rng(1)
    for place in damaged.integers(start + 20, start + length - 32, 40):
        data = bytearray(sound)
        data[place : place + 32] = damaged.bytes(32)
        with pytest.raises(UnreadableError, match="damaged or cut off; restore it from a copy"):
            read(bytes(data))


def test_checksum_that_differs_or_is_missing_is_damage() -> None:
    sound = deep_tiff(GRAY, Layout(compression=8, rows=90, photometric=1))
    ((start, length),) = segments_of(sound)
    for damaged in (bytes(4), b""):
        stream = sound[start : start + length - 4] + damaged
        with pytest.raises(UnreadableError):
            read(_with_strip(sound, stream))


def test_a_last_strip_that_is_filled_up_is_sound() -> None:
    sound = deep_tiff(GRAY, Layout(compression=8, rows=60, photometric=1))
    filled = zlib.compress(GRAY[60:].tobytes() + bytes(30 * 64))
    np.testing.assert_array_equal(read(_with_strip(sound, filled)).pixels, GRAY[..., 0])


def test_a_single_strip_that_has_all_rows_of_its_tags_is_sound() -> None:
    sound = deep_tiff(GRAY, Layout(compression=8, rows=90, photometric=1))
    filled = zlib.compress(GRAY.tobytes() + bytes(4000 * 64))
    np.testing.assert_array_equal(read(_with_strip(sound, filled)).pixels, GRAY[..., 0])


def test_a_strip_that_inflates_without_end_is_an_error() -> None:
    sound = deep_tiff(GRAY, Layout(compression=8, rows=90, photometric=1))
    with pytest.raises(UnreadableError):
        read(_with_strip(sound, zlib.compress(bytes(1 << 27))))


@pytest.mark.parametrize("compression", [1, 5, 8, 32773, 50000])
def test_bytes_whose_low_bit_comes_first_are_turned(compression: int) -> None:
    for codes in (GRAY, GRAY * np.uint16(257)):
        layout = Layout(compression=compression, photometric=1, fill_order=2)
        data = deep_tiff(codes, layout)
        np.testing.assert_array_equal(read(data).pixels, codes[..., 0])
        if codes.dtype == np.uint8:  # which Pillow takes as we do
            np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(data))), GRAY[..., 0])


def test_tiles_of_deep_colour_are_laid_where_they_belong() -> None:
    codes = scene(50, 70).astype(np.uint16) * 257
    for order in "<>":
        with io.BytesIO() as file:
            tifffile.imwrite(
                file,
                codes,
                photometric="rgb",
                tile=(32, 16),
                compression="deflate",
                predictor=2,
                byteorder=order,
            )
            np.testing.assert_array_equal(read(file.getvalue()).pixels, codes)


def _with_strip(data: bytes, stream: bytes) -> bytes:
    """The same file with another last strip, behind its end."""
    offset, length = (int(number).to_bytes(4, "little") for number in segments_of(data)[-1])
    head, _, tail = data.rpartition(offset)  # the directory is behind the strips
    data = head + len(data).to_bytes(4, "little") + tail
    head, _, tail = data.rpartition(length)
    return head + len(stream).to_bytes(4, "little") + tail + stream
