"""What a network is trained for: one module per kind of output, from batch to loss."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from reverse_oldify.color.bins import AB_LIMIT, ab_bins, soft_encode
from reverse_oldify.data.dataset import Sample
from reverse_oldify.models.classic import AB_SCALE, ClassicNet
from reverse_oldify.models.colornet import ColorNet
from reverse_oldify.models.network import Network
from reverse_oldify.train.teachers import Teachers


class Objective(nn.Module):
    """A network together with its loss."""

    network: Network

    def forward(self, batch: Sample, seed: int) -> dict[str, Tensor]:
        """Losses of a batch; ``"loss"`` is the one to minimise. ``seed`` is the step's chance."""
        raise NotImplementedError

    def expected_ab(self, lightness: Tensor) -> Tensor:
        """(N, 1, H, W) L* -> (N, 2, h, w) a*, b*, without a palette."""
        raise NotImplementedError


class DistributionObjective(Objective):
    """Soft-encoded cross-entropy over ab bins, not rebalanced, so that probabilities stay honest.

    Parameters
    ----------
    network
    positions : float
        Share of grid cells scored in a step.
    regression : float
        Weight of the squared error of the expected ab (in units of 10, the spacing of bins).
    picture_error : float
        Weight of the root of each picture's mean squared error (same units), which is what
        evaluation averages: a dull picture counts as much as a gaudy one.
    bin_weights : float (bins,), optional
        Class rebalancing, see `rebalancing`; none by default, for it spoils the calibration.
    teachers : optional
        Networks to learn from as well.
    taught : float
        Share (0..1) of the truth whose place is taken by what they say.
    """

    network: ColorNet
    bins: Tensor
    bin_weights: Tensor
    code_index: Tensor
    code_weight: Tensor

    def __init__(
        self,
        network: ColorNet,
        positions: float = 1.0,
        regression: float = 0.0,
        bin_weights: Tensor | None = None,
        picture_error: float = 0.0,
        teachers: Teachers | None = None,
        taught: float = 0.0,
    ) -> None:
        super().__init__()
        self.network = network
        self.positions, self.regression = positions, regression
        self.picture_error = picture_error
        self.teachers, self.taught = teachers, taught
        side = np.arange(-AB_LIMIT, AB_LIMIT + 1, dtype=np.float32)
        index, weight = soft_encode(np.stack(np.meshgrid(side, side, indexing="ij"), -1))
        self.register_buffer("bins", torch.tensor(ab_bins()), persistent=False)
        weights = torch.ones(network.bins) if bin_weights is None else bin_weights
        self.register_buffer("bin_weights", weights, persistent=False)
        self.register_buffer("code_index", torch.tensor(index), persistent=False)
        self.register_buffer("code_weight", torch.tensor(weight), persistent=False)

    def forward(self, batch: Sample, seed: int) -> dict[str, Tensor]:
        """See `Objective`. Also reports cross-entropy (nats) and squared ab error apart."""
        ab = batch.ab.permute(0, 2, 3, 1).flatten(1, 2)
        chosen = self._positions(ab.shape[1], seed).to(ab.device)
        log_p = self.network.log_probability(batch.lightness, batch.palette, chosen)
        ab = ab[:, chosen]
        index, weight = self._encode(ab)
        rarity = (self.bin_weights[index] * weight).sum(-1)
        entropy = -(log_p.gather(-1, index) * weight).sum(-1) * rarity
        if self.teachers is not None:
            told = self.teachers(batch.clean, batch.palette, chosen)
            entropy = torch.lerp(entropy, -(told * log_p).sum(-1), self.taught)
            ab = torch.lerp(ab, told @ self.bins, self.taught)
        squared = (log_p.exp() @ self.bins - ab).square().sum(-1)
        loss = entropy.mean() + self.regression * squared.mean() / 100
        if self.picture_error:  # the root's slope is bounded where a picture is met exactly
            loss = loss + self.picture_error * (squared.mean(1) / 100 + 1e-3).sqrt().mean()
        return {"loss": loss, "cross_entropy": entropy.mean(), "squared_ab": squared.mean() / 2}

    def expected_ab(self, lightness: Tensor) -> Tensor:
        """See `Objective`."""
        logits = self.network(lightness, lightness.new_zeros(len(lightness), self.network.bins))
        return torch.einsum("nkhw,kc->nchw", logits.softmax(1), self.bins)

    def _positions(self, count: int, seed: int) -> Tensor:
        generator = torch.Generator().manual_seed(seed)
        return torch.randperm(count, generator=generator)[: max(1, round(count * self.positions))]

    def _encode(self, ab: Tensor) -> tuple[Tensor, Tensor]:
        """Soft-encoding by table, at whole ab values: (..., 2) -> index and weight (..., 4)."""
        a, b = (ab.round().clamp(-AB_LIMIT, AB_LIMIT) + AB_LIMIT).long().unbind(-1)
        return self.code_index[a, b], self.code_weight[a, b]


def rebalancing(prior: Tensor, share: float) -> Tensor:
    """Weights that lift rare colours (Zhang et al. 2016): their mean over the prior is 1.

    Parameters
    ----------
    prior : float (bins,)
        How often each bin occurs; sums to 1.
    share : float
        0: none, all weights are 1; 1: the inverse of the prior mixed half and half with an even
        distribution, as published.

    Returns
    -------
    float (bins,)
    """
    even = 0.5 * prior + 0.5 / len(prior)
    weights = even.pow(-share)
    return weights / (weights * prior).sum()


class RegressionObjective(Objective):
    """Mean squared error of ab / 128: the classic baseline's."""

    network: ClassicNet

    def __init__(self, network: ClassicNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, batch: Sample, seed: int) -> dict[str, Tensor]:  # noqa: ARG002
        """See `Objective`."""
        squared = (self.network(batch.lightness) * AB_SCALE - batch.ab).square().mean()
        return {"loss": squared / AB_SCALE**2, "squared_ab": squared}

    def expected_ab(self, lightness: Tensor) -> Tensor:
        """See `Objective`."""
        ab: Tensor = self.network(lightness) * AB_SCALE
        return ab
