from itertools import pairwise

import pytest

from reverse_oldify.train.recipe import OptimSection
from reverse_oldify.train.schedule import Schedule

pytestmark = pytest.mark.train


def test_cosine_warms_up_then_falls_to_nothing():
    schedule = Schedule(OptimSection(steps=100, warmup=10))
    factors = [schedule.factor(step) for step in range(101)]
    assert factors[:10] == pytest.approx([0.1 * (step + 1) for step in range(10)])
    assert factors[10] == 1
    assert all(before > after for before, after in pairwise(factors[10:]))
    assert factors[55] == pytest.approx(0.5)
    assert factors[100] == pytest.approx(0, abs=1e-9)


def test_cosine_never_stops_early():
    schedule = Schedule(OptimSection(steps=10, patience=1))
    for _ in range(50):
        schedule.judge(1.0)
    assert not schedule.exhausted


def test_a_plateau_halves_and_three_end_the_run():
    schedule = Schedule(OptimSection(steps=100, schedule="plateau", patience=2))
    assert schedule.judge(1.0)
    told = []
    for _ in range(6):
        assert not schedule.exhausted
        assert not schedule.judge(1.0)
        told.append(schedule.factor(0))
    assert told == [1, 0.5, 0.5, 0.25, 0.25, 0.125]
    assert schedule.exhausted


def test_a_better_score_starts_the_patience_anew():
    schedule = Schedule(OptimSection(steps=100, schedule="plateau", patience=2))
    judged = [schedule.judge(score) for score in (3.0, 3.5, 2.0, 2.5, float("nan"))]
    assert judged == [True, False, True, False, False]
    assert schedule.factor(0) == 0.5
    assert schedule.judge(1.9)
    assert schedule.factor(0) == 0.5
    assert schedule.stalled == 0


def test_a_restored_schedule_goes_on_as_the_first_would():
    optim = OptimSection(steps=100, schedule="plateau", patience=2)
    first, second = Schedule(optim), Schedule(optim)
    for score in (2.0, 1.0, 1.5):
        first.judge(score)
    second.restore(first.state())
    for score in (1.2, 1.1, 0.5, 0.6):
        assert first.judge(score) == second.judge(score)
        assert first.state() == second.state()
