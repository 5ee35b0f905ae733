"""Made photographs and a fake colorizer, so that evaluation is tested without weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from reverse_oldify.color.bins import ab_bins
from reverse_oldify.color.lab import gray_to_lightness, lab_to_srgb
from reverse_oldify.evaluate.contenders import Constant, grey, models
from reverse_oldify.evaluate.photographs import PhotographSet
from reverse_oldify.evaluate.suite import Evaluation, evaluate
from reverse_oldify.options import Options
from reverse_oldify.pipeline.prediction import Prediction
from reverse_oldify.types import ByteArray, FloatArray, ModelInfo

STRIDE = 4


def photograph(seed: int, height: int = 48, width: int = 64) -> ByteArray:
    coarse = np.random.default_rng(seed).integers(0, 256, (4, 5, 3), dtype=np.uint8)
    size = (width, height)
    return np.asarray(Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC))


def write_photographs(folder: Path, count: int = 9) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for seed in range(count):
        Image.fromarray(photograph(seed)).save(folder / f"{seed}.png")
    return folder


class FakeColorizer:
    """Believes that everything bright is blue and everything dark is orange, and is half sure."""

    def __init__(self, model: str | None = None, *, threads: int | None = None) -> None:
        bins = ab_bins()
        prior = np.zeros(len(bins), np.float32)
        prior[(bins == [10, 20]).all(1)] = 1
        self.info = ModelInfo(
            name=model or "fake",
            version="1",
            output="distribution",
            multiple=8,
            stride=STRIDE,
            working_size=64,
            bins=bins,
            prior=prior,
        )

    def _ab(self, lightness: FloatArray) -> FloatArray:
        return np.where((lightness > 55)[..., None], [0, -20], [10, 20]).astype(np.float32)

    def colorize(self, gray: ByteArray, options: Options) -> ByteArray:
        lightness = gray_to_lightness(gray)
        ab = self._ab(lightness) * options.vividness
        return np.rint(lab_to_srgb(np.dstack([lightness, ab])) * 255).astype(np.uint8)

    def predict(self, lightness: FloatArray) -> Prediction:
        height, width = lightness.shape
        cells = lightness[::STRIDE, ::STRIDE]
        distance = np.square(self.info.bins[:, None, None] - self._ab(cells)).sum(-1)
        extent = height / STRIDE, width / STRIDE
        return Prediction((-distance / 300).astype(np.float32), extent, self.info.bins)


def evaluated(folder: Path, vividness: tuple[float, ...] = (0.5, 1.0)) -> Evaluation:
    rows = [grey(), Constant("mean colour", (10.0, 20.0)), *models([FakeColorizer()], vividness)]
    return evaluate(PhotographSet(folder, size=256), rows)
