from dataclasses import replace

import numpy as np
import pytest
from evaluated import FakeColorizer

from reverse_oldify.color.lab import gray_to_lightness, srgb_to_lab
from reverse_oldify.errors import OptionError
from reverse_oldify.evaluate.contenders import Constant, grey, models, prior_mean
from reverse_oldify.pipeline.colorizer import Colorizer

GRAY = np.arange(40, 216, dtype=np.uint8).reshape(11, 16)


def test_grey_returns_the_grey_it_was_given():
    assert (grey().colorize(GRAY) == GRAY[..., None]).all()


def test_constant_keeps_lightness_and_gives_its_colour():
    lab = srgb_to_lab(Constant("c", (5.0, 9.0)).colorize(GRAY))
    assert np.abs(lab[..., 0] - gray_to_lightness(GRAY)).max() < 0.5
    assert np.abs(lab[..., 1:] - [5, 9]).max() < 1


def test_prior_mean_is_the_mean_colour_of_the_training_set():
    assert prior_mean(FakeColorizer().info) == pytest.approx((10, 20))


def test_every_model_at_every_vividness_has_a_name_of_its_own():
    rows = models([FakeColorizer("a"), FakeColorizer("b"), FakeColorizer("a")], [0, 1])
    assert [row.name for row in rows] == [
        "a #1, vividness 0",
        "a #1, vividness 1",
        "b, vividness 0",
        "b, vividness 1",
        "a #2, vividness 0",
        "a #2, vividness 1",
    ]


def test_a_model_of_ab_values_has_one_row():
    classic = FakeColorizer("classic")
    classic.info = replace(classic.info, output="ab")
    rows = models([classic, FakeColorizer("b")], [0.5, 1])
    assert [row.name for row in rows] == ["classic", "b, vividness 0.5", "b, vividness 1"]
    assert [row.vividness for row in rows] == [None, 0.5, 1]
    assert rows[0].distribution(GRAY) is None
    with pytest.raises(OptionError, match="vividness"):
        models([classic], [3.0])


def test_vividness_reaches_the_colorizer():
    pale, bold = models([FakeColorizer()], [0.0, 2.0])
    assert (pale.colorize(GRAY) == GRAY[..., None]).all()
    assert srgb_to_lab(bold.colorize(GRAY))[..., 1:].std() > 10


def test_vividness_out_of_range_is_refused():
    with pytest.raises(OptionError, match="vividness"):
        models([FakeColorizer()], [3.0])


def test_distribution_leaves_out_cells_that_hang_over_the_edge():
    (model,) = models([FakeColorizer()], [1.0])
    distribution = model.distribution(GRAY)
    assert distribution.probability.shape[1:] == (2, 4)  # 11 rows hold 2 whole cells of 4
    assert distribution.covered == pytest.approx((8 / 11, 1))
    assert np.allclose(distribution.probability.sum(0), 1, atol=1e-5)


class OrangeBackend:
    """Sure that everything is orange."""

    info = FakeColorizer().info

    def encode(self, lightness):
        return {"lightness": lightness}

    def decode(self, features, hints=None, palette=None):
        height, width = features["lightness"].shape
        logits = np.log(self.info.prior + 1e-6)[:, None, None]
        return np.tile(logits, (1, height // self.info.stride, width // self.info.stride))


def test_the_public_colorizer_fits():
    (model,) = models([Colorizer(backend=OrangeBackend())], [0.0])
    predicted = srgb_to_lab(model.colorize(GRAY))
    assert np.abs(predicted[..., 1:] - [10, 20]).max() < 1
    distribution = model.distribution(GRAY)
    rows, columns = distribution.probability.shape[1:]
    assert min(distribution.covered) > 0.9
    assert rows / columns == pytest.approx(11 / 16, abs=0.05)
    assert np.allclose(distribution.probability.sum(0), 1, atol=1e-5)
