"""What the pipeline asks of a model, whatever runs it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from reverse_oldify.types import FloatArray, ModelInfo

Features = Mapping[str, FloatArray]
"""What *encode* knows of a picture; opaque to everyone but *decode*."""


class Backend(Protocol):
    """A loaded model. Implementations are safe to call from several threads at once."""

    @property
    def info(self) -> ModelInfo:
        """What the model is and needs."""

    def encode(self, lightness: FloatArray) -> Features:
        """Look at a picture, once.

        Parameters
        ----------
        lightness : float32 (H, W)
            L*, 0..100; H and W are multiples of ``info.multiple``.
        """

    def decode(self, features: Features, palette: FloatArray | None = None) -> FloatArray:
        """Predict colour, for every palette anew.

        Parameters
        ----------
        features
            From `encode`.
        palette : float32 (n,), optional
            Global histogram over ``info.bins``; sums to 1.

        Returns
        -------
        float32 (n, H / stride, W / stride) logits over ``info.bins`` where ``info.output`` is
        ``"distribution"``; float32 (2, H / stride, W / stride) a* and b* where it is ``"ab"``.
        """
