import numpy as np
import pytest

from reverse_oldify.color.colorfulness import colorfulness

noise = np.random.default_rng(0).integers(0, 256, (64, 48, 3), dtype=np.uint8)


def test_grey_is_zero_and_desaturation_lowers_it():
    assert colorfulness(np.repeat(noise[..., :1], 3, 2)) == 0
    gray = noise.mean(-1, keepdims=True)
    assert colorfulness((noise * 0.5 + gray * 0.5) / 255) == pytest.approx(
        colorfulness(noise) / 2, rel=1e-4
    )


def test_two_halves_by_hand():
    srgb = np.zeros((2, 4, 3), np.uint8)
    srgb[0, :, 0] = 200  # red over black: rg 200 / 0, yb 100 / 0
    expected = np.hypot(100, 50) + 0.3 * np.hypot(100, 50)
    assert colorfulness(srgb) == pytest.approx(expected)


@pytest.mark.parametrize("scaled", [noise.astype(np.uint16) * 257, noise / 255])
def test_the_type_does_not_matter(scaled):
    assert colorfulness(scaled) == pytest.approx(colorfulness(noise), rel=1e-5)
