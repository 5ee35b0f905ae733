"""The dial: more of it is more colour, and never steps where there were none."""

from __future__ import annotations

import numpy as np
from fake_backend import FakeBackend

from reverse_oldify import Colorizer, Options
from reverse_oldify.color.colorfulness import colorfulness
from reverse_oldify.color.lab import srgb_to_lab
from reverse_oldify.runtime.backend import Features
from reverse_oldify.types import FloatArray

STEPS = [0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0]


class FadingBackend(FakeBackend):
    """Believes in one mixture at the left, in another at the right, and fades between them."""

    def __init__(self) -> None:
        super().__init__({(50.0, 30.0): 0.5, (0.0, 0.0): 0.5})
        self.right = FakeBackend({(-10.0, -40.0): 0.4, (0.0, 0.0): 0.6}).logits

    def decode(self, features: Features, palette: FloatArray | None = None) -> FloatArray:
        left = super().decode(features)
        share = np.linspace(0, 1, left.shape[2], dtype=np.float32)
        probability = np.exp(left) * (1 - share) + np.exp(self.right)[:, None, None] * share
        return np.asarray(np.log(probability), np.float32)


def faded(vividness: float) -> np.ndarray:
    gray = np.tile(np.linspace(100, 160, 256).astype(np.uint8), (64, 1))
    return Colorizer(backend=FadingBackend()).colorize(gray, Options(vividness=vividness))


def test_colourfulness_rises_with_vividness() -> None:
    values = [colorfulness(faded(vividness)) for vividness in STEPS]
    assert values == sorted(values)
    assert values[-1] > 1.5 * values[0]


def test_no_bands_at_any_vividness() -> None:
    for vividness in STEPS:
        ab = srgb_to_lab(faded(vividness))[32, :, 1:]
        steps = np.linalg.norm(np.diff(ab, axis=0), axis=1)
        whole = np.linalg.norm(ab[-1] - ab[0])
        assert steps.max() < 0.05 * whole + 1.0  # rounding to 8 bits gives up to 1
