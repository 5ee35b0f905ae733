"""From a recipe to a network with its objective."""

from __future__ import annotations

from torch import nn

from reverse_oldify.color.bins import ab_bins
from reverse_oldify.errors import ModelError
from reverse_oldify.models.colornet import ColorNet
from reverse_oldify.train.checkpoint import load_checkpoint
from reverse_oldify.train.objective import DistributionObjective, Objective
from reverse_oldify.train.recipe import ModelSection, Recipe


def build_network(model: ModelSection) -> nn.Module:
    """The network that a recipe names, with random weights."""
    return ColorNet(
        model.encoder, len(ab_bins()), model.widths, model.blocks, model.heads, model.refinements
    )


def build_objective(recipe: Recipe) -> Objective:
    """Network and loss of a recipe, with the weights that training starts from."""
    model = recipe.model
    network = build_network(model)
    assert isinstance(network, ColorNet)
    if model.start_from:
        content = load_checkpoint(model.start_from)
        try:
            network.load_state_dict(content["weights"])
        except RuntimeError as error:
            raise ModelError(f"{model.start_from}: weights of another network") from error
    elif model.encoder_weights == "pretrained":
        network.encoder.load_pretrained()
    network.encoder.freeze(model.frozen_stages)
    return DistributionObjective(network, recipe.optim.positions, recipe.optim.regression)
