"""Read a picture, whatever it is, or say in one line why not."""

from __future__ import annotations

import io
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from PIL import (  # the plugins are named so that Pillow does not import all of its forty
    BmpImagePlugin,  # noqa: F401
    GifImagePlugin,  # noqa: F401
    Image,
    JpegImagePlugin,  # noqa: F401
    PngImagePlugin,  # noqa: F401
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,  # noqa: F401
)

from reverse_oldify.errors import InputError, TooLargeError, UnreadableError
from reverse_oldify.files.formats import Format, sniff
from reverse_oldify.files.metadata import read_metadata, turn
from reverse_oldify.files.modes import to_arrays
from reverse_oldify.files.picture import Picture

MAX_PIXELS = 300_000_000
"""Default limit on width times height; larger pictures are refused before they are decoded."""

_HEAD_BYTES = 32
_TILE_WIDTH, _TILE_HEIGHT = 322, 323  # TIFF tags
_PILLOW_LIMIT = threading.Lock()


def read(source: Path | str | bytes, *, max_pixels: int = MAX_PIXELS) -> Picture:
    """Read a picture: upright, in sRGB, grey or RGB, with its metadata.

    Of an animation or a file of several pages the first is read. A coloured picture is read in
    colour, with a note that colourising it starts from its lightness.

    Parameters
    ----------
    source : path, or bytes of a file
        JPEG, PNG, WebP, TIFF, BMP or GIF, whatever its name says.
    max_pixels : int
        Limit on width times height.

    Raises
    ------
    UnreadableError
        Missing, empty, not a picture, or damaged (cut off: never half a picture).
    UnsupportedError
        A picture of a kind that is not handled.
    TooLargeError
        More than ``max_pixels``; nothing has been decoded.
    """
    name = "the data" if isinstance(source, bytes) else str(source)
    path = None if isinstance(source, bytes) else Path(source)
    try:
        with io.BytesIO(source) if isinstance(source, bytes) else _open(Path(source)) as file:
            return _read(file, path, max_pixels)
    except InputError as error:
        raise type(error)(f"{name}: {error}") from error.__cause__


def from_image(
    image: Image.Image, *, format: str | None = None, source: Path | None = None
) -> Picture:
    """Take a picture from a Pillow image of any mode; its EXIF orientation is applied.

    Raises
    ------
    UnsupportedError
        Pixels of a kind that is not handled; the message names no file.
    """
    pixels, alpha, notes = to_arrays(image)
    metadata, orientation, damage = read_metadata(image)
    return Picture(
        pixels=turn(pixels, orientation),
        alpha=None if alpha is None else turn(alpha, orientation),
        format=format,
        metadata=metadata,
        source=source,
        notes=notes + damage,
    )


def _read(file: BinaryIO, path: Path | None, max_pixels: int) -> Picture:
    head = file.read(_HEAD_BYTES)
    if not head:
        raise UnreadableError("the file is empty; restore it from a copy")
    kind = sniff(head)
    if kind is None:
        raise UnreadableError("not a picture in a known format; check what it really is")
    try:
        with _opened(file, kind) as image:
            _check_size(image, max_pixels)
            pages = _has_more(image)
            picture = from_image(image, format=kind.key, source=path)
    except UnidentifiedImageError as error:
        raise UnreadableError(
            f"damaged, or a rare kind of {kind.name}; open it in an editor and save it anew"
        ) from error
    except MemoryError as error:
        raise TooLargeError("it does not fit into memory; make it smaller") from error
    except InputError:
        raise
    except Exception as error:  # damaged files raise nearly anything: OSError, SyntaxError, ...
        raise UnreadableError("damaged or cut off; restore it from a copy") from error
    return picture.with_notes(*_remarks(picture, pages))


def _remarks(picture: Picture, pages: bool) -> Iterator[str]:
    if pages:
        yield "has several frames or pages; the first was taken"
    if picture.is_coloured:
        yield "was in colour; coloured anew from its lightness"


def _open(path: Path) -> BinaryIO:
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise UnreadableError("a folder, not a picture; name a file")
        if not stat.S_ISREG(mode):  # a pipe would wait for ever
            raise UnreadableError("not a regular file; name a picture file")
        return path.open("rb")
    except FileNotFoundError as error:
        raise UnreadableError("no such file; check the name") from error
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        reason = getattr(error, "strerror", None) or error
        raise UnreadableError(f"cannot be opened ({reason}); check the file") from error


@contextmanager
def _opened(file: BinaryIO, kind: Format) -> Iterator[Image.Image]:
    """Open an image without decoding it, and without Pillow's own limit, for ours comes next.

    Pillow's limit is one number for the whole process, so it is lifted under a lock and restored.
    """
    file.seek(0)
    with _PILLOW_LIMIT:
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            image = Image.open(file, formats=[kind.pillow])
        finally:
            Image.MAX_IMAGE_PIXELS = limit
    with image:
        yield image


def _check_size(image: Image.Image, max_pixels: int) -> None:
    width, height = image.size
    if width < 1 or height < 1:
        raise UnreadableError("its header claims no pixels; restore it from a copy")
    if isinstance(image, TiffImagePlugin.TiffImageFile):  # a tile may be larger than the picture
        width = max(width, int(image.tag_v2.get(_TILE_WIDTH, 0)))
        height = max(height, int(image.tag_v2.get(_TILE_HEIGHT, 0)))
    if width * height > max_pixels:
        raise TooLargeError(
            f"{width} x {height} pixels are more than the limit of "
            f"{max_pixels / 1e6:g} million; make it smaller"
        )


def _has_more(image: Image.Image) -> bool:
    """Whether there are frames or pages beyond the first; a phone's depth map is not one."""
    if image.format == "MPO":
        return False
    try:
        return bool(getattr(image, "is_animated", False))
    except (EOFError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return False  # what follows the first is damaged; the first need not be
    finally:
        image.seek(0)
