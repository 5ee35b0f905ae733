import copy

import numpy as np
import pytest
import torch
from torch import nn

from reverse_oldify.color.bins import ab_bins
from reverse_oldify.color.lab import srgb_to_lab
from reverse_oldify.data.dataset import Sample
from reverse_oldify.models.classic import ClassicNet
from reverse_oldify.models.colornet import ColorNet
from reverse_oldify.train.objective import DistributionObjective, RegressionObjective, rebalancing
from reverse_oldify.train.teachers import Teachers

pytestmark = [pytest.mark.train, pytest.mark.usefixtures("thin_networks")]

BINS = len(ab_bins())


class Said(nn.Module):
    """In place of a network: says given embeddings, which its head takes as logits."""

    stride, bins = 4, BINS
    log_probability = ColorNet.log_probability

    def __init__(self, logits):
        super().__init__()
        self.said = nn.Parameter(logits)
        self.head = nn.Identity()

    def embed(self, lightness, palette):
        return self.said

    def forward(self, lightness, palette):
        assert palette.shape == (len(lightness), BINS)
        assert not palette.any()
        return self.said


def batch(ab, stride=4):
    n, _, h, w = ab.shape
    return Sample(
        lightness=torch.full((n, 1, h * stride, w * stride), 50.0),
        ab=ab,
        palette=torch.zeros(n, BINS),
        clean=torch.full((n, 1, h * stride, w * stride), 60.0),
    )


def colours(count):
    """Colours of the sRGB gamut at whole a*, b*; (1, 2, 1, count)."""
    rgb = np.random.default_rng(0).integers(0, 256, (count, 3), dtype=np.uint8)
    return torch.from_numpy(srgb_to_lab(rgb)[:, 1:].round().T[None, :, None].copy())


def test_the_expected_value_of_the_encoding_is_the_colour():
    objective = DistributionObjective(Said(torch.zeros(1, BINS, 1, 1)))
    ab = colours(500).permute(0, 2, 3, 1)
    index, weight = objective._encode(ab)
    torch.testing.assert_close(weight.sum(-1), torch.ones(1, 1, 500))
    mean = (objective.bins[index] * weight[..., None]).sum(-2)
    torch.testing.assert_close(mean, ab, rtol=0, atol=1e-4)


def test_the_loss_is_the_cross_entropy_against_the_encoding():
    logits = torch.randn(1, BINS, 1, 6, generator=torch.Generator().manual_seed(0))
    ab = colours(6)
    objective = DistributionObjective(Said(logits))
    target = torch.zeros(6, BINS)
    index, weight = objective._encode(ab[0, :, 0].T)
    target.scatter_add_(1, index, weight)
    want = nn.functional.cross_entropy(logits[0, :, 0].T, target)
    losses = objective(batch(ab), seed=0)
    torch.testing.assert_close(losses["loss"], want)
    torch.testing.assert_close(losses["cross_entropy"], want)


def test_the_loss_is_least_where_the_distribution_is_the_encoding():
    ab = colours(6)
    objective = DistributionObjective(Said(torch.zeros(1, BINS, 1, 6)))
    index, weight = objective._encode(ab[0, :, 0].T)
    target = torch.full((6, BINS), 1e-9).scatter_add_(1, index, weight)
    with torch.no_grad():
        objective.network.said.copy_(target.log().T[None, :, None])
    objective(batch(ab), seed=0)["loss"].backward()
    assert objective.network.said.grad.abs().max() < 1e-6


def test_only_chosen_positions_learn_and_every_step_chooses_anew():
    def learning(seed):
        objective = DistributionObjective(Said(torch.zeros(2, BINS, 4, 8)), positions=0.25)
        objective(batch(torch.zeros(2, 2, 4, 8)), seed)["loss"].backward()
        return objective.network.said.grad.abs().sum(1) > 0

    first = learning(1)
    assert first.sum((1, 2)).tolist() == [8, 8]
    assert torch.equal(first, learning(1))
    assert not torch.equal(first, learning(2))


def test_regression_adds_the_squared_error_of_the_mean():
    logits = torch.zeros(1, BINS, 1, 2)
    ab = colours(2)
    plain = DistributionObjective(Said(logits))(batch(ab), seed=0)
    mixed = DistributionObjective(Said(logits), regression=0.5)(batch(ab), seed=0)
    squared = (torch.tensor(ab_bins()).mean(0)[None, :, None, None] - ab).square().sum(1).mean()
    torch.testing.assert_close(mixed["loss"], plain["loss"] + 0.5 * squared / 100)
    torch.testing.assert_close(mixed["squared_ab"], squared / 2)


def test_the_picture_error_is_the_mean_of_roots_not_the_root_of_the_mean():
    logits = torch.zeros(2, BINS, 1, 3)
    ab = torch.cat([colours(6)[..., :3], 0.1 * colours(6)[..., 3:]])
    plain = DistributionObjective(Said(logits))(batch(ab), seed=0)
    mixed = DistributionObjective(Said(logits), picture_error=0.5)(batch(ab), seed=0)
    mean = torch.tensor(ab_bins()).mean(0)[None, :, None, None]
    roots = (mean - ab).square().sum(1).mean((1, 2)).div(100).sqrt()
    torch.testing.assert_close(
        mixed["loss"], plain["loss"] + 0.5 * roots.mean(), rtol=1e-3, atol=1e-3
    )


class Lecturing(Said):
    """Says its logits to a palette of none and the lightness before it was aged."""

    def embed(self, lightness, palette):
        assert (lightness == 60).all()
        assert not palette.any()
        return self.said


def random_logits(seed, cells=3):
    return torch.randn(1, BINS, 1, cells, generator=torch.Generator().manual_seed(seed))


