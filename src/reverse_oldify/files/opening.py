"""Open an image with Pillow, which is told what it is, and whose own limit does not count."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import BinaryIO

from PIL import (  # the plugins are named so that Pillow does not import all of its forty
    AvifImagePlugin,  # noqa: F401
    BmpImagePlugin,  # noqa: F401
    GifImagePlugin,  # noqa: F401
    Image,
    ImageFile,
    Jpeg2KImagePlugin,  # noqa: F401
    JpegImagePlugin,  # noqa: F401
    PngImagePlugin,  # noqa: F401
    TiffImagePlugin,  # noqa: F401
    WebPImagePlugin,  # noqa: F401
)

from reverse_oldify.errors import MissingExtraError
from reverse_oldify.files.formats import Format


class _LiftedLimit:
    """Lifts Pillow's limit on pixels, one number for the whole process, while anyone is inside.

    Ours is checked instead, before anything is decoded; it is for each call.
    """

    def __init__(self) -> None:
        self._lock, self._inside = threading.Lock(), 0
        self._limit: int | None = None

    def __enter__(self) -> None:
        with self._lock:
            if self._inside == 0:
                self._limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                Image.MAX_IMAGE_PIXELS = self._limit


_lifted_limit = _LiftedLimit()


@contextmanager
def opened(file: BinaryIO, kind: Format) -> Iterator[ImageFile.ImageFile]:
    """Open an image without decoding it; the caller checks its size next.

    Raises
    ------
    MissingExtraError
        The format needs a plugin that is not installed.
    """
    _load_plugin(kind)
    file.seek(0)
    with _lifted_limit, Image.open(file, formats=[kind.pillow]) as image:
        yield image


def _load_plugin(kind: Format) -> None:
    if kind.plugin is None or kind.pillow in Image.OPEN:
        return
    try:
        plugin = import_module(kind.plugin)
    except ImportError as error:
        raise MissingExtraError(f"reading {kind.name}", kind.key) from error
    register = getattr(plugin, "register_heif_opener", None)  # the others register themselves
    if register is not None:
        register()
