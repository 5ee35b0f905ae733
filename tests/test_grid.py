import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import maximum_filter, minimum_filter, uniform_filter

from reverse_oldify.grid import around, edged, halve, mean_around, parted, quarters_between
from reverse_oldify.sampling import interpolate

sides, seeds = st.integers(1, 30), st.integers(0, 2**32 - 1)


def cells(seed, height, width):
    return np.random.default_rng(seed).normal(0, 20, (2, height, width)).astype(np.float32)


@settings(max_examples=40)
@given(sides, sides, seeds)
def test_neighbourhoods_agree_with_scipy(height, width, seed):
    planes = cells(seed, height, width)
    for plane, least, most, mean in zip(
        planes,
        around(planes, np.minimum),
        around(planes, np.maximum),
        mean_around(planes),
        strict=True,
    ):
        assert np.array_equal(least, minimum_filter(plane, 3, mode="nearest"))
        assert np.array_equal(most, maximum_filter(plane, 3, mode="nearest"))
        assert np.abs(mean - uniform_filter(plane, 3, mode="nearest")).max() < 1e-3


def enlarged(planes):
    height, width = (2 * side for side in planes.shape[1:])
    return interpolate(planes, (height, width), (slice(0, height), slice(0, width)))


@given(sides, sides, seeds)
def test_the_mean_of_the_parts_is_the_cell(height, width, seed):
    planes = cells(seed, height, width)
    assert np.abs(halve(parted(planes)) - planes).max() < 1e-4


@given(sides, sides, seeds)
def test_the_nearest_cells_of_a_quarter_are_those_that_interpolation_mixes(height, width, seed):
    planes = cells(seed, height, width)
    least, most = (quarters_between(planes, merge) for merge in (np.minimum, np.maximum))
    linear = enlarged(planes)
    assert (least <= linear + 1e-3).all() and (linear <= most + 1e-3).all()
    both = minimum_filter(planes, (1, 2, 2), mode="nearest")  # of those above and left of a corner
    assert np.array_equal(least[:, ::2, ::2], both)


def test_a_smooth_curve_is_met_better_than_by_interpolation():
    fine = 30 * np.sin(np.arange(256) / 14) + 10 * np.cos(np.arange(256) / 9)
    fine = np.tile(fine.astype(np.float32), (2, 8, 1))
    error, linear = (np.abs(up(halve(fine)) - fine)[..., 8:-8].mean() for up in (parted, enlarged))
    assert error < 0.25 * linear


@pytest.mark.parametrize("count", [1, 2, 3])
def test_edges_are_repeated(count):
    planes = cells(0, 4, 1)
    wanted = np.pad(planes, [(0, 0), (count, count), (count, count)], mode="edge")
    assert np.array_equal(edged(planes, count), wanted)
