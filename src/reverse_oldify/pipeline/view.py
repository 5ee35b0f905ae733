"""A picture as the network sees it: encoded once, asked again for every palette."""

from __future__ import annotations

import numpy as np

from reverse_oldify.pipeline.prediction import Prediction
from reverse_oldify.pipeline.remembered import remembered
from reverse_oldify.pipeline.surfaces import SURE
from reverse_oldify.resize import crop_grid, fit
from reverse_oldify.runtime.backend import Backend
from reverse_oldify.types import FloatArray, Plane


class View:
    """One picture at one working size.

    Parameters
    ----------
    backend
        Of the model.
    lightness : float32 (H, W)
        L*, 0..100.
    size : int, optional
        Working size, see `Options.working_size`.
    """

    def __init__(self, backend: Backend, lightness: Plane, size: int | None = None) -> None:
        info = backend.info
        self._backend = backend
        fitted, self._shape = fit(lightness, size or info.working_size, info.multiple)
        self._features = backend.encode(fitted)
        rows, columns = (side // info.stride for side in fitted.shape)
        self._padded = rows, columns
        blocks = fitted.reshape(rows, info.stride, columns, info.stride).mean((1, 3))
        cropped, self.extent = crop_grid(blocks[None], self._shape, info.stride)
        self.lightness: FloatArray = cropped[0]
        """L* of the cells, float32 (gh, gw)."""
        self.look: FloatArray = fitted[: self._shape[0], : self._shape[1]]
        """L* at the working size, float32 (h, w)."""

    def predict(self, palette: FloatArray | None = None) -> Prediction:
        """Ask the network; ``palette`` is a histogram (n,) over the model's bins."""
        values = self._backend.decode(self._features, palette)
        info = self._backend.info
        return Prediction(*crop_grid(values, self._shape, info.stride), info.bins)

    @property
    def nbytes(self) -> int:
        """Bytes that it takes; what the network said is counted before it is asked."""
        rows, columns = self._padded
        said = 4 * rows * columns * max(len(self._backend.info.bins), 2)
        return int(said + sum(values.nbytes for values in self._features.values()))

    @remembered
    def unsteered(self) -> Prediction:
        """What the network says without a palette."""
        return self.predict()

    @property
    def expected(self) -> FloatArray:
        """a*, b* that the network expects without a palette, float32 (2, gh, gw)."""
        return self._believed[0]

    @property
    def doubt(self) -> FloatArray:
        """How far the network may be off, in ab: a standard deviation, float32 (gh, gw)."""
        return self._believed[1]

    @remembered
    def _believed(self) -> tuple[FloatArray, FloatArray]:
        """What is expected, and how doubtful that is: of a model of ab values, all alike."""
        if self._backend.info.output != "distribution":
            return self.unsteered.values, np.ones_like(self.lightness)
        expected, variance = self.unsteered.moments
        return expected, np.asarray(np.sqrt(variance + SURE), np.float32)
