import numpy as np
import pytest

from reverse_oldify.evaluate.metrics import (
    IDENTICAL_PSNR,
    METRICS,
    argmax_agreement,
    psnr,
    rms_ab_error,
)

metrics = pytest.importorskip("skimage.metrics")


def test_psnr_is_that_of_scikit_image():
    random = np.random.default_rng(0)
    truth, predicted = random.integers(0, 256, (2, 20, 30, 3), dtype=np.uint8)
    assert psnr(truth, predicted) == pytest.approx(
        metrics.peak_signal_noise_ratio(truth, predicted), abs=1e-6
    )


def test_psnr_of_equal_pictures_is_finite():
    picture = np.full((4, 4, 3), 7, np.uint8)
    assert psnr(picture, picture) == IDENTICAL_PSNR


def test_rms_ab_error_is_over_components_not_distances():
    truth = np.zeros((2, 2, 2), np.float32)
    predicted = np.broadcast_to(np.float32([3, 4]), truth.shape)
    assert rms_ab_error(truth, predicted) == pytest.approx(5 / np.sqrt(2))


def test_rms_ab_error_is_that_of_scikit_image():
    truth, predicted = np.random.default_rng(1).normal(0, 20, (2, 9, 9, 2)).astype(np.float32)
    expected = np.sqrt(metrics.mean_squared_error(truth, predicted))
    assert rms_ab_error(truth, predicted) == pytest.approx(expected, rel=1e-5)


def test_argmax_agreement_counts_the_larger_component_and_ties_as_a():
    truth = np.float32([[5, 1], [1, 5], [-1, -5], [2, 2]])
    predicted = np.float32([[1, 0], [1, 0], [9, 8], [0, 0]])
    assert argmax_agreement(truth, predicted) == 0.75


@pytest.mark.parametrize(
    ("better", "good", "bad"), [("higher", 2.0, 1.0), ("lower", 1.0, 2.0), ("one", 1.1, 0.8)]
)
def test_distance_ranks_by_what_is_better(better, good, bad):
    metric = next(metric for metric in METRICS if metric.better == better)
    assert metric.distance(good) < metric.distance(bad)


def test_percentages_are_shown_as_such():
    metric = next(metric for metric in METRICS if metric.key == "auc")
    assert metric.heading == "AuC (%)"
    assert metric.format(0.8912) == "89.1"
