"""Exponential moving average of a network's state."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class MovingAverage:
    """Average of the states a network went through; steadier than any one of them.

    The decay starts low and grows to ``decay`` so that the random start is soon forgotten.
    Whole-number buffers are copied, everything else is averaged. A decay of 0 keeps the network's
    own state.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.decay, self.updates = decay, 0
        self.state = {key: value.detach().clone() for key, value in network.state_dict().items()}

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        """Take in the network's present state."""
        self.updates += 1
        share = 1 - min(self.decay, (1 + self.updates) / (10 + self.updates))
        averaged: list[Tensor] = []
        present: list[Tensor] = []
        for key, value in network.state_dict().items():
            if value.is_floating_point():
                averaged.append(self.state[key])
                present.append(value)
            else:
                self.state[key].copy_(value)
        torch._foreach_lerp_(averaged, present, share)

    @torch.no_grad()
    def restore(self, state: dict[str, Tensor], updates: int) -> None:
        """Go on from an average that was kept, on whatever device it is."""
        self.updates = updates
        for key, value in self.state.items():
            value.copy_(state[key])
