import numpy as np
import pytest
import torch
from tiny_run import write_cache

from reverse_oldify.data.cache import PictureCache
from reverse_oldify.train.validate import choose_pictures, predict_full, validate, validation_lab

pytestmark = pytest.mark.train

CPU = torch.device("cpu")


class Says:
    """An objective that says one colour everywhere."""

    def __init__(self, a, b):
        self.ab = torch.tensor([a, b], dtype=torch.float32)[None, :, None, None]

    def expected_ab(self, lightness):
        return self.ab.expand(1, 2, lightness.shape[2] // 4, lightness.shape[3] // 4)


def flat(a, b):
    lab = np.empty((32, 64, 3), np.float32)
    lab[:] = (50, a, b)
    return lab


def test_grey_scores_one_and_the_truth_zero():
    pictures = {"made": [flat(30, 40)]}
    grey, truth = (validate(Says(*ab), pictures, CPU) for ab in ((0, 0), (30, 40)))
    assert grey["score"] == pytest.approx(1)
    assert grey["made/chroma"] == 0
    assert truth["score"] == pytest.approx(0, abs=1e-6)
    assert truth["made/chroma"] == pytest.approx(1)
    assert grey["made/rms_ab"] == pytest.approx(np.sqrt((30**2 + 40**2) / 2))


def test_argmax_is_the_share_where_the_larger_channel_is_right():
    scores = validate(Says(5, 10), {"made": [flat(30, 40), flat(40, 30), flat(-9, 1)]}, CPU)
    assert scores["made/argmax"] == pytest.approx(2 / 3)


def test_kinds_count_alike_however_many_pictures_they_have():
    pictures = {"many": [flat(10, 0)] * 3, "few": [flat(0, 20)]}
    scores = validate(Says(10, 0), pictures, CPU)
    assert scores["many/ratio"] == pytest.approx(0, abs=1e-6)
    assert scores["score"] == pytest.approx(scores["few/ratio"] / 2, abs=1e-6)


def test_predictions_reach_the_size_of_the_picture():
    ab = predict_full(Says(3, -4), flat(0, 0), CPU)
    assert ab.shape == (32, 64, 2)
    assert np.all(ab == [3, -4])


def test_the_same_pictures_are_chosen_of_each_kind(tmp_path):
    cache = PictureCache(write_cache(tmp_path / "cache"))
    assert choose_pictures(cache, list(range(8)), 2) == [0, 2, 1, 3]
    assert choose_pictures(cache, list(reversed(range(8))), 2) == [0, 2, 1, 3]


def test_validation_pictures_keep_their_area_and_fit_the_multiple(tmp_path):
    cache = PictureCache(write_cache(tmp_path / "cache"))
    lab = validation_lab(cache, 0, 64, 32)
    assert lab.shape == (64, 64, 3)
    assert lab.dtype == np.float32
    packed = cache[0].astype(float).mean((0, 1))
    np.testing.assert_allclose(lab.mean((0, 1)) * [2.55, 1, 1] + [0, 128, 128], packed, atol=2)
