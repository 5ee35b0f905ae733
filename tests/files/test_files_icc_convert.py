"""Profiles are applied, sRGB is left alone, and broken ones are noted."""

from __future__ import annotations

import io

import numpy as np
import pytest
from made_files import encoded, gray_ramp, scene
from made_profiles import cmyk_profile, gray_profile, swapped_rgb_profile
from PIL import Image, ImageCms

from reverse_oldify.color.lab import lab_to_srgb, linear_to_srgb
from reverse_oldify.files.icc.convert import to_srgb
from reverse_oldify.files.icc.make import gray_srgb_profile
from reverse_oldify.files.modes import to_arrays

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("gamma", [1.0, 1.8, 2.2])
def test_gray_follows_its_tone_curve(dtype: type, gamma: float) -> None:
    gray = gray_ramp(dtype)
    most = np.iinfo(dtype).max
    image, note = to_srgb(Image.fromarray(gray), gray_profile(gamma))
    curve = round(gamma * 256) / 256
    expected = linear_to_srgb((gray / most) ** curve)
    assert note is None
    np.testing.assert_allclose(np.asarray(image) / most, expected, atol=0.6 / 255)
    assert np.asarray(image).dtype == dtype


def test_own_gray_profile_changes_nothing() -> None:
    gray = gray_ramp(np.uint16)
    image, note = to_srgb(Image.fromarray(gray), gray_srgb_profile())
    assert note is None
    assert np.abs(np.asarray(image).astype(int) - gray).max() <= 2


def test_colour_goes_through_its_profile() -> None:
    image, note = to_srgb(Image.fromarray(scene()), swapped_rgb_profile())
    swapped = scene()[..., [1, 0, 2]].astype(int)
    assert note is None
    assert np.abs(np.asarray(image) - swapped).mean() < 4


def test_cmyk_jpeg_goes_through_its_profile() -> None:
    inks = np.zeros((16, 32, 4), np.uint8)
    inks[:, 8:16, 3] = 255
    inks[:, 16:24, 0] = 255
    inks[:, 24:, 1] = 255
    data = encoded(Image.fromarray(inks, "CMYK"), "JPEG", quality=100, icc_profile=cmyk_profile())
    pixels, _, notes = to_arrays(Image.open(io.BytesIO(data)))
    red = lab_to_srgb(np.array([[50, 60, 40]], np.float32))[0] * 255
    gray = lab_to_srgb(np.array([[80, 0, 0]], np.float32))[0] * 255
    assert notes == ()
    for column, expected in ((4, 255), (12, 0), (20, red), (28, gray)):
        np.testing.assert_allclose(pixels[8, column], expected, atol=6)


def test_srgb_is_left_exactly_as_it_is() -> None:
    image, note = to_srgb(Image.fromarray(scene()), SRGB)
    np.testing.assert_array_equal(np.asarray(image), scene())
    assert note is None


def test_gray_with_an_srgb_profile_stays_neutral() -> None:
    image, note = to_srgb(Image.fromarray(gray_ramp()), SRGB)
    np.testing.assert_array_equal(np.asarray(image.convert("L")), gray_ramp())
    assert note is None


def test_profile_of_another_space_is_ignored_with_a_note() -> None:
    image, note = to_srgb(Image.fromarray(scene()), gray_profile(2.2))
    np.testing.assert_array_equal(np.asarray(image), scene())
    assert note is not None
    assert "GRAY" in note
    _, note = to_srgb(Image.fromarray(scene()), gray_profile(2.2).replace(b"GRAY", b"\n\x1b[ "))
    assert note == "its colour profile is for something else, not for its pixels; ignored"


@pytest.mark.parametrize("damage", [b"", b"nonsense" * 30, SRGB[:140], gray_profile(2.2)[:-30]])
def test_broken_profile_is_tolerated_with_a_note(damage: bytes) -> None:
    image, note = to_srgb(Image.fromarray(gray_ramp()), damage)
    np.testing.assert_array_equal(np.asarray(image.convert("L")), gray_ramp())
    assert note is not None


def test_written_gray_profile_is_one_that_littlecms_knows() -> None:
    profile = ImageCms.ImageCmsProfile(io.BytesIO(gray_srgb_profile())).profile
    assert profile.xcolor_space.strip() == "GRAY"
    assert "sRGB" in (profile.profile_description or "")
