import pytest
import torch

from reverse_oldify.models.colornet import ColorNet
from reverse_oldify.models.encoder import drop_path

pytestmark = [pytest.mark.train, pytest.mark.usefixtures("thin_networks")]

BINS = 20


@pytest.fixture
def network():
    torch.manual_seed(0)
    return ColorNet("tiny", BINS, (16, 12, 8, 8), blocks=1, heads=2, refinements=(1, 2, 1)).eval()


def inputs(height, width, seed=0):
    generator = torch.Generator().manual_seed(seed)
    lightness = torch.rand(1, 1, height, width, generator=generator) * 100
    return lightness, torch.zeros(1, BINS)


@torch.no_grad()
@pytest.mark.parametrize("size", [(32, 32), (32, 160), (96, 64)])
def test_any_multiple_of_32_gives_a_grid_at_stride_4(network, size):
    logits = network(*inputs(*size))
    assert logits.shape == (1, BINS, size[0] // 4, size[1] // 4)
    assert torch.isfinite(logits).all()


@torch.no_grad()
def test_without_a_palette_its_weights_do_not_matter(network):
    given = inputs(64, 64)
    before = network(*given)
    network.decoder.palette.weight.add_(1)
    torch.testing.assert_close(network(*given), before, rtol=0, atol=0)


@torch.no_grad()
def test_a_palette_changes_the_whole_picture(network):
    lightness, palette = inputs(64, 64)
    before = network(lightness, palette)
    palette[:, 3] = 1
    change = (network(lightness, palette) - before).abs().mean(1)
    assert change.min() > 0


@torch.no_grad()
def test_pictures_of_a_batch_do_not_mix(network):
    one, other = inputs(64, 96, seed=1), inputs(64, 96, seed=2)
    both = network(*(torch.cat(pair) for pair in zip(one, other, strict=True)))
    torch.testing.assert_close(both[:1], network(*one), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(both[1:], network(*other), rtol=1e-4, atol=1e-5)


def test_every_parameter_takes_part(network):
    lightness, palette = inputs(64, 64)
    palette += 1 / BINS
    network.train()(lightness, palette).square().sum().backward()
    idle = [name for name, value in network.named_parameters() if not value.grad.abs().sum() > 0]
    assert idle == []


def test_parts_are_dropped_in_training_only_and_by_the_seed(network):
    torch.manual_seed(0)
    dropping = ColorNet("tiny", BINS, (16, 12, 8, 8), 1, 2, (1, 2, 1), drop=0.5)
    dropping.load_state_dict(network.state_dict())
    given = inputs(64, 64)

    def trained(seed):
        torch.manual_seed(seed)
        return dropping.train()(*given)

    whole = network(*given)
    assert torch.equal(dropping.eval()(*given), whole)
    assert not torch.allclose(trained(1), whole)
    assert torch.equal(trained(1), trained(1))
    assert not torch.equal(trained(1), trained(2))


def test_a_dropped_branch_keeps_its_mean_and_whole_pictures():
    torch.manual_seed(0)
    branch = drop_path(torch.ones(4000, 2, 3), 0.3, training=True)
    assert branch.unique().tolist() == pytest.approx([0, 1 / 0.7])
    assert branch.mean().item() == pytest.approx(1, abs=0.05)
    assert (branch.flatten(1).amax(1) == branch.flatten(1).amin(1)).all()
