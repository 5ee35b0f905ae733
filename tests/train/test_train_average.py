import pytest
import torch
from torch import nn

from reverse_oldify.train.average import MovingAverage

pytestmark = pytest.mark.train


def network(value):
    layer = nn.BatchNorm1d(2)
    with torch.no_grad():
        for item in layer.state_dict().values():
            item.fill_(value)
    return layer


def same(one, other):
    return all(torch.equal(value, other[key]) for key, value in one.items())


def test_the_average_is_that_of_its_formula():
    average, want = MovingAverage(network(0), 0.5), 0.0
    for updates, value in enumerate((1, 4, 2, 8, 8, 8, 8, 8, 8), start=1):
        average.update(network(value))
        decay = min(0.5, (1 + updates) / (10 + updates))
        want = decay * want + (1 - decay) * value
    assert average.state["weight"].tolist() == pytest.approx([want] * 2)
    assert average.state["running_mean"].tolist() == pytest.approx([want] * 2)
    assert average.state["num_batches_tracked"] == 8


def test_without_decay_it_is_the_network_itself():
    average = MovingAverage(network(0), 0.0)
    for value in (0.1, 0.7, 0.3):
        average.update(network(value))
    assert same(average.state, network(0.3).state_dict())


def test_the_average_does_not_share_memory_with_the_network():
    layer = network(1)
    average = MovingAverage(layer, 0.9)
    with torch.no_grad():
        layer.weight.fill_(7)
    assert average.state["weight"].tolist() == [1, 1]


def test_a_restored_average_goes_on_as_the_first_would():
    first, second = MovingAverage(network(0), 0.9), MovingAverage(network(5), 0.9)
    first.update(network(1))
    second.restore(first.state, first.updates)
    first.update(network(2))
    second.update(network(2))
    assert same(first.state, second.state)
