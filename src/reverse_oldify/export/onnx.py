"""From a checkpoint to a model folder: two ONNX graphs with everything that must travel along.

Weights are rounded to half precision first and stored so; ONNX Runtime widens them to single
precision once, when it loads the model. The parity check is therefore against the *rounded*
PyTorch network, and what the rounding itself costs is measured apart (``evaluate``).
"""

from __future__ import annotations

import contextlib
import copy
import io
import logging
import tempfile
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from reverse_oldify.errors import MissingExtraError, ModelError, OutputError
from reverse_oldify.export.graphs import Graph, graphs_of
from reverse_oldify.files.drafts import check_folder, failures_told
from reverse_oldify.models.network import Network
from reverse_oldify.runtime.info import DECODE_FILE, ENCODE_FILE, METADATA_KEY, dump_info
from reverse_oldify.runtime.onnx import OnnxBackend
from reverse_oldify.types import FloatArray, ModelInfo

try:
    import onnx
    from onnx import TensorProto, helper, numpy_helper
except ImportError as error:
    raise MissingExtraError("exporting a model", "train") from error

PARITY = 1e-4
_HALF_FROM = 256  # smaller tensors (biases, norms) stay in single precision


@dataclass(frozen=True, kw_only=True)
class Exported:
    """Result of `export_network`: where it is, how large (bytes), and the largest difference
    between ONNX Runtime and PyTorch over the trial inputs.
    """

    folder: Path
    size: int
    difference: float
    drift: float | None = None
    """Of the distributions in 8 bits, see `quantize.drift`; None if nothing was quantised."""


def export_network(
    network: Network, info: ModelInfo, folder: Path, pictures: Sequence[FloatArray] = ()
) -> Exported:
    """Write ``encode.onnx`` and ``decode.onnx`` and prove that they do what the network does.

    Parameters
    ----------
    network
        `ColorNet` or `ClassicNet`; stays as it is.
    info
        Goes into the files' metadata.
    folder
        Must not exist yet, or be empty.
    pictures : sequence of float32 (h, w)
        L*, 0..100, of photographs, sides multiples of the network's: what is proved is then
        quantised, see `quantize`. Empty: it is left in single precision.

    Raises
    ------
    OutputError
        If the folder is in use, or cannot be written.
    ModelError
        If the graphs differ from the network by more than ``PARITY``, or its output is not finite.
    """
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise OutputError(f"{folder}: not an empty folder; choose another output folder")
    network = copy.deepcopy(network).eval()
    round_to_half(network)
    check_folder(folder.parent)
    temporary = tempfile.TemporaryDirectory(dir=folder.parent, prefix=".export-")
    with failures_told(folder), temporary as name:
        partial = Path(name) / "model"
        partial.mkdir()
        encode, decode = (_without_traces(_traced(graph)) for graph in graphs_of(network))
        backend = _saved((encode, decode), info, partial)
        difference = parity(network, backend)
        if difference > PARITY:
            raise ModelError(
                f"the exported graphs differ from the network by {difference:.2g} "
                f"(allowed: {PARITY:.0e}); nothing was written"
            )
        far = None
        if pictures:
            from reverse_oldify.export.quantize import drift, quantized

            kept = pictures[::4]
            rest = [pictures[at] for at in range(len(pictures)) if at % 4]
            small = quantized(encode, decode, backend, rest)
            far = drift(backend, _saved(small, info, partial), kept)
        if folder.exists():
            folder.rmdir()
        partial.rename(folder)
    size = sum(file.stat().st_size for file in folder.iterdir())
    return Exported(folder=folder, size=size, difference=difference, drift=far)


def _saved(models: Iterable[onnx.ModelProto], info: ModelInfo, folder: Path) -> OnnxBackend:
    """Write *encode* and *decode*, and load them."""
    for model, file in zip(models, (ENCODE_FILE, DECODE_FILE), strict=True):
        stored = _with_half_weights(copy.deepcopy(model))
        helper.set_model_props(stored, {METADATA_KEY: dump_info(info)})
        onnx.save(stored, folder / file)
    return OnnxBackend(folder, threads=1)


