import numpy as np
import pytest
from evaluated import evaluated, photograph, write_photographs

from reverse_oldify.color.lab import srgb_to_lab
from reverse_oldify.errors import DataError
from reverse_oldify.evaluate.calibration import Distribution
from reverse_oldify.evaluate.contenders import Constant, grey
from reverse_oldify.evaluate.metrics import METRICS
from reverse_oldify.evaluate.photographs import PhotographSet, Skipped
from reverse_oldify.evaluate.suite import _cell_means, evaluate

skimage_color = pytest.importorskip("skimage.color")


class Oracle:
    """Knows the truth by heart."""

    name, info, vividness = "oracle", None, None

    def __init__(self, photographs):
        self.answers = {one.gray.tobytes(): one.srgb for one in photographs}

    def colorize(self, gray):
        return self.answers[gray.tobytes()]

    def distribution(self, gray):
        return None


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_photographs(tmp_path_factory.mktemp("photographs"))


def test_grey_scores_what_the_definitions_say(folder):
    scores = evaluate(PhotographSet(folder, size=256), [grey()]).scores[0]
    labs = [srgb_to_lab(photograph(seed)) for seed in range(9)]
    rms = [np.sqrt(np.square(lab[..., 1:]).mean()) for lab in labs]
    differences = [
        skimage_color.deltaE_ciede2000(lab, lab * np.float32([1, 0, 0])).mean() for lab in labs
    ]
    yellower = [(lab[..., 2] > lab[..., 1]).mean() for lab in labs]
    assert scores["rms_ab"].value == pytest.approx(np.mean(rms), rel=2e-3)
    assert scores["relative_rms_ab"].value == 1
    assert scores["ciede2000"].value == pytest.approx(np.mean(differences), rel=5e-3)
    assert scores["colorfulness_ratio"].value == 0
    assert scores["argmax_agreement"].value == pytest.approx(np.mean(yellower), abs=1e-6)


def test_the_truth_scores_perfectly(folder):
    photographs = PhotographSet(folder, size=256)
    scores = evaluate(photographs, [grey(), Oracle(photographs)]).scores[1]
    assert scores["rms_ab"].value == 0
    assert scores["ciede2000"].value == 0
    assert {scores[key].value for key in ("argmax_agreement", "auc", "rebalanced_auc")} == {1.0}
    assert scores["colorfulness_ratio"].value == pytest.approx(1)


def test_every_metric_has_a_score(folder):
    assert set(evaluated(folder).scores[2]) == {metric.key for metric in METRICS}


def test_runs_agree_and_the_hash_tells_sets_apart(folder, tmp_path):
    first, second = evaluated(folder), evaluated(folder)
    assert first.pictures == second.pictures
    assert first.set_hash() == second.set_hash()
    assert evaluated(write_photographs(tmp_path, 2)).set_hash() != first.set_hash()


def test_calibration_is_measured_once_for_a_model(folder):
    rows = evaluated(folder, vividness=(0.0, 1.0, 2.0)).rows
    assert [row.calibration.empty for row in rows] == [True, True, False, True, True]


def test_marks_tell_the_best_and_what_the_pictures_cannot_tell_from_it(folder, tmp_path):
    metrics = {metric.key: metric for metric in METRICS}
    colours = [grey(), Constant("red", (20.0, 0.0)), Constant("green", (-20.0, 0.0))]
    photographs = PhotographSet(folder, size=256)
    marks = evaluate(photographs, [*colours, Oracle(photographs)]).marks
    for key in ("psnr", "ciede2000", "colorfulness_ratio", "rebalanced_auc"):  # high, low, near 1
        assert marks(metrics[key]) == ["", "", "", "best"]
    evaluation = evaluate(photographs, colours[1:])
    assert sorted(evaluation.marks(metrics["rms_ab"])) == ["best", "tied"]
    few = evaluate(PhotographSet(write_photographs(tmp_path, 3), size=256), colours[1:])
    assert sorted(few.marks(metrics["rms_ab"])) == ["", "best"]


def test_ranking_goes_from_best_to_worst(folder):
    evaluation = evaluated(folder)
    errors = evaluation.values(2, "ciede2000")
    assert [errors[n] for n in evaluation.ranking(2)] == sorted(errors)


def test_skipped_pictures_are_kept_apart_and_nothing_left_is_an_error(folder):
    skipped = Skipped(name="x.jpg", reason="damaged", failed=True)
    evaluation = evaluate([skipped, *PhotographSet(folder, size=64)], [grey()])
    assert evaluation.skipped == (skipped,)
    assert len(evaluation.pictures) == 9
    with pytest.raises(DataError, match=r"x\.jpg: damaged"):
        evaluate([skipped], [grey()])


def test_truth_of_a_cell_is_the_mean_of_the_pixels_it_covers():
    ab = np.random.default_rng(0).normal(size=(11, 16, 2)).astype(np.float32)
    probability = np.zeros((3, 2, 4), np.float32)
    grid = Distribution(
        probability=probability,
        bins=np.zeros((3, 2), np.float32),
        spread=np.zeros((2, 4), np.float32),
        covered=(8 / 11, 1.0),
    )
    expected = ab[:8].reshape(2, 4, 4, 4, 2).mean((1, 3))
    assert np.allclose(_cell_means(ab, grid), expected, atol=1e-5)
