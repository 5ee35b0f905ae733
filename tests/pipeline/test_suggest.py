from __future__ import annotations

import numpy as np
import pytest
from fake_backend import FakeBackend

from reverse_oldify import Colorizer, OptionError
from reverse_oldify.color.lab import srgb_to_lab
from reverse_oldify.pipeline.suggest import suggest

GREEN, RED, BLUE = (-30.0, 30.0), (40.0, 20.0), (0.0, -40.0)


def test_the_likeliest_distinct_colours_in_order() -> None:
    session = Colorizer(backend=FakeBackend({RED: 0.5, GREEN: 0.3, BLUE: 0.2})).open(
        np.full((50, 80), 130, np.uint8)
    )
    found = session.suggest(79, 49, 3)
    for suggestion, ab, share in zip(found, (RED, GREEN, BLUE), (0.5, 0.3, 0.2), strict=True):
        np.testing.assert_allclose(suggestion.ab, ab, atol=1)
        assert suggestion.probability == pytest.approx(share, abs=0.02)
        lab = srgb_to_lab(np.array([suggestion.srgb], np.uint8))[0]
        np.testing.assert_allclose(lab[1:], suggestion.ab, atol=1)
        assert suggestion.hex == "#{:02x}{:02x}{:02x}".format(*suggestion.srgb)
    assert len(session.suggest(0, 0, 2)) == 2


def test_a_suggestion_does_not_depend_on_how_many_are_asked_for() -> None:
    mixture = {RED: 0.5, GREEN: 0.3, BLUE: 0.2}
    session = Colorizer(backend=FakeBackend(mixture)).open(np.full((50, 80), 130, np.uint8))
    all_three = session.suggest(5, 5, 3)
    for count in (1, 2):
        assert session.suggest(5, 5, count) == all_three[:count]


def test_colours_exist_at_the_lightness_of_the_place() -> None:
    backend = FakeBackend({(80.0, 60.0): 0.9, (0.0, 0.0): 0.1})
    dark = Colorizer(backend=backend).open(np.full((50, 80), 20, np.uint8)).suggest(5, 5, 1)[0]
    assert np.hypot(*dark.ab) < 60
    np.testing.assert_allclose(srgb_to_lab(np.array([dark.srgb], np.uint8))[0, 1:], dark.ab, atol=3)


def test_near_colours_are_one() -> None:
    session = Colorizer(backend=FakeBackend({(20.0, 20.0): 0.5, (30.0, 20.0): 0.3, BLUE: 0.2}))
    first, second = session.open(np.full((50, 80), 130, np.uint8)).suggest(5, 5, 2)
    assert first.probability == pytest.approx(0.8, abs=0.02)
    np.testing.assert_allclose(second.ab, BLUE, atol=1)


def test_nothing_is_likelier_than_certain() -> None:
    rounded = np.float32([0.5, 0.5000002])
    assert rounded.sum() > 1
    (certain,) = suggest(rounded, np.float32([[3, 4], [3, 5]]), 50.0, 5)
    assert certain.probability == 1


def test_wrong_places_and_counts() -> None:
    session = Colorizer(backend=FakeBackend({RED: 1.0})).open(np.zeros((50, 80), np.uint8))
    for place in ((80, 0), (0, 50), (-1, 0), (float("nan"), 0)):
        with pytest.raises(OptionError, match="outside the picture of 80 x 50"):
            session.suggest(*place)
    with pytest.raises(OptionError, match="1 or more"):
        session.suggest(0, 0, 0)
    for wrong, name in (((5, 5, "3"), "count"), (("1", 2), "x"), ((1, None), "y")):
        with pytest.raises(OptionError, match=f"^{name} is .*; give a "):
            session.suggest(*wrong)
    with pytest.raises(OptionError, match="count is '3'; give a whole number"):
        session.variants("3")
