from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from fake_backend import FakeBackend

from reverse_oldify import OptionError, Options
from reverse_oldify.color.bins import histogram
from reverse_oldify.color.colorfulness import colorfulness
from reverse_oldify.color.gamut import lab_to_linear_in_gamut
from reverse_oldify.color.lab import linear_to_srgb
from reverse_oldify.pipeline import decode as module
from reverse_oldify.pipeline.decode import Decoded
from reverse_oldify.pipeline.lift import Lift, lifted
from reverse_oldify.pipeline.prediction import Prediction, softmax
from reverse_oldify.types import FloatArray, ModelInfo

RED, BLUE = (60.0, 40.0), (20.0, -50.0)
LIGHT = np.full((8, 8), 60, np.float32)


def decode(prediction: Prediction, info: ModelInfo, options: Options, **more: Any) -> Decoded:
    """Decode an even grid, nowhere so dark that it matters."""
    return module.decode(prediction, info, options, LIGHT, **more)


def said(mixture: dict[tuple[float, float], float]) -> tuple[FakeBackend, Prediction]:
    backend = FakeBackend(mixture)
    logits = backend.decode(backend.encode(np.zeros((32, 32), np.float32)))
    return backend, Prediction(logits, (8.0, 8.0), backend.info.bins)


def decoded(mixture: dict[tuple[float, float], float], vividness: float) -> FloatArray:
    backend, prediction = said(mixture)
    ab = decode(prediction, backend.info, Options(vividness=vividness)).ab
    assert ab.shape == (2, 8, 8)
    assert ab.dtype == np.float32
    assert (ab == ab[:, :1, :1]).all()
    return ab[:, 0, 0]


def test_vividness_0_is_the_expected_colour() -> None:
    got = decoded({RED: 0.7, BLUE: 0.3}, 0.0)
    np.testing.assert_allclose(got, 0.7 * np.array(RED) + 0.3 * np.array(BLUE), atol=0.01)


def test_certainty_is_not_moved() -> None:
    np.testing.assert_allclose(decoded({(30.0, 40.0): 1.0}, 1.0), [30, 40], rtol=0.01)


def test_doubt_gets_the_variance_back_that_its_mean_has_lost() -> None:
    doubt = {(40.0, 40.0): 0.5, (40.0, -40.0): 0.5}  # half of its power is variance
    backend, prediction = said(doubt)
    even = {"temperature": 1.0, "prior_exponent": 0.0}
    for share in (0.5, 1.0, 4.0):
        chroma = np.sqrt(40**2 + share * 0.5**2 * 40**2)
        info = replace(backend.info, decoding=even | {"restored": share})
        got = decode(prediction, info, Options()).ab
        assert np.hypot(*got[:, 0, 0]) == pytest.approx(chroma, rel=0.01)


def test_the_lift_of_hardly_any_colour_is_bounded() -> None:
    backend, prediction = said({(60.0, 0.0): 0.505, (-60.0, 0.0): 0.495})
    backend.info.decoding["knee"] = 12.0
    for vividness, most in ((0.5, 1.55), (1.0, 1.55), (2.0, 2.7)):
        options = Options(vividness=vividness)
        ab, lift = decode(prediction, backend.info, options)
        assert lift.times == pytest.approx(most)
        assert lift.vivid == min(vividness, 1)
        assert np.hypot(*ab[:, 0, 0]) < 4


@pytest.mark.parametrize("vividness", [0.5, 1.0, 1.5, 2.0])
def test_without_constants_vividness_changes_nothing(vividness: float) -> None:
    backend, prediction = said({RED: 0.6, BLUE: 0.4})
    info = replace(backend.info, decoding={})
    plain, vivid = (decode(prediction, info, Options(vividness=v)).ab for v in (0.0, vividness))
    np.testing.assert_array_equal(vivid, plain)


def test_vividness_2_is_bolder_where_1_has_nothing_to_give_back() -> None:
    backend, prediction = said({(30.0, 40.0): 0.5, (18.0, 24.0): 0.5})  # a meadow, surely green
    info = replace(backend.info, decoding={"restored": 3.0, "knee": 6.0})
    plain, default, bold = (
        np.hypot(*decode(prediction, info, Options(vividness=value)).ab[:, 0, 0])
        for value in (0.0, 1.0, 2.0)
    )
    assert default < 1.02 * plain
    assert bold > 1.05 * default


def test_a_faded_palette_is_not_made_vivid() -> None:
    backend, prediction = said({RED: 0.5, (0.0, 0.0): 0.5})
    info = replace(backend.info, decoding={"restored": 0.7})
    faded, vivid = (histogram(np.array(ab, np.float32)) for ab in ([(5, 5)], [RED, BLUE, (0, 0)]))
    least, more, most = (
        np.hypot(*decode(prediction, info, Options(), reference=palette).ab[:, 0, 0])
        for palette in (faded, vivid, None)
    )
    assert least <= np.sqrt(np.square(info.bins).sum(1) @ faded) + 0.1
    assert min(more, most) > 3 * least


