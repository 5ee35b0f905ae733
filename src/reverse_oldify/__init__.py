"""Black-and-white photographs in colour.

>>> from reverse_oldify import Colorizer
>>> picture = Colorizer().colorize("grandmother.jpg")  # doctest: +SKIP
>>> picture.save("grandmother-in-colour.jpg")  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reverse_oldify.errors import (
        ExistsError,
        InputError,
        LossError,
        MissingExtraError,
        ModelError,
        OptionError,
        OutputError,
        ReverseOldifyError,
        TooLargeError,
        UnreadableError,
        UnsupportedError,
    )
    from reverse_oldify.files.picture import Picture
    from reverse_oldify.options import Hint, Hints, Options, Palette
    from reverse_oldify.pipeline.colorizer import Colorizer
    from reverse_oldify.pipeline.palette import find_palette
    from reverse_oldify.pipeline.session import Session
    from reverse_oldify.types import ModelInfo

_HOMES = {
    "Colorizer": "pipeline.colorizer",
    "Hint": "options",
    "Hints": "options",
    "ModelInfo": "types",
    "Options": "options",
    "Palette": "options",
    "Picture": "files.picture",
    "Session": "pipeline.session",
    "find_palette": "pipeline.palette",
}
"""Modules of what is public, but for errors."""

__all__ = [
    "Colorizer",
    "ExistsError",
    "Hint",
    "Hints",
    "InputError",
    "LossError",
    "MissingExtraError",
    "ModelError",
    "ModelInfo",
    "OptionError",
    "Options",
    "OutputError",
    "Palette",
    "Picture",
    "ReverseOldifyError",
    "Session",
    "TooLargeError",
    "UnreadableError",
    "UnsupportedError",
    "find_palette",
]


def __getattr__(name: str) -> Any:
    """Load a public name at its first use, so that importing the package costs nothing."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'errors')}"), name)


def __dir__() -> list[str]:
    """List the public names for whoever completes them, loaded or not."""
    return __all__
