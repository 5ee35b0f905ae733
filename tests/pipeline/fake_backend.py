"""A backend that needs no weights: it says one colour with certainty, or two with doubt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from reverse_oldify.color.bins import ab_bins, soft_encode
from reverse_oldify.runtime.backend import Features
from reverse_oldify.types import FloatArray, ModelInfo


class FakeBackend:
    """Says the mixture of the given colours (a*, b* -> share) for every cell."""

    def __init__(self, mixture: Mapping[tuple[float, float], float], multiple: int = 32) -> None:
        bins = ab_bins()
        probability = np.full(len(bins), 1e-9, np.float32)
        for ab, share in mixture.items():
            index, weight = soft_encode(np.array(ab, np.float32))
            np.add.at(probability, index, share * weight)
        self.logits = np.log(probability)
        prior = np.full(len(bins), 0.5 / len(bins), np.float32)
        prior[(bins == 0).all(1)] += 0.5
        self.info = ModelInfo(
            name="fake",
            version="0",
            output="distribution",
            multiple=multiple,
            stride=4,
            working_size=64,
            bins=bins,
            prior=prior,
            decoding={"temperature": 0.6, "prior_exponent": 0.2, "restored": 0.75},
        )
        self.seen: list[FloatArray] = []

    def encode(self, lightness: FloatArray) -> Features:
        self.seen.append(lightness)
        return {"lightness": lightness}

    def decode(self, features: Features, palette: FloatArray | None = None) -> FloatArray:
        height, width = features["lightness"].shape
        shape = (len(self.logits), height // 4, width // 4)
        return np.broadcast_to(self.logits[:, None, None], shape).astype(np.float32)


class AbBackend(FakeBackend):
    """Says one colour, as the classic model does: no distribution."""

    def __init__(self, ab: tuple[float, float]) -> None:
        super().__init__({ab: 1.0})
        self.info = replace(self.info, name="classic", output="ab")
        self.logits = np.array(ab, np.float32)
