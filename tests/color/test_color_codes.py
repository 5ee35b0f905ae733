import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from reverse_oldify.color.codes import ColorCodes, GrowingCodes, pairs_between
from reverse_oldify.color.gamut import in_gamut
from reverse_oldify.color.lab import gray_to_lightness, lab_to_linear, lab_to_srgb, srgb_to_lab

GRAY = np.arange(256, dtype=np.uint8)[None]


def looked_up(a, b):
    """sRGB of all grey codes with one chroma, (256, 3)."""
    pairs = np.zeros((256, 256), bool)
    pairs[round(a) + 128, round(b) + 128] = True
    ab = np.broadcast_to(np.float32([[[a]], [[b]]]), (2, 1, 256)).copy()
    return ColorCodes(pairs).look_up(GRAY, ab).view(np.uint8).reshape(256, 4)[:, :3]


@settings(max_examples=25)
@given(st.integers(-127, 127), st.integers(-127, 127))
def test_lightness_is_kept_and_hue(a, b):
    lab = srgb_to_lab(looked_up(a, b))
    assert np.abs(lab[:, 0] - gray_to_lightness(GRAY)[0]).max() < 0.75  # half a code a channel
    across = lab[:, 1] * b - lab[:, 2] * a
    assert (np.abs(across) <= 2 * np.hypot(a, b) + 1e-3).all()  # two units from its line


@settings(max_examples=25)
@given(st.integers(-60, 60), st.integers(-60, 60))
def test_what_fits_is_the_nearest_code(a, b):
    lab = np.stack([gray_to_lightness(GRAY)[0], *np.full((2, 256), [[a], [b]])], -1)
    lab = lab.astype(np.float32)
    inside = in_gamut(lab_to_linear(lab[:, 0], lab[:, 1:]))
    off = np.abs(looked_up(a, b) - 255 * lab_to_srgb(lab))[inside]
    assert off.max(initial=0) < 0.51


def test_grey_stays_what_it_is():
    assert np.array_equal(looked_up(0.3, -0.3), np.repeat(GRAY[0][:, None], 3, 1))


@settings(max_examples=40)
@given(
    hnp.arrays(
        np.float32,
        st.tuples(st.just(2), st.just(2), st.integers(1, 5), st.integers(1, 5)),
        elements=st.floats(-127, 127, width=32),
    ),
    st.integers(0, 2**31),
)
def test_every_mixture_of_neighbours_is_among_the_pairs(ends, seed):
    pairs = pairs_between(ends)
    padded = np.pad(ends, [(0, 0), (0, 0), (1, 1), (1, 1)], mode="edge")
    rng = np.random.default_rng(seed)
    for _ in range(20):
        row, column = (rng.integers(0, side - 1) for side in padded.shape[2:])
        eight = padded[:, :, row : row + 2, column : column + 2].reshape(2, -1)
        a, b = np.rint(eight @ rng.dirichlet(np.full(8, 0.3))).astype(int) + 128
        assert pairs[a, b]


def test_few_colours_make_few_pairs():
    ends = np.full((2, 2, 4, 4), 10.2, np.float32)
    assert pairs_between(ends).sum() == pytest.approx(1)


@settings(max_examples=15)
@given(hnp.arrays(np.float32, (2, 3, 5), elements=st.floats(-127, 127, width=32)))
def test_a_growing_table_says_the_same_at_first_and_later(ab):
    gray = np.arange(15, dtype=np.uint8).reshape(3, 5) * 17
    pairs = np.zeros((256, 256), bool)
    pairs[tuple((ab + 128.5).astype(np.uint8))] = True
    wanted = ColorCodes(pairs).look_up(gray, ab.copy())
    growing = GrowingCodes()
    for _ in range(2):
        assert np.array_equal(growing.look_up(gray, ab.copy()), wanted)


def test_a_growing_table_cuts_what_no_code_has():
    gray = np.full((1, 2), 120, np.uint8)
    strong = np.float32([[[300, -300]], [[20, -20]]])
    cut = np.float32([[[127, -127]], [[20, -20]]])
    growing = GrowingCodes()
    assert np.array_equal(growing.look_up(gray, strong), growing.look_up(gray, cut))
