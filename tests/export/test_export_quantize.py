import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper
from tiny_run import shrink_networks, write_cache

from reverse_oldify.color.bins import ab_bins
from reverse_oldify.errors import DataError, ModelError
from reverse_oldify.export import quantize
from reverse_oldify.export.onnx import export_network
from reverse_oldify.export.quantize import drift, pictures_of
from reverse_oldify.models.colornet import ColorNet
from reverse_oldify.runtime.info import DECODE_FILE, ENCODE_FILE
from reverse_oldify.runtime.onnx import OnnxBackend
from reverse_oldify.types import ModelInfo

pytestmark = [pytest.mark.train, pytest.mark.slow]

INFO = ModelInfo(
    name="tiny",
    version="1",
    output="distribution",
    multiple=32,
    stride=4,
    working_size=64,
    bins=ab_bins(),
    prior=np.full(len(ab_bins()), 1 / len(ab_bins()), np.float32),
)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder = write_cache(tmp_path_factory.mktemp("quantize") / "cache", 12)
    return pictures_of(folder, 64, 32)


@pytest.fixture(scope="module")
def both(pictures, tmp_path_factory):
    """The same network in single precision and in 8 bits, and what its export says."""
    with pytest.MonkeyPatch.context() as patch:
        shrink_networks(patch.setitem, patch.setattr)
        torch.manual_seed(0)
        network = ColorNet("tiny", len(ab_bins()), (16, 12, 8, 8), 1, 2, (1, 2, 1)).eval()
        with torch.no_grad():
            network.head.weight.mul_(8)  # or all distributions were flat, and alike
            network.decoder.palette.weight.mul_(8)
        folder = tmp_path_factory.mktemp("export")
        plain = export_network(network, INFO, folder / "plain")
        small = export_network(network, INFO, folder / "small", pictures)
    return plain, small


def stored(folder, file):
    return {
        tensor.name: numpy_helper.to_array(tensor)
        for tensor in onnx.load(folder / file).graph.initializer
    }


def test_convolutions_are_stored_in_8_bits_and_what_steers_is_not(both):
    small = both[1]
    encode, decode = stored(small.folder, ENCODE_FILE), stored(small.folder, DECODE_FILE)
    kernels = {
        name.removeprefix("encoder."): value for name, value in encode.items() if value.ndim == 4
    }
    late = [value for name, value in kernels.items() if "stages" in name and name > "stages.2"]
    assert len(late) > 8
    assert all(value.dtype == np.int8 and abs(value.astype(int)).max() <= 64 for value in late)
    assert kernels["stem.weight.half"].dtype == np.float16, "all others rest on it"
    in_8_bits = {name for name, value in decode.items() if value.dtype == np.int8 and value.ndim}
    assert len([name for name in in_8_bits if ".refine." in name and "weight" in name]) >= 4
    assert not [name for name in in_8_bits if "head" in name or "palette" in name]


def test_distributions_are_nearly_the_same_and_still_follow_a_palette(both, pictures):
    plain, small = (OnnxBackend(each.folder, threads=1) for each in both)
    assert plain.info.name == small.info.name == "tiny"
    assert 0 < both[1].drift < 0.05
    assert both[0].drift is None
    assert drift(plain, small, pictures) < 0.05
    palette = np.zeros(len(plain.info.bins), np.float32)
    palette[7] = 1
    moved = []
    for backend in (plain, small):
        features = backend.encode(pictures[0])
        moved.append(backend.decode(features, palette) - backend.decode(features))
    assert np.abs(moved[0]).mean() > 0.01
    assert np.abs(moved[1] - moved[0]).mean() < 0.3 * np.abs(moved[0]).mean()


def test_what_moves_too_far_is_not_written(both, pictures, monkeypatch):
    plain, small = (OnnxBackend(each.folder, threads=1) for each in both)
    monkeypatch.setattr(quantize, "DRIFT", both[1].drift / 10)
    with pytest.raises(ModelError, match="export without --calibrate"):
        drift(plain, small, pictures)


def test_a_set_without_photographs_is_refused(tmp_path):
    with pytest.raises(DataError, match="calibration needs more"):
        pictures_of(write_cache(tmp_path / "cache", 3), 64, 32)
