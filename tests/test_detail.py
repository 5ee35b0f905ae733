import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from reverse_oldify.detail import doubled, look, trained
from reverse_oldify.grid import halve, quarters_between

sides, seeds = st.integers(1, 24), st.integers(0, 2**32 - 1)
LEVELS = (0, 1)


def noise(seed, *shape):
    return np.random.default_rng(seed).random(shape, np.float32)


def carried(truth, lightness, level):
    return doubled(halve(truth), halve(lightness), lightness, trained(level))


@settings(max_examples=40)
@given(sides, sides, seeds, st.sampled_from(LEVELS))
def test_every_quarter_is_between_the_four_nearest_cells(height, width, seed, level):
    ab = noise(seed, 2, height, width) * 120 - 60
    lightness = noise(seed + 1, 2 * height, 2 * width) * 100
    result = doubled(ab, halve(lightness), lightness, trained(level))
    assert result.shape == (2, 2 * height, 2 * width) and result.dtype == np.float32
    assert (result >= quarters_between(ab, np.minimum)).all()
    assert (result <= quarters_between(ab, np.maximum)).all()


@given(sides, seeds, st.sampled_from(LEVELS))
def test_what_rises_from_cell_to_cell_rises_within_a_cell(width, seed, level):
    ab = np.sort(noise(seed, 2, 1, width), -1) * 80 - 40
    lightness = np.repeat(noise(seed + 1, 1, 2 * width) * 100, 2, 0)
    result = doubled(ab, halve(lightness), lightness, trained(level))
    assert (np.diff(result, axis=-1)[..., ::2] >= 0).all(), "within each cell"


@settings(max_examples=20)
@given(sides, sides, seeds, st.sampled_from(LEVELS))
def test_one_chroma_stays_one_to_the_bit_whatever_the_lightness(height, width, seed, level):
    ab = np.full((2, height, width), -7.7, np.float32)
    lightness = noise(seed, 2 * height, 2 * width) * 100
    result = doubled(ab, halve(lightness), lightness, trained(level))
    assert np.abs(result - ab[0, 0, 0]).max() < 1e-5
    assert not doubled(ab * 0, halve(lightness), lightness, trained(level)).any()


def test_the_mean_of_the_quarters_is_the_cell_where_nothing_is_cut():
    ramp = np.linspace(-30, 30, 40, dtype=np.float32)
    ab = np.stack([ramp + 10 * np.sin(np.arange(40) / 5)[:, None], -ramp * np.ones((40, 1))])
    ab = ab.astype(np.float32)
    lightness = noise(3, 80, 80) * 20 + 40
    cells = look(ab, halve(lightness), lightness)
    result = doubled(ab, halve(lightness), lightness, trained(0))
    inside = (
        halve(((result > cells.least + 1e-3) & (result < cells.most - 1e-3)).astype(np.float32))
        == 1
    )
    assert inside[:, 2:-2, 2:-2].mean() > 0.3
    assert np.abs(halve(result) - ab)[inside].max() < 1e-3


def test_an_edge_is_found_within_the_cells_that_it_crosses():
    at = np.add.outer(np.arange(64) * 0.37, np.zeros(64)) + 21  # an edge that is not upright
    right = (np.arange(64) > at).astype(np.float32)
    lightness, truth = 35 + 40 * right, np.stack([10 - 25 * right, -30 + 60 * right])
    for level in LEVELS:
        guided = np.abs(carried(truth, lightness, level) - truth).mean()
        flat = np.abs(carried(truth, 0 * lightness + 50, level) - truth).mean()
        assert guided < 0.9 * flat


def test_what_the_network_says_depends_on_its_weights():
    lightness, ab = noise(0, 32, 32) * 100, noise(1, 2, 16, 16) * 60 - 30
    silent = tuple((weights * 0, offsets * 0) for weights, offsets in trained(0))
    cells = look(ab, halve(lightness), lightness)
    nothing = doubled(ab, halve(lightness), lightness, silent)
    assert np.array_equal(nothing, np.clip(cells.smooth, cells.least, cells.most))
    assert np.abs(doubled(ab, halve(lightness), lightness, trained(0)) - nothing).max() > 1
