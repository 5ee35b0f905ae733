"""Model folders made by hand: two small ONNX graphs that say something known."""

import numpy as np
import onnx
from onnx import TensorProto, helper

from reverse_oldify.runtime.info import DECODE_FILE, ENCODE_FILE, METADATA_KEY, dump_info
from reverse_oldify.types import ModelInfo

OPSET = [helper.make_opsetid("", 18)]


def made_info(output="distribution", name="made"):
    distribution = output == "distribution"
    return ModelInfo(
        name=name,
        version="1",
        output=output,
        multiple=4,
        stride=4,
        working_size=64,
        bins=np.array([[0, 0], [10, -20], [30.5, 40]] if distribution else [], np.float32).reshape(
            -1, 2
        ),
        prior=np.array([0.5, 0.25, 0.25] if distribution else [], np.float32),
        decoding={"temperature": 0.5},
        recipe={"optim": {"sizes": [[0.0, 64]]}},
        scores={"score": 0.75},
    )


def save(path, nodes, inputs, outputs, text):
    def value(name, channels):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, *channels])

    graph = helper.make_graph(
        nodes,
        "made",
        [value(name, shape) for name, shape in inputs.items()],
        [value(name, shape) for name, shape in outputs.items()],
    )
    model = helper.make_model(graph, opset_imports=OPSET, ir_version=9)
    if text is not None:
        helper.set_model_props(model, {METADATA_KEY: text})
    onnx.save(model, path)


def write_model(folder, info=None, text=None, encode_text=None):
    """*encode* is the mean over 4 x 4 pixels; *decode* adds what it is told.

    The distribution's logits are the mean plus the palette; the ab model's a* and b* are both the
    mean.
    """
    info = info or made_info()
    text = dump_info(info) if text is None else text
    folder.mkdir(parents=True)
    pool = helper.make_node(
        "AveragePool", ["lightness"], ["map4"], kernel_shape=[4, 4], strides=[4, 4]
    )
    maps, plane = {"map4": [1, "h", "w"]}, {"lightness": [1, "H", "W"]}
    save(folder / ENCODE_FILE, [pool], plane, maps, text if encode_text is None else encode_text)
    if info.output == "ab":
        nodes = [helper.make_node("Concat", ["map4", "map4"], ["ab"], axis=1)]
        save(folder / DECODE_FILE, nodes, maps, {"ab": [2, "h", "w"]}, text)
        return folder
    nodes = [
        helper.make_node("Constant", [], ["last"], value_ints=[2, 3]),
        helper.make_node("Unsqueeze", ["palette", "last"], ["everywhere"]),
        helper.make_node("Add", ["map4", "everywhere"], ["logits"]),
    ]
    inputs = maps | {"palette": [3]}
    save(folder / DECODE_FILE, nodes, inputs, {"logits": [3, "h", "w"]}, text)
    return folder
