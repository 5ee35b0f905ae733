from __future__ import annotations

import copy

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from reverse_oldify.export import quantize
from reverse_oldify.export.rounding import LARGEST, rounded

pytestmark = pytest.mark.train

SHAPES = {
    "pointwise": ((8, 12, 1, 1), 1),
    "square": ((8, 12, 3, 3), 1),
    "depthwise": ((12, 1, 5, 5), 12),
}


def model_of(kind: str, *, bias: bool, seed: int = 0) -> onnx.ModelProto:
    """One convolution: of every second row, padded on all sides but the lowest."""
    shape, group = SHAPES[kind]
    rng = np.random.default_rng(seed)
    values = {"weight": rng.normal(size=shape)}
    if bias:
        values["bias"] = rng.normal(size=shape[0])
    values["weight"][0] *= 30  # channels have steps of their own
    pad = shape[2] // 2
    node = helper.make_node(
        "Conv",
        ["map", *values],
        ["out"],
        name="conv",
        group=group,
        strides=[2, 1],
        pads=[pad, pad, 0, pad],
    )
    graph = helper.make_graph(
        [node],
        "one",
        [helper.make_tensor_value_info("map", TensorProto.FLOAT, [1, 12, None, None])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(value.astype(np.float32), name) for name, value in values.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def weights_of(model: onnx.ModelProto) -> dict[str, np.ndarray]:
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}


def maps(seed: int, count: int = 6) -> list[dict[str, np.ndarray]]:
    """Maps as behind a ReLU: positive, and alike in neighbours and in channels."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        shared = rng.normal(size=(1, 1, 24, 24)).cumsum(2).cumsum(3) / 8
        noise = rng.normal(size=(1, 12, 24, 24))
        found.append({"map": np.maximum(shared + 0.5 * noise + 1, 0).astype(np.float32)})
    return found


def outputs(model: onnx.ModelProto, feeds: list[dict[str, np.ndarray]]) -> np.ndarray:
    import onnxruntime

    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return np.stack([session.run(None, feed)[0][0] for feed in feeds], 1)


def to_nearest(model: onnx.ModelProto) -> onnx.ModelProto:
    model = copy.deepcopy(model)
    weight = next(tensor for tensor in model.graph.initializer if tensor.name == "weight")
    values = numpy_helper.to_array(weight)
    step = np.abs(values).max((1, 2, 3), keepdims=True) / LARGEST
    weight.CopyFrom(numpy_helper.from_array(np.rint(values / step) * step, "weight"))
    return model


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("kind", SHAPES)
def test_weights_are_codes_of_7_bits_and_the_largest_keeps_its_own(kind: str, bias: bool) -> None:
    model = model_of(kind, bias=bias)
    before, after = weights_of(model)["weight"], weights_of(rounded(model, ["conv"], maps(1)))
    peak = np.abs(before).max((1, 2, 3), keepdims=True)
    codes = after["weight"] / (peak / LARGEST)
    np.testing.assert_allclose(codes, np.rint(codes), atol=1e-4)
    np.testing.assert_allclose(np.abs(after["weight"]).max((1, 2, 3), keepdims=True), peak, 1e-6)
    assert before.shape == after["weight"].shape
    assert ("bias" in after) == bias


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("kind", SHAPES)
def test_the_error_on_other_maps_is_smaller_than_of_the_nearest(kind: str, bias: bool) -> None:
    model, others = model_of(kind, bias=bias), maps(2)
    truth = outputs(model, others)
    errors = [
        np.square(outputs(each, others) - truth).mean((1, 2, 3))
        for each in (rounded(model, ["conv"], maps(1)), to_nearest(model))
    ]
    assert np.mean(errors[0] / errors[1]) < 0.7


def test_the_model_given_and_other_nodes_stay() -> None:
    model = model_of("square", bias=True)
    before = model.SerializeToString()
    assert rounded(model, [], maps(1)).SerializeToString() == before
    rounded(model, ["conv"], maps(1))
    assert model.SerializeToString() == before


@pytest.mark.parametrize("value", [0.0, 3.0])
def test_inputs_that_never_vary_do_no_harm(value: float) -> None:
    model = model_of("square", bias=True)
    feeds = [{"map": np.full((1, 12, 24, 24), value, np.float32)}]
    after = rounded(model, ["conv"], feeds)
    assert all(np.isfinite(values).all() for values in weights_of(after).values())
    inner = (..., slice(2, -2), slice(2, -2))
    truth = outputs(model, feeds)[inner]
    np.testing.assert_allclose(outputs(after, feeds)[inner], truth, atol=0.02 * np.abs(truth).max())


@pytest.mark.parametrize("kind", SHAPES)
def test_onnx_runtime_takes_the_codes_as_they_are(kind: str) -> None:
    """Its steps are ours: it has nothing left to round."""
    model, feeds = model_of(kind, bias=True), maps(1)
    found = weights_of(quantize._quantized(model, ["conv"], feeds))
    codes = next(value for value in found.values() if value.ndim == 4)
    assert codes.dtype == np.int8
    scale = next(value for name, value in found.items() if "weight" in name and "scale" in name)
    step = scale.reshape(-1, 1, 1, 1)
    np.testing.assert_allclose(
        codes * step, weights_of(rounded(model, ["conv"], feeds))["weight"], rtol=1e-5
    )
