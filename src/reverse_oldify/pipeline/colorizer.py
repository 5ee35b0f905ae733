"""The spine: from a photograph to a colour photograph."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, TypeVar, overload

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from reverse_oldify.errors import OptionError, UnsupportedError
from reverse_oldify.files.arrays import from_array, to_array
from reverse_oldify.files.picture import Picture, Raster
from reverse_oldify.files.provenance import sha256_of
from reverse_oldify.files.read import from_image, read
from reverse_oldify.options import Options
from reverse_oldify.pipeline.prediction import Prediction
from reverse_oldify.pipeline.session import Session
from reverse_oldify.pipeline.view import View
from reverse_oldify.runtime.backend import Backend
from reverse_oldify.runtime.catalogue import find_model
from reverse_oldify.types import FloatArray, ModelInfo
from reverse_oldify.values import whole_number

_MOST_THREADS = 1024  # ONNX Runtime starts as many as it is told, be they a million

Scalar = TypeVar("Scalar", bound=np.generic)


class Colorizer:
    """Colourises photographs; loads its model once, and may be shared by threads, not processes.

    Parameters
    ----------
    model : str or Path, optional
        Name of a model in the package, or a folder written by ``reverse-oldify export``.
    threads : int, optional
        Threads that may work on one picture, up to 1024; default: all cores.
    backend : Backend, optional
        Use this instead of loading a model.

    Raises
    ------
    ModelError
        If the model cannot be found or loaded. (It is loaded at the first use.)
    OptionError
        If ``threads`` is no number of threads.
    """

    def __init__(
        self,
        model: str | Path | None = None,
        *,
        threads: int | None = None,
        backend: Backend | None = None,
    ) -> None:
        self._threads = None if threads is None else whole_number("threads", threads)
        if self._threads is not None and not 1 <= self._threads <= _MOST_THREADS:
            raise OptionError(
                f"threads is {threads!r}; give 1 to {_MOST_THREADS}, or None for all cores"
            )
        self._folder = None if backend else find_model(model)
        self._backend, self._lock = backend, threading.Lock()

    @property
    def info(self) -> ModelInfo:
        """What the model is and needs."""
        return self._loaded().info

    @overload
    def colorize(
        self, source: str | Path | bytes | Picture, options: Options | None = None
    ) -> Picture: ...
    @overload
    def colorize(self, source: Image.Image, options: Options | None = None) -> Image.Image: ...
    @overload
    def colorize(
        self, source: NDArray[Scalar], options: Options | None = None
    ) -> NDArray[Scalar]: ...

    def colorize(self, source: Any, options: Options | None = None) -> Any:
        """Colourise a photograph.

        Parameters
        ----------
        source
            Path or bytes of a picture file, `Picture`, Pillow image, or array: (H, W), (H, W, 3)
            or (H, W, 4), uint8, uint16 or floats in 0..1, sRGB-encoded. Of a colour picture only
            the lightness is used.
        options : Options, optional
            What the user chooses.

        Returns
        -------
        the kind it was given
            A `Picture` for a path, bytes or `Picture`, whose XMP says that its colours are
            estimated (see `files.provenance`); a Pillow image (RGB or RGBA, upright) for a
            Pillow image; an array (H, W, 3) or (H, W, 4) of the same type for an array.

        Raises
        ------
        InputError
            If the source cannot be read (`UnreadableError`, `UnsupportedError`, `TooLargeError`).
        MissingExtraError
            If its format needs an extra.
        OptionError
            If the options do not go with the picture, see `Session.colorize`.
        ModelError
            If the model cannot be loaded.
        """
        if isinstance(source, Image.Image):
            return self.open(source).paint(options).loaded().to_image()
        if isinstance(source, np.ndarray):
            return to_array(self._session(source).paint(options).loaded(), like=source)
        return self.open(source).colorize(options)

    def open(self, source: Any) -> Session:
        """Open a photograph to colour it several times: it is read and encoded once.

        Takes what `colorize` takes, and raises the same errors. An array is copied: what becomes of
        it afterwards changes nothing.
        """
        return self._session(source.copy() if isinstance(source, np.ndarray) else source)

    def _session(self, source: Any) -> Session:
        picture = _picture(source)
        # Now: until the picture is coloured, the file may be gone, or be another one.
        hashed = sha256_of(source) if isinstance(source, str | Path | bytes) else None
        return Session(picture, self._loaded(), self._threads, hashed)

    def predict(self, lightness: FloatArray, working_size: int | None = None) -> Prediction:
        """Ask the network only: float32 (H, W) L*, 0..100, in; see `Prediction` for what is out.

        Raises
        ------
        UnsupportedError
            If that is no plane of numbers.
        OptionError
            If the working size is out of range, see `Options`.
        """
        size = Options(working_size=working_size).working_size
        lightness = np.asarray(lightness, np.float32)
        if lightness.ndim != 2 or 0 in lightness.shape or not np.isfinite(lightness).all():
            shape = lightness.shape
            raise UnsupportedError(
                f"an array of shape {shape} is no lightness; give (H, W) of finite L*, 0..100"
            )
        return View(self._loaded(), lightness, size).unsteered

    def _loaded(self) -> Backend:
        with self._lock:
            if self._backend is None:
                from reverse_oldify.runtime.onnx import OnnxBackend

                assert self._folder is not None
                self._backend = OnnxBackend(self._folder, self._threads)
        return self._backend


def _picture(source: Any) -> Raster:
    if isinstance(source, Raster):
        return source
    if isinstance(source, str | Path | bytes):
        return read(source)
    if isinstance(source, Image.Image):
        return from_image(source)
    if isinstance(source, np.ndarray):
        return from_array(source)
    raise UnsupportedError(
        f"cannot colourise a {type(source).__name__}; give a path, bytes, image or array"
    )
