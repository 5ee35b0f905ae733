import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from reverse_oldify.color.gamut import in_gamut
from reverse_oldify.color.lab import lab_to_linear, srgb_to_lab
from reverse_oldify.files.arrays import padded
from reverse_oldify.files.picture import Metadata, Picture
from reverse_oldify.pipeline.recombine import recombine
from reverse_oldify.resize import upsample_chroma

shapes = hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=40)
grids = hnp.arrays(
    np.float32,
    st.tuples(st.just(2), st.integers(1, 6), st.integers(1, 6)),
    elements=st.floats(-110, 110, width=32),
)
ROUNDING = {8: 0.75, 16: 0.02}  # L* by which half a code on each channel can move a colour


def at(bits, codes):
    picture = Picture(pixels=codes)
    return picture.at_16_bits() if bits == 16 else picture


@settings(max_examples=40)
@given(hnp.arrays(np.uint8, shapes), grids, st.sampled_from([8, 16]))
def test_lightness_is_kept(gray, ab, bits):
    picture = at(bits, gray)
    result = recombine(picture, ab).loaded()
    assert np.abs(result.lightness - picture.lightness).max() < ROUNDING[bits]


@settings(max_examples=40)
@given(hnp.arrays(np.uint16, shapes), grids)
def test_chroma_is_kept_in_gamut_and_hue_outside(gray, ab):
    picture = Picture(pixels=gray)
    wanted = np.moveaxis(upsample_chroma(ab, picture.lightness), 0, -1)
    found = srgb_to_lab(recombine(picture, ab).loaded().pixels)[..., 1:]
    inside = in_gamut(lab_to_linear(picture.lightness, wanted))
    assert np.abs(found - wanted)[inside].max(initial=0) < 0.1
    across = found[..., 0] * wanted[..., 1] - found[..., 1] * wanted[..., 0]
    assert (np.abs(across) <= 0.1 * np.hypot(wanted[..., 0], wanted[..., 1]) + 1e-3).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_no_chroma_gives_back_every_code(dtype):
    codes = np.arange(np.iinfo(dtype).max + 1, dtype=dtype).reshape(16, -1)
    picture = Picture(pixels=codes)
    result = recombine(picture, np.zeros((2, 3, 3), np.float32)).loaded()
    assert result.pixels.dtype == dtype
    assert np.array_equal(result.pixels, np.stack([codes] * 3, -1))


def test_a_colour_picture_is_coloured_from_its_lightness_only():
    red = np.zeros((20, 30, 3), np.uint8)
    red[..., 0] = 200
    picture = Picture(pixels=red)
    result = recombine(picture, np.zeros((2, 4, 4), np.float32)).loaded()
    assert np.ptp(result.pixels, axis=-1).max() == 0
    assert result.lightness == pytest.approx(picture.lightness, abs=0.3)


def test_everything_else_of_the_picture_is_kept():
    alpha = np.arange(12, dtype=np.uint8).reshape(3, 4)
    picture = Picture(
        pixels=np.zeros((3, 4), np.uint8),
        alpha=alpha,
        format="png",
        metadata=Metadata(dpi=(300.0, 300.0)),
        notes=("a note",),
    )
    ab = np.zeros((2, 1, 1), np.float32)
    result = recombine(picture, ab).loaded()
    assert (result.format, result.metadata, result.notes) == ("png", picture.metadata, ("a note",))
    assert np.array_equal(result.alpha, alpha)
    deep = recombine(picture.at_16_bits(), ab).loaded()
    assert np.array_equal(deep.alpha, alpha.astype(np.uint16) * 257)


def test_more_than_a_strip_and_a_partly_covered_grid():
    lightness = np.random.default_rng(0).integers(60, 180, (700, 400), dtype=np.uint8)
    ab = np.random.default_rng(1).normal(0, 8, (2, 10, 6)).astype(np.float32)
    picture = Picture(pixels=lightness)
    found = srgb_to_lab(recombine(picture, ab, (9.5, 5.25)).loaded().pixels)[..., 1:]
    wanted = np.moveaxis(upsample_chroma(ab, picture.lightness, (9.5, 5.25)), 0, -1)
    assert np.abs(found - wanted).mean() < 0.4
    assert np.abs(found - wanted).max() < 3


def is_looked_up(picture):
    """Colours out of a table have four bytes a pixel, as Pillow has them."""
    return padded(picture.rows(slice(0, 1)).pixels) is not None


@pytest.mark.parametrize("shape", [(300, 500), (300, 500, 3)])
def test_looking_colours_up_changes_them_by_their_rounding_only(shape):
    source = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    ab = np.random.default_rng(1).normal(0, 3, (2, 5, 6)).astype(np.float32)
    quick = recombine(Picture(pixels=source), ab)
    exact = recombine(at(16, source), ab)
    assert is_looked_up(quick)
    rows = slice(0, 300)
    found = srgb_to_lab(np.ascontiguousarray(quick.rows(rows).pixels))
    wanted = srgb_to_lab(exact.rows(rows).pixels)
    assert np.abs(found - wanted)[..., 0].max() < 0.75 * (len(shape) - 1)  # rounded twice of RGB
    inside = (wanted[..., 0] > 10) & (wanted[..., 0] < 95)
    assert np.abs(found - wanted)[inside].max() < 2.5


@pytest.mark.parametrize(("bits", "spread"), [(8, 3), (8, 40), (16, 10)])
def test_strips_of_any_height_give_the_same_to_the_bit(bits, spread):
    source = np.random.default_rng(0).integers(0, 256, (150, 560), dtype=np.uint8)
    ab = np.random.default_rng(1).normal(0, spread, (2, 5, 6)).astype(np.float32)
    found = recombine(at(bits, source), ab, (4.5, 5.8))
    assert is_looked_up(found) == (spread <= 3)
    whole = found.rows(slice(0, 150)).pixels
    for height in (1, 7, 64):
        strips = [
            found.rows(slice(top, min(top + height, 150))).pixels for top in range(0, 150, height)
        ]
        assert np.array_equal(np.concatenate(strips), whole)
