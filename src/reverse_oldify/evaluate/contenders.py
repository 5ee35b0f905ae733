"""What is measured side by side: models, and the two rows that any model has to beat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from reverse_oldify.color.gamut import lab_to_srgb_in_gamut
from reverse_oldify.color.lab import gray_to_lightness
from reverse_oldify.evaluate.calibration import Distribution
from reverse_oldify.options import Options
from reverse_oldify.pipeline.prediction import softmax
from reverse_oldify.pipeline.uncertainty import uncertainty
from reverse_oldify.types import ByteArray, ModelInfo

if TYPE_CHECKING:
    from reverse_oldify.pipeline.colorizer import Colorizer


class Contender(Protocol):
    """Something that turns a grey picture into a colour one."""

    @property
    def name(self) -> str:
        """Title of its row; unique within a run."""
        ...

    @property
    def info(self) -> ModelInfo | None:
        """The model behind it, if there is one."""
        ...

    @property
    def vividness(self) -> float | None:
        """The vividness at which the model is used."""
        ...

    def colorize(self, gray: ByteArray) -> ByteArray:
        """Colour a picture: uint8 sRGB grey (H, W) -> uint8 sRGB (H, W, 3)."""
        ...

    def distribution(self, gray: ByteArray) -> Distribution | None:
        """Predicted distribution over colours, where this contender has one to be judged by."""
        ...


class Constant:
    """One colour everywhere, at the lightness of the picture: *grey* and *mean colour*."""

    info = None
    vividness = None

    def __init__(self, name: str, ab: tuple[float, float]) -> None:
        self.name = name
        self.ab = ab

    def colorize(self, gray: ByteArray) -> ByteArray:
        """Give every pixel the constant a*, b*; see `Contender.colorize`."""
        lightness = gray_to_lightness(gray)
        ab = np.broadcast_to(np.asarray(self.ab, np.float32), (*gray.shape, 2))
        srgb = lab_to_srgb_in_gamut(lightness, ab)
        return np.asarray(np.rint(srgb * 255), np.uint8)

    def distribution(self, gray: ByteArray) -> None:
        """None: a constant believes in nothing."""


class Model:
    """A model as its users meet it: through the public colorizer, at one vividness.

    None where it makes no difference, for a model of ab values.
    """

    def __init__(self, name: str, colorizer: Colorizer, vividness: float | None) -> None:
        self.name = name if vividness is None else f"{name}, vividness {vividness:g}"
        self.vividness = vividness
        self._colorizer = colorizer
        self._options = Options() if vividness is None else Options(vividness=vividness)

    @property
    def info(self) -> ModelInfo:
        """The model behind it."""
        return self._colorizer.info

    def colorize(self, gray: ByteArray) -> ByteArray:
        """Colour a picture; see `Contender.colorize`."""
        return np.asarray(self._colorizer.colorize(gray, self._options), np.uint8)

    def distribution(self, gray: ByteArray) -> Distribution | None:
        """Predicted distribution before vividness reshapes it; None for a model of ab values."""
        if self.info.output != "distribution":
            return None
        prediction = self._colorizer.predict(gray_to_lightness(gray))
        extent = prediction.extent
        rows, columns = (max(1, int(side)) for side in extent)
        return Distribution(
            probability=softmax(prediction.values[:, :rows, :columns]),
            bins=self.info.bins,
            spread=uncertainty(prediction, self.info).spread[:rows, :columns],
            covered=(min(rows / extent[0], 1.0), min(columns / extent[1], 1.0)),
        )


def grey() -> Constant:
    """Return the row that colours nothing."""
    return Constant("grey", (0.0, 0.0))


def prior_mean(info: ModelInfo) -> tuple[float, float] | None:
    """Mean a*, b* of the pictures that a model was trained on, if its file tells."""
    if not len(info.prior):
        return None
    a, b = (info.prior[:, None] * info.bins).sum(0) / info.prior.sum()
    return float(a), float(b)


def models(colorizers: Sequence[Colorizer], vividness: Sequence[float]) -> list[Model]:
    """Every model at every vividness that tells on it, with names that tell them apart."""
    values = [Options(vividness=value).vividness for value in vividness]
    names = [colorizer.info.name for colorizer in colorizers]
    titles = [
        name if names.count(name) == 1 else f"{name} #{names[:number].count(name) + 1}"
        for number, name in enumerate(names)
    ]
    return [
        Model(title, colorizer, value)
        for title, colorizer in zip(titles, colorizers, strict=True)
        for value in (values if colorizer.info.output == "distribution" else [None])
    ]
