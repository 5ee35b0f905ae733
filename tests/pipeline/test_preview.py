from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fake_backend import FakeBackend

from reverse_oldify import Colorizer, Hint, Hints, Options, Picture
from reverse_oldify.color.difference import ciede2000
from reverse_oldify.color.lab import srgb_to_lab
from reverse_oldify.errors import OptionError
from reverse_oldify.pipeline.preview import Preview, scaled_shape

EXAMPLES = Path(__file__).parents[2] / "examples"
GREEN, RED = (-20.0, 30.0), (40.0, 20.0)


def session_of(pixels: np.ndarray, alpha: np.ndarray | None = None):
    colorizer = Colorizer(backend=FakeBackend({GREEN: 1.0}))
    return colorizer.open(Picture(pixels=pixels, alpha=alpha))


@pytest.fixture
def gray() -> np.ndarray:
    y, x = np.mgrid[:300, :420]
    return (120 + 80 * np.sin(x / 50) * np.cos(y / 40)).astype(np.uint8)


def test_at_full_size_it_is_the_result(gray: np.ndarray) -> None:
    session = session_of(gray)
    options = Options(hints=Hints.from_arrays([(200, 100)], [RED]))
    shown = Preview(session).colorize(options, 5000)
    np.testing.assert_array_equal(shown.pixels, session.colorize(options).pixels)


@pytest.mark.model
@pytest.mark.parametrize("name", ["picos-de-europa", "forest-stream"])
def test_quick_it_looks_the_same_up_to_the_rim_of_the_gamut(name: str) -> None:
    session = Colorizer(threads=1).open(EXAMPLES / f"{name}.jpg")
    height, width = session.picture.size
    blue = Hints((Hint(points=((width // 2, height // 2),), color="#0000ff"),))
    for options in (Options(vividness=2), Options(hints=blue)):
        quick = Preview(session).colorize(options, 5000, quick=True).pixels
        whole = session.colorize(options).pixels
        error = ciede2000(srgb_to_lab(quick), srgb_to_lab(whole))
        assert error.max() < 2.5
        assert error.mean() < 0.5


def test_smaller_it_looks_like_the_result(gray: np.ndarray) -> None:
    session = session_of(gray)
    options = Options(hints=Hints.from_arrays([(200, 100)], [RED]))
    shown = Preview(session).colorize(options, 210).pixels
    whole = session.colorize(options).pixels.reshape(150, 2, 210, 2, 3).mean((1, 3))
    assert shown.shape == (150, 210, 3)
    assert np.abs(shown - whole).mean() < 1.5
    a, b = srgb_to_lab(shown)[50, 100, 1:]
    assert np.hypot(a - RED[0], b - RED[1]) < 4


@pytest.mark.parametrize("hints", [(), [(200, 100)]])
def test_quickly_it_looks_the_same(gray: np.ndarray, hints: list) -> None:
    preview = Preview(session_of(gray))
    colours = np.tile(RED, (len(hints), 1))
    options = Options(vividness=1.3, hints=Hints.from_arrays(np.reshape(hints, (-1, 2)), colours))
    for size in (420, 210):
        quick = preview.colorize(options, size, quick=True).pixels.astype(int)
        assert np.abs(quick - preview.colorize(options, size).pixels).max() <= 2


def test_a_part_is_cut_from_the_whole(gray: np.ndarray) -> None:
    preview = Preview(session_of(gray, alpha=gray))
    part = slice(140, 400), slice(77, 303)
    for show in (preview.original, lambda *how: preview.colorize(Options(), *how)):
        whole, cut = show(420), show(420, part)
        np.testing.assert_array_equal(cut.pixels, whole.pixels[part])
        np.testing.assert_array_equal(cut.alpha, whole.alpha[part])
    with pytest.raises(OptionError, match="outside the scaled picture of 210 x 150"):
        preview.original(210, (slice(0, 10), slice(210, 220)))


def test_the_original_keeps_its_own_colours_and_depth_is_8_bits() -> None:
    colours = np.zeros((80, 120, 3), np.uint16)
    colours[:40, :, 0], colours[40:, :, 2] = 65535, 30000
    preview = Preview(session_of(colours))
    shown = preview.original(60)
    assert shown.pixels.dtype == np.uint8
    assert shown.pixels[5, 30].tolist() == [255, 0, 0]
    assert shown.pixels[-5, 30].tolist() == [0, 0, 117]
    assert preview.colorize(Options(), 60).pixels.dtype == np.uint8


def test_what_is_remembered_is_bounded_and_told(gray: np.ndarray) -> None:
    preview = Preview(session_of(gray))
    for size in (50, 60, 50, 70, 80, 90):
        preview.original(size)
    assert preview.nbytes == sum(np.prod(scaled_shape(gray.shape, size)) for size in (70, 80, 90))
