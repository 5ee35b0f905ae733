"""Cells of one surface agree, and those of two do not."""

from __future__ import annotations

import numpy as np
import pytest
from fake_backend import FakeBackend

from reverse_oldify import Options
from reverse_oldify.pipeline import decode as module
from reverse_oldify.pipeline.prediction import Prediction
from reverse_oldify.pipeline.relax import relax
from reverse_oldify.pipeline.surfaces import agree
from reverse_oldify.types import FloatArray

PLAIN = np.full((12, 20), 60, np.float32)


def halves(left: float, right: float) -> FloatArray:
    plane = np.full((12, 20), left, np.float32)
    plane[:, 10:] = right
    return plane


def faded(left: float, right: float) -> FloatArray:
    return np.tile(np.linspace(left, right, 20, dtype=np.float32), (12, 1))


def test_the_doubtful_follow_the_sure() -> None:
    ab = np.stack([faded(0, 12), faded(-20, 0)])
    got = agree(ab, ab, halves(10, 900), PLAIN)
    kept, given_up = np.hypot(*(got - ab)).mean(0)[[5, 14]]
    assert given_up > max(20 * kept, 2)
    assert np.linalg.norm(got[:, 6, 18] - got[:, 6, 1]) < 0.8 * np.linalg.norm(
        ab[:, 6, 18] - ab[:, 6, 1]
    )


def test_where_all_is_sure_all_stays() -> None:
    ab, light = np.array([[[9, 9]], [[7, 7]]], np.float32), np.array([[0, 100]], np.float32)
    for cells in (slice(0, 1), slice(0, 2)):  # alone, and beyond an edge
        alone = ab[..., cells]
        certain = np.zeros(alone.shape[1:], np.float32)
        np.testing.assert_array_equal(agree(alone, alone, certain, light[:, cells]), alone)


def test_no_colour_crosses_an_edge_of_lightness() -> None:
    ab = np.stack([halves(0, 12), halves(-20, 0)])
    got = agree(ab, ab, halves(10, 900), halves(30, 60))
    np.testing.assert_allclose(got, ab, atol=0.1)


def test_colours_that_are_told_apart_surely_stay_apart() -> None:
    ab = np.stack([halves(0, 20), halves(-30, 30)])
    np.testing.assert_allclose(agree(ab, ab, np.full_like(PLAIN, 20), PLAIN), ab, atol=0.1)


def test_nothing_is_invented() -> None:
    rng = np.random.default_rng(0)
    ab = rng.normal(0, 20, (2, 12, 20)).astype(np.float32)
    variance = rng.uniform(0, 900, (12, 20)).astype(np.float32)
    got = agree(ab, ab, variance, PLAIN + rng.normal(0, 1, PLAIN.shape).astype(np.float32))
    for plane, smooth in zip(ab, got, strict=True):
        assert plane.min() - 0.1 < smooth.min() < smooth.max() < plane.max() + 0.1
    even = np.ones_like(ab) * 7
    np.testing.assert_array_equal(agree(even, even, variance, PLAIN), even)


def test_where_all_is_sure_there_are_colours_still() -> None:
    ab = np.stack([halves(10, 12), halves(-20, -18)])
    got = agree(ab, ab, np.zeros_like(PLAIN), PLAIN)
    assert (np.abs(got - [[[11]], [[-19]]]) <= 1.001).all()  # no 0 / 0, and none beyond the two


@pytest.mark.parametrize("vividness", [0.0, 1.0])
def test_decoding_evens_out_within_surfaces_only(
    vividness: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    cool, warm = (FakeBackend({(a, b): 0.3, (0.0, 0.0): 0.7}) for a, b in ((0, -40), (10, 40)))
    share = np.linspace(0, 1, 20, dtype=np.float32)
    likely = np.exp(cool.logits)[:, None] * (1 - share) + np.exp(warm.logits)[:, None] * share
    logits = np.log(likely)[:, None].repeat(12, 1)
    prediction = Prediction(logits, logits.shape[1:], cool.info.bins)
    options = Options(vividness=vividness)
    steps = 70 + np.arange(20, dtype=np.float32) % 2 * 20  # nowhere so dark that it matters
    apart = module.decode(prediction, cool.info, options, np.tile(steps, (12, 1))).ab
    together = module.decode(prediction, cool.info, options, PLAIN + 20).ab
    monkeypatch.setattr(module, "agree", lambda ab, *_: ab)
    alone = module.decode(prediction, cool.info, options, PLAIN + 20).ab
    np.testing.assert_allclose(apart, alone, atol=0.1)
    assert np.ptp(together[1]) < 0.9 * np.ptp(alone[1])


def test_relaxed_planes_solve_the_equation() -> None:
    rng = np.random.default_rng(1)
    anchor, target, start = (rng.uniform(0.1, 1, (4, 5)).astype(np.float32) for _ in range(3))
    down, across = (rng.uniform(0, 1, shape).astype(np.float32) for shape in ((3, 5), (4, 4)))
    fixed = rng.uniform(size=(4, 5)) < 0.2
    number = np.arange(20).reshape(4, 5)
    matrix = np.diag(anchor.ravel().astype(np.float64))
    for link, one, other in (
        (down, number[:-1], number[1:]),
        (across, number[:, :-1], number[:, 1:]),
    ):
        for weight, i, j in zip(link.ravel(), one.ravel(), other.ravel(), strict=True):
            matrix[i, i] += weight
            matrix[j, j] += weight
            matrix[i, j] -= weight
            matrix[j, i] -= weight
    wanted = (anchor * target).ravel().astype(np.float64)
    matrix[fixed.ravel()] = np.eye(20)[fixed.ravel()]
    wanted[fixed.ravel()] = start.ravel()[fixed.ravel()]
    got = relax(start[None], target[None], anchor, (down, across), fixed)
    np.testing.assert_allclose(got[0].ravel(), np.linalg.solve(matrix, wanted), atol=2e-2)
