"""`ModelInfo` as it travels inside a model file: one JSON text in the ONNX metadata."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import Any

import numpy as np

from reverse_oldify.errors import ModelError
from reverse_oldify.types import ModelInfo

METADATA_KEY = "reverse_oldify"
ENCODE_FILE, DECODE_FILE = "encode.onnx", "decode.onnx"
ENCODE_INPUT = "lightness"
PALETTE_INPUT = "palette"


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
        If the text was not written by this project, or by a version with other fields.
    """
    try:
        table: dict[str, Any] = json.loads(text)
        table["bins"] = np.array(table["bins"], np.float32).reshape(-1, 2)
        table["prior"] = np.array(table["prior"], np.float32)
        return replace(ModelInfo(**table), weights_hash=weights_hash)
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(f"the model's metadata is not of this version ({error})") from error
