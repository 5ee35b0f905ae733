"""The contact sheet shows the lightness on the left and the colour on the right."""

from __future__ import annotations

import numpy as np
from made_files import scene

from reverse_oldify.color.lab import srgb_to_lab
from reverse_oldify.files.picture import Picture
from reverse_oldify.files.sheet import MOST_PAIRS, contact_sheet, pair


def test_pair_is_gray_of_the_same_lightness_beside_colour() -> None:
    made = pair(Picture(pixels=scene(200, 300)), "scene.jpg")
    before = Picture(pixels=np.asarray(made.before))
    assert made.before.mode == "L"
    assert made.before.size == made.after.size == (300, 200)
    np.testing.assert_array_equal(np.asarray(made.after), scene(200, 300))
    np.testing.assert_allclose(before.lightness, srgb_to_lab(scene(200, 300))[..., 0], atol=0.3)


def test_sheet_holds_every_pair_and_its_title() -> None:
    pictures = [pair(Picture(pixels=scene(90, 120)), name) for name in ("a.jpg", "\n☃" * 90, "")]
    pixels = contact_sheet(pictures).pixels
    coloured = np.hypot(*np.moveaxis(srgb_to_lab(pixels)[..., 1:], -1, 0)) > 8
    assert coloured.sum() > 0.9 * 3 * 90 * 120 * 0.8
    untitled = contact_sheet([pair(Picture(pixels=scene(90, 120)), "")]).pixels
    titled = contact_sheet(pictures[:1]).pixels
    assert untitled.shape == titled.shape
    assert (untitled != titled).any()


def test_sheet_takes_any_shape_and_no_more_than_its_limit() -> None:
    thin = [pair(Picture(pixels=np.zeros(size, np.uint8)), "x") for size in ((1, 1), (1, 5000))]
    assert contact_sheet(thin).pixels.ndim == 3
    many = [pair(Picture(pixels=scene(4, 4)), "")] * (MOST_PAIRS + 50)
    assert max(contact_sheet(many).size) < 20_000
