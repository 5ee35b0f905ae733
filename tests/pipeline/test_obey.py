from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from reverse_oldify.pipeline.hints import Paint
from reverse_oldify.pipeline.obey import influence, obey
from reverse_oldify.pipeline.view import View

SHAPE = (9, 21)
MIDDLE = (4, 10)
WANTED = np.array([30.0, -20.0], np.float32)


def view(**changes: np.ndarray) -> View:
    """A plain surface, of which nothing is known better than elsewhere."""
    plain = {
        "lightness": np.full(SHAPE, 50, np.float32),
        "expected": np.zeros((2, *SHAPE), np.float32),
        "doubt": np.full(SHAPE, 10, np.float32),
    }
    return cast(View, SimpleNamespace(**plain | changes))


def unpainted(seen: View) -> Paint:
    nothing = np.zeros((3, *seen.lightness.shape), np.float32)
    return Paint(nothing[:2], nothing[2], seen.lightness.copy())


def paint(strength: float = 1.0, seen: View | None = None) -> Paint:
    """One cell in the middle."""
    laid = unpainted(seen or view())
    laid.ab[:, *MIDDLE], laid.strength[MIDDLE] = WANTED, strength
    return laid


def chroma() -> np.ndarray:
    return np.random.default_rng(0).normal(0, 10, (2, *SHAPE)).astype(np.float32)


@pytest.mark.parametrize("strength", [0.25, 1.0])
def test_a_painted_cell_has_its_share_of_the_colour(strength: float) -> None:
    ab = chroma()
    got = obey(ab, paint(strength), view())[:, *MIDDLE]
    want = strength * WANTED + (1 - strength) * ab[:, *MIDDLE]
    np.testing.assert_allclose(got, want, atol=1e-4)


def test_without_paint_nothing_changes() -> None:
    ab = chroma()
    np.testing.assert_array_equal(obey(ab, paint(0.0), view()), ab)
    assert not influence(paint(0.0), view()).any()


@pytest.mark.parametrize("gray", [0.0, 0.004])  # as "neutral" has it, and about as #808080 has
def test_grey_paint_turns_nothing_to_another_hue(gray: float) -> None:
    laid = unpainted(view())
    laid.ab[:], laid.strength[MIDDLE] = gray, 1
    wall = np.linspace(0, 2, SHAPE[1]) * np.array([[8.0], [25.0]])  # one hue, from nothing to much
    wall[0, : SHAPE[1] // 2] *= -1  # and another
    ab = np.broadcast_to(wall[:, None], (2, *SHAPE)).astype(np.float32)
    got, before = obey(ab, laid, view()), np.hypot(*ab)
    left = np.maximum(before - before[MIDDLE], 0)
    np.testing.assert_allclose(np.hypot(*got), left, atol=2)
    np.testing.assert_allclose(got * before, ab * np.hypot(*got), atol=0.1)  # of its own hue


def test_grey_paint_and_colour_hold_beside_each_other() -> None:
    laid, ab = paint(0.5), chroma()
    laid.strength[2, 3], laid.strength[6, 17] = 1, 0.3
    got = obey(ab, laid, view())
    np.testing.assert_allclose(got[:, 2, 3], 0, atol=1e-4)
    np.testing.assert_allclose(got[:, 6, 17], 0.7 * ab[:, 6, 17], atol=1e-4)
    np.testing.assert_allclose(got[:, *MIDDLE], (WANTED + ab[:, *MIDDLE]) / 2, atol=1e-4)


def test_what_is_doubtful_follows_further_than_what_is_sure() -> None:
    doubt = np.full(SHAPE, 5, np.float32)
    doubt[:, MIDDLE[1] :] = 20
    ab = np.zeros((2, *SHAPE), np.float32)
    moved = np.hypot(*obey(ab, paint(), view(doubt=doubt)))
    sure, doubtful = moved[:, : MIDDLE[1]], moved[:, MIDDLE[1] + 1 :][:, ::-1]
    np.testing.assert_allclose(doubtful, 4 * sure, rtol=0.02)


def test_nothing_is_moved_further_than_what_is_painted() -> None:
    doubt = np.random.default_rng(0).uniform(4, 20, SHAPE).astype(np.float32)
    doubt[MIDDLE] = 4
    ab = np.zeros((2, *SHAPE), np.float32)
    moved = obey(ab, paint(), view(doubt=doubt))
    assert moved[0].max() <= WANTED[0] and moved[0].min() >= 0
    assert moved[1].min() >= WANTED[1] and moved[1].max() <= 0


def test_where_all_is_as_doubtful_the_amount_does_not_matter() -> None:
    ab = chroma()
    one, other = (
        obey(ab, paint(), view(doubt=np.full(SHAPE, doubt, np.float32))) for doubt in (4, 16)
    )
    np.testing.assert_allclose(one, other, atol=1e-3)


def test_an_edge_of_lightness_or_of_expected_colour_stops_it() -> None:
    ab = np.zeros((2, *SHAPE), np.float32)
    lightness, expected = np.full(SHAPE, 50, np.float32), np.zeros((2, *SHAPE), np.float32)
    lightness[:, MIDDLE[1] + 3 :] += 30
    expected[0, :, : MIDDLE[1] - 2] += 20
    seen = view(lightness=lightness, expected=expected)
    moved = np.hypot(*obey(ab, paint(seen=seen), seen))
    inside = moved[:, MIDDLE[1] - 2 : MIDDLE[1] + 3]
    assert inside.min() > 0.8 * np.hypot(*WANTED)
    assert moved[:, : MIDDLE[1] - 2].max() < 1
    assert moved[:, MIDDLE[1] + 3 :].max() < 1


def test_what_is_of_one_kind_follows_across_a_crease_and_what_is_not_does_not() -> None:
    rows, columns = 9, 24
    lightness, expected = np.full((rows, columns), 50.0), np.zeros((2, rows, columns))
    lightness[:, 13] = 10  # a crease
    expected[0, 5:, 14:] = 30  # beyond it, below, the network expects something else
    seen = view(
        lightness=lightness.astype(np.float32),
        expected=expected.astype(np.float32),
        doubt=np.full((rows, columns), 10, np.float32),
    )
    laid = unpainted(seen)
    laid.ab[:, 3, 10], laid.strength[3, 10] = WANTED, 1
    ab = np.zeros((2, rows, columns), np.float32)
    moved = np.hypot(*obey(ab, laid, seen)) / np.hypot(*WANTED)
    assert moved[:5, 14:].min() > 0.5
    assert moved[5:, 14:].max() < 0.02


def test_influence_is_a_share_whatever_the_picture() -> None:
    for seed in range(12):
        rng = np.random.default_rng(seed)
        seen = view(
            lightness=rng.uniform(0, 100, SHAPE).astype(np.float32),
            expected=rng.normal(0, 8, (2, *SHAPE)).astype(np.float32),
            doubt=rng.uniform(2, 20, SHAPE).astype(np.float32),
        )
        share = influence(paint(seen=seen), seen)
        assert share.min() >= 0 and share[MIDDLE] == share.max() == 1
