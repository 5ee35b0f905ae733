import hashlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

pytest.importorskip("onnx", reason="the models of these tests are made with onnx")

import onnx
from made_models import made_info, write_model

from reverse_oldify.errors import ModelError
from reverse_oldify.runtime.info import DECODE_FILE, ENCODE_FILE, dump_info
from reverse_oldify.runtime.onnx import OnnxBackend

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("models") / "made")


@pytest.fixture(scope="module")
def backend(folder):
    return OnnxBackend(folder, threads=1)


def lightness(seed=0, height=8, width=12):
    rng = np.random.default_rng(seed)
    return rng.uniform(0, 100, (height, width)).astype(np.float32)


def mean(plane):
    return plane.reshape(plane.shape[0] // 4, 4, -1, 4).mean((1, 3))


def test_encode_then_decode(backend):
    plane = lightness()
    logits = backend.decode(backend.encode(plane))
    assert logits.shape == (3, 2, 3)
    np.testing.assert_allclose(logits, np.broadcast_to(mean(plane), (3, 2, 3)), rtol=1e-5)


def test_a_palette_reaches_the_graph(backend):
    plane = lightness()
    palette = np.array([0.5, 0.25, 0.25], np.float32)
    told = backend.decode(backend.encode(plane), palette)
    np.testing.assert_allclose(told, mean(plane) + palette[:, None, None], rtol=1e-5)


def test_a_model_of_ab_is_told_nothing(tmp_path):
    backend = OnnxBackend(write_model(tmp_path / "ab", made_info("ab")), threads=1)
    plane = lightness()
    features = backend.encode(plane)
    ab = backend.decode(features, np.ones(0, np.float32))
    np.testing.assert_allclose(ab, np.broadcast_to(mean(plane), (2, 2, 3)), rtol=1e-5)


@pytest.mark.parametrize("file", [ENCODE_FILE, DECODE_FILE])
def test_a_model_that_asks_for_what_is_not_known_is_of_another_release(tmp_path, file):
    folder = write_model(tmp_path / "older")
    model = onnx.load(folder / file)
    hints = onnx.helper.make_tensor_value_info("hints", onnx.TensorProto.FLOAT, [1, 3, "h", "w"])
    model.graph.input.append(hints)
    onnx.save(model, folder / file)
    with pytest.raises(ModelError, match="another release: it asks for hints, palette; train"):
        OnnxBackend(folder)


def test_the_model_describes_itself(backend, folder):
    content = (folder / ENCODE_FILE).read_bytes() + (folder / DECODE_FILE).read_bytes()
    assert backend.info.weights_hash == hashlib.sha256(content).hexdigest()
    assert dump_info(backend.info) == dump_info(made_info())


def test_threads_do_not_disturb_each_other(backend):
    planes = [lightness(seed, 64, 64 + 4 * (seed % 3)) for seed in range(48)]

    def colour(plane):
        return backend.decode(backend.encode(plane))

    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(colour, planes))
    for plane, logits in zip(planes, together, strict=True):
        np.testing.assert_array_equal(logits, colour(plane))


@pytest.mark.parametrize("file", [ENCODE_FILE, DECODE_FILE])
@pytest.mark.parametrize("damage", ["missing", "empty", "text", "half"])
def test_a_damaged_model_is_a_clear_error(tmp_path, file, damage):
    path = write_model(tmp_path / "model") / file
    content = path.read_bytes()
    path.unlink()
    if damage != "missing":
        left = {"empty": b"", "text": b"no model at all", "half": content[: len(content) // 2]}
        path.write_bytes(left[damage])
    with pytest.raises(ModelError, match="model: ") as caught:
        OnnxBackend(path.parent)
    assert "\n" not in str(caught.value)


def test_a_model_of_others_is_told_apart(tmp_path):
    write_model(tmp_path / "model")
    write_model(tmp_path / "other", text="{}")
    with pytest.raises(ModelError, match="not of this version"):
        OnnxBackend(tmp_path / "other")
    foreign = tmp_path / "foreign"
    write_model(foreign)
    import onnx

    model = onnx.load(foreign / DECODE_FILE)
    del model.metadata_props[:]
    onnx.save(model, foreign / DECODE_FILE)
    with pytest.raises(ModelError, match="not written by 'reverse-oldify export'"):
        OnnxBackend(foreign)


def test_files_of_two_models_do_not_mix(tmp_path):
    mixed = write_model(tmp_path / "mixed", encode_text=dump_info(made_info(name="another")))
    with pytest.raises(ModelError, match="different models"):
        OnnxBackend(mixed)
