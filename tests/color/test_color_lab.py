import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from skimage import color

from reverse_oldify.color import lab

odd_shapes = hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=9).map(lambda s: (*s, 3))
unit = st.floats(0, 1, width=32)
pictures = st.one_of(
    hnp.arrays(np.uint8, odd_shapes),
    hnp.arrays(np.uint16, odd_shapes),
    hnp.arrays(np.float32, odd_shapes, elements=unit),
    hnp.arrays(np.float64, odd_shapes, elements=st.floats(0, 1)),
)


def in_float64(srgb):
    """The codes as 0..1: skimage computes in float32 when it is given float32."""
    peak = np.iinfo(srgb.dtype).max if srgb.dtype.kind == "u" else 1
    return srgb.astype(np.float64) / peak


@given(pictures)
def test_to_lab_agrees_with_skimage(srgb):
    assert lab.srgb_to_lab(srgb) == pytest.approx(color.rgb2lab(in_float64(srgb)), abs=1e-4)


@given(pictures)
def test_there_and_back_agrees_with_the_input_and_with_skimage(srgb):
    converted = lab.srgb_to_lab(srgb)
    back = lab.lab_to_srgb(converted)
    assert back == pytest.approx(in_float64(srgb), abs=1e-4)
    assert back == pytest.approx(color.lab2rgb(converted.astype(np.float64)), abs=1e-4)


def test_a_million_colours_stay_within_a_ten_thousandth_of_skimage():
    srgb = np.random.default_rng(0).random((1000, 1000, 3))
    converted = lab.srgb_to_lab(srgb)
    assert np.abs(converted - color.rgb2lab(srgb)).max() < 1e-5
    assert np.abs(lab.lab_to_srgb(converted) - srgb).max() < 1e-4


def test_every_8_bit_colour_of_a_coarse_cube_survives():
    level = np.arange(0, 256, 5, dtype=np.uint8)
    srgb = np.stack(np.meshgrid(level, level, level), -1).reshape(-1, 3)
    back = lab.lab_to_srgb(lab.srgb_to_lab(srgb))
    assert np.array_equal(np.rint(back * 255), srgb)


@given(hnp.arrays(np.float32, st.integers(1, 50), elements=st.floats(0, 100, width=32)))
def test_neutral_lab_is_exactly_neutral_srgb(lightness):
    colours = np.zeros((len(lightness), 3), np.float32)
    colours[:, 0] = lightness
    srgb = lab.lab_to_srgb(colours)
    assert np.array_equal(srgb[:, 0], srgb[:, 1])
    assert np.array_equal(srgb[:, 1], srgb[:, 2])
    assert srgb[:, 1] == pytest.approx(lab.lightness_to_gray(lightness), abs=1e-6)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_lightness_of_grey_is_that_of_equal_channels_and_inverts(dtype):
    peak = np.iinfo(dtype).max
    gray = np.arange(peak + 1, dtype=dtype)[None]
    lightness = lab.gray_to_lightness(gray)
    assert lightness.dtype == np.float32
    assert lightness.min() == 0
    assert lightness.max() == 100
    assert np.array_equal(lab.srgb_to_lightness(np.stack([gray] * 3, -1)), lightness)
    assert np.array_equal(np.rint(lab.lightness_to_gray(lightness) * peak), gray)


@given(pictures)
def test_lightness_alone_is_the_first_plane_of_lab(srgb):
    expected = lab.srgb_to_lab(srgb)[..., 0]
    assert lab.srgb_to_lightness(srgb) == pytest.approx(expected, abs=1e-4)


@settings(max_examples=20)
@given(st.integers(0, 300), st.integers(0, 300), st.integers(1, 5000))
def test_strips_cover_every_row_once(height, width, pixels):
    strips = list(lab.row_strips(height, width, pixels))
    assert [row for rows in strips for row in range(rows.start, rows.stop)] == list(range(height))
    assert all((rows.stop - rows.start) * width <= max(pixels, width) for rows in strips)


def test_layout_of_the_input_does_not_matter():
    srgb = np.random.default_rng(1).integers(0, 256, (40, 30, 3), dtype=np.uint8)
    mirrored = srgb[::-1, ::2].transpose(1, 0, 2)
    assert np.array_equal(
        lab.srgb_to_lab(mirrored), lab.srgb_to_lab(np.ascontiguousarray(mirrored))
    )


def test_nothing_to_convert():
    assert lab.srgb_to_lab(np.zeros((0, 3))).shape == (0, 3)
    assert lab.lab_to_srgb(np.zeros((0, 3), np.float32)).shape == (0, 3)


def test_grey_has_the_luminance_of_the_colours():
    rng = np.random.default_rng(2)
    srgb = rng.integers(0, 256, (200, 300, 3), dtype=np.uint8)
    srgb[0, :256] = np.arange(256)[:, None]
    luminance = lab.srgb_to_linear(srgb / 255) @ lab.XYZ_FROM_RGB[1]
    exact = lab.linear_to_srgb(luminance) * 255
    gray = lab.srgb_to_gray(srgb)
    assert np.abs(gray - exact).max() < 0.51
    assert np.array_equal(gray[0, :256], np.arange(256))
