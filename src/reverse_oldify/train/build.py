"""From a recipe to a network with its objective."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from reverse_oldify.color.bins import ab_bins
from reverse_oldify.errors import ModelError, OptionError
from reverse_oldify.models.classic import ClassicNet
from reverse_oldify.models.colornet import ColorNet
from reverse_oldify.models.network import Network
from reverse_oldify.train.checkpoint import averaged, load_checkpoint, load_mean
from reverse_oldify.train.objective import (
    DistributionObjective,
    Objective,
    RegressionObjective,
    rebalancing,
)
from reverse_oldify.train.recipe import ModelSection, Recipe, parse_model
from reverse_oldify.train.teachers import Teachers
from reverse_oldify.types import FloatArray


def build_network(model: ModelSection) -> Network:
    """The network that a recipe names, with random weights."""
    if model.kind == "classic":
        if model.encoder != "vgg16":
            raise OptionError(f"the classic network's encoder is vgg16, not {model.encoder!r}")
        return ClassicNet(model.widths)
    return ColorNet(
        model.encoder,
        len(ab_bins()),
        model.widths,
        model.blocks,
        model.heads,
        model.refinements,
        model.drop,
    )


def build_objective(recipe: Recipe, prior: FloatArray | None = None) -> Objective:
    """Network and loss of a recipe, with the weights that training starts from.

    ``prior`` is how often each bin occurs in the training set, float32 (bins,); only rebalancing
    needs it.
    """
    network = build_network(recipe.model)
    load_start(network, recipe.model)
    optim = recipe.optim
    if isinstance(network, ClassicNet):
        if optim.teachers:
            raise OptionError("teachers are for a colornet; leave them out for the baseline")
        return RegressionObjective(network)
    weights = None if prior is None else rebalancing(torch.from_numpy(prior), optim.rebalance)
    return DistributionObjective(
        network,
        optim.positions,
        optim.regression,
        weights,
        optim.picture_error,
        load_teachers(optim.teachers),
        optim.taught,
    )


def load_teachers(paths: Sequence[str]) -> Teachers | None:
    """The networks of some checkpoints, for a pupil; None if there are none.

    Raises
    ------
    ModelError
        If a checkpoint is missing, damaged, or not of a distribution over ab bins.
    """
    networks = []
    for path in paths:
        _, network = load_network([path])
        if not isinstance(network, ColorNet):
            raise ModelError(f"{path}: a teacher must say a distribution; name a colornet's run")
        networks.append(network)
    return Teachers(networks) if networks else None


def load_network(paths: Sequence[Path | str]) -> tuple[dict[str, Any], Network]:
    """A run's checkpoint, or the mean of several, and the network that it is of.

    Raises
    ------
    ModelError
        See `checkpoint.load_mean`; or if weights and recipe do not belong together.
    OptionError
        If the recipe's model section is impossible.
    """
    content = load_mean(paths)
    network = build_network(parse_model(content["recipe"], str(paths[0])))
    try:
        network.load_state_dict(averaged(content))
    except RuntimeError as error:
        raise ModelError(f"{paths[0]}: its weights do not fit its recipe") from error
    return content, network


def load_start(network: Network, model: ModelSection) -> None:
    """Load the weights that training starts from, and freeze what is to be kept of them.

    Random weights are not worth keeping: nothing is frozen then.

    Raises
    ------
    ModelError
        If a file of weights is missing, damaged, or of another network.
    OptionError
        If the network has no use for such a file.
    """
    if model.start_from:
        content = load_checkpoint(model.start_from)
        try:
            network.load_state_dict(averaged(content))
        except RuntimeError as error:
            raise ModelError(f"{model.start_from}: weights of another network") from error
    elif model.encoder_weights == "random":
        return
    elif isinstance(network, ClassicNet):
        network.encoder.load_torchvision(model.encoder_weights)
    elif model.encoder_weights == "pretrained":
        network.encoder.load_pretrained()
    else:
        raise OptionError(
            f'encoder_weights is {model.encoder_weights!r}; choose "pretrained" or "random"'
        )
    network.encoder.freeze(model.frozen_stages)
