from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import maximum_filter, minimum_filter

from reverse_oldify.color.lab import gray_to_lightness
from reverse_oldify.resize import ChromaUpsampler, crop_grid, fit, upsample_chroma, working_shape
from reverse_oldify.sampling import strips

sides = st.integers(1, 90)
seeds = st.integers(0, 2**31)


def noise(seed, *shape):
    return np.random.default_rng(seed).random(shape, np.float32)


def step_edge(height=192, width=192, at=101):
    """A dark blue half against a light yellow one: L* and ab."""
    right = (np.arange(width) >= at).astype(np.float32) * np.ones((height, 1), np.float32)
    return 30 + 50 * right, np.stack([5 - 10 * right, -30 + 70 * right])


def cell_means(planes, size):
    *lead, height, width = planes.shape
    return planes.reshape(*lead, height // size, size, width // size, size).mean((-3, -1))


@given(st.integers(1, 20000), st.integers(1, 20000), st.integers(32, 512))
def test_working_shape_keeps_aspect_and_area(height, width, size):
    h, w = working_shape(height, width, size)
    assert min(h, w) >= 1
    assert max(h, w) <= 4 * size
    if max(height, width) <= 8 * min(height, width):
        assert h * w == pytest.approx(size**2, rel=0.1)
        assert h / w == pytest.approx(height / width, rel=0.1)


@pytest.mark.parametrize(
    ("picture", "expected"),
    [((1, 5000), (1, 1024)), ((150, 150), (256, 256)), ((1, 1), (256, 256))],
)
def test_working_shape_of_unusual_pictures(picture, expected):
    assert working_shape(*picture, 256) == expected


@settings(max_examples=30)
@given(sides, sides, seeds)
def test_fit_pads_by_repeating_the_edge(height, width, seed):
    lightness, (h, w) = fit(noise(seed, height, width) * 100, 64, 32)
    assert lightness.dtype == np.float32
    assert lightness.shape == (h + -h % 32, w + -w % 32)
    assert 0 <= lightness.min() <= lightness.max() <= 100
    assert (lightness[h:, :w] == lightness[h - 1, :w]).all()
    assert (lightness[:, w:] == lightness[:, w - 1 : w]).all()


def test_fit_averages_when_it_shrinks():
    checks = np.indices((512, 512)).sum(0) % 2 * np.float32(100)
    assert fit(checks, 64, 32)[0] == pytest.approx(np.full((64, 64), 50), abs=1)


def test_crop_grid_tells_how_much_of_the_last_cell_is_picture():
    cropped, extent = crop_grid(noise(0, 3, 16, 24), (61, 93), 4)
    assert cropped.shape == (3, 16, 24)
    assert extent == (15.25, 23.25)
    cropped, extent = crop_grid(noise(0, 2, 8, 24), (1, 93), 4)
    assert cropped.shape == (2, 1, 24)
    assert extent == (0.25, 23.25)


@settings(max_examples=40)
@given(sides, sides, st.integers(1, 12), st.integers(1, 12), seeds)
def test_chroma_stays_among_the_cells_around(height, width, rows, columns, seed):
    lightness, grid = noise(seed, height, width) * 100, noise(seed + 1, 2, rows, columns) * 80 - 40
    ab = upsample_chroma(grid, lightness)
    assert ab.shape == (2, height, width)
    assert ab.dtype == np.float32
    y = ((np.arange(height) + 0.5) * rows / height).astype(int)
    x = ((np.arange(width) + 0.5) * columns / width).astype(int)
    # A picture smaller than its grid mixes more cells: as many as it has to a pixel.
    reach = 2 * (3 + max(-(-rows // height), -(-columns // width))) + 1
    for plane, cells in zip(ab, grid, strict=True):
        least, most = minimum_filter(cells, reach), maximum_filter(cells, reach)
        assert (plane >= least[y][:, x] - 1e-3).all()
        assert (plane <= most[y][:, x] + 1e-3).all()


@settings(max_examples=30)
@given(sides, sides, st.integers(1, 9), st.integers(1, 9), seeds, st.floats(0.05, 1))
def test_constant_chroma_stays_constant_and_zero_exactly_zero(h, w, rows, columns, seed, part):
    lightness, extent = noise(seed, h, w) * 100, (rows - 1 + part, columns - 1 + part)
    level = np.full((2, rows, columns), 17.3, np.float32)
    assert upsample_chroma(level, lightness, extent) == pytest.approx(
        np.full((2, h, w), 17.3), abs=1e-4
    )
    assert not upsample_chroma(level * 0, lightness, extent).any()


def test_an_edge_is_sharper_than_interpolation_makes_it():
    lightness, truth = step_edge()
    carried = upsample_chroma(cell_means(truth, 12), lightness)
    columns = np.repeat(cell_means(truth, 12), 12, 1)
    centres = (np.arange(16) + 0.5) * 12 - 0.5
    bilinear = np.stack([[np.interp(np.arange(192), centres, row) for row in p] for p in columns])
    near = slice(101 - 12, 101 + 12)
    error = np.abs(carried - truth)[..., near].mean()
    assert error < 0.5 * np.abs(bilinear - truth)[..., near].mean()
    assert np.abs(carried - truth)[..., :60].max() < 0.01
    assert np.abs(carried - truth)[..., 140:].max() < 0.01


def test_no_halo_at_an_edge():
    lightness, truth = step_edge()
    carried = upsample_chroma(cell_means(truth, 12), lightness)
    assert carried[0].min() >= -5 - 1e-3
    assert carried[0].max() <= 5 + 1e-3
    assert (np.diff(carried[1], axis=1) > -0.01).all()


def test_grain_does_not_become_coloured_noise():
    lightness, truth = step_edge()
    grain = np.random.default_rng(0).normal(0, 4, lightness.shape).astype(np.float32)
    grid = cell_means(truth, 12)
    moved = upsample_chroma(grid, lightness + grain) - upsample_chroma(grid, lightness)
    plain = np.r_[0:60, 140:192]
    assert np.abs(moved[..., plain]).max() < 0.01
    assert np.sqrt((moved**2).mean()) < 0.7


def test_a_texture_without_colour_stays_without_colour_of_its_own():
    lightness = np.float32(50) + 20 * np.sin(np.indices((128, 128)).sum(0) / 2).astype(np.float32)
    slope = np.linspace(-20, 20, 16, dtype=np.float32) * np.ones((2, 16, 1), np.float32)
    difference = upsample_chroma(slope, lightness) - upsample_chroma(slope, lightness * 0 + 50)
    assert np.abs(difference).max() < 1


@settings(max_examples=20)
@given(st.integers(1, 200), sides, st.integers(8, 60), seeds)
def test_parts_fit_together(height, width, side, seed):
    grid, lightness = noise(seed, 2, 7, 5) * 60 - 30, noise(seed, height, width) * 100
    upsampler = ChromaUpsampler(grid, lightness, (6.4, 5.0))
    whole = upsampler.tile((slice(0, height), slice(0, width)), lightness)
    for tile in product(strips(height, side), strips(width, side)):
        assert np.abs(upsampler.tile(tile, lightness[tile]) - whole[:, *tile]).max() < 1e-3


def test_the_extent_places_the_grid():
    ramp = np.arange(8, dtype=np.float32) * np.ones((2, 8, 1), np.float32)
    flat = np.full((400, 400), 50, np.float32)
    whole = upsample_chroma(ramp, flat)
    half = upsample_chroma(ramp, flat, (8.0, 4.0))
    assert half[0, 200, 398] == pytest.approx(whole[0, 200, 199], abs=0.05)


def test_rows_that_share_a_mixture_do_not_depend_on_those_asked_for():
    rng = np.random.default_rng(4)
    height, width = 3 * 4 * 30 + 5, 200
    light = rng.uniform(0, 100, (height, width)).astype(np.float32)
    upsampler = ChromaUpsampler(rng.normal(0, 20, (2, 3, 2)).astype(np.float32), light)
    everywhere = slice(0, width)
    whole = upsampler.tile((slice(0, height), everywhere), light)
    for start, stop in [(0, 1), (1, 2), (63, 66), (100, 201), (64, 192), (height - 1, height)]:
        rows = slice(start, stop)
        part = upsampler.tile((rows, everywhere), light[rows])
        assert np.array_equal(part, whole[:, rows])


def test_codes_of_grey_do_as_well_as_lightness():
    codes = np.random.default_rng(0).integers(0, 256, (300, 400), dtype=np.uint8)
    light = gray_to_lightness(codes)
    grid = np.random.default_rng(1).normal(0, 12, (2, 5, 6)).astype(np.float32)
    upsampler, everywhere = ChromaUpsampler(grid, light), (slice(0, 300), slice(0, 400))
    exact = upsampler.tile(everywhere, light)
    nearly = upsampler.by_codes().tile(everywhere, codes.astype(np.float32))
    difference, straight = np.abs(nearly - exact), np.ptp(exact, axis=(1, 2)).min()
    assert difference.max() < 0.05 * straight
    assert difference.mean() < 0.005 * straight
    assert np.array_equal(upsampler.tile(everywhere, light), exact), "is as it was"
