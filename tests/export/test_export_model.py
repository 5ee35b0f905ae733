import numpy as np
import pytest
import torch
from tiny_run import CLASSIC, COLORNET, write_recipe

from reverse_oldify.cli.main import main
from reverse_oldify.color.bins import ab_bins
from reverse_oldify.errors import ExistsError, ModelError, OptionError
from reverse_oldify.export import model
from reverse_oldify.export.model import DEFAULT_DECODING, export_checkpoint
from reverse_oldify.export.onnx import Exported
from reverse_oldify.train.build import build_network
from reverse_oldify.train.checkpoint import save_checkpoint
from reverse_oldify.train.recipe import load_recipe

pytestmark = [pytest.mark.train, pytest.mark.usefixtures("thin_networks")]


@pytest.fixture
def given(monkeypatch):
    """What `export_network` is called with, instead of a slow export."""
    calls = []

    def note(network, info, folder, pictures):
        assert not pictures, "nobody asked for 8 bits"
        calls.append((network, info, folder))
        return Exported(folder=folder, size=1_500_000, difference=2e-6)

    monkeypatch.setattr(model, "export_network", note)
    return calls


def checkpoint(tmp_path, kind=COLORNET, **more):
    recipe = load_recipe(write_recipe(tmp_path / "recipe.toml", tmp_path, kind))
    torch.manual_seed(0)
    content = {
        "weights": build_network(recipe.model).state_dict(),
        "recipe": recipe.to_dict(),
        "prior": torch.full((len(ab_bins()),), 1 / len(ab_bins())),
        "step": 7,
    }
    save_checkpoint(tmp_path / "a.pt", content | more)
    return tmp_path / "a.pt"


def test_a_distribution_takes_its_prior_and_decoding_along(tmp_path, given):
    scores = {"score": 0.8}
    export_checkpoint(
        [checkpoint(tmp_path, scores=scores)], tmp_path / "m", data="made", licence="X"
    )
    (_, info, folder) = given[0]
    assert folder == tmp_path / "m"
    assert (info.name, info.output, info.stride, info.multiple) == ("tiny", "distribution", 4, 32)
    assert (info.data, info.licence) == ("made", "X")
    assert "minus 127, divided by 128" in info.normalisation
    assert info.decoding == DEFAULT_DECODING
    assert info.scores == {"scores": scores, "step": 7}
    assert info.recipe["optim"]["steps"] == 6
    np.testing.assert_array_equal(info.bins, ab_bins())
    assert info.prior.sum() == pytest.approx(1, abs=1e-4)


def test_the_classic_network_says_ab(tmp_path, given):
    export_checkpoint([checkpoint(tmp_path, CLASSIC)], tmp_path / "m", name="classic")
    (_, info, _) = given[0]
    assert (info.name, info.output, info.stride) == ("classic", "ab", 2)
    assert "0.485" in info.normalisation
    assert info.bins.shape == (0, 2) and info.prior.shape == (0,) and info.decoding == {}


def test_the_classic_network_is_not_said_to_be_in_8_bits(tmp_path, given):
    path = checkpoint(tmp_path, CLASSIC)
    with pytest.raises(OptionError, match="export without --calibrate"):
        export_checkpoint([path], tmp_path / "m", calibrate=tmp_path)
    assert not given


def test_of_a_run_that_goes_on_the_average_is_taken(tmp_path, given):
    path = checkpoint(tmp_path)
    content = torch.load(path, weights_only=True)
    average = {key: value + 1 for key, value in content["weights"].items()}
    save_checkpoint(path, content | {"average": average})
    export_checkpoint([path], tmp_path / "m")
    weights = given[0][0].state_dict()
    assert all(torch.equal(weights[key], value) for key, value in average.items())


def test_weights_that_do_not_fit_are_refused(tmp_path):
    path = checkpoint(tmp_path)
    content = torch.load(path, weights_only=True)
    del content["weights"]["head.bias"]
    save_checkpoint(path, content)
    with pytest.raises(ModelError, match="do not fit its recipe"):
        export_checkpoint([path], tmp_path / "m")


