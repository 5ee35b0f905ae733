"""The profiles that are written, and matrix profiles applied at 16 bits."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_files import gray_ramp, scene
from made_profiles import cmyk_profile, gray_profile, swapped_rgb_profile
from PIL import Image, ImageCms

from reverse_oldify.color.lab import linear_to_srgb
from reverse_oldify.files import interpret
from reverse_oldify.files.icc.convert import converter, to_srgb
from reverse_oldify.files.icc.make import gray_srgb_profile, srgb_profile
from reverse_oldify.files.icc.matrix import parse_matrix_profile

DEEP = scene().astype(np.uint16) * 257
CODES = np.arange(65536, dtype=np.uint16)


def littlecms(profile: bytes) -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(io.BytesIO(profile))


def deep_to_srgb(pixels: np.ndarray, icc: bytes) -> tuple[np.ndarray, str | None]:
    convert, note = converter(icc, 3, pixels.dtype)
    return convert(pixels) if convert else pixels, note


def test_srgb_profile_is_srgb_to_littlecms() -> None:
    built_in = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    converted = ImageCms.profileToProfile(
        Image.fromarray(scene()), littlecms(srgb_profile()), built_in, outputMode="RGB"
    )
    assert np.abs(np.asarray(converted).astype(int) - scene()).max() <= 1
    assert len(srgb_profile()) < 700
    assert struct.unpack(">I", srgb_profile()[:4]) == (len(srgb_profile()),)


def test_srgb_profile_changes_no_16_bit_code_by_more_than_one() -> None:
    profile = parse_matrix_profile(srgb_profile())
    assert profile is not None
    ramp = np.repeat(CODES.reshape(256, 256, 1), 3, axis=2)
    assert np.abs(profile.to_srgb(ramp).astype(int) - ramp).max() <= 1
    assert np.abs(profile.gray_table().astype(int) - CODES).max() <= 1


def test_srgb_is_left_exactly_as_it_is_at_16_bits() -> None:
    pixels, note = deep_to_srgb(DEEP, srgb_profile())
    assert note is None
    assert pixels is DEEP


def test_matrix_profile_agrees_with_littlecms_and_keeps_16_bits() -> None:
    icc = swapped_rgb_profile()
    pixels, note = deep_to_srgb(DEEP, icc)
    eight, _ = to_srgb(Image.fromarray(scene()), icc)
    assert note is None
    assert np.abs(np.rint(pixels / 257) - np.asarray(eight).astype(int)).max() <= 1
    ramp = np.repeat(CODES.reshape(256, 256, 1), 3, axis=2)
    out = deep_to_srgb(ramp, icc)[0][..., 0].ravel()
    expected = linear_to_srgb((CODES / 65535) ** (round(2.2 * 256) / 256)) * 65535
    assert np.abs(out - expected).max() <= 12, "the made primaries have four digits"
    assert len(np.unique(out)) > 60_000


@pytest.mark.parametrize(
    ("parameters", "kind", "expected"),
    [
        ((2.0,), 0, lambda x: x**2),
        ((2.0, 1.0, -0.25), 1, lambda x: np.maximum(x - 0.25, 0) ** 2),
        ((2.0, 0.5, -0.1, 0.2), 2, lambda x: np.maximum(0.5 * x - 0.1, 0) ** 2 + 0.2),
        ((2.0, 1.0, 0.0, 0.5, 0.25), 3, lambda x: np.where(x >= 0.25, x**2, 0.5 * x)),
        (
            (2.0, 0.5, 0.0, 0.5, 0.25, 0.1, 0.05),
            4,
            lambda x: np.where(x >= 0.25, (0.5 * x) ** 2 + 0.1, 0.5 * x + 0.05),
        ),
    ],
)
def test_every_parametric_curve(parameters: tuple[float, ...], kind: int, expected: object) -> None:
    curve = b"para" + bytes(4) + struct.pack(">HH", kind, 0)
    curve += b"".join(struct.pack(">i", round(number * 65536)) for number in parameters)
    profile = parse_matrix_profile(_with_curves(curve))
    assert profile is not None
    wanted = np.clip(expected(CODES / 65535), 0, 1)
    np.testing.assert_allclose(profile.curves[0], wanted, atol=2e-4)


def test_sampled_curve_is_interpolated() -> None:
    points = np.array([0, 10_000, 65535], ">u2")
    profile = parse_matrix_profile(
        _with_curves(b"curv" + bytes(4) + struct.pack(">I", 3) + points.tobytes())
    )
    assert profile is not None
    np.testing.assert_allclose(profile.curves[2][16384], 5000 / 65535, atol=1e-4)


def test_16_bit_gray_may_come_with_a_profile_for_colour() -> None:
    gray = gray_ramp(np.uint16)
    pixels, _, notes = interpret.to_arrays(gray[..., None], srgb_profile())
    assert notes == ()
    assert np.abs(pixels.astype(int) - gray).max() <= 1


def test_table_profile_keeps_gradations_and_says_what_it_costs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("reverse_oldify.files.icc.convert.parse_matrix_profile", lambda icc: None)
    monkeypatch.setattr("reverse_oldify.files.codecs.installed", lambda: False)
    icc = swapped_rgb_profile()
    pixels, note = deep_to_srgb(DEEP, icc)
    exact = parse_matrix_profile(icc).to_srgb(DEEP)
    assert note is not None
    assert note.endswith("8 bits; pip install 'reverse-oldify[deep]' applies it with 16")
    assert np.abs(pixels.astype(int) - exact).mean() < 300
    ramp = np.repeat(CODES.reshape(256, 256, 1), 3, axis=2)
    assert len(np.unique(deep_to_srgb(ramp, icc)[0][..., 1])) > 30_000


def test_table_profile_is_exact_with_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("imagecodecs")
    icc = swapped_rgb_profile()
    exact = parse_matrix_profile(icc).to_srgb(DEEP)
    monkeypatch.setattr("reverse_oldify.files.icc.convert.parse_matrix_profile", lambda icc: None)
    pixels, note = deep_to_srgb(DEEP, icc)
    assert note is None
    assert pixels.dtype == np.uint16
    assert np.abs(pixels.astype(int) - exact).max() <= 20, "of 65535"


@pytest.mark.parametrize("icc", [b"", cmyk_profile(), gray_profile(2.2), gray_srgb_profile()])
def test_other_profiles_are_no_matrix(icc: bytes) -> None:
    assert parse_matrix_profile(icc) is None


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_damaged_profiles_are_none_or_finite(data: st.DataObject) -> None:
    damaged = bytearray(srgb_profile())
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(128, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    profile = parse_matrix_profile(bytes(damaged[: data.draw(st.integers(0, len(damaged)))]))
    if profile is not None:
        assert np.isfinite(profile.curves).all()
        profile.to_srgb(DEEP[:2, :2])


def _with_curves(curve: bytes) -> bytes:
    """A profile of sRGB primaries with a tone curve of its own, put behind the end."""
    icc = bytearray(srgb_profile())
    (count,) = struct.unpack(">I", icc[128:132])
    for entry in range(132, 132 + 12 * count, 12):
        if icc[entry + 1 : entry + 4] == b"TRC":
            icc[entry + 4 : entry + 12] = struct.pack(">II", len(icc), len(curve))
    return bytes(icc) + curve
