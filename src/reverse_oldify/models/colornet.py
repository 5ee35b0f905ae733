"""The network: a distribution over ab bins for every cell of a coarse grid over the picture.

::

    lightness -> LiteEncoder -> maps at stride 4, 8, 16, 32          (once per picture)
    maps + palette -> Context -> Decoder -> logits                   (again for every palette)

The palette enters at the context blocks and is optional.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from reverse_oldify.models.encoder import LiteEncoder, drop_path


class Block(nn.Module):
    """Transformer block over a map (Dosovitskiy et al. 2021), place told by a depthwise
    convolution (Chu et al. 2021), so that any height and width will do.
    """

    def __init__(self, width: int, heads: int, drop: float) -> None:
        super().__init__()
        self.heads, self.drop = heads, drop
        self.place = nn.Conv2d(width, width, 3, padding=1, groups=width)
        self.norm1 = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.join = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        )

    def forward(self, x: Tensor) -> Tensor:
        """(N, width, H, W) -> same."""
        x = x + self.place(x)
        n, c, h, w = x.shape
        tokens = x.flatten(2).transpose(1, 2)
        q, k, v = (
            self.qkv(self.norm1(tokens))
            .reshape(n, h * w, 3, self.heads, c // self.heads)
            .permute(2, 0, 3, 1, 4)
        )
        mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(n, h * w, c)
        tokens = tokens + drop_path(self.join(mixed), self.drop, self.training)
        mlp = cast(Tensor, self.mlp(self.norm2(tokens)))
        tokens = tokens + drop_path(mlp, self.drop, self.training)
        return tokens.transpose(1, 2).reshape(n, c, h, w)


class ChannelNorm(nn.LayerNorm):
    """Layer norm over the channels of each place, as in ConvNeXt (Liu et al. 2022).

    Batch norm, which would cost nothing, does worse: its running statistics lag behind an encoder
    that is still learning, and validation swings by a fifth (docs/experiments.md).
    """

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> same."""
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Refine(nn.Sequential):
    """3x3 convolution, norm, ReLU."""

    def __init__(self, width: int) -> None:
        super().__init__(
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            ChannelNorm(width),
            nn.ReLU(inplace=True),
        )


class Level(nn.Module):
    """One step up: the coarser map and the encoder's map meet, then are refined."""

    def __init__(self, coarse: int, skip: int, width: int, refinements: int) -> None:
        super().__init__()
        self.coarse = nn.Conv2d(coarse, width, 1, bias=False)
        self.skip = nn.Conv2d(skip, width, 1, bias=False)
        self.norm = ChannelNorm(width)
        self.refine = nn.ModuleList(Refine(width) for _ in range(refinements))

    def forward(self, coarse: Tensor, skip: Tensor) -> Tensor:
        """(N, coarse, H / 2, W / 2), (N, skip, H, W) -> (N, width, H, W)."""
        up = F.interpolate(self.coarse(coarse), scale_factor=2.0, mode="bilinear")
        x = F.relu(self.norm(up + self.skip(skip)), inplace=True)
        for number, refine in enumerate(self.refine):
            x = refine(x) if number == 0 else x + refine(x)
        return x


class Decoder(nn.Module):
    """Encoder maps and palette -> one embedding for every cell at stride 4."""

    def __init__(
        self,
        skips: Sequence[int],
        widths: Sequence[int],
        palette: int,
        blocks: int,
        heads: int,
        refinements: Sequence[int],
        drop: float,
    ) -> None:
        super().__init__()
        stride32, *rest = widths
        self.enter = nn.Conv2d(skips[3], stride32, 1)
        self.palette = nn.Linear(palette + 1, stride32)
        self.context = nn.Sequential(
            *(Block(stride32, heads, drop) for _ in range(blocks)), ChannelNorm(stride32)
        )
        self.drop = nn.Dropout2d(drop)
        coarser = [stride32, *rest]
        self.levels = nn.ModuleList(
            Level(coarser[i], skips[2 - i], width, refinements[i]) for i, width in enumerate(rest)
        )

    def forward(self, maps: Sequence[Tensor], palette: Tensor) -> Tensor:
        """Maps at stride 4, 8, 16, 32; palette (N, n) -> (N, w, H/4, W/4).

        A palette of zeros means: none given.
        """
        given = palette.sum(1, keepdim=True)
        steer = self.palette(torch.cat([palette.clamp_min(0).sqrt(), given], 1))
        x: Tensor = self.enter(maps[3]) + steer[:, :, None, None]
        x = self.context(x)
        for number, level in enumerate(self.levels):
            x = level(self.drop(x), self.drop(maps[2 - number]))
        return x


class ColorNet(nn.Module):
    """Encoder, decoder and head.

    Parameters
    ----------
    encoder : {"lite0", "lite2"}
    bins : int
        Number of ab bins.
    widths : four ints
        Channels at stride 32, 16, 8, 4.
    blocks, heads : int
        Transformer blocks on the stride-32 map, and their attention heads.
    refinements : three ints
        3x3 convolutions at stride 16, 8, 4.
    drop : float
        In training only: share of pictures for which a residual block is skipped (less in early
        blocks of the encoder), and of channels that a level of the decoder does not see.
    """

    stride = 4
    multiple = 32

    def __init__(
        self,
        encoder: str,
        bins: int,
        widths: Sequence[int],
        blocks: int,
        heads: int,
        refinements: Sequence[int],
        drop: float = 0.0,
    ) -> None:
        super().__init__()
        self.bins = bins
        self.encoder = LiteEncoder(encoder, drop)
        self.decoder = Decoder(self.encoder.widths, widths, bins, blocks, heads, refinements, drop)
        self.head = nn.Linear(widths[-1], bins)

    def embed(self, lightness: Tensor, palette: Tensor) -> Tensor:
        """(N, 1, H, W) L*, (N, bins) -> (N, width, H/4, W/4)."""
        embedding: Tensor = self.decoder(self.encoder(lightness), palette)
        return embedding

    def forward(self, lightness: Tensor, palette: Tensor) -> Tensor:
        """As `embed`, then logits (N, bins, H / 4, W / 4)."""
        return self.logits(self.embed(lightness, palette))

    def log_probability(self, lightness: Tensor, palette: Tensor, cells: Tensor) -> Tensor:
        """Of some cells only, (n,) counted along the rows of the grid: (N, n, bins)."""
        vectors = self.embed(lightness, palette).permute(0, 2, 3, 1).flatten(1, 2)
        return F.log_softmax(self.head(vectors[:, cells]), -1)

    def logits(self, embedding: Tensor) -> Tensor:
        """(N, width, h, w) -> (N, bins, h, w)."""
        return F.conv2d(embedding, self.head.weight[:, :, None, None], self.head.bias)
