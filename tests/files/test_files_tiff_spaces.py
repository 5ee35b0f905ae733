"""Inks and CIELAB at 16 bits: all of them, by rows."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from made_files import gray_ramp
from made_profiles import cmyk_profile, gray_profile
from made_tiffs import Layout, deep_tiff

from reverse_oldify.color.lab import lab_to_srgb, srgb_to_lab, srgb_to_linear
from reverse_oldify.files.icc.make import D50, SRGB_IN_D50
from reverse_oldify.files.layers import LayerWriter
from reverse_oldify.files.lazy import LazyPicture
from reverse_oldify.files.picture import Picture
from reverse_oldify.files.read import open_pages, read
from reverse_oldify.files.tiff.ifd import RATIONAL, UNDEFINED, Directory, Field, short

RNG = np.random.default_rng(9)
COLOURS = RNG.integers(0, 65536, (30, 40, 3)).astype(np.uint16)
INKS = RNG.integers(0, 65536, (30, 40, 4)).astype(np.uint16)
D65 = Directory({318: Field(RATIONAL, struct.pack("<4I", 3127, 10_000, 3290, 10_000))})
PLAIN = "CMYK without a usable profile; converted by the plain formula"


def lab_codes(lab: np.ndarray) -> np.ndarray:
    """CIELAB as TIFF has it; float (H, W, 3) in."""
    codes = np.empty(lab.shape, np.uint16)
    codes[..., 0] = np.rint(lab[..., 0] * 655.35)
    codes[..., 1:] = np.rint(lab[..., 1:] * 256).astype(np.int16).view(np.uint16)
    return codes


def profiled(icc: bytes) -> Directory:
    return Directory({34675: Field(UNDEFINED, icc)})


@pytest.mark.parametrize("predictor", [1, 2])
@pytest.mark.parametrize("tile", [None, 16])
def test_lab_of_d65_comes_back(predictor: int, tile: int | None) -> None:
    way = Layout(photometric=8, compression=8, predictor=predictor, tile=tile, tags=D65)
    (page,) = open_pages(deep_tiff(lab_codes(srgb_to_lab(COLOURS)), way))
    assert isinstance(page, LazyPicture), "by rows"
    assert page.dtype == np.uint16
    difference = np.abs(page.loaded().pixels.astype(int) - COLOURS)
    assert np.percentile(difference, 99) < 260, "half a step of a* and b*"
    assert np.median(difference) < 40


def test_lab_without_a_white_point_has_the_white_of_prints() -> None:
    """CIE 1976 of XYZ that are adapted to D50, as the profile of sRGB has them."""
    linear = srgb_to_linear(COLOURS / 65535)
    xyz = linear @ np.array(SRGB_IN_D50).T / np.array(D50)
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz * (29 / 6) ** 2 / 3 + 4 / 29)
    lab = [116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])]
    picture = read(deep_tiff(lab_codes(np.stack(lab, -1)), Layout(photometric=8)))
    difference = np.abs(picture.pixels.astype(int) - COLOURS)
    assert np.percentile(difference, 99) < 260
    assert np.median(difference) < 40
    assert picture.notes == ("was in colour; coloured anew from its lightness",)


def test_gray_in_lab_is_gray_and_has_all_codes() -> None:
    lab = np.zeros((256, 256, 3), np.uint16)
    lab[..., 0] = np.arange(65536).reshape(256, 256)
    for tags in (None, D65):
        picture = read(deep_tiff(lab, Layout(photometric=8, tags=tags)))
        assert picture.pixels.shape == (256, 256)
        assert (picture.pixels[0, 0], picture.pixels[-1, -1]) == (0, 65535)
        assert len(np.unique(picture.pixels)) > 40_000
        assert np.abs(picture.lightness - lab[..., 0] / 655.35).max() < 0.01


def test_the_colour_layer_of_a_result_is_read(tmp_path: Path) -> None:
    with (tmp_path / "a.tif").open("w+b") as file:
        LayerWriter(file).add(Picture(pixels=gray_ramp(np.uint16)), Picture(pixels=COLOURS))
    data = (tmp_path / "a.tif").read_bytes()
    colour = read(data, page=2).pixels
    ab = srgb_to_lab(COLOURS)[..., 1:]
    flat = np.concatenate([np.full((30, 40, 1), 50.0), ab], -1).astype(np.float32)
    assert np.abs(colour / 65535 - lab_to_srgb(flat)).max() < 0.01


def test_inks_without_a_profile_are_multiplied_and_noted() -> None:
    picture = read(deep_tiff(INKS, Layout(photometric=5)))
    light = 1 - INKS / 65535
    assert np.abs(picture.pixels - light[..., :3] * light[..., 3:] * 65535).max() <= 0.5 + 1e-6
    assert PLAIN in picture.notes
    assert not [note for note in picture.notes if "cut" in note]


def test_black_ink_alone_is_gray() -> None:
    black = np.zeros((16, 16, 4), np.uint16)
    black[..., 3] = gray_ramp(np.uint16)
    picture = read(deep_tiff(black, Layout(photometric=5)))
    np.testing.assert_array_equal(picture.pixels, 65535 - gray_ramp(np.uint16))


def test_inks_go_through_their_profile_at_16_bits() -> None:
    pytest.importorskip("imagecodecs")
    way = Layout(photometric=5, tags=profiled(cmyk_profile()))
    picture = read(deep_tiff(INKS, way))
    assert picture.pixels.dtype == np.uint16
    assert not [note for note in picture.notes if "CMYK" in note or "cut" in note]
    eight = read(deep_tiff((INKS >> 8).astype(np.uint8), way)).pixels
    assert np.abs(picture.pixels / 257 - eight).max() < 3
    paper = read(deep_tiff(np.zeros((4, 4, 4), np.uint16), way))
    assert paper.pixels.min() >= 65535 - 10, "the white of paper, as exact as profiles are"


@pytest.mark.parametrize("extra", [True, False])
def test_a_profile_for_something_else_is_of_no_use(
    monkeypatch: pytest.MonkeyPatch, extra: bool
) -> None:
    monkeypatch.setattr("reverse_oldify.files.codecs.installed", lambda: extra)
    for icc in (gray_profile(2.2), cmyk_profile()[:300], b"nonsense" * 30):
        picture = read(deep_tiff(INKS, Layout(photometric=5, tags=profiled(icc))))
        assert picture.pixels.dtype == np.uint16
        assert PLAIN in picture.notes


def test_without_the_extra_inks_with_a_profile_are_cut_with_a_note(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("reverse_oldify.files.codecs.installed", lambda: False)
    picture = read(deep_tiff(INKS, Layout(photometric=5, tags=profiled(cmyk_profile()))))
    assert picture.pixels.dtype == np.uint8
    assert "its 16 bits per channel were cut to 8: CMYK is not read deeper" in picture.notes
    assert "pip install 'reverse-oldify[deep]' reads all bits of its inks" in picture.notes
    eight = read(deep_tiff((INKS >> 8).astype(np.uint8), Layout(photometric=5)))
    assert not [note for note in eight.notes if "deep" in note]


def test_other_inks_are_left_to_pillow() -> None:
    """InkSet 2 is not CMYK."""
    tags = Directory({332: short(2)})
    picture = read(deep_tiff(INKS, Layout(photometric=5, tags=tags)))
    assert picture.pixels.dtype == np.uint8
