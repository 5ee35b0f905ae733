"""What travels between layers without belonging to one: array types, and what a model tells."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
ByteArray = NDArray[np.uint8]


class Plane(Protocol):
    """Values of every pixel, float32 (H, W): an array, or what computes a part when it is asked."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Height and width."""

    def __getitem__(self, part: Any, /) -> FloatArray: ...


@runtime_checkable
class Reducible(Plane, Protocol):
    """A plane that is quickly made smaller by a whole number."""

    def reduced(self, factor: int) -> FloatArray | None:
        """Means of ``factor`` x ``factor`` pixels, to about half an 8-bit code; None if it is slow.

        float32 (ceil(H / factor), ceil(W / factor)); the last ones are of what pixels there are.
        """


@dataclass(frozen=True, kw_only=True, eq=False)
class ModelInfo:
    """What a model is and needs; travels inside its file.

    Attributes
    ----------
    name, version : str
        For example ``"lite2"``, ``"2025.01.31"``.
    output : {"distribution", "ab"}
        Whether *decode* returns logits over ``bins`` or ab values directly.
    multiple : int
        Height and width of the network's input must be multiples of this.
    stride : int
        Input pixels per cell of the output grid, on each axis.
    working_size : int
        Default side in pixels; see `Options.working_size`.
    bins : float32 (n, 2)
        Centres of the ab bins (CIE a*, b*); shape (0, 2) when ``output`` is ``"ab"``.
    prior : float32 (n,)
        How often each bin occurs in the training set; sums to 1.
    decoding : dict
        Constants of decoding that were fitted on validation data (see `pipeline.decode`).
    normalisation : str
        What *encode* does, inside its graph, to the L* (0..100) that it is given, in words.
    licence, data : str
        Licence of the weights; what they were trained on, in words.
    recipe : dict
        The complete training recipe.
    scores : dict
        Validation scores at export.
    weights_hash : str
        SHA-256 over both files of the model.
    """

    name: str
    version: str
    output: Literal["distribution", "ab"]
    multiple: int
    stride: int
    working_size: int
    bins: FloatArray
    prior: FloatArray
    decoding: dict[str, float] = field(default_factory=dict)
    normalisation: str = ""
    licence: str = ""
    data: str = ""
    recipe: dict[str, Any] = field(default_factory=dict)
    scores: dict[str, Any] = field(default_factory=dict)
    weights_hash: str = ""
