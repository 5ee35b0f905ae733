"""How each network is cut into its two graphs, *encode* and *decode*."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.export import Dim

from reverse_oldify.models.classic import AB_SCALE, ClassicNet
from reverse_oldify.models.colornet import ColorNet
from reverse_oldify.models.network import Network
from reverse_oldify.runtime.info import ENCODE_INPUT, PALETTE_INPUT

_MAPS = ("map4", "map8", "map16", "map32")


@dataclass(frozen=True, kw_only=True)
class Graph:
    """A module with what its export needs: example inputs, names, and which sides may vary."""

    module: nn.Module
    example: tuple[Tensor, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    dynamic_shapes: Any


class _Encode(nn.Module):
    """Encoder of a `ColorNet`, which sees the picture and its mirror image: maps of a batch of two.

    What the two say differs by chance, not by what is known; together they err less. One after
    the other: as a batch they would take the memory of both at once.
    """

    def __init__(self, network: ColorNet) -> None:
        super().__init__()
        self.encoder = network.encoder

    def forward(self, lightness: Tensor) -> tuple[Tensor, ...]:
        looks = zip(self.encoder(lightness), self.encoder(lightness.flip(3)), strict=True)
        return tuple(torch.cat(look) for look in looks)


class _Decode(nn.Module):
    """Decoder and head of a `ColorNet` as one call with flat arguments.

    Its logits are the mean of those of the picture and its mirror image: what both say is
    multiplied (the logarithmic opinion pool, Heskes 1998). The head is linear, so it is the mean
    of what it is given.
    """

    def __init__(self, network: ColorNet) -> None:
        super().__init__()
        self.network = network

    def forward(
        self,
        map4: Tensor,
        map8: Tensor,
        map16: Tensor,
        map32: Tensor,
        palette: Tensor,
    ) -> Tensor:
        pairs = [torch.split(looks, 1) for looks in (map4, map8, map16, map32)]
        embedding, mirrored = (
            self.network.decoder(maps, palette) for maps in zip(*pairs, strict=True)
        )
        return self.network.logits((embedding + mirrored.flip(3)) / 2)


class _ClassicDecode(nn.Module):
    """Decoder of a `ClassicNet`, its output in units of CIE a* and b*."""

    def __init__(self, network: ClassicNet) -> None:
        super().__init__()
        self.decoder = network.decoder

    def forward(self, map32: Tensor) -> Tensor:
        ab: Tensor = self.decoder(map32) * AB_SCALE
        return ab


def graphs_of(network: Network) -> tuple[Graph, Graph]:
    """The *encode* and the *decode* graph of a network."""
    if isinstance(network, ClassicNet):
        return _classic_graphs(network)
    return _colornet_graphs(network)


def _classic_graphs(network: ClassicNet) -> tuple[Graph, Graph]:
    h, w = Dim("h", min=1, max=1024), Dim("w", min=1, max=1024)
    rows, columns = 4, 5
    encode = Graph(
        module=network.encoder.eval(),
        example=(torch.rand(1, 1, rows * 32, columns * 32),),
        inputs=(ENCODE_INPUT,),
        outputs=_MAPS[3:],
        dynamic_shapes=({2: 32 * h, 3: 32 * w},),
    )
    decode = Graph(
        module=_ClassicDecode(network).eval(),
        example=(torch.zeros(1, network.encoder.width, rows, columns),),
        inputs=_MAPS[3:],
        outputs=("ab",),
        dynamic_shapes=({2: h, 3: w},),
    )
    return encode, decode


def _colornet_graphs(network: ColorNet) -> tuple[Graph, Graph]:
    h, w = Dim("h", min=1, max=1024), Dim("w", min=1, max=1024)
    rows, columns = 4, 5
    widths = network.encoder.widths
    maps = [
        torch.zeros(2, width, rows << level, columns << level)
        for width, level in zip(widths, (3, 2, 1, 0), strict=True)
    ]
    encode = Graph(
        module=_Encode(network).eval(),
        example=(torch.rand(1, 1, rows * 32, columns * 32),),
        inputs=(ENCODE_INPUT,),
        outputs=_MAPS,
        dynamic_shapes=({2: 32 * h, 3: 32 * w},),
    )
    decode = Graph(
        module=_Decode(network).eval(),
        example=(*maps, torch.zeros(1, network.bins)),
        inputs=(*_MAPS, PALETTE_INPUT),
        outputs=("logits",),
        dynamic_shapes=(
            {2: 8 * h, 3: 8 * w},
            {2: 4 * h, 3: 4 * w},
            {2: 2 * h, 3: 2 * w},
            {2: h, 3: w},
            {},
        ),
    )
    return encode, decode
