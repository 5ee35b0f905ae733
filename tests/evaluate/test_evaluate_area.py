import numpy as np
import pytest

from reverse_oldify.color.bins import ab_bins
from reverse_oldify.evaluate.area import (
    FARTHEST,
    RebalancedCurve,
    area,
    distance_steps,
    nearest_bin,
    share_within,
)


def ab(*colours):
    return np.array(colours, np.float32)


def test_distance_steps_round_up_and_end_beyond_the_farthest():
    truth = ab([0, 0], [0, 0], [0, 0], [-100, -100])
    predicted = ab([0, 0], [3, 4], [3, 4.1], [100, 100])
    assert distance_steps(truth, predicted).tolist() == [0, 5, 6, FARTHEST + 1]


def test_curve_is_the_share_of_pixels_within_each_distance():
    distance = np.random.default_rng(0).uniform(0, 180, 500).astype(np.float32)
    truth = np.zeros((500, 2), np.float32)
    predicted = np.stack([distance, np.zeros_like(distance)], -1)
    curve = share_within(distance_steps(truth, predicted))
    assert curve.tolist() == [(distance <= t).mean() for t in range(FARTHEST + 1)]


def test_area_of_a_perfect_and_of_a_uniform_prediction():
    assert area(np.ones(FARTHEST + 1)) == 1.0
    assert area(np.linspace(0, 1, FARTHEST + 1)) == pytest.approx(0.5)


def test_nearest_bin_of_a_bin_is_itself():
    bins = ab_bins()
    assert nearest_bin(bins).tolist() == list(range(len(bins)))
    assert nearest_bin(bins + np.float32([0.4, -3])).tolist()[100] == 100


def test_rebalancing_makes_a_rare_colour_weigh_as_much_as_a_common_one():
    truth = np.concatenate([np.zeros((99, 2)), [[50, 50]]]).astype(np.float32)
    predicted = np.zeros_like(truth)  # right 99 times, wrong by 70.7 once
    steps = distance_steps(truth, predicted)
    rebalanced = RebalancedCurve()
    rebalanced.add(nearest_bin(truth), steps)
    assert share_within(steps)[0] == 0.99
    assert rebalanced.curve()[[0, 70, 71]].tolist() == [0.5, 0.5, 1.0]


def test_pictures_add_up():
    truth = np.random.default_rng(0).uniform(-50, 50, (60, 2)).astype(np.float32)
    steps = distance_steps(truth, np.zeros_like(truth))
    bins = nearest_bin(truth)
    whole, parts = RebalancedCurve(), RebalancedCurve()
    whole.add(bins, steps)
    parts.add(bins[:25], steps[:25])
    parts.add(bins[25:], steps[25:])
    assert whole.curve().tolist() == parts.curve().tolist()
