"""What a picture says of itself."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_files import gray_ramp, scene
from PIL import Image

from reverse_oldify.color.lab import gray_to_lightness, srgb_to_lab
from reverse_oldify.errors import UnsupportedError
from reverse_oldify.files.picture import Metadata, Picture, to_8_bits


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_lightness_of_gray_and_of_the_same_gray_in_rgb_agree(dtype: type) -> None:
    gray = gray_ramp(dtype)
    lightness = Picture(pixels=gray).lightness
    assert lightness.dtype == np.float32
    np.testing.assert_array_equal(lightness, gray_to_lightness(gray))
    rgb = np.repeat(gray[..., None], 3, axis=2)
    np.testing.assert_allclose(Picture(pixels=rgb).lightness, lightness, atol=1e-3)


def test_lightness_of_colour_is_that_of_lab() -> None:
    lightness = Picture(pixels=scene()).lightness
    np.testing.assert_allclose(lightness, srgb_to_lab(scene())[..., 0], atol=1e-4)


def test_srgb_is_8_bits_and_three_channels() -> None:
    deep = gray_ramp(np.uint16)
    srgb = Picture(pixels=deep).srgb
    assert srgb.shape == (16, 16, 3)
    np.testing.assert_array_equal(srgb[..., 1], np.rint(deep / 257))
    np.testing.assert_array_equal(Picture(pixels=scene()).srgb, scene())


def test_8_bits_survive_16_bits() -> None:
    codes = gray_ramp()
    np.testing.assert_array_equal(to_8_bits(codes.astype(np.uint16) * 257), codes)


@pytest.mark.parametrize(
    ("picture", "mode"),
    [
        (Picture(pixels=gray_ramp()), "L"),
        (Picture(pixels=gray_ramp(np.uint16)), "I;16"),
        (Picture(pixels=scene()), "RGB"),
        (Picture(pixels=gray_ramp(), alpha=gray_ramp()), "LA"),
        (Picture(pixels=scene(), alpha=scene()[..., 0]), "RGBA"),
        (Picture(pixels=scene().astype(np.uint16) * 257), "RGB"),
    ],
)
def test_image_has_the_mode_that_holds_most(picture: Picture, mode: str) -> None:
    image = picture.to_image()
    assert image.mode == mode
    assert image.size == picture.size[::-1]


def test_a_little_real_colour_is_colour_and_a_tint_is_not() -> None:
    gray = np.repeat(np.full((300, 300, 1), 128, np.uint8), 3, axis=2)
    assert not Picture(pixels=gray + np.array([3, 0, -3], np.int8).view(np.uint8)).is_coloured
    stamp = gray.copy()
    stamp[:60, :60] = (200, 30, 30)
    assert Picture(pixels=stamp).is_coloured
    speck = gray.copy()
    speck[0, 0] = (200, 30, 30)
    assert not Picture(pixels=speck).is_coloured


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_colour_that_is_not_seen_is_none(dtype: type) -> None:
    pixels = np.full((60, 80, 3), 128, np.uint8)
    pixels[:, 40:] = (255, 0, 0)
    alpha = np.full((60, 80), 255, np.uint8)
    alpha[:, 40:] = 0
    picture = Picture(pixels=pixels, alpha=alpha)
    picture = picture.at_16_bits() if dtype is np.uint16 else picture
    assert not picture.is_coloured
    np.testing.assert_array_equal(picture.opacity, alpha / 255)
    assert not replace(picture, alpha=np.zeros_like(picture.alpha)).is_coloured
    assert replace(picture, alpha=None).is_coloured


def test_notes_are_added_and_the_rest_stays() -> None:
    picture = Picture(pixels=scene(), notes=("one",))
    more = picture.with_notes("two", "three")
    assert more.notes == ("one", "two", "three")
    assert more.pixels is picture.pixels
    assert picture.notes == ("one",)


def test_what_a_session_prints_is_one_line_whatever_the_file_holds(tmp_path: Path) -> None:
    grey = Picture(pixels=gray_ramp(np.uint16), metadata=Metadata(icc=bytes(500_000)))
    assert repr(grey) == "<Picture 16 x 16, grey, uint16>"
    path = tmp_path / "a.png"
    height, width, _ = scene().shape
    clear = Picture(pixels=scene(), alpha=np.zeros((height, width), np.uint8), source=path)
    assert repr(clear) == f"<Picture {width} x {height}, RGB with alpha, uint8 from {path}>"


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_a_notebook_shows_it(dtype: type, channels: int) -> None:
    spread = np.iinfo(dtype).max // 255
    samples = (np.indices((60, 1500, channels)).sum(0) % 256).astype(dtype) * dtype(spread)
    pixels, alpha = samples[..., : channels - 1 + channels % 2], samples[..., -1]
    picture = Picture(pixels=np.squeeze(pixels), alpha=None if channels % 2 else alpha)
    shown = Image.open(io.BytesIO(picture._repr_png_()))
    assert shown.size == (1024, 41)
    assert len(shown.getbands()) == channels


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((3, 4)),
        np.zeros((3, 4), ">u2"),
        np.zeros((3, 4, 4), np.uint8),
        np.zeros((2, 3, 4, 3), np.uint8),
        np.zeros(3, np.uint8),
        np.zeros((0, 4), np.uint8),
        [[1, 2]],
    ],
)
def test_what_is_no_pixels_is_told(pixels: np.ndarray) -> None:
    with pytest.raises(UnsupportedError, match=r"pixels are .*; give uint8 or uint16, \(H"):
        Picture(pixels=pixels)


@pytest.mark.parametrize("alpha", [np.zeros((3, 5), np.uint8), np.zeros((3, 4), np.uint16)])
def test_what_is_no_alpha_of_the_pixels_is_told(alpha: np.ndarray) -> None:
    with pytest.raises(UnsupportedError, match=r"alpha is .*; give uint8, \(3, 4\)"):
        Picture(pixels=np.zeros((3, 4, 3), np.uint8), alpha=alpha)
