"""L* made smaller at once: nearly the mean of L*, and the same whether it is whole or by rows."""

from __future__ import annotations

import io
from contextlib import closing

import numpy as np
import pytest
from made_files import scene
from PIL import Image

from reverse_oldify.files.lazy import LazyPicture, lazily
from reverse_oldify.files.picture import Picture
from reverse_oldify.files.read import open_pages
from reverse_oldify.resize import fit
from reverse_oldify.sampling import resample, shrunk
from reverse_oldify.types import Reducible

RNG = np.random.default_rng(0)
SMOOTH = 128 + 90 * np.sin(np.add.outer(np.arange(331) / 40, np.arange(470) / 55))
GRAY = np.clip(SMOOTH + RNG.normal(0, 4, SMOOTH.shape), 0, 255).astype(np.uint8)
SEPIA = np.stack([GRAY, GRAY * 0.93, GRAY * 0.8], -1).astype(np.uint8)
KINDS = pytest.mark.parametrize("pixels", [GRAY, SEPIA], ids=["gray", "sepia"])


@KINDS
def test_blocks_are_nearly_the_mean_of_their_lightness(pixels: np.ndarray) -> None:
    plane = Picture(pixels=pixels).lazy_lightness
    assert isinstance(plane, Reducible)
    small = plane.reduced(5)
    assert small is not None and small.shape == (67, 94)
    blocks = plane[:330, :470].reshape(66, 5, 94, 5).mean((1, 3))
    assert np.abs(small[:66] - blocks).max() < 0.6
    last = plane[330:, :470].reshape(1, 94, 5).mean((0, 2))
    assert np.abs(small[66] - last).max() < 0.6, "of one row"


@KINDS
def test_rows_give_the_same_to_the_bit(pixels: np.ndarray) -> None:
    whole = Picture(pixels=pixels)
    lazy = lazily(whole, whole.rows, shape=whole.shape, dtype=np.uint8, threads=2)
    for factor in (2, 7):
        one, other = (each.lazy_lightness.reduced(factor) for each in (whole, lazy))
        assert one is not None and other is not None
        np.testing.assert_array_equal(one, other)


@KINDS
def test_a_jpeg_that_pillow_shrinks_gives_the_same_to_the_bit(pixels: np.ndarray) -> None:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=95)
    with closing(open_pages(file.getvalue())) as pages:
        page = next(pages)
        assert isinstance(page, LazyPicture) and page.shrink is not None
        lazy, whole = page.lazy_lightness, page.loaded().lazy_lightness
        assert isinstance(lazy, Reducible)
        for factor in (2, 5, 6):
            one, other = lazy.reduced(factor), whole.reduced(factor)
            assert one is not None and other is not None
            np.testing.assert_array_equal(one, other)
        assert page.at_16_bits().shrink is None, "of other codes"


@KINDS
def test_what_the_network_sees_is_hardly_another(pixels: np.ndarray) -> None:
    plane = Picture(pixels=pixels).lazy_lightness
    seen, shape = fit(plane, 32, 32)
    exact = resample(plane, shape)
    difference = np.abs(seen[: shape[0], : shape[1]] - exact)
    assert shrunk(plane, shape)[0] is not plane
    assert difference.max() < 1.0
    assert difference.mean() < 0.2


def test_16_bits_and_arrays_are_looked_at_in_full() -> None:
    deep = Picture(pixels=GRAY.astype(np.uint16) * 257).lazy_lightness
    assert deep.reduced(4) is None
    assert shrunk(deep, (10, 10)) == (deep, (331.0, 470.0))
    array = Picture(pixels=scene()).lightness
    assert shrunk(array, (2, 3))[0] is array