def test_what_several_teachers_say_is_multiplied():
    said = [random_logits(seed) for seed in (1, 2)]
    teachers = Teachers([Lecturing(logits) for logits in said])
    cells = torch.tensor([2, 0])
    together = teachers(torch.full((1, 1, 4, 12), 60.0), torch.zeros(1, BINS), cells)
    product = (said[0].softmax(1) * said[1].softmax(1)).sqrt()[0, :, 0, cells]
    torch.testing.assert_close(together[0], (product / product.sum(0)).T)


def test_a_pupil_learns_what_its_teachers_say_in_place_of_a_share_of_the_truth():
    ab, logits, teacher = colours(3), random_logits(1), random_logits(2)
    said = teacher.softmax(1)[0, :, 0]
    settings = {"regression": 0.5, "picture_error": 0.0}

    def losses(taught):
        teachers = Teachers([Lecturing(teacher)])
        pupil = DistributionObjective(Said(logits), **settings, teachers=teachers, taught=taught)
        return pupil(batch(ab), seed=0)

    alone = DistributionObjective(Said(logits), **settings)(batch(ab), seed=0)
    torch.testing.assert_close(losses(0.0), alone)
    entropy = -(said * logits.log_softmax(1)[0, :, 0]).sum(0).mean()
    torch.testing.assert_close(losses(1.0)["cross_entropy"], entropy)
    half = losses(0.5)
    torch.testing.assert_close(half["cross_entropy"], (entropy + alone["cross_entropy"]) / 2)
    bins = torch.tensor(ab_bins())
    wanted = ((bins.T @ said)[None, :, None] + ab) / 2
    expected = torch.einsum("nkhw,kc->nchw", logits.softmax(1), bins)
    squared = (expected - wanted).square().sum(1).mean()
    torch.testing.assert_close(half["loss"], half["cross_entropy"] + 0.5 * squared / 100)


def test_teachers_neither_learn_nor_forget_nor_are_saved():
    network = ColorNet("tiny", BINS, (16, 12, 8, 8), 1, 2, (1, 1, 1), drop=0.5)
    objective = DistributionObjective(
        Said(torch.zeros(1, BINS, 1, 1)), teachers=Teachers([network]), taught=1.0
    )
    before = {name: value.clone() for name, value in network.state_dict().items()}
    saved = set(objective.state_dict())
    objective.train()
    said = [
        objective.teachers(torch.full((1, 1, 32, 32), 60.0), torch.zeros(1, BINS), torch.arange(9))
        for _ in "ab"
    ]
    assert torch.equal(*said), "nothing is left out of a teacher"
    assert not said[0].requires_grad
    assert saved == {"network.said"}
    assert copy.deepcopy(objective).teachers is objective.teachers
    torch.testing.assert_close(network.state_dict(), before)


def test_rebalancing_lifts_rare_colours_and_keeps_the_mean_weight():
    prior = torch.tensor([0.7, 0.2, 0.1, 0.0])
    torch.testing.assert_close(rebalancing(prior, 0.0), torch.ones(4))
    weights = rebalancing(prior, 1.0)
    assert (weights * prior).sum().item() == pytest.approx(1)
    assert weights.diff().gt(0).all()
    assert (weights[3] / weights[0]).item() == pytest.approx((0.35 + 0.125) / 0.125)


def test_a_rebalanced_loss_weighs_each_cell_by_its_true_colour():
    logits = torch.randn(1, BINS, 1, 1, generator=torch.Generator().manual_seed(0))
    red, blue = (torch.tensor(ab).reshape(1, 2, 1, 1) for ab in ((60.0, 40.0), (20.0, -50.0)))
    weights = torch.ones(BINS)
    weights[(torch.tensor(ab_bins()) == torch.tensor([60.0, 40.0])).all(1)] = 3.0

    def loss(ab, bin_weights):
        objective = DistributionObjective(Said(logits), bin_weights=bin_weights)
        return objective(batch(ab), seed=0)["loss"]

    torch.testing.assert_close(loss(red, weights), 3 * loss(red, None))
    torch.testing.assert_close(loss(blue, weights), loss(blue, None))


def test_expected_colour_is_the_mean_of_the_distribution():
    logits = torch.full((1, BINS, 2, 3), -50.0)
    logits[:, [3, 40]] = 0.0
    ab = DistributionObjective(Said(logits)).expected_ab(torch.zeros(1, 1, 8, 12))
    want = torch.tensor(ab_bins()[[3, 40]].mean(0))
    torch.testing.assert_close(ab, want[None, :, None, None].expand(1, 2, 2, 3))


def test_both_objectives_score_what_they_expect():
    """At one colour without doubt, the reported squared error is that of `expected_ab`."""
    ab = colours(64).reshape(1, 2, 8, 8)
    torch.manual_seed(0)
    regression = RegressionObjective(ClassicNet((8,) * 5).eval())
    expected = regression.expected_ab(torch.full((1, 1, 32, 32), 50.0))
    assert expected.shape == (1, 2, 16, 16)
    target = torch.zeros(1, 2, 16, 16)
    losses = regression(batch(target, stride=2), seed=0)
    torch.testing.assert_close(losses["squared_ab"], expected.square().mean())
    torch.testing.assert_close(losses["loss"], expected.square().mean() / 128**2)

    colornet = ColorNet("tiny", BINS, (16, 12, 8, 8), 1, 2, (1, 1, 1)).eval()
    distribution = DistributionObjective(colornet)
    expected = distribution.expected_ab(torch.full((1, 1, 32, 32), 50.0))
    losses = distribution(batch(ab), seed=0)
    torch.testing.assert_close(losses["squared_ab"], (expected - ab).square().mean())
