"""Which parameters learn how fast."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from reverse_oldify.train.recipe import OptimSection


def build_optimizer(network: nn.Module, optim: OptimSection) -> torch.optim.Optimizer:
    """Weights decay, biases and norms do not; the pretrained encoder learns more slowly.

    Each group keeps its learning rate at full height as ``full_lr``.
    """
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            key = (name.startswith("encoder."), parameter.ndim > 1)
            groups.setdefault(key, []).append(parameter)
    settings: list[dict[str, Any]] = [
        {
            "params": parameters,
            "full_lr": optim.lr * (optim.encoder_lr_factor if encoder else 1.0),
            "weight_decay": optim.weight_decay if decays else 0.0,
        }
        for (encoder, decays), parameters in groups.items()
    ]
    if optim.optimizer == "adam":
        return torch.optim.Adam(settings, lr=optim.lr)
    return torch.optim.AdamW(settings, lr=optim.lr, fused=True)


def restore_optimizer(optimizer: torch.optim.Optimizer, state: dict[str, Any]) -> None:
    """Go on with the moments that a checkpoint kept, but at the present recipe's settings.

    Raises
    ------
    ValueError
        If the state is of other parameters.
    """
    present = [
        {key: value for key, value in group.items() if key != "params"}
        for group in optimizer.param_groups
    ]
    optimizer.load_state_dict(state)  # would bring the settings of the recipe as it was, too
    for group, settings in zip(optimizer.param_groups, present, strict=True):
        group.update(settings)
