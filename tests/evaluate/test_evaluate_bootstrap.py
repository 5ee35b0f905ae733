from statistics import NormalDist

import numpy as np
import pytest

from reverse_oldify.evaluate.bootstrap import Score, _tail, mean_score, ratio_score, surely_positive


def test_interval_is_that_of_the_normal_distribution_for_many_pictures():
    values = np.random.default_rng(0).normal(20, 4, 400)
    score = mean_score(values)
    error = values.std() / np.sqrt(len(values))
    assert score.value == pytest.approx(values.mean())
    assert score.low == pytest.approx(values.mean() - 1.96 * error, abs=0.2 * error)
    assert score.high == pytest.approx(values.mean() + 1.96 * error, abs=0.2 * error)


def test_same_values_give_the_same_interval():
    values = [1.0, 5.0, 2.0, 8.0, 3.0]
    assert mean_score(values) == mean_score(values)


def test_ratio_is_of_means_and_drawn_in_pairs():
    below = np.array([1.0, 10.0, 100.0, 2.0, 5.0])
    score = ratio_score(2 * below, below)
    assert score.value == pytest.approx(2)
    assert score.low == pytest.approx(2)
    assert score.high == pytest.approx(2)
    assert ratio_score([1, 0], [1, 3]).value == pytest.approx(0.25)


@pytest.mark.parametrize(("count", "least"), [(5, 0.88), (10, 0.91), (40, 0.93)])
def test_interval_of_few_pictures_covers_what_it_claims(count, least):
    sets = np.random.default_rng(1).normal(10, 3, (400, count))
    scores = [mean_score(values) for values in sets]
    assert np.mean([score.low <= 10 <= score.high for score in scores]) > least


def test_share_beyond_the_ends_is_by_students_t():
    # t of 97.5 % from a table, 2.776 for 4 and 2.262 for 9 degrees of freedom
    for count, t in ((5, 2.776), (10, 2.262)):
        want = NormalDist().cdf(-t * np.sqrt(count / (count - 1)))
        assert _tail(count) == pytest.approx(want, rel=0.03)
    assert _tail(10**6) == pytest.approx(0.025, rel=1e-4)


def test_scores_of_the_same_pictures_are_compared_in_pairs():
    values = np.random.default_rng(2).normal(10, 3, 50)
    noise = np.random.default_rng(3).normal(0, 0.2, 50)
    plain, better, same = (mean_score(v) for v in (values, values - 0.3, values + noise))
    assert better.high > plain.low
    assert surely_positive(plain.draws - better.draws, 50)
    assert not surely_positive(better.draws - plain.draws, 50)
    assert not surely_positive(same.draws - plain.draws, 50)


def test_few_pictures_tell_nothing_of_others():
    assert mean_score([3.0]) == Score(value=3.0)
    assert ratio_score([3.0] * 4, [2.0] * 4) == Score(value=1.5)
