import numpy as np
import pytest

from reverse_oldify.data import degrade
from reverse_oldify.data.degrade import Degradation, film

LIGHTNESS = np.clip(np.add.outer(np.linspace(0, 60, 50), np.linspace(0, 50, 37)), 0, 100).astype(
    np.float32
)
AB = np.random.default_rng(0).uniform(-80, 80, (50, 37, 2)).astype(np.float32)


@pytest.mark.parametrize("seed", range(40))
def test_shape_type_and_range_are_kept(seed):
    aged = Degradation(share=1.0)(LIGHTNESS, AB, np.random.default_rng(seed))
    assert aged.shape == LIGHTNESS.shape
    assert aged.dtype == np.float32
    assert np.isfinite(aged).all()
    assert aged.min() >= 0 and aged.max() <= 100


def test_the_same_seed_ages_alike_and_another_does_not():
    def aged(seed):
        return Degradation(share=1.0)(LIGHTNESS, AB, np.random.default_rng(seed))

    np.testing.assert_array_equal(aged(1), aged(1))
    assert not np.array_equal(aged(1), aged(2))


def test_the_source_is_not_changed():
    before = LIGHTNESS.copy()
    for seed in range(20):
        Degradation(share=1.0)(LIGHTNESS, AB, np.random.default_rng(seed))
    np.testing.assert_array_equal(LIGHTNESS, before)


def test_nothing_happens_at_zero():
    still = Degradation(share=0.0, tone=0.0)(LIGHTNESS, AB, np.random.default_rng(0))
    np.testing.assert_allclose(still, LIGHTNESS, atol=1e-4)


def test_toning_alone_keeps_the_order_and_the_ends():
    ramp = np.linspace(0, 100, 101, dtype=np.float32)[None]
    for seed in range(20):
        toned = Degradation(share=0.0)(ramp, np.zeros((1, 101, 2)), np.random.default_rng(seed))
        assert np.all(np.diff(toned) > 0)
        np.testing.assert_allclose(toned[0, [0, -1]], [0, 100], atol=1e-4)
        assert np.abs(toned - ramp).max() < 10


def test_the_share_of_aged_pictures():
    flat = np.full((8, 8), 50, np.float32)
    aging = Degradation(share=0.4, tone=0.0)
    rngs = (np.random.default_rng(seed) for seed in range(300))
    aged = [not np.allclose(aging(flat, np.zeros((8, 8, 2)), rng), 50) for rng in rngs]
    assert 0.2 < np.mean(aged) < 0.45  # blur, for one, leaves a flat picture as it is


def test_blur_keeps_what_is_finer_than_a_unit_and_the_mean():
    ramp = np.add.outer(np.zeros(20), np.linspace(50, 51, 30))
    blurred = degrade.blur(ramp, np.random.default_rng(0))
    np.testing.assert_allclose(blurred[:, 5:-5], ramp[:, 5:-5], atol=1e-6)
    spot = np.zeros((21, 21))
    spot[10, 10] = 100
    blurred = degrade.blur(spot, np.random.default_rng(0))
    assert blurred.sum() == pytest.approx(100)
    np.testing.assert_allclose(blurred, blurred.T, atol=1e-9)
    assert 0 < blurred[10, 11] < blurred[10, 10]


def test_film_sees_blue_and_red_otherwise_than_the_eye_but_grey_alike():
    flat = np.full((1, 3), 50, np.float32)
    ab = np.array([[[0, 0], [40, -90], [70, 60]]], np.float32)  # grey, blue, red
    seen = np.mean([film(flat, ab, np.random.default_rng(seed)) for seed in range(50)], 0)
    assert seen[0, 0] == 50
    assert seen[0, 1] > 51
    assert seen[0, 2] < 49


@pytest.mark.parametrize("effect", [effect for effect, _ in degrade._EFFECTS])
def test_every_effect_does_something_at_any_size(effect):
    for shape in ((33, 64), (64, 33)):
        y, x = np.mgrid[: shape[0], : shape[1]]
        lightness = (50 + 30 * np.sin(x / 3) * np.cos(y / 4)).astype(np.float32)
        done = effect(lightness, np.random.default_rng(0))
        assert done.shape == shape
        assert 0.1 < np.abs(done - lightness).mean() < 60
