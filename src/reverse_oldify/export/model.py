"""From a training checkpoint to a model folder."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from reverse_oldify.color.bins import ab_bins
from reverse_oldify.errors import ModelError, OptionError
from reverse_oldify.export.onnx import Exported, export_network
from reverse_oldify.models.classic import ClassicNet
from reverse_oldify.models.colornet import ColorNet
from reverse_oldify.models.ensemble import Ensemble
from reverse_oldify.models.network import Exportable, Network
from reverse_oldify.train.build import build_network
from reverse_oldify.train.checkpoint import load_checkpoint
from reverse_oldify.train.recipe import parse_recipe
from reverse_oldify.types import ModelInfo

DEFAULT_DECODING = {
    "temperature": 0.5,
    "prior_exponent": 0.0,
    "restored": 2.5,
    "knee": 8.0,
    "spread_scale": 1.0,
}
"""Decoding at vividness 1, until fitted on validation pictures; see `pipeline.decode`."""


def export_checkpoints(
    checkpoints: Sequence[Path],
    folder: Path,
    *,
    shares: Sequence[float] | None = None,
    name: str | None = None,
    licence: str = "Apache-2.0",
    data: str = "",
    working_size: int = 256,
    decoding: dict[str, float] | None = None,
    calibrate: Path | None = None,
) -> Exported:
    """Export the weights of a run, or of several as one `Ensemble`.

    Parameters
    ----------
    checkpoints
        ``best.pt`` or ``checkpoint.pt`` of runs; of the latter, the averaged weights are taken.
    folder
        Where the model goes.
    shares
        Of each run in an ensemble; they sum to 1. Default: all the same.
    name
        Default: the name in the (first) recipe.
    licence, data
        Licence of the weights, and what they were trained on, in words.
    working_size
        Default side at which the network looks at pictures, in pixels.
    decoding
        Constants of `pipeline.decode`.
    calibrate
        Prepared set: of its photographs convolutions are brought to 8 bits; see `quantize`.

    Raises
    ------
    DataError
        If ``calibrate`` is no prepared set.
    ModelError
        If a checkpoint cannot be used, they cannot be combined, or the export does not match the
        network.
    OptionError
        If there is not one share for each checkpoint, or they do not sum to 1.
    """
    contents = [load_checkpoint(checkpoint) for checkpoint in checkpoints]
    networks = [
        _network(content, checkpoint)
        for content, checkpoint in zip(contents, checkpoints, strict=True)
    ]
    shares = shares or [1 / len(networks)] * len(networks)
    network = _combined(networks, shares)
    distribution = not isinstance(network, ClassicNet)
    bins = ab_bins() if distribution else np.zeros((0, 2), np.float32)
    info = ModelInfo(
        name=name or contents[0]["recipe"]["run"]["name"],
        version=time.strftime("%Y.%m.%d"),
        output="distribution" if distribution else "ab",
        multiple=network.multiple,
        stride=network.stride,
        working_size=working_size,
        bins=bins,
        prior=_prior(contents[0]) if distribution else np.zeros(0, np.float32),
        decoding=(decoding or DEFAULT_DECODING) if distribution else {},
        normalisation=network.encoder.normalisation,
        licence=licence,
        data=data,
        recipe=_of_all([content["recipe"] for content in contents], shares),
        scores=_of_all([_history(content) for content in contents], shares),
    )
    if calibrate is None:
        return export_network(network, info, folder)
    from reverse_oldify.export.quantize import pictures_of

    return export_network(
        network, info, folder, pictures_of(calibrate, working_size, info.multiple)
    )


def _network(content: dict[str, Any], checkpoint: Path) -> Network:
    network = build_network(parse_recipe(content["recipe"], str(checkpoint)).model)
    try:
        network.load_state_dict(content.get("average", content["weights"]))
    except RuntimeError as error:
        raise ModelError(f"{checkpoint}: its weights do not fit its recipe") from error
    return network


def _combined(networks: Sequence[Network], shares: Sequence[float]) -> Exportable:
    if len(shares) != len(networks) or abs(sum(shares) - 1) > 1e-6:
        raise OptionError(
            f"shares are {', '.join(map(str, shares))}; give one for each checkpoint "
            f"({len(networks)}), that sum to 1"
        )
    if len(networks) == 1:
        return networks[0]
    members = [network for network in networks if isinstance(network, ColorNet)]
    if len(members) < len(networks):
        raise ModelError("a network of the classic kind cannot be combined; export it alone")
    return Ensemble(members, shares)


def _of_all(tables: list[dict[str, Any]], shares: Sequence[float]) -> dict[str, Any]:
    """What is known of each member of an ensemble; of a single network, that itself."""
    return tables[0] if len(tables) == 1 else {"members": tables, "shares": list(shares)}


def _prior(content: dict[str, Any]) -> np.ndarray:
    prior = content["prior"]
    assert isinstance(prior, torch.Tensor)
    return prior.numpy()


def _history(content: dict[str, Any]) -> dict[str, Any]:
    keys = ("scores", "step", "samples", "seconds", "index_hash")
    return {key: content[key] for key in keys if key in content}
