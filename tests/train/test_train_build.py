import pytest
import torch
from tiny_run import CLASSIC, COLORNET, write_recipe

from reverse_oldify.errors import ModelError, OptionError
from reverse_oldify.models.classic import ClassicNet, VggEncoder
from reverse_oldify.models.colornet import ColorNet
from reverse_oldify.train.build import build_objective
from reverse_oldify.train.checkpoint import save_checkpoint
from reverse_oldify.train.objective import DistributionObjective, RegressionObjective
from reverse_oldify.train.optimizer import build_optimizer
from reverse_oldify.train.recipe import load_recipe

pytestmark = [pytest.mark.train, pytest.mark.usefixtures("thin_networks")]


def recipe(tmp_path, model, *replacements, **optim):
    for old, new in replacements:
        assert old in model
        model = model.replace(old, new)
    return load_recipe(write_recipe(tmp_path / "recipe.toml", tmp_path, model, **optim))


def frozen(network):
    return [name for name, value in network.named_parameters() if not value.requires_grad]


def test_each_kind_gets_its_network_and_objective(tmp_path):
    colornet = build_objective(recipe(tmp_path, COLORNET, positions=0.5, regression=0.25))
    assert isinstance(colornet, DistributionObjective)
    assert isinstance(colornet.network, ColorNet)
    assert (colornet.positions, colornet.regression) == (0.5, 0.25)
    classic = build_objective(recipe(tmp_path, CLASSIC))
    assert isinstance(classic, RegressionObjective)
    assert isinstance(classic.network, ClassicNet)


@pytest.mark.parametrize("model", [COLORNET, CLASSIC], ids=["colornet", "classic"])
def test_random_weights_are_not_frozen(tmp_path, model):
    objective = build_objective(recipe(tmp_path, model + "frozen_stages = 5\n"))
    assert frozen(objective.network) == []


def test_weights_of_a_file_are_loaded_and_frozen(tmp_path):
    torch.manual_seed(1)
    published = VggEncoder().state_dict()
    path = tmp_path / "vgg.pth"
    torch.save(published, path)
    given = (
        'encoder_weights = "random"',
        f'encoder_weights = "{path.as_posix()}"\nfrozen_stages = 5',
    )
    network = build_objective(recipe(tmp_path, CLASSIC, given)).network
    assert torch.equal(network.encoder.features[0].weight, published["features.0.weight"])
    assert frozen(network) == [f"encoder.{name}" for name in published]


def test_a_missing_file_of_weights_says_how_to_do_without(tmp_path):
    without = recipe(tmp_path, CLASSIC, ('encoder_weights = "random"', ""))
    with pytest.raises(ModelError, match=r"vgg16-397923af\.pth.*random"):
        build_objective(without)


def test_a_colornet_takes_no_file_of_encoder_weights(tmp_path):
    other = recipe(tmp_path, COLORNET, ('"random"', '"vgg.pth"'))
    with pytest.raises(OptionError, match=r"vgg\.pth.*pretrained.*random"):
        build_objective(other)


def test_the_classic_encoder_is_vgg16(tmp_path):
    with pytest.raises(OptionError, match="vgg16, not 'lite0'"):
        build_objective(recipe(tmp_path, CLASSIC, ("vgg16", "lite0")))


def test_starting_from_another_run(tmp_path):
    first = build_objective(recipe(tmp_path, COLORNET)).network
    save_checkpoint(tmp_path / "first.pt", {"weights": first.state_dict(), "recipe": {}})
    start = f'start_from = "{(tmp_path / "first.pt").as_posix()}"\n'
    second = build_objective(recipe(tmp_path, COLORNET + start)).network
    for key, value in first.state_dict().items():
        assert torch.equal(second.state_dict()[key], value)
    assert any(name.startswith("encoder.stages.2.") for name in frozen(second))
    with pytest.raises(ModelError, match=r"first\.pt: weights of another network"):
        build_objective(recipe(tmp_path, CLASSIC + start))


def test_teachers_are_the_networks_of_other_runs(tmp_path):
    torch.manual_seed(2)
    asked = recipe(tmp_path, COLORNET)
    first = build_objective(asked).network.eval()
    path = tmp_path / "first.pt"
    save_checkpoint(path, {"weights": first.state_dict(), "recipe": asked.to_dict()})
    taught = recipe(tmp_path, COLORNET, teachers=f'["{path.as_posix()}"]', taught=0.25)
    objective = build_objective(taught)
    assert objective.taught == 0.25
    lightness, palette = torch.rand(1, 1, 32, 64), torch.zeros(1, first.bins)
    said = objective.teachers(100 * lightness, palette, torch.arange(8 * 16))
    own = first(100 * lightness, palette).softmax(1).flatten(2).transpose(1, 2)
    torch.testing.assert_close(said, own)
    classic = recipe(tmp_path, CLASSIC)
    save_checkpoint(
        path,
        {"weights": build_objective(classic).network.state_dict(), "recipe": classic.to_dict()},
    )
    with pytest.raises(ModelError, match=r"first\.pt: a teacher must say a distribution"):
        build_objective(taught)
    with pytest.raises(OptionError, match="teachers are for a colornet"):
        build_objective(recipe(tmp_path, CLASSIC, teachers=f'["{path.as_posix()}"]'))


def test_matrices_decay_and_the_encoder_learns_more_slowly(tmp_path):
    asked = recipe(tmp_path, COLORNET, lr=0.01, encoder_lr_factor=0.1, weight_decay=0.5)
    network = build_objective(asked).network
    network.encoder.freeze(2)
    groups = build_optimizer(network, asked.optim).param_groups
    settings = {
        id(parameter): (group["full_lr"], group["weight_decay"])
        for group in groups
        for parameter in group["params"]
    }
    for name, parameter in network.named_parameters():
        if not parameter.requires_grad:
            assert id(parameter) not in settings
            continue
        rate, decay = settings[id(parameter)]
        assert rate == pytest.approx(0.001 if name.startswith("encoder.") else 0.01)
        assert decay == (0.5 if parameter.ndim > 1 else 0)


def test_adam_on_request(tmp_path):
    asked = recipe(tmp_path, CLASSIC, optimizer='"adam"')
    optimizer = build_optimizer(build_objective(asked).network, asked.optim)
    assert type(optimizer) is torch.optim.Adam
