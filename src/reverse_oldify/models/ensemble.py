"""Several networks that answer as one: their logits averaged, what they have in common run once.

The mean of logits is the logarithmic opinion pool (Heskes 1998): the one distribution that is
nearest to all of them. Networks that were trained apart err apart, so it is nearer to the truth
than each; and unlike the mean of probabilities it costs no softmax, only a wider last layer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from reverse_oldify.models.colornet import ColorNet, Decoder
from reverse_oldify.models.encoder import TAPS, LiteEncoder


class Ensemble(nn.Module):
    """As a `ColorNet` in use; it is not trained, its members are.

    Parameters
    ----------
    members : sequence of ColorNet
        Two or more. Leading stages that are equal in all, for training kept them frozen, are held
        and run once.
    shares : sequence of float
        Of each member in the mean; they sum to 1.
    """

    stride = ColorNet.stride
    multiple = ColorNet.multiple

    def __init__(self, members: Sequence[ColorNet], shares: Sequence[float]) -> None:
        super().__init__()
        self.bins = members[0].bins
        self.encoder = _Encoders([member.encoder for member in members])
        self.decoder = _Decoders(
            [member.decoder for member in members],
            [member.encoder.widths for member in members],
            self.encoder.forks,
        )
        heads = [member.head for member in members]
        self.head = nn.Linear(sum(head.in_features for head in heads), self.bins)
        with torch.no_grad():
            weights = [share * head.weight for share, head in zip(shares, heads, strict=True)]
            self.head.weight.copy_(torch.cat(weights, 1))
            biases = [share * head.bias for share, head in zip(shares, heads, strict=True)]
            self.head.bias.copy_(torch.stack(biases).sum(0))

    def forward(self, lightness: Tensor, hints: Tensor, palette: Tensor) -> Tensor:
        """As `ColorNet.forward`."""
        return self.logits(self.decoder(self.encoder(lightness), hints, palette))

    def logits(self, embedding: Tensor) -> Tensor:
        """As `ColorNet.logits`, for the members' embeddings one behind the other."""
        return F.conv2d(embedding, self.head.weight[:, :, None, None], self.head.bias)


class _Encoders(nn.Module):
    """The members' encoders as one: a trunk that forks. Maps behind the fork are concatenated."""

    def __init__(self, encoders: Sequence[LiteEncoder]) -> None:
        super().__init__()
        self.normalisation = encoders[0].normalisation
        fork = _equal_stages(encoders)
        self.forks = tuple(tap >= fork for tap in TAPS)
        self.entries = nn.ModuleList(encoders[: len(encoders) if fork < 0 else 1])
        self.stages = nn.ModuleList(
            nn.ModuleList(stages if number >= fork else stages[:1])
            for number, stages in enumerate(zip(*(e.stages for e in encoders), strict=True))
        )
        by_level = zip(*(encoder.widths for encoder in encoders), strict=True)
        self.widths = tuple(
            sum(widths) if forked else widths[0]
            for widths, forked in zip(by_level, self.forks, strict=True)
        )

    def forward(self, lightness: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """As `LiteEncoder.forward`, all members stage by stage, so that finer maps come first."""
        xs = [cast(LiteEncoder, entry).enter(lightness) for entry in self.entries]
        taps = []
        for number, stages in enumerate(self.stages):
            branches = cast(nn.ModuleList, stages)
            xs = xs * (len(branches) // len(xs))  # where they fork
            xs = [branch(x) for branch, x in zip(branches, xs, strict=True)]
            if number in TAPS:
                taps.append(torch.cat(xs, 1) if len(xs) > 1 else xs[0])
        return taps[0], taps[1], taps[2], taps[3]


class _Decoders(nn.Module):
    """The members' decoders side by side, each fed its own maps; embeddings are concatenated."""

    def __init__(
        self,
        decoders: Sequence[Decoder],
        widths: Sequence[Sequence[int]],
        forks: Sequence[bool],
    ) -> None:
        super().__init__()
        self.decoders = nn.ModuleList(decoders)
        self.widths, self.forks = widths, forks

    def forward(self, maps: Sequence[Tensor], hints: Tensor, palette: Tensor) -> Tensor:
        """As `Decoder.forward`."""
        by_level = [
            x.split_with_sizes([width[level] for width in self.widths], 1)
            if forked
            else [x] * len(self.widths)
            for level, (x, forked) in enumerate(zip(maps, self.forks, strict=True))
        ]
        members = zip(self.decoders, zip(*by_level, strict=True), strict=True)
        return torch.cat([decoder(own, hints, palette) for decoder, own in members], 1)


def _equal_stages(encoders: Sequence[LiteEncoder]) -> int:
    """How many leading stages all encoders have in common; -1: not even the stem."""
    first, *others = encoders
    if not all(_equal(first.stem, other.stem) for other in others):
        return -1
    for number, stage in enumerate(first.stages):
        if not all(_equal(stage, other.stages[number]) for other in others):
            return number
    return len(first.stages)


def _equal(one: nn.Module, other: nn.Module) -> bool:
    """Whether two modules have the same weights once they are stored."""
    ours, theirs = one.state_dict(), other.state_dict()
    return ours.keys() == theirs.keys() and all(
        torch.equal(ours[key].half(), theirs[key].half()) for key in ours
    )
