from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from fake_backend import FakeBackend

from reverse_oldify import Colorizer, Hints, OptionError, Options, Session
from reverse_oldify.color.difference import ciede2000
from reverse_oldify.color.lab import srgb_to_lab
from reverse_oldify.pipeline.prediction import softmax
from reverse_oldify.pipeline.variants import Scene, _lights

MIXTURE = {(5.0, 10.0): 0.5, (-30.0, 30.0): 0.3, (10.0, -40.0): 0.2}


@pytest.fixture
def session() -> Session:
    return Colorizer(backend=FakeBackend(MIXTURE)).open(np.full((60, 80), 130, np.uint8))


def test_variants_differ_and_the_first_is_the_default(session: Session) -> None:
    pictures = session.variants(4)
    assert len(pictures) == 4
    np.testing.assert_array_equal(pictures[0].pixels, session.colorize().pixels)
    labs = [srgb_to_lab(picture.pixels) for picture in pictures]
    assert min(ciede2000(one, other).mean() for one, other in combinations(labs, 2)) > 2


@pytest.mark.parametrize("code", [0, 255])
def test_what_can_show_no_colour_has_no_variants(code: int) -> None:
    gray = np.full((60, 80), code, np.uint8)
    assert len(Colorizer(backend=FakeBackend(MIXTURE)).open(gray).variants(4)) == 1


@pytest.mark.parametrize("count", [0, -1, 11])
def test_as_many_variants_as_there_are_numbers(session: Session, count: int) -> None:
    with pytest.raises(OptionError, match=f"count is {count}; choose a number from 1 to 10"):
        session.variants(count)


def test_a_variant_does_not_depend_on_how_many_are_asked_for(session: Session) -> None:
    first = session.variants(2)
    other = Colorizer(backend=FakeBackend(MIXTURE))
    gray = np.full((60, 80), 130, np.uint8)
    np.testing.assert_array_equal(first[1].pixels, other.colorize(gray, Options(variant=1)))
    np.testing.assert_array_equal(first[1].pixels, session.variants(4)[1].pixels)


def test_alike_cells_are_decided_together(session: Session) -> None:
    ab = session.chroma(Options(variant=2))
    assert np.ptp(ab, axis=(1, 2)).max() < 1  # a plain picture gets a plain colour


def test_a_sketch_is_smaller_and_says_the_same() -> None:
    backend = FakeBackend(MIXTURE)
    logits = np.broadcast_to(backend.logits[:, None, None], (len(backend.logits), 5, 9))
    light = np.tile(np.arange(9, dtype=np.float32), (5, 1))
    scene = Scene(logits, backend.info.bins, light, np.ones_like(light))
    sketch, kept = scene.sketch()
    assert sketch.lightness.shape == sketch.undecided.shape == (3, 5)
    assert 4 <= kept.sum() < 20
    np.testing.assert_array_equal(sketch.bins, scene.bins[kept])
    np.testing.assert_allclose(
        sketch.probability[:, 2, 4], scene.probability[kept, 4, 8], atol=1e-4
    )
    np.testing.assert_allclose(sketch.lightness[0], [0.5, 2.5, 4.5, 6.5, 8])
    assert sketch.region(sketch.root[:, 0, 0], sketch.undecided).min() > 0.99


def doubtful(undecided: np.ndarray) -> Scene:
    """A scene of which every cell is a normal distribution with deviations of 12 and 6."""
    bins = FakeBackend(MIXTURE).info.bins
    logits = -0.5 * (np.square(bins[:, 0] / 12) + np.square((bins[:, 1] - 10) / 6))
    logits = np.broadcast_to(logits[:, None, None], (len(bins), *undecided.shape))
    return Scene(logits.astype(np.float32), bins, np.full(undecided.shape, 50), undecided)


def test_other_lights_move_the_mean_by_its_doubt_and_say_how_unlikely_that_is() -> None:
    scene = doubtful(np.ones((2, 3), np.float32))
    lights = list(_lights(scene, np.random.default_rng(3)))
    before = np.einsum("nhw,nc->c", scene.probability, scene.bins) / 6
    shifts, likelihoods = [], []
    for light in lights:
        probability = softmax(scene.decided(light))
        after = np.einsum("nhw,nc->c", probability, scene.bins) / 6
        shifts.append((after - before) / (12, 6))
        likelihoods.append(light.likelihood)
    lengths = np.hypot(*np.transpose(shifts))
    wanted = np.repeat([0.4, 0.6, 0.9], 4)
    assert (0.75 * wanted < lengths).all() and (lengths < wanted).all()  # for sight is limited
    np.testing.assert_allclose(likelihoods, -0.5 * lengths**2, atol=0.05)
    np.testing.assert_allclose(shifts[0], -shifts[2], atol=0.02)
    assert abs(np.dot(shifts[0], shifts[1])) < 0.02


def test_another_light_leaves_alone_what_hints_have_decided() -> None:
    undecided = np.ones((2, 3), np.float32)
    undecided[0] = 0
    scene = doubtful(undecided)
    for light in _lights(scene, np.random.default_rng(0)):
        logits = scene.decided(light)
        np.testing.assert_array_equal(logits[:, 0], scene.logits[:, 0])
        assert np.abs(logits[:, 1] - scene.logits[:, 1]).max() > 0.1


def test_another_seed_draws_others(session: Session) -> None:
    one, other, again = (
        np.stack([found.ab for found in session.colourings(5, Options(seed=seed))])
        for seed in (0, 1, 0)
    )
    np.testing.assert_array_equal(one, again)
    assert np.abs(one - other).max() > 1


def test_a_certain_model_has_no_variants() -> None:
    session = Colorizer(backend=FakeBackend({(20.0, 20.0): 1.0})).open(
        np.full((60, 80), 130, np.uint8)
    )
    assert len(session.variants(4)) == 1
    with pytest.raises(OptionError, match="end with number 0; choose a number up to that"):
        session.colorize(Options(variant=1))


def test_variants_keep_to_hints_and_change_the_rest() -> None:
    gray = np.full((60, 80), 60, np.uint8)
    gray[:, 40:] = 190
    session = Colorizer(backend=FakeBackend(MIXTURE)).open(gray)
    hints = Hints.from_arrays([(10, 30)], [(20, 20)])
    default, other = (
        srgb_to_lab(session.colorize(Options(hints=hints, variant=variant)).pixels)
        for variant in (0, 1)
    )
    for lab in (default, other):
        np.testing.assert_allclose(lab[30, 10, 1:], (20, 20), atol=1.5)
    assert ciede2000(default[:, 48:], other[:, 48:]).mean() > 4


def test_a_search_that_was_cut_short_is_made_again(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patched, pytest.raises(MemoryError):
        patched.setattr(Scene, "decided", fails)
        session.variants(4)
    assert len(session.variants(4)) == 4
