"""ONNX Runtime behind the `Backend` protocol."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np

from reverse_oldify.errors import ModelError
from reverse_oldify.runtime.backend import Features
from reverse_oldify.runtime.info import (
    DECODE_FILE,
    ENCODE_FILE,
    ENCODE_INPUT,
    METADATA_KEY,
    PALETTE_INPUT,
    parse_info,
)
from reverse_oldify.types import FloatArray

# Since 1.29 ONNX Runtime reports its use to its maker and keeps an identifier of the machine in the
# home folder, unless told otherwise before it is imported. Nobody's photographs are its business.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import onnxruntime


class OnnxBackend:
    """A model folder loaded into ONNX Runtime, on the processor.

    Parameters
    ----------
    folder
        Holds ``encode.onnx`` and ``decode.onnx``.
    threads : int, optional
        Threads per call; default: ONNX Runtime's choice (all cores).

    Raises
    ------
    ModelError
        If a file is missing, damaged, or not a model of this project.
    """

    def __init__(self, folder: Path, threads: int | None = None) -> None:
        files = [folder / ENCODE_FILE, folder / DECODE_FILE]
        try:
            content = [file.read_bytes() for file in files]
        except OSError as error:
            raise ModelError(
                f"{folder}: not a complete model ({error}); export it again"
            ) from error
        self._encode, self._decode = (_session(data, folder, threads) for data in content)
        texts = [
            session.get_modelmeta().custom_metadata_map.get(METADATA_KEY)
            for session in (self._encode, self._decode)
        ]
        if texts[0] is None or texts[1] is None:
            raise ModelError(
                f"{folder}: ONNX, but not written by 'reverse-oldify export'; give what that wrote"
            )
        if texts[0] != texts[1]:
            raise ModelError(
                f"{folder}: {ENCODE_FILE} and {DECODE_FILE} are of different models; export both"
            )
        weights_hash = hashlib.sha256(b"".join(content)).hexdigest()
        self.info = parse_info(texts[1], weights_hash)
        self._maps = [output.name for output in self._encode.get_outputs()]
        inputs = {value.name for value in self._decode.get_inputs()} - set(self._maps)
        inputs |= {value.name for value in self._encode.get_inputs()} - {ENCODE_INPUT}
        if inputs - {PALETTE_INPUT}:
            raise ModelError(
                f"{folder}: of another release: it asks for {', '.join(sorted(inputs))}; train and "
                "export it anew"
            )
        self._steered = bool(inputs)

    def encode(self, lightness: FloatArray) -> Features:
        """See `Backend.encode`."""
        maps = self._encode.run(None, {ENCODE_INPUT: lightness[None, None]})
        return dict(zip(self._maps, maps, strict=True))

    def decode(self, features: Features, palette: FloatArray | None = None) -> FloatArray:
        """See `Backend.decode`."""
        feed = dict(features)
        if self._steered:
            none = np.zeros(len(self.info.bins), np.float32)
            feed[PALETTE_INPUT] = (none if palette is None else palette)[None]
        output: FloatArray = self._decode.run(None, feed)[0][0]
        return output


def _session(data: bytes, folder: Path, threads: int | None) -> onnxruntime.InferenceSession:
    settings = onnxruntime.SessionOptions()
    settings.log_severity_level = 3
    if threads is not None:
        settings.intra_op_num_threads = threads
    # Spinning threads would take the core that decodes and writes the next picture.
    settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(data, settings, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime raises many kinds, none of them public
        reason = str(error).splitlines()[0]
        reason = f"{folder}: ONNX Runtime cannot load it ({reason}); export it again"
        raise ModelError(reason) from error
