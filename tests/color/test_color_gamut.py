import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from reverse_oldify.color.gamut import in_gamut, lab_to_linear_in_gamut
from reverse_oldify.color.lab import lab_to_linear, linear_to_srgb, srgb_to_lab

count = st.shared(st.integers(1, 40), key="count")
lightnesses = count.flatmap(
    lambda n: hnp.arrays(np.float32, n, elements=st.floats(0, 100, width=32))
)
chromas = count.flatmap(
    lambda n: hnp.arrays(np.float32, (n, 2), elements=st.floats(-150, 150, width=32))
)


def shown(lightness, ab):
    """Lab of what comes out."""
    return srgb_to_lab(linear_to_srgb(lab_to_linear_in_gamut(lightness, ab)))


@given(lightnesses, chromas)
def test_lightness_and_hue_are_kept_and_chroma_never_grows(lightness, ab):
    result = shown(lightness, ab)
    assert result[:, 0] == pytest.approx(lightness, abs=0.03)
    chroma, wanted = np.hypot(result[:, 1], result[:, 2]), np.hypot(ab[:, 0], ab[:, 1])
    assert (chroma <= wanted + 0.03).all()
    across = (result[:, 1] * ab[:, 1] - result[:, 2] * ab[:, 0]) / np.maximum(wanted, 1e-6)
    assert np.abs(across).max() < 0.05  # distance from the line of that hue


@given(lightnesses, chromas)
def test_pulled_in_colours_lie_on_the_rim(lightness, ab):
    outside = ~in_gamut(lab_to_linear(lightness, ab))
    linear = lab_to_linear_in_gamut(lightness, ab)
    assert ((linear >= 0) & (linear <= 1)).all()
    chroma = np.hypot(*np.moveaxis(shown(lightness, ab)[:, 1:], -1, 0))
    grown = (1 + 0.05 / np.maximum(chroma, 0.05)) * chroma / np.hypot(ab[:, 0], ab[:, 1]).clip(1e-6)
    further = in_gamut(lab_to_linear(lightness, ab * grown[:, None].astype(np.float32)))
    assert not (further & outside & (chroma > 0.05)).any()


def test_colours_inside_are_left_alone():
    srgb = np.random.default_rng(0).random((500, 3)).astype(np.float32)
    lab = srgb_to_lab(srgb)
    linear = lab_to_linear_in_gamut(lab[:, 0], lab[:, 1:])
    assert linear_to_srgb(linear) == pytest.approx(srgb, abs=1e-4)


def test_impossible_lightness_is_black_or_white():
    lightness = np.array([-5, 105, 0, 100], np.float32)
    linear = lab_to_linear_in_gamut(lightness, np.full((4, 2), 30, np.float32))
    assert linear == pytest.approx(np.repeat([[0.0], [1.0]] * 2, 3, 1), abs=1e-4)


def test_neutral_is_exactly_neutral():
    lightness = np.linspace(-1, 101, 999, dtype=np.float32)
    linear = lab_to_linear_in_gamut(lightness, np.zeros((999, 2), np.float32))
    assert np.array_equal(linear[:, 0], linear[:, 1])
    assert np.array_equal(linear[:, 0], linear[:, 2])