def test_of_its_recipe_only_the_network_counts(tmp_path, given):
    path = checkpoint(tmp_path)
    content = torch.load(path, weights_only=True)
    content["recipe"]["optim"]["clip"] = float("inf")  # as was allowed once
    save_checkpoint(path, content)
    export_checkpoint([path], tmp_path / "m")
    assert given[0][1].recipe["optim"]["clip"] == float("inf")
    content["recipe"]["model"]["drop"] = 1.0
    save_checkpoint(path, content)
    with pytest.raises(OptionError, match=r"a\.pt: \[model\] drop is 1\.0: must be 0 to below 1"):
        export_checkpoint([path], tmp_path / "m")


def test_the_command_says_what_was_proved(tmp_path, given, capsys):
    path = checkpoint(tmp_path)
    arguments = ["export", str(path), "-o", str(tmp_path / "m")]
    decoding = ["--decoding", "0.5", "0.25", "0.9", "8", "1.1"]
    assert main([*arguments, *decoding, "--working-size", "320", "--name", "mine"]) == 0
    assert (
        capsys.readouterr().out
        == f"{tmp_path / 'm'}: 1.5 MB, differs from PyTorch by at most 2.0e-06\n"
    )
    (_, info, _) = given[0]
    keys = ("temperature", "prior_exponent", "restored", "knee", "spread_scale")
    assert info.decoding == dict(zip(keys, (0.5, 0.25, 0.9, 8, 1.1), strict=True))
    assert (info.name, info.working_size) == ("mine", 320)


@pytest.mark.parametrize(
    ("decoding", "complaint"),
    [
        ("0 0 0 0 0", "temperature is 0: must be above 0, and finite"),
        ("0.5 -1 1 1 1", "prior_exponent is -1: must be 0 or more, and finite"),
        ("0.5 0 nan 1 1", "restored is nan: must be"),
        ("0.5 0 1 1 0", "spread_scale is 0: must be"),
    ],
)
def test_impossible_constants_of_decoding_are_refused_at_once(
    tmp_path, given, capsys, decoding, complaint
):
    arguments = ["export", str(checkpoint(tmp_path)), "-o", str(tmp_path / "m")]
    assert main([*arguments, "--decoding", *decoding.split()]) == 2
    error = capsys.readouterr().err
    assert complaint in error and error.count("\n") == 1
    assert not given


def test_an_impossible_working_size_is_refused_at_once(tmp_path, given, capsys):
    arguments = ["export", str(checkpoint(tmp_path)), "-o", str(tmp_path / "m")]
    assert main([*arguments, "--working-size", "4096"]) == 2
    assert "working size is 4096; choose a number from 32 to 2048" in capsys.readouterr().err
    assert not given


def test_the_command_keeps_the_bare_weights_too(tmp_path, given):
    paths = []
    for name, more in (("one", 1), ("two", 2)):
        content = torch.load(checkpoint(tmp_path), weights_only=True)
        content["weights"] = {key: value + more for key, value in content["weights"].items()}
        save_checkpoint(tmp_path / f"{name}.pt", content)
        paths.append(str(tmp_path / f"{name}.pt"))
    kept = tmp_path / "kept.pt"
    assert main(["export", *paths, "-o", str(tmp_path / "m"), "--weights", str(kept)]) == 0
    weights = torch.load(kept, weights_only=True)["weights"]
    for key, value in given[0][0].state_dict().items():
        assert torch.equal(weights[key], value.half())


def test_bare_weights_replace_nothing(tmp_path, given):
    path = checkpoint(tmp_path)
    before = path.read_bytes()
    with pytest.raises(ExistsError, match=r"a\.pt: exists already; choose another file"):
        export_checkpoint([path], tmp_path / "m", weights=path)
    assert path.read_bytes() == before and not given
    export_checkpoint([path], tmp_path / "m", weights=tmp_path / "deep" / "kept.pt")
    assert (tmp_path / "deep" / "kept.pt").is_file()


def test_the_command_fails_in_one_line(tmp_path, capsys):
    assert main(["export", str(tmp_path / "none.pt"), "-o", str(tmp_path / "m")]) == 1
    error = capsys.readouterr().err
    assert "none.pt: not a readable checkpoint" in error and error.count("\n") == 1
