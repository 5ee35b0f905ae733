"""Frozen values that cross layers. They hold data and check it; they do no work."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from reverse_oldify.errors import OptionError

FloatArray = NDArray[np.float32]
ByteArray = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a user may choose. The single source for command flags, JSON and the Python API.

    Attributes
    ----------
    vividness : float
        0..2. 0 is the expected colour (safest, leans to grey), 1 the default, 2 is bold.
    working_size : int or None
        Side in pixels of a square of the area at which the network looks at the picture.
        None means the model's own default.
    """

    vividness: float = 1.0
    working_size: int | None = None

    def __post_init__(self) -> None:
        if not 0.0 <= self.vividness <= 2.0:
            raise OptionError(f"vividness is {self.vividness}; choose a number from 0 to 2")
        if self.working_size is not None and not 32 <= self.working_size <= 2048:
            raise OptionError(
                f"working size is {self.working_size}; choose a number from 32 to 2048"
            )

    def to_json(self) -> dict[str, Any]:
        """Return the options as plain JSON types."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class ModelInfo:
    """What a model is and needs; travels inside its file.

    Attributes
    ----------
    name, version : str
        For example ``"lite0-landscape"``, ``"1"``.
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
    licence, data : str
        Licence of the weights; what they were trained on, in words.
    recipe : dict
        The complete training recipe.
    scores : dict
        Validation scores at export.
    weights_hash : str
        SHA-256 of the weights file.
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
    licence: str = ""
    data: str = ""
    recipe: dict[str, Any] = field(default_factory=dict)
    scores: dict[str, Any] = field(default_factory=dict)
    weights_hash: str = ""
