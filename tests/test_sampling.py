import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from reverse_oldify.sampling import TILE, interpolate, resample, strips, tiles

sides = st.integers(1, 300)
seeds = st.integers(0, 2**31)


def noise(seed, *shape):
    return np.random.default_rng(seed).random(shape, np.float32)


def pillow(plane, shape, method, box=None):
    image = Image.fromarray(np.ascontiguousarray(plane))
    return np.asarray(image.resize(shape[::-1], method, box))


@settings(max_examples=40)
@given(sides, sides, st.integers(1, 200), st.integers(1, 200), seeds)
def test_resample_agrees_with_pillow(height, width, rows, columns, seed):
    plane, shape = noise(seed, height, width) * 100, (rows, columns)
    shrinks = rows <= height and columns <= width
    method = Image.Resampling.HAMMING if shrinks else Image.Resampling.BICUBIC
    assert np.abs(resample(plane, shape) - pillow(plane, shape, method)).max() < 1e-3


@settings(max_examples=40)
@given(sides, sides, st.integers(1, 50), st.integers(1, 50), st.floats(0.05, 1), seeds)
def test_interpolate_agrees_with_pillow_in_every_tile(height, width, rows, columns, part, seed):
    grid, extent = noise(seed, 2, rows, columns) * 100, (rows - 1 + part, columns - 1 + part)
    box = (0, 0, *extent[::-1])
    size, method = (height, width), Image.Resampling.BILINEAR
    wanted = np.stack([pillow(plane, size, method, box) for plane in grid])
    for tile in tiles(height, width):
        found = interpolate(grid, size, tile, extent)
        assert np.abs(found - wanted[:, *tile]).max() < 1e-3


@pytest.mark.parametrize("share", [2, 4, 8])
@pytest.mark.parametrize("height", [301, 304])
def test_rows_that_share_are_the_middle_of_what_they_stand_for(share, height):
    grid, size = noise(1, 3, 5, 7) * 100, (height, 90)
    every = interpolate(grid, size, (slice(0, height), slice(0, 90)))
    shared = interpolate(grid, size, (slice(0, height), slice(0, 90)), None, share)
    assert shared.shape == (3, -(-height // share), 90)
    whole = height // share * share
    middles = every[:, :whole].reshape(3, -1, share, 90)[:, :, [share // 2 - 1, share // 2]].mean(2)
    off, first = (
        np.abs(shared[:, : whole // share] - rows) for rows in (middles, every[:, :whole:share])
    )
    assert off.mean() < 0.1 * first.mean()
    assert off.max() < first.max()
    some = interpolate(grid, size, (slice(67, 200), slice(10, 50)), None, share)
    assert np.array_equal(some.shape, (3, -(-200 // share) - 67 // share, 40))
    assert np.abs(some - shared[:, 67 // share : -(-200 // share), 10:50]).max() < 1e-4


@given(sides, sides)
def test_tiles_cover_every_pixel_once(height, width):
    covered = np.zeros((height, width), int)
    for tile in tiles(height, width):
        covered[tile] += 1
        assert covered[tile].size <= TILE[0] * TILE[1]
    assert (covered == 1).all()


def test_strips_of_nothing():
    assert list(strips(0, 5)) == []
