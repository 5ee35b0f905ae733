"""`ModelInfo` as it travels inside a model file: one JSON text in the ONNX metadata."""

from __future__ import annotations

import json
import math
from dataclasses import fields, replace
from typing import Any

import numpy as np

from reverse_oldify.errors import ModelError, OptionError
from reverse_oldify.types import ModelInfo

METADATA_KEY = "reverse_oldify"
ENCODE_FILE, DECODE_FILE = "encode.onnx", "decode.onnx"
ENCODE_INPUT = "lightness"
PALETTE_INPUT = "palette"
_DIVISORS = ("temperature", "spread_scale")


def check_decoding(decoding: dict[str, float]) -> None:
    """Hold the constants of `pipeline.decode` against what it can compute with.

    Raises
    ------
    OptionError
        If one is not finite, negative, or 0 where it divides.
    """
    for name, value in decoding.items():
        divides = name in _DIVISORS
        if not math.isfinite(value) or value < 0 or (divides and not value):
            wanted = "above 0" if divides else "0 or more"
            raise OptionError(f"decoding: {name} is {value:g}: must be {wanted}, and finite")


def _check_sizes(info: ModelInfo) -> None:
    sizes = {name: getattr(info, name) for name in ("multiple", "stride", "working_size")}
    for name, size in sizes.items():
        if not isinstance(size, int) or size < 1:
            raise OptionError(f"{name} is {size!r}: must be a whole number above 0")
    if info.multiple % info.stride:
        raise OptionError(f"multiple is {info.multiple}: must be one of stride, {info.stride}")
    if info.output != ("distribution" if len(info.bins) else "ab"):
        raise OptionError(f"output is {info.output!r}, with {len(info.bins)} bins")
    finite = np.isfinite(info.bins).all() and np.isfinite(info.prior).all()
    if info.prior.shape != (len(info.bins),) or not finite:
        raise OptionError("bins must be finite, with a prior for each")


def dump_info(info: ModelInfo) -> str:
    """Everything but the hash of the weights, which a file cannot know of itself."""
    table = {field.name: getattr(info, field.name) for field in fields(info)}
    del table["weights_hash"]
    table["bins"] = info.bins.tolist()
    table["prior"] = [float(f"{share:.4g}") for share in info.prior]
    return json.dumps(table, sort_keys=True)


def parse_info(text: str, weights_hash: str) -> ModelInfo:
    """Undo `dump_info`.

    Raises
    ------
    ModelError
        If the text was not written by this project, or by a version with other fields, or what it
        says is impossible.
    """
    try:
        table: dict[str, Any] = json.loads(text)
        with np.errstate(over="ignore"):  # what is too large is refused below
            table["bins"] = np.array(table["bins"], np.float32).reshape(-1, 2)
            table["prior"] = np.array(table["prior"], np.float32)
        info = replace(ModelInfo(**table), weights_hash=weights_hash)
        check_decoding(info.decoding)
        _check_sizes(info)
    except OptionError as error:
        raise ModelError(f"the model cannot be used ({error}); export it again") from error
    except (
        ArithmeticError,
        AttributeError,
        KeyError,
        RecursionError,
        TypeError,
        ValueError,
    ) as error:
        reason = f"the model's metadata is not of this version ({error}); export it again"
        raise ModelError(reason) from error
    return info
