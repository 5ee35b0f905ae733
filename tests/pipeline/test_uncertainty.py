from __future__ import annotations

import numpy as np
import pytest
from fake_backend import FakeBackend

from reverse_oldify import Colorizer, Session
from reverse_oldify.color.bins import SPACING
from reverse_oldify.pipeline.uncertainty import LEVELS_PER_AB

GRAY = np.full((50, 80), 130, np.uint8)


def session_of(mixture: dict[tuple[float, float], float]) -> Session:
    return Colorizer(backend=FakeBackend(mixture)).open(GRAY)


def test_spread_is_the_error_to_expect() -> None:
    found = session_of({(20.0, 0.0): 0.5, (-20.0, 0.0): 0.5}).uncertainty()
    variance = 20**2 / 2 - SPACING**2 / 6  # of the distribution, less that of the encoding
    np.testing.assert_allclose(found.spread, np.sqrt(variance), rtol=1e-3)
    np.testing.assert_allclose(found.entropy, 1.0, atol=0.01)  # one of two: one bit
    assert found.mean == pytest.approx(np.sqrt(variance), rel=1e-3)


def test_a_colour_between_bins_is_not_taken_for_a_doubtful_one() -> None:
    assert session_of({(25.0, 5.0): 1.0}).uncertainty().mean < 3


def test_certainty_is_black() -> None:
    session = session_of({(20.0, 0.0): 1.0})
    found = session.uncertainty()
    assert found.mean == 0
    assert found.to_picture(session.picture.lightness).pixels.max() <= 1


def test_full_resolution() -> None:
    session = session_of({(10.0, 0.0): 0.5, (-10.0, 0.0): 0.5})
    found = session.uncertainty()
    spread, entropy = found.at(session.picture.lightness)
    assert spread.shape == entropy.shape == (50, 80)
    np.testing.assert_allclose(spread, found.mean, rtol=1e-3)
    picture = found.to_picture(session.picture.lightness)
    assert (picture.pixels == round(found.mean * LEVELS_PER_AB)).all()


def test_a_fitted_scale_is_applied() -> None:
    backend = FakeBackend({(10.0, 0.0): 0.5, (-10.0, 0.0): 0.5})
    plain = Colorizer(backend=backend).open(GRAY).uncertainty().mean
    backend.info.decoding["spread_scale"] = 1.5
    assert Colorizer(backend=backend).open(GRAY).uncertainty().mean == pytest.approx(1.5 * plain)
