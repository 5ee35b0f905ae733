import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from reverse_oldify.color.bins import SPACING, ab_bins, histogram, soft_encode
from reverse_oldify.color.lab import srgb_to_lab

colours = hnp.arrays(np.uint8, st.tuples(st.integers(1, 20), st.just(3)))


@given(colours)
def test_the_mean_of_an_encoding_is_the_colour(srgb):
    # Exact but for a few saturated colours whose cell no sample of the gamut fell into.
    ab = srgb_to_lab(srgb)[:, 1:]
    index, weight = soft_encode(ab)
    assert weight.min() >= 0
    assert weight.sum(-1) == pytest.approx(np.ones(len(ab)), abs=1e-5)
    assert (weight[..., None] * ab_bins()[index]).sum(-2) == pytest.approx(ab, abs=0.1)


def test_a_colour_beyond_the_gamut_goes_to_the_nearest_bins():
    far = np.array([[300.0, 0.0], [0.0, -300.0]], np.float32)
    index, weight = soft_encode(far)
    mean = (weight[..., None] * ab_bins()[index]).sum(-2)
    assert mean[0, 0] > 80
    assert mean[1, 1] < -70


def test_bins_are_sorted_unique_grid_points_that_stay_as_models_were_trained_on():
    bins = ab_bins()
    assert bins.shape == (304, 2)
    assert np.array_equal(np.unique(bins, axis=0), bins)
    assert not (bins % SPACING).any()
    assert not bins.flags.writeable


@given(colours)
def test_a_histogram_sums_to_one(srgb):
    assert histogram(srgb_to_lab(srgb)[:, 1:]).sum() == pytest.approx(1, abs=1e-5)
