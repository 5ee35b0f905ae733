from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from evaluated import write_photographs

sys.path.insert(0, str(Path(__file__).parents[1] / "pipeline"))
from fake_backend import FakeBackend

from reverse_oldify import Colorizer
from reverse_oldify.errors import DataError
from reverse_oldify.evaluate.hints import hint_curve, random_hints
from reverse_oldify.evaluate.photographs import PhotographSet


def test_more_hints_lead_nearer_to_the_truth(tmp_path: Path) -> None:
    photographs = PhotographSet(write_photographs(tmp_path / "in", 3), size=64)
    curve = hint_curve(photographs, Colorizer(backend=FakeBackend({(0.0, 0.0): 1.0})))
    assert [point.hints for point in curve] == [0, 1, 2, 5, 10, 50, 100]
    errors = [point.rms_ab for point in curve]
    assert errors[-1] < errors[-2] < errors[-3] < errors[0]
    assert errors[-1] < 0.5 * errors[0]
    assert curve[-1].psnr > curve[0].psnr
    assert curve[-1].ciede2000 < curve[0].ciede2000


def test_hints_are_the_truth_around_their_place() -> None:
    rng = np.random.default_rng(3)
    lab = rng.uniform(-50, 50, (30, 40, 3)).astype(np.float32)
    for hint in random_hints(lab, 40, rng):
        ((x, y),) = hint.points
        column, row = int(x), int(y)
        patch = lab[max(row - 2, 0) : row + 3, max(column - 2, 0) : column + 3, 1:]
        np.testing.assert_allclose(hint.ab, patch.mean((0, 1)), rtol=1e-4)
    assert len(random_hints(lab, 0, rng)) == 0


def test_nothing_to_measure() -> None:
    with pytest.raises(DataError):
        hint_curve([], Colorizer(backend=FakeBackend({(0.0, 0.0): 1.0})))
