import numpy as np
import pytest

from reverse_oldify.evaluate.bootstrap import Score, mean_score, ratio_score


def test_interval_is_that_of_the_normal_distribution_for_many_pictures():
    values = np.random.default_rng(0).normal(20, 4, 400)
    score = mean_score(values)
    error = values.std() / np.sqrt(len(values))
    assert score.value == pytest.approx(values.mean())
    assert score.low == pytest.approx(values.mean() - 1.96 * error, abs=0.2 * error)
    assert score.high == pytest.approx(values.mean() + 1.96 * error, abs=0.2 * error)


def test_same_values_give_the_same_interval():
    values = [1.0, 5.0, 2.0, 8.0]
    assert mean_score(values) == mean_score(values)


def test_ratio_is_of_means_and_drawn_in_pairs():
    below = np.array([1.0, 10.0, 100.0])
    score = ratio_score(2 * below, below)
    assert score.value == pytest.approx(2)
    assert score.low == pytest.approx(2)
    assert score.high == pytest.approx(2)
    assert ratio_score([1, 0], [1, 3]).value == pytest.approx(0.25)


def test_one_picture_tells_nothing_of_others():
    assert mean_score([3.0]) == Score(value=3.0)
    assert ratio_score([3.0], [2.0]) == Score(value=1.5)
