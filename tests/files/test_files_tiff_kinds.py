"""Samples that Pillow does not read as they are: read rightly, or refused with the reason."""

from __future__ import annotations

import struct
from collections.abc import Callable

import numpy as np
import pytest
from made_files import encoded, gray_tiff
from made_tiffs import written
from PIL import Image

from reverse_oldify.errors import UnreadableError, UnsupportedError
from reverse_oldify.files.read import read

CODES = np.random.default_rng(5).integers(0, 65536, (20, 30)).astype(np.uint16)


@pytest.mark.parametrize("compression", [None, "deflate"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_floats_in_either_order(order: str, compression: str | None) -> None:
    values = (CODES / 65535).astype(np.float32)
    picture = read(written(values, byteorder=order, compression=compression))
    np.testing.assert_array_equal(picture.pixels, CODES)


@pytest.mark.parametrize("factor", [1, 65537])
def test_integers_of_32_bits_have_no_sign(factor: int) -> None:
    codes = CODES.copy()
    codes[0, 0] = 65535
    picture = read(written(codes.astype(np.uint32) * factor))
    np.testing.assert_array_equal(picture.pixels, codes)
    assert picture.notes == (f"its 32-bit values were read as 0 to {65535 * factor}",)


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda: written(CODES.astype(np.int8)), "signed integers of 8 bits"),
        (lambda: written(CODES.astype(np.float16)), "floating-point numbers of 16 bits"),
        (lambda: written(CODES.astype(np.float64)), "floating-point numbers of 64 bits"),
        (
            lambda: written(CODES.astype(np.uint32), photometric="miniswhite"),
            "integers of 32 bits",
        ),
        (lambda: gray_tiff(CODES, bits=10), "integers of 10 bits"),
    ],
    ids=["i8", "f16", "f64", "u32, white is zero", "10 bits"],
)
def test_what_is_not_read_is_named(make: Callable[[], bytes], kind: str) -> None:
    with pytest.raises(UnsupportedError, match=f"its samples are {kind}, .* save it as grey or"):
        read(make())


@pytest.mark.parametrize("code", [50001, 8])
def test_webp_is_named_and_not_taken_for_damage(code: int) -> None:
    data = encoded(Image.fromarray(CODES.astype(np.uint8)), "TIFF", compression="packbits")
    before, after = (struct.pack("<HHIHH", 259, 3, 1, number, 0) for number in (32773, code))
    assert data.count(before) == 1
    words = "is compressed as WebP, .* save it with another" if code == 50001 else "damaged or cut"
    with pytest.raises(UnsupportedError if code == 50001 else UnreadableError, match=words):
        read(data.replace(before, after))


@pytest.mark.parametrize(("bits", "photometric"), [(8, 77), (0, 1), (8000, 1)])
def test_what_is_usual_or_impossible_may_be_damaged(bits: int, photometric: int) -> None:
    with pytest.raises(UnreadableError, match="damaged, or a rare kind of TIFF"):
        read(gray_tiff(CODES.astype(np.uint8), bits=bits, photometric=photometric))


def test_signed_integers_of_16_bits_end_at_half() -> None:
    codes = np.linspace(0, 32767, 600).reshape(20, 30).astype(np.int16)
    picture = read(written(codes))
    assert picture.pixels.max() == 65535
    np.testing.assert_allclose(picture.pixels, codes * (65535 / 32767), atol=0.5)
    assert picture.notes == ("its signed values were read as 0 to 32767",)


def test_floats_that_overshoot_are_no_other_range() -> None:
    values = np.linspace(0, 1.05, 600).reshape(20, 30).astype(np.float32)
    picture = read(written(values))
    np.testing.assert_allclose(picture.pixels, np.minimum(values, 1) * 65535, atol=0.51)
    assert picture.notes == (
        "its floating-point values were read as 0 to 1, and those up to 1.05 as that",
    )


def test_a_palette_of_8_bits_is_not_black() -> None:
    codes = np.arange(200, dtype=np.uint8).reshape(10, 20)
    shades = np.arange(256)[None].repeat(3, 0).astype(np.uint16)
    small, whole = (
        read(written(codes, photometric="palette", colormap=shades * factor)) for factor in (1, 257)
    )
    np.testing.assert_array_equal(small.pixels, codes)
    np.testing.assert_array_equal(small.pixels, whole.pixels)
