import numpy as np
import pytest

from reverse_oldify.color.bins import ab_bins
from reverse_oldify.evaluate.calibration import Calibration, Distribution


def sharpened(probability, power):
    probability = probability**power
    return probability / probability.sum(0)


def drawn_world(cells=20_000, seed=0):
    """Distributions of many widths over the bins, and one true bin drawn from each."""
    random = np.random.default_rng(seed)
    bins = ab_bins()
    bins = bins[(np.abs(bins) <= 40).all(1)]
    centre, width = random.uniform(-15, 15, (cells, 2)), random.uniform(4, 15, cells)
    distance = np.square(bins[:, None] - centre).sum(-1)
    probability = np.exp(-distance / 2 / width**2)
    probability /= probability.sum(0)
    level = (probability.cumsum(0) < random.uniform(size=cells)).sum(0)
    return (
        bins,
        probability.astype(np.float32)[:, None],
        bins[np.minimum(level, len(bins) - 1)][None],
    )


def calibration(probability, bins, truth):
    mean = np.einsum("nhw,nc->hwc", probability, bins)
    variance = np.einsum("nhw,n->hw", probability, np.square(bins).sum(1)) - np.square(mean).sum(-1)
    spread = np.sqrt(np.maximum(variance, 0) / 2)
    gathered = Calibration()
    gathered.add(
        Distribution(probability=probability.astype(np.float32), bins=bins, spread=spread), truth
    )
    return gathered


def test_an_honest_distribution_has_no_calibration_error():
    bins, probability, truth = drawn_world()
    honest = calibration(probability, bins, truth)
    assert honest.expected_error() < 0.01
    assert honest.spread_error() < 0.05


@pytest.mark.parametrize("power", [3.0, 0.3])
def test_over_and_underconfidence_show(power):
    bins, probability, truth = drawn_world()
    wrong = calibration(sharpened(probability, power), bins, truth)
    assert wrong.expected_error() > 0.05
    assert wrong.spread_error() > 0.2


def test_known_values_of_a_single_cell():
    bins = np.float32([[0, 0], [20, 0]])
    probability = np.float32([0.75, 0.25]).reshape(2, 1, 1)
    gathered = calibration(probability, bins, np.float32([[[5, 5]]]))
    top, spread = gathered.top(), gathered.spread()
    assert (top.predicted.tolist(), top.observed.tolist()) == ([0.75], [0.25])  # 0.5 x 0.5
    assert spread.predicted[0] == pytest.approx(np.sqrt(75 / 2))  # variance 100 - 25
    assert spread.observed[0] == pytest.approx(np.sqrt(25 / 2))  # the mean is (5, 0)
    assert gathered.rms_error() == pytest.approx(np.sqrt(25 / 2))


def test_nothing_counted_is_empty():
    assert Calibration().empty
