"""Convolutions in 8 bits: half the time of a network, for an error far below its own.

Post-training quantisation (Jacob et al. 2018; Krishnamoorthi 2018): weights by channel, activations
by the range that they take on photographs. Weights have 7 bits, because processors without VNNI add
products of 8 bits with saturation; how they are rounded is in `rounding`. What comes before the
finest map stays in single precision: its error would go through everything, and chroma would be a
tenth less. So do what steers the network (palette, attention), for a palette stronger than those of
the calibration must not be cut, and the head.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.random import default_rng

from reverse_oldify.data.cache import PictureCache, decode_lab
from reverse_oldify.errors import DataError, ModelError
from reverse_oldify.export.rounding import rounded
from reverse_oldify.pipeline.prediction import softmax
from reverse_oldify.resize import fit
from reverse_oldify.runtime.info import ENCODE_INPUT, PALETTE_INPUT
from reverse_oldify.runtime.onnx import OnnxBackend
from reverse_oldify.types import FloatArray

PICTURES = 64
"""How many are looked at, at most; every fourth of them is kept for the proof."""

DRIFT = 0.05
"""The most that the distributions may differ: total variation distance (0..1), mean over places."""

_KINDS = ("Conv", "Clip", "Relu", "Add")
_REFINING = ".refine."  # in the names of weights: convolutions between norms, whatever the palette
_LEAST = 4  # pictures, of which three calibrate and one proves

Feed = dict[str, np.ndarray]


def pictures_of(folder: Path, size: int, multiple: int) -> list[FloatArray]:
    """Lightness of training photographs of a prepared set, as the network sees it.

    Raises
    ------
    DataError
        It is no prepared set, or has fewer than four.
    """
    cache = PictureCache(folder)
    known = cache.select("train")
    if len(known) < _LEAST:
        raise DataError(f"{folder}: {len(known)} training pictures; calibration needs more")
    chosen = default_rng(0).choice(known, min(PICTURES, len(known)), replace=False)
    planes = (decode_lab(cache[int(number)])[..., 0] for number in chosen)
    return [fit(np.ascontiguousarray(plane), size, multiple)[0] for plane in planes]


def quantized(
    encode: onnx.ModelProto,
    decode: onnx.ModelProto,
    backend: OnnxBackend,
    pictures: Sequence[FloatArray],
) -> tuple[onnx.ModelProto, onnx.ModelProto]:
    """Quantise the two graphs of a network.

    Parameters
    ----------
    encode, decode
        In single precision.
    backend
        The same, loaded: it gives the maps that are fed to *decode*.
    pictures : sequence of float32 (h, w)
        L*, 0..100, for calibration.
    """
    looks = [{ENCODE_INPUT: picture[None, None]} for picture in pictures]
    plain = np.zeros((1, len(backend.info.bins)), np.float32)
    maps = [{**backend.encode(picture), PALETTE_INPUT: plain} for picture in pictures]
    return (
        _quantized(encode, _after_finest(encode), looks),
        _quantized(decode, _refining(decode), maps),
    )


def drift(one: OnnxBackend, other: OnnxBackend, pictures: Sequence[FloatArray]) -> float:
    """Difference of two models: total variation distance of distributions, mean over places.

    Raises
    ------
    ModelError
        It is above `DRIFT`.
    """
    found = []
    for picture in pictures:
        outputs = [backend.decode(backend.encode(picture)) for backend in (one, other)]
        first, second = (softmax(output) for output in outputs)
        found.append(float(np.abs(first - second).sum(0).mean()) / 2)
    mean = float(np.mean(found))
    if mean > DRIFT:
        raise ModelError(
            f"in 8 bits the distributions differ by {mean:.2g} (allowed: {DRIFT}); nothing was "
            "written; export without --calibrate"
        )
    return mean


def _after_finest(model: onnx.ModelProto) -> list[str]:
    """Names of the nodes that the first map, the finest, does not rest on."""
    wanted, below = {model.graph.output[0].name}, set()
    for node in reversed(model.graph.node):  # which come in an order in which they can be run
        if wanted.intersection(node.output):
            wanted.update(node.input)
            below.add(node.name)
    return [
        node.name for node in model.graph.node if node.name not in below and node.op_type in _KINDS
    ]


def _refining(model: onnx.ModelProto) -> list[str]:
    return [
        node.name
        for node in model.graph.node
        if node.op_type == "Conv" and _REFINING in node.input[1]
    ]


class _Reader:
    """What ONNX Runtime calls a CalibrationDataReader."""

    def __init__(self, feeds: Iterable[Feed]) -> None:
        self._feeds = iter(feeds)

    def get_next(self) -> Feed | None:
        return next(self._feeds, None)


def _quantized(model: onnx.ModelProto, nodes: list[str], feeds: Sequence[Feed]) -> onnx.ModelProto:
    if not nodes:  # a decoder without refinements
        return model
    # Not at the top: `runtime.onnx` has something to say to ONNX Runtime before it is imported.
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static

    chatter = logging.getLogger().level
    logging.getLogger().setLevel(logging.ERROR)  # it recommends steps that gain nothing here
    try:
        with tempfile.TemporaryDirectory(prefix="reverse-oldify-") as folder:
            result = Path(folder) / "quantized.onnx"
            quantize_static(
                rounded(model, nodes, feeds),  # a copy: it takes the weights away
                result,
                _Reader(feeds),
                quant_format=QuantFormat.QDQ,
                op_types_to_quantize=list(_KINDS),
                nodes_to_quantize=nodes,
                per_channel=True,
                reduce_range=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
            )
            return onnx.load(result)
    finally:
        logging.getLogger().setLevel(chatter)
