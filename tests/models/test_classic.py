import pytest
import torch
from torch.nn import functional as F

from reverse_oldify.errors import ModelError
from reverse_oldify.models import classic
from reverse_oldify.models.classic import ClassicDecoder, ClassicNet, VggEncoder
from reverse_oldify.models.encoder import lightness_to_gray

pytestmark = pytest.mark.train

CONVOLUTIONS = (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)  # in torchvision's vgg16
WIDTHS = (64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512)
POOLS = (4, 9, 16, 23, 30)


def made_up_weights(widths):
    """A state dict as torchvision's vgg16 has, at other widths."""
    generator = torch.Generator().manual_seed(0)
    state, inputs = {"classifier.0.weight": torch.zeros(2, 2)}, 3
    for number, width in zip(CONVOLUTIONS, widths, strict=True):
        weight = torch.randn(width, inputs, 3, 3, generator=generator)
        state[f"features.{number}.weight"] = weight * (2 / (9 * inputs)) ** 0.5
        state[f"features.{number}.bias"] = torch.randn(width, generator=generator) * 0.1
        inputs = width
    return state


def published(state, rgb):
    """Features of torchvision's vgg16, from its definition; RGB 0..1."""
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    x = (rgb - mean[:, None, None]) / std[:, None, None]
    for number in range(31):
        if number in CONVOLUTIONS:
            names = (f"features.{number}.weight", f"features.{number}.bias")
            x = F.relu(F.conv2d(x, *(state[name] for name in names), padding=1))
        elif number in POOLS:
            x = F.max_pool2d(x, 2)
    return x


@pytest.fixture
def thin(monkeypatch):
    monkeypatch.setattr(classic, "_STAGES", ((4, 4), (4, 4), (6,) * 3, (6,) * 3, (8,) * 3))
    return (4, 4, 4, 4, *(6,) * 6, 8, 8, 8)


def test_vgg_16_has_the_names_and_shapes_of_torchvision():
    network = VggEncoder()
    shapes = {key: tuple(value.shape) for key, value in network.state_dict().items()}
    want, inputs = {}, 3
    for number, width in zip(CONVOLUTIONS, WIDTHS, strict=True):
        want |= {f"features.{number}.weight": (width, inputs, 3, 3)}
        want |= {f"features.{number}.bias": (width,)}
        inputs = width
    assert shapes == want
    with torch.no_grad():
        assert network(torch.full((1, 1, 32, 64), 50.0)).shape == (1, 512, 1, 2)


@torch.no_grad()
def test_loaded_weights_say_what_the_published_network_says_of_a_grey_picture(thin, tmp_path):
    state = made_up_weights(thin)
    torch.save(state, tmp_path / "vgg.pth")
    network = VggEncoder()
    network.load_torchvision(tmp_path / "vgg.pth")
    lightness = torch.rand(2, 1, 64, 96, generator=torch.Generator().manual_seed(1)) * 100
    want = published(state, lightness_to_gray(lightness).expand(-1, 3, -1, -1))
    assert want.std() > 0.01
    torch.testing.assert_close(network(lightness), want, rtol=1e-4, atol=1e-5)


def test_a_missing_file_says_what_is_wanted_and_how_to_do_without(thin, tmp_path):
    wanted = r"no such file.*vgg16-397923af\.pth.*encoder_weights = \"random\""
    with pytest.raises(ModelError, match=wanted):
        VggEncoder().load_torchvision(tmp_path / "vgg.pth")


@pytest.mark.parametrize("content", [b"", b"not weights", None])
def test_other_files_are_refused(thin, tmp_path, content):
    path = tmp_path / "vgg.pth"
    if content is None:
        torch.save(made_up_weights(WIDTHS[:1] * 13), path)  # of another size
    else:
        path.write_bytes(content)
    with pytest.raises(ModelError, match="not the weights of VGG-16"):
        VggEncoder().load_torchvision(path)


@torch.no_grad()
@pytest.mark.parametrize("size", [(32, 32), (64, 160)])
def test_any_multiple_of_32_gives_ab_at_stride_2(thin, size):
    ab = ClassicNet((8,) * 5).eval()(torch.rand(1, 1, *size) * 100)
    assert ab.shape == (1, 2, size[0] // 2, size[1] // 2)
    assert ab.abs().max() <= 1


def test_no_convolution_is_dead(thin):
    torch.manual_seed(0)
    network = ClassicNet((8,) * 5)
    network(torch.rand(2, 1, 64, 64) * 100).square().sum().backward()
    idle = [name for name, value in network.named_parameters() if not value.grad.abs().sum() > 0]
    assert idle == []


@pytest.mark.parametrize(("stages", "frozen"), [(0, 0), (2, 4), (5, 13)])
def test_freezing_by_stages(thin, stages, frozen):
    network = VggEncoder()
    network.freeze(stages)
    layers = [layer for layer in network.features if isinstance(layer, torch.nn.Conv2d)]
    kept = [not layer.weight.requires_grad and not layer.bias.requires_grad for layer in layers]
    assert kept == [True] * frozen + [False] * (13 - frozen)


def test_upsampling_is_by_nearest_neighbour():
    decoder = ClassicDecoder(4, (4,) * 5)
    with torch.no_grad():
        for layer in decoder.layers:  # make every convolution look at its own pixel only
            if isinstance(layer, torch.nn.Conv2d):
                layer.weight[:] = 0
                layer.weight[:, :, 1, 1] = 0.2
        ab = decoder(torch.rand(1, 4, 2, 3, generator=torch.Generator().manual_seed(0)))
    blocks = ab.unfold(2, 16, 16).unfold(3, 16, 16)
    assert torch.equal(blocks, blocks[..., :1, :1].expand_as(blocks))
    assert ab.unique().numel() > 2


def test_another_number_of_widths_is_refused():
    with pytest.raises(ModelError, match="5 widths"):
        ClassicDecoder(8, (8, 8, 8, 8))
