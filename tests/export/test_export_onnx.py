import copy
import errno
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from tiny_run import shrink_networks

from reverse_oldify.color.bins import ab_bins
from reverse_oldify.errors import ModelError, OutputError
from reverse_oldify.export import onnx as export_onnx
from reverse_oldify.export.onnx import (
    PARITY,
    export_network,
    network_output,
    parity,
    round_to_half,
)
from reverse_oldify.models.classic import ClassicNet
from reverse_oldify.models.colornet import ColorNet
from reverse_oldify.runtime.onnx import OnnxBackend
from reverse_oldify.types import ModelInfo

pytestmark = pytest.mark.train


def colornet():
    torch.manual_seed(0)
    network = ColorNet("tiny", len(ab_bins()), (16, 12, 8, 8), 1, 2, (1, 2, 0))
    return network.eval()


def classic():
    torch.manual_seed(0)
    return ClassicNet((8,) * 5).eval()


def info(network):
    distribution = isinstance(network, ColorNet)
    bins = ab_bins() if distribution else np.zeros((0, 2), np.float32)
    return ModelInfo(
        name="tiny",
        version="1",
        output="distribution" if distribution else "ab",
        multiple=network.multiple,
        stride=network.stride,
        working_size=64,
        bins=bins,
        prior=np.full(len(bins), 1 / max(len(bins), 1), np.float32),
    )


@pytest.fixture(scope="module")
def thin():
    with pytest.MonkeyPatch.context() as patch:
        shrink_networks(patch.setitem, patch.setattr)
        yield


@pytest.fixture(scope="module", params=[colornet, classic])
def exported(request, thin, tmp_path_factory):
    """A network and what its export is; tracing takes many seconds."""
    network = request.param()
    folder = tmp_path_factory.mktemp("export") / request.param.__name__
    return network, export_network(network, info(network), folder)


@pytest.mark.slow
def test_the_graphs_do_what_the_network_does(exported):
    network, result = exported
    assert result.difference < PARITY
    backend = OnnxBackend(result.folder, threads=1)
    rounded = copy.deepcopy(network)
    round_to_half(rounded)
    assert parity(rounded, backend) == pytest.approx(result.difference, abs=PARITY / 10)
    lightness = np.random.default_rng(5).uniform(0, 100, (96, 160)).astype(np.float32)
    want = network_output(network, lightness, None)
    got = backend.decode(backend.encode(lightness))
    assert want.std() > 0.01
    assert np.abs(got - want).max() < 0.02 * np.abs(want).max()  # what the rounding costs


@pytest.mark.slow
def test_a_mirror_image_gets_the_same_colours_mirrored(exported):
    network, result = exported
    if isinstance(network, ClassicNet):
        pytest.skip("the baseline looks once, as published")
    backend = OnnxBackend(result.folder, threads=1)
    lightness = np.random.default_rng(6).uniform(0, 100, (64, 96)).astype(np.float32)
    palette = np.random.default_rng(7).dirichlet(np.ones(network.bins)).astype(np.float32)
    for steering in (None, palette):
        seen = backend.decode(backend.encode(lightness), steering)
        mirrored = backend.decode(
            backend.encode(np.ascontiguousarray(lightness[:, ::-1])), steering
        )
        np.testing.assert_allclose(mirrored[..., ::-1], seen, atol=PARITY)
        assert np.abs(mirrored - seen).max() > 10 * PARITY


@pytest.mark.slow
def test_the_export_is_whole_and_small(exported):
    network, result = exported
    assert {path.name for path in result.folder.iterdir()} == {"encode.onnx", "decode.onnx"}
    assert not any(b".py" in path.read_bytes() for path in result.folder.iterdir())
    assert result.size == sum(path.stat().st_size for path in result.folder.iterdir())
    assert not [path for path in result.folder.parent.iterdir() if path.name.startswith(".")]
    back = OnnxBackend(result.folder).info
    assert (back.name, back.output, back.stride) == ("tiny", info(network).output, network.stride)


@pytest.mark.slow
def test_parity_notices_other_weights(exported):
    network, result = exported
    other = copy.deepcopy(network)
    round_to_half(other)
    with torch.no_grad():
        next(iter(other.decoder.parameters())).add_(0.01)
    assert parity(other, OnnxBackend(result.folder, threads=1)) > PARITY


def test_a_network_that_overflows_is_refused(thin):
    network = classic()
    with torch.no_grad():
        next(iter(network.decoder.parameters())).fill_(1e6)
    assert np.isfinite(network_output(network, np.full((32, 32), 50, np.float32), None)).all()
    round_to_half(network)
    backend = SimpleNamespace(info=info(network), encode=lambda lightness: {})
    with pytest.raises(ModelError, match="output is not finite"):
        parity(network, backend)


def test_large_tensors_are_rounded_and_small_ones_kept(thin):
    network = classic()
    before = {name: value.clone() for name, value in network.named_parameters()}
    round_to_half(network)
    for name, value in network.named_parameters():
        large = value.numel() >= 256
        assert torch.equal(value, value.half().float() if large else before[name])
        torch.testing.assert_close(value, before[name], rtol=1e-3, atol=1e-6)


def test_a_folder_in_use_is_left_alone(thin, tmp_path):
    kept = tmp_path / "model" / "mine.txt"
    kept.parent.mkdir()
    kept.write_text("mine")
    for place in (kept.parent, kept):
        with pytest.raises(OutputError, match="not an empty folder"):
            export_network(classic(), info(classic()), place)
    assert kept.read_text() == "mine"


def test_a_folder_that_cannot_be_written_is_told(thin, tmp_path, monkeypatch):
    (tmp_path / "notes").touch()
    with pytest.raises(OutputError, match="notes: is a file, not a folder"):
        export_network(colornet(), info(colornet()), tmp_path / "notes" / "m")

    def full(model, path):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(export_onnx.onnx, "save", full)
    network = classic()
    with pytest.raises(OutputError, match=r"m: cannot be written \(no space left on device\)"):
        export_network(network, info(network), tmp_path / "m")
    assert [path.name for path in tmp_path.iterdir()] == ["notes"]


def test_a_difference_means_that_nothing_is_written(thin, tmp_path, monkeypatch):
    import onnx
    from onnx import helper

    def empty(graph):
        return helper.make_model(helper.make_graph([], "none", [], []))

    monkeypatch.setattr(export_onnx, "_traced", empty)
    monkeypatch.setattr(export_onnx, "OnnxBackend", lambda *arguments, **settings: None)
    monkeypatch.setattr(export_onnx, "parity", lambda *arguments: 1.0)
    monkeypatch.setattr(onnx, "save", lambda model, path: path.touch())
    with pytest.raises(ModelError, match="differ from the network by 1 "):
        export_network(classic(), info(classic()), tmp_path / "model")
    assert list(tmp_path.iterdir()) == []
