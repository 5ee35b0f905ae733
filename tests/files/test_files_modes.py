"""Every mode of Pillow becomes grey or RGB with the values it stands for."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from made_files import deep_png, encoded, gray_ramp, gray_tiff, scene
from PIL import Image, ImageCms

from reverse_oldify.errors import UnsupportedError
from reverse_oldify.files.modes import to_arrays
from reverse_oldify.files.read import read


def reopened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def test_one_bit_is_black_and_white() -> None:
    pixels, alpha, notes = to_arrays(Image.fromarray(np.eye(9, dtype=bool)))
    assert pixels.dtype == np.uint8
    np.testing.assert_array_equal(pixels, np.eye(9) * 255)
    assert alpha is None
    assert notes == ()


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_16_bit_gray_is_exact(format: str) -> None:
    gray = gray_ramp(np.uint16)
    pixels, _, notes = to_arrays(reopened(encoded(Image.fromarray(gray), format)))
    assert pixels.dtype == np.uint16
    np.testing.assert_array_equal(pixels, gray)
    assert notes == ()


def test_big_endian_16_bit_gray_is_exact() -> None:
    gray = gray_ramp(np.uint16)
    image = Image.frombytes("I;16B", (16, 16), gray.astype(">u2").tobytes())
    np.testing.assert_array_equal(to_arrays(image).pixels, gray)


def test_16_bit_tiff_with_white_as_zero_is_not_a_negative() -> None:
    gray = gray_ramp(np.uint16)
    image = reopened(gray_tiff(65535 - gray, photometric=0))
    np.testing.assert_array_equal(to_arrays(image).pixels, gray)


def test_12_bit_tiff_spans_the_whole_range() -> None:
    codes = np.linspace(0, 4095, 64).astype(np.uint16).reshape(8, 8)
    pixels = to_arrays(reopened(gray_tiff(codes, bits=12))).pixels
    np.testing.assert_allclose(pixels / 65535, codes / 4095, atol=1 / 65535)


@pytest.mark.parametrize("limit", [1, 255, 65535])
def test_floats_are_read_in_their_range(limit: int) -> None:
    values = np.linspace(0, limit, 64, dtype=np.float32).reshape(8, 8)
    pixels, _, notes = to_arrays(reopened(gray_tiff(values, bits=32)))
    np.testing.assert_allclose(pixels / 65535, values / limit, atol=1 / 65535)
    assert notes == (f"its floating-point values were read as 0 to {limit}",)


@pytest.mark.parametrize("limit", [1, 255])
def test_floats_whose_white_is_zero_are_no_negative(limit: int) -> None:
    values = np.linspace(0, limit, 64, dtype=np.float32).reshape(8, 8)
    pixels, _, _ = to_arrays(reopened(gray_tiff(values, bits=32, photometric=0)))
    np.testing.assert_array_equal(pixels, 65535 - np.rint(values / limit * 65535).astype(int))


@pytest.mark.parametrize("value", [-1.0, 1e6, np.nan, np.inf])
def test_floats_of_no_known_range_are_refused(value: float) -> None:
    values = np.full((8, 8), 0.5, np.float32)
    values[3, 3] = value
    with pytest.raises(UnsupportedError, match="no known range"):
        to_arrays(Image.fromarray(values))


def test_integers_are_refused_beyond_16_bits_and_exact_within() -> None:
    codes = np.array([[0, 1], [300, 65535]], np.int32)
    np.testing.assert_array_equal(to_arrays(Image.fromarray(codes)).pixels, codes)
    with pytest.raises(UnsupportedError):
        to_arrays(Image.fromarray(codes + 1))


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_palette_with_transparency_gives_alpha(format: str) -> None:
    index = np.zeros((6, 8), np.uint8)
    index[:, 4:] = 1
    image = Image.fromarray(index, "L").convert("P")
    image.putdata(index.ravel().tolist())
    image.putpalette([200, 10, 10, 10, 10, 200])
    image.info["transparency"] = 1
    if format == "PNG":
        image = reopened(encoded(image, format, transparency=1))
    pixels, alpha, _ = to_arrays(image)
    assert tuple(pixels[0, 0]) == (200, 10, 10)
    assert alpha is not None
    np.testing.assert_array_equal(alpha, np.where(index == 1, 0, 255))


def test_transparent_gray_value_of_16_bit_png_gives_alpha() -> None:
    gray = gray_ramp(np.uint16)
    key = int(gray[2, 3])
    pixels, alpha, _ = to_arrays(reopened(encoded(Image.fromarray(gray), "PNG", transparency=key)))
    np.testing.assert_array_equal(pixels, gray)
    assert alpha is not None
    np.testing.assert_array_equal(alpha, np.where(gray == key, 0, 65535))


@pytest.mark.parametrize("mode", ["LA", "RGBA", "La", "RGBa", "PA"])
def test_alpha_is_split_off(mode: str) -> None:
    rgba = np.dstack([np.repeat(gray_ramp()[..., None], 3, 2), np.full((16, 16), 255, np.uint8)])
    rgba[:8, :, 3] = 0
    image = Image.fromarray(rgba)
    if mode == "PA":
        image = image.convert("RGB").convert("P").convert("PA")
        image.putalpha(Image.fromarray(rgba[..., 3]))
    elif mode in ("LA", "La"):
        image = image.convert("LA").convert(mode)
    else:
        image = image.convert(mode)
    pixels, alpha, _ = to_arrays(image)
    assert alpha is not None
    np.testing.assert_array_equal(alpha, rgba[..., 3])
    if mode != "PA":  # its palette is not exact
        np.testing.assert_array_equal(pixels[8:], gray_ramp()[8:])


def test_equal_channels_become_gray_and_others_do_not() -> None:
    gray = gray_ramp()
    rgb = np.repeat(gray[..., None], 3, axis=2)
    np.testing.assert_array_equal(to_arrays(Image.fromarray(rgb)).pixels, gray)
    rgb[5, 5, 2] ^= 1
    np.testing.assert_array_equal(to_arrays(Image.fromarray(rgb)).pixels, rgb)


def test_16_bit_colour_is_noted_as_cut() -> None:
    codes = scene().astype(np.uint16) * 257
    pixels, _, notes = to_arrays(reopened(deep_png(codes)))
    np.testing.assert_array_equal(pixels, scene())
    assert any("cut to 8" in note for note in notes)


def test_cmyk_without_profile_is_converted_and_noted() -> None:
    image = reopened(encoded(Image.fromarray(scene()).convert("CMYK"), "JPEG", quality=98))
    assert image.mode == "CMYK"
    pixels, _, notes = to_arrays(image)
    assert np.abs(pixels.astype(int) - scene()).mean() < 3
    assert len(notes) == 1
    assert "CMYK" in notes[0]


def test_ycbcr_and_lab_become_rgb() -> None:
    colours = Image.fromarray(scene())
    assert np.abs(to_arrays(colours.convert("YCbCr")).pixels.astype(int) - scene()).max() <= 3
    lab = ImageCms.profileToProfile(
        colours, ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
    )
    assert lab is not None
    assert np.abs(to_arrays(lab).pixels.astype(int) - scene()).mean() < 2


def test_two_bytes_a_pixel_of_bmp_are_not_taken_for_deep_channels() -> None:
    codes = np.arange(8, dtype="<u2") * 0x0841 % 0x8000
    header = struct.pack("<IiiHHIIiiII", 40, 8, 1, 1, 16, 3, 16, 0, 0, 0, 0)
    for masks in [(0xF800, 0x7E0, 0x1F), (0x7C00, 0x3E0, 0x1F)]:
        data = header + struct.pack("<3I", *masks) + codes.tobytes()
        data = b"BM" + struct.pack("<IHHI", 14 + len(data), 0, 0, 66) + data
        picture = read(data)
        assert not any("16 bits" in note for note in picture.notes)
        highest = [code & masks[0] for code in codes]
        np.testing.assert_allclose(
            picture.pixels[0, :, 0], np.array(highest) * (255 / masks[0]), atol=1
        )