def test_a_lift_that_is_given_is_used() -> None:
    backend, prediction = said({RED: 0.6, BLUE: 0.4})
    none, some, more = (
        np.hypot(*decode(prediction, backend.info, Options(), lift=Lift(lift, 1, 0)).ab[:, 0, 0])
        for lift in (0.0, 0.5, 1.0)
    )
    assert more - some == pytest.approx(some - none, rel=1e-3)
    assert some > none + 5


def test_chroma_grows_with_vividness() -> None:
    steps = [decoded({RED: 0.6, (0.0, 0.0): 0.4}, v) for v in (0, 0.25, 0.5, 0.75, 1, 1.5, 2)]
    chroma = [float(np.hypot(*ab)) for ab in steps]
    assert chroma == sorted(chroma)
    assert chroma[-1] > 1.3 * chroma[0]


def test_what_is_mostly_grey_is_never_duller_for_being_vivid() -> None:
    """Annealing takes more of it than the lift, which is bounded, may give back."""
    backend, prediction = said({(0.0, 0.0): 0.75, (20.0, 15.0): 0.25})
    info = replace(backend.info, decoding={"temperature": 0.5, "restored": 3.0, "knee": 6.3})
    steps = []
    for vividness in (0, 0.3, 0.6, 0.9, 1, 1.01, 1.5, 2):
        ab = decode(prediction, info, Options(vividness=vividness)).ab
        linear = lab_to_linear_in_gamut(LIGHT.ravel(), ab.reshape(2, -1).T)
        steps.append(colorfulness(linear_to_srgb(linear)[None]))
    assert all(after > before for before, after in pairwise(steps))
    assert steps[-1] > 1.3 * steps[0]


def test_below_1_the_vivid_is_mixed_with_the_expected() -> None:
    backend, prediction = said({RED: 0.6, BLUE: 0.4})
    plain, half, vivid = (
        decode(prediction, backend.info, Options(vividness=value)).ab for value in (0, 0.5, 1)
    )
    np.testing.assert_allclose(half, (plain + vivid) / 2, atol=1e-4)


def test_prior_correction_weakens_neutral() -> None:
    even = decoded({RED: 0.5, (0.0, 0.0): 0.5}, 1.0)
    assert np.hypot(*even) > 0.55 * np.hypot(*RED)


def test_lift_sets_in_around_the_knee() -> None:
    chroma = np.array([0, 1, 10, 40, 90], np.float32)
    lost = np.full((1, 5), 6, np.float32)
    got = lifted(np.stack([chroma * 0.6, chroma * -0.8])[:, None], lost, 1.5, 10.0)
    np.testing.assert_allclose(got[1], got[0] * (-0.8 / 0.6), rtol=1e-5)  # hue is kept
    added = np.hypot(*got)[0] - chroma
    assert added[0] == 0
    assert added[1] < 0.1
    assert added[2] == pytest.approx(1.5 * 6 / 2, rel=1e-4)
    assert (np.diff(added) > 0).all()
    assert added[4] < 1.5 * 6  # no more than was lost


def test_what_is_sure_of_its_hue_pays_for_no_doubt() -> None:
    """A face is sure to be skin, of more or less chroma; a dress may be red or blue."""
    info = replace(FakeBackend({}).info, decoding={"restored": 3.0, "knee": 10.0})
    face = FakeBackend({(15.0, 15.0): 0.5, (25.0, 25.0): 0.5}).logits
    dress = FakeBackend({RED: 0.6, BLUE: 0.4}).logits
    logits = np.stack([face, dress], -1)[:, None].astype(np.float32)
    prediction = Prediction(logits, (1.0, 2.0), info.bins)
    apart = np.array([[60, 90]], np.float32)
    plain, vivid = (
        np.hypot(*module.decode(prediction, info, Options(vividness=value), apart).ab[:, 0])
        for value in (0.0, 1.0)
    )
    assert vivid[0] < 1.1 * plain[0]
    assert vivid[1] > 1.25 * plain[1]


@pytest.mark.parametrize("vividness", [-0.1, 2.1, float("nan")])
def test_vividness_out_of_range(vividness: float) -> None:
    with pytest.raises(OptionError, match="0 to 2"):
        Options(vividness=vividness)


def test_softmax_stands_large_logits() -> None:
    logits = np.array([[1e4], [1e4], [-1e4]], np.float32)
    np.testing.assert_allclose(softmax(logits), [[0.5], [0.5], [0.0]])


def test_the_dark_are_given_less_for_chroma_glows_there() -> None:
    backend, prediction = said({RED: 0.6, BLUE: 0.4})
    values = np.repeat(prediction.values[:, :1, :1], 4, axis=1)
    rows = Prediction(values, (4.0, 1.0), prediction.bins)
    light = np.array([[5], [30], [60], [90]], np.float32)
    added = [
        np.hypot(*module.decode(rows, backend.info, Options(), light, lift=lift).ab[:, :, 0])
        for lift in (Lift(0, 1, 0), Lift(1, 1, 0))
    ]
    dark, middle, bright, brighter = added[1] - added[0]
    assert dark < 0.2 * bright
    assert middle == pytest.approx(bright / 2, rel=0.05)
    assert brighter == pytest.approx(bright, rel=0.05)
