"""Weights rounded to 7 bits so that their errors cancel.

Rounded to the nearest, each weight is as near as can be, but not their sum: inputs rise and fall
together, and errors add up. Here the weights of a convolution are rounded one after another, and
after each those that are still free, and the bias, take back what they can of its error on
photographs (GPTQ: Frantar et al. 2022, after the Optimal Brain Surgeon of Hassibi, Stork 1993).
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping, Sequence

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from reverse_oldify.matmul import matmul
from reverse_oldify.types import FloatArray

LARGEST = 64
"""Code of the largest weight of each channel: ONNX Runtime's, for 7 bits and a sign."""

_DAMPING = 0.01  # of the mean power of inputs: what hardly varies must not be relied on
_LEAST = 1e-9  # power of inputs that are always 0
_PLACES = 1024  # of a map that are looked at, at most

Doubles = NDArray[np.float64]


def rounded(
    model: onnx.ModelProto, nodes: Collection[str], feeds: Sequence[Mapping[str, FloatArray]]
) -> onnx.ModelProto:
    """Round the weights of convolutions to multiples of a 64th of the largest of their channel.

    Parameters
    ----------
    model
        In single precision; stays as it is.
    nodes
        Names of the convolutions; other nodes are left alone.
    feeds
        Inputs of the model, of photographs.
    """
    model = copy.deepcopy(model)
    layers = [node for node in model.graph.node if node.name in nodes and node.op_type == "Conv"]
    tensors = {tensor.name: tensor for tensor in model.graph.initializer}
    products = _products(model, layers, feeds)
    for node, product in zip(layers, products, strict=True):
        weights, *bias = (numpy_helper.to_array(tensors[name]) for name in node.input[1:])
        values = _round(weights, bias[0] if bias else None, product)
        for name, value in zip(node.input[1:], values, strict=True):
            tensors[name].CopyFrom(numpy_helper.from_array(value, name))
    return model


def _products(
    model: onnx.ModelProto,
    layers: Sequence[onnx.NodeProto],
    feeds: Sequence[Mapping[str, FloatArray]],
) -> list[Doubles]:
    """Of each layer, the mean products of any two of the inputs that meet its weights and bias.

    (groups, n, n): its groups of channels meet different inputs.
    """
    # Not at the top: `runtime.onnx` has something to say to ONNX Runtime before it is imported.
    import onnxruntime

    shapes = {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}
    known = {value.name for value in (*model.graph.input, *model.graph.output)}
    hidden = sorted({node.input[0] for node in layers} - known)
    shown = copy.deepcopy(model)
    shown.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in hidden)
    names = [value.name for value in shown.graph.output]
    session = onnxruntime.InferenceSession(
        shown.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    sums: list[Doubles] = []
    for feed in feeds:
        found = {**feed, **dict(zip(names, session.run(None, dict(feed)), strict=True))}
        products = []
        for node in layers:
            met = _met(found[node.input[0]][0], node, shapes[node.input[1]])
            if len(node.input) > 2:  # the bias meets 1
                met = np.pad(met, ((0, 0), (0, 1), (0, 0)), constant_values=1)
            products.append(matmul(met, met.swapaxes(1, 2)) / met.shape[2])
        sums = [a + b for a, b in zip(sums, products, strict=True)] if sums else products
    return [total / len(feeds) for total in sums]


def _met(plane: FloatArray, node: onnx.NodeProto, shape: tuple[int, ...]) -> Doubles:
    """What the weights of a convolution meet in a map (c, h, w): (groups, weights, places)."""
    said = {each.name: helper.get_attribute_value(each) for each in node.attribute}
    top, left, bottom, right = said.get("pads", (0, 0, 0, 0))
    down, across = said.get("strides", (1, 1))
    padded = np.pad(plane, ((0, 0), (top, bottom), (left, right)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, shape[2:], (1, 2))
    windows = windows[:, ::down, ::across].transpose(0, 3, 4, 1, 2)
    met = windows.reshape(said.get("group", 1), int(np.prod(shape[1:])), -1)
    return met[..., :: -(-met.shape[2] // _PLACES)].astype(np.float64)


def _round(weights: FloatArray, bias: FloatArray | None, product: Doubles) -> list[FloatArray]:
    """Rounded weights, and the bias that makes up for what is left; see `_products`."""
    groups, count = len(product), int(np.prod(weights.shape[1:]))
    free = weights.astype(np.float64).reshape(groups, -1, count)
    largest = np.abs(free).argmax(-1)
    step = np.abs(free).max(-1) / LARGEST
    step[step == 0] = 1
    ends = np.sign(np.take_along_axis(free, largest[..., None], -1)[..., 0]) * LARGEST
    if bias is not None:
        free = np.concatenate([free, bias.astype(np.float64).reshape(groups, -1, 1)], -1)
    of_weights = np.arange(free.shape[-1]) < count
    power = np.diagonal(product, axis1=1, axis2=2)[:, of_weights].mean(-1)
    damping = (_DAMPING * power + _LEAST)[:, None, None] * np.diag(of_weights)
    # Row i says what an error of weight i is worth to those after it.
    worth = np.linalg.cholesky(np.linalg.inv(product + damping)).swapaxes(1, 2)
    for at in range(count):
        code = np.clip(np.rint(free[..., at] / step), -LARGEST, LARGEST)
        code = np.where(largest == at, ends, code)  # or the step would be another
        error = (free[..., at] - code * step) / worth[:, None, at, at]
        free[..., at] = code * step
        free[..., at + 1 :] -= error[..., None] * worth[:, None, at, at + 1 :]
    parts = [free[..., :count].reshape(weights.shape)]
    if bias is not None:
        parts.append(free[..., count].reshape(bias.shape))
    return [part.astype(np.float32) for part in parts]
