import pytest
import torch

from reverse_oldify.models.colornet import ColorNet
from reverse_oldify.models.ensemble import Ensemble

pytestmark = [pytest.mark.train, pytest.mark.usefixtures("thin_networks")]

BINS = 20


def member(seed, widths=(16, 12, 8, 8), trunk=None, frozen=3):
    torch.manual_seed(seed)
    network = ColorNet("tiny", BINS, widths, blocks=1, heads=2, refinements=(1, 2, 1)).eval()
    if trunk is not None and frozen >= 0:
        network.encoder.stem = trunk.encoder.stem
        for number in range(frozen):
            network.encoder.stages[number] = trunk.encoder.stages[number]
    return network


def inputs(seed=0):
    generator = torch.Generator().manual_seed(seed)
    lightness = torch.rand(1, 1, 64, 96, generator=generator) * 100
    hints = torch.zeros(1, 3, 16, 24)
    hints[:, :, 4:6, 4:6] = torch.tensor([0.6, -0.4, 1.0])[:, None, None]
    return lightness, hints, torch.rand(1, BINS, generator=generator).softmax(1)


@torch.no_grad()
@pytest.mark.parametrize("frozen", [-1, 0, 1, 3, 5, 7])
def test_it_answers_with_the_mean_of_the_logits(frozen):
    one = member(1)
    two, three = (member(seed, (16, 8, 12, 4), one, frozen) for seed in (2, 3))
    ensemble = Ensemble([one, two, three], (0.5, 0.3, 0.2)).eval()
    given = inputs()
    want = 0.5 * one(*given) + 0.3 * two(*given) + 0.2 * three(*given)
    torch.testing.assert_close(ensemble(*given), want, rtol=1e-4, atol=1e-5)


def test_what_all_have_in_common_is_held_and_run_once():
    one = member(1)
    apart, alike = (Ensemble([one, member(2, trunk=one, frozen=n)], (0.5, 0.5)) for n in (0, 3))
    count = [sum(p.numel() for p in e.encoder.parameters()) for e in (apart, alike)]
    stages = sum(p.numel() for stage in one.encoder.stages[:3] for p in stage.parameters())
    assert count[0] - count[1] == stages
    assert [e.encoder.forks for e in (apart, alike)] == [(True,) * 4, (False, False, True, True)]
    assert alike.encoder.widths[:2] == one.encoder.widths[:2]


def test_stages_that_are_stored_the_same_are_the_same():
    one = member(1)
    two = member(2, trunk=one, frozen=2)
    two.encoder.stages[0] = member(1).encoder.stages[0]
    with torch.no_grad():
        for weight in two.encoder.stages[0].parameters():
            weight.copy_(weight.half().float())
    assert Ensemble([one, two], (0.5, 0.5)).encoder.forks == (False, True, True, True)
