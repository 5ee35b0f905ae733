"""From a training checkpoint to a model folder."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from reverse_oldify.color.bins import ab_bins
from reverse_oldify.errors import ExistsError, OptionError
from reverse_oldify.export.onnx import Exported, export_network
from reverse_oldify.files.drafts import check_folder
from reverse_oldify.models.colornet import ColorNet
from reverse_oldify.options import Options
from reverse_oldify.runtime.info import check_decoding
from reverse_oldify.train.build import load_network
from reverse_oldify.train.checkpoint import save_checkpoint, slim
from reverse_oldify.types import FloatArray, ModelInfo

DEFAULT_DECODING = {
    "temperature": 0.5,
    "prior_exponent": 0.0,
    "restored": 3.1,
    "knee": 6.0,
    "spread_scale": 1.0,
}
"""Decoding at vividness 1, until fitted on validation pictures; see `pipeline.decode`."""


def export_checkpoint(
    checkpoints: Sequence[Path],
    folder: Path,
    *,
    name: str | None = None,
    licence: str = "Apache-2.0",
    data: str = "",
    working_size: int = 256,
    decoding: dict[str, float] | None = None,
    calibrate: Path | None = None,
    weights: Path | None = None,
) -> Exported:
    """Export the weights of a run, or the mean of several.

    Parameters
    ----------
    checkpoints
        ``best.pt`` or ``checkpoint.pt`` of a run; of the latter, the averaged weights are taken.
        Of several see `train.checkpoint.load_mean`.
    folder
        Where the model goes.
    name
        Default: the name in the recipe.
    licence, data
        Licence of the weights, and what they were trained on, in words.
    working_size
        Default side at which the network looks at pictures, in pixels.
    decoding
        Constants of `pipeline.decode`.
    calibrate
        Prepared set: of its photographs convolutions are brought to 8 bits; see `quantize`.
    weights
        New file for the bare weights, in half precision; see `train.checkpoint.slim`.

    Raises
    ------
    OptionError
        If a constant of decoding or the working size is impossible, or the network has no
        convolutions that can be brought to 8 bits.
    DataError
        If ``calibrate`` is no prepared set.
    ExistsError, OutputError
        If ``folder`` or ``weights`` exists already, or cannot be written.
    ModelError
        If a checkpoint cannot be used, or the export does not match the network.
    """
    check_decoding(decoding or {})
    Options(working_size=working_size)  # what nobody may ask for is no default either
    if weights is not None:
        if weights.exists():
            raise ExistsError(f"{weights}: exists already; choose another file for the weights")
        check_folder(weights.parent)
    content, network = load_network(checkpoints)
    distribution = isinstance(network, ColorNet)
    bins = ab_bins() if distribution else np.zeros((0, 2), np.float32)
    info = ModelInfo(
        name=name or content["recipe"]["run"]["name"],
        version=time.strftime("%Y.%m.%d"),
        output="distribution" if distribution else "ab",
        multiple=network.multiple,
        stride=network.stride,
        working_size=working_size,
        bins=bins,
        prior=_prior(content) if distribution else np.zeros(0, np.float32),
        decoding=(decoding or DEFAULT_DECODING) if distribution else {},
        normalisation=network.encoder.normalisation,
        licence=licence,
        data=data,
        recipe=content["recipe"],
        scores=_history(content),
    )
    pictures: Sequence[FloatArray] = ()
    if calibrate is not None:
        if not distribution:
            raise OptionError("the classic network stays as published; export without --calibrate")
        from reverse_oldify.export.quantize import pictures_of

        pictures = pictures_of(calibrate, working_size, info.multiple)
    exported = export_network(network, info, folder, pictures)
    if weights is not None:
        save_checkpoint(weights, slim(content))
    return exported


def _prior(content: dict[str, Any]) -> np.ndarray:
    prior = content["prior"]
    assert isinstance(prior, torch.Tensor)
    return prior.numpy()


def _history(content: dict[str, Any]) -> dict[str, Any]:
    keys = ("scores", "step", "samples", "seconds", "index_hash")
    return {key: content[key] for key in keys if key in content}