@torch.no_grad()
def round_to_half(network: Network) -> None:
    """Round the tensors that are stored in half precision to what half precision can hold."""
    for parameter in network.parameters():
        if parameter.numel() >= _HALF_FROM:
            parameter.copy_(parameter.half().float())


@torch.no_grad()
def parity(network: Network, backend: OnnxBackend) -> float:
    """Largest difference of output, over sizes, with and without a palette.

    Logits are compared as they are; ab values (of tens) as shares of 128.

    Raises
    ------
    ModelError
        The network gives what are no finite numbers.
    """
    rng = np.random.default_rng(0)
    multiple, bins = backend.info.multiple, len(backend.info.bins)
    worst = 0.0
    for rows, columns in ((1, 1), (4, 4), (3, 7)):
        height, width = rows * multiple, columns * multiple
        lightness = rng.uniform(0, 100, (height, width)).astype(np.float32)
        features = backend.encode(lightness)
        palettes = [rng.dirichlet(np.ones(bins)).astype(np.float32)] if bins else []
        for palette in (None, *palettes):
            want = network_output(network, lightness, palette)
            if not np.isfinite(want).all():
                raise ModelError(
                    "the network's output is not finite, in half precision at least: nothing was "
                    "written; train again at a lower learning rate"
                )
            got = backend.decode(features, palette)
            scale = 1.0 if bins else 128.0
            worst = max(worst, float(np.abs(got - want).max()) / scale)
    return worst


@torch.no_grad()
def network_output(
    network: Network, lightness: np.ndarray, palette: np.ndarray | None
) -> np.ndarray:
    """What the pair of graphs should return: float32 (n or 2, H / stride, W / stride)."""
    encode, decode = graphs_of(network)
    maps = encode.module(torch.from_numpy(lightness[None, None]))
    if isinstance(maps, Tensor):
        maps = (maps,)
    steering: list[Tensor] = []
    if len(decode.inputs) > len(maps):
        steering.append(
            torch.zeros(decode.example[-1].shape)
            if palette is None
            else torch.tensor(palette[None])
        )
    output: Tensor = decode.module(*maps, *steering)
    return output[0].numpy()


def _traced(graph: Graph) -> onnx.ModelProto:
    chatter = io.StringIO()  # PyTorch's exporter reports its progress on stdout
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings(), contextlib.redirect_stdout(chatter):
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            graph.module,
            graph.example,
            dynamo=True,
            dynamic_shapes=graph.dynamic_shapes,
            input_names=list(graph.inputs),
            output_names=list(graph.outputs),
            verbose=False,
        )
    assert program is not None
    return program.model_proto


def _without_traces(model: onnx.ModelProto) -> onnx.ModelProto:
    """Drop the exporter's notes on where in whose source tree each node was made."""
    graph = model.graph
    for part in (*graph.node, *graph.initializer, *graph.input, *graph.output, graph, model):
        del part.metadata_props[:]
        part.doc_string = ""
    return model


def _with_half_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    """Store large initialisers in half precision, followed by a cast that loading folds away.

    Only those that half precision holds exactly: see `round_to_half`. Others are of the exporter's
    own making, and rounding them would be a loss.
    """
    casts = []
    for tensor in model.graph.initializer:
        if tensor.data_type == TensorProto.FLOAT and _count(tensor.dims) >= _HALF_FROM:
            name, stored = tensor.name, f"{tensor.name}.half"
            single = numpy_helper.to_array(tensor)
            half = single.astype(np.float16)
            if not np.array_equal(half.astype(np.float32), single):
                continue
            tensor.CopyFrom(numpy_helper.from_array(half, stored))
            casts.append(helper.make_node("Cast", [stored], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    del model.graph.value_info[:]
    return model


def _count(dims: Sequence[int]) -> int:
    return int(np.prod(dims, dtype=int))
