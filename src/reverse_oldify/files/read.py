"""Read a picture, whatever it is, or say in one line why not."""

from __future__ import annotations

import io
import stat
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageFile, UnidentifiedImageError

from reverse_oldify.errors import InputError, ReverseOldifyError, TooLargeError, UnreadableError
from reverse_oldify.files import deep, heic, jxl, png, raw, tiff_read
from reverse_oldify.files.depth import claimed_bits
from reverse_oldify.files.formats import FORMATS, Format, sniff
from reverse_oldify.files.ifd import read_directories
from reverse_oldify.files.metadata import Read, read_metadata, turn
from reverse_oldify.files.modes import Arrays, to_arrays
from reverse_oldify.files.opening import opened
from reverse_oldify.files.picture import Picture
from reverse_oldify.files.tiff_metadata import from_tags

MAX_PIXELS = 300_000_000
"""Default limit on width times height; larger pictures are refused before they are decoded."""

MAX_PAGES = 10_000
"""Limit on the pages of a file."""

_HEAD_BYTES = 4096
_FIRST_ONLY = "has several pages; the first was taken"


def read(source: Path | str | bytes, *, max_pixels: int = MAX_PIXELS) -> Picture:
    """Read a picture: upright, in sRGB, grey or RGB, with its metadata.

    Of an animation or a file of several pages the first is read, with a note. A coloured picture
    is read in colour, with a note that colourising it starts from its lightness.

    Parameters
    ----------
    source : path, or bytes of a file
        In any of `formats.FORMATS`, whatever its name says.
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
    MissingExtraError
        A format that needs an extra.
    """
    with closing(read_pages(source, max_pixels=max_pixels)) as pages:
        picture = next(pages)
        more = picture.page_count > 1
    return picture.with_notes(_FIRST_ONLY) if more else picture


def read_pages(
    source: Path | str | bytes, *, max_pixels: int = MAX_PIXELS
) -> Generator[Picture, None, None]:
    """Read every page of a TIFF file, one at a time; of any other file its one picture.

    Thumbnails and masks are no pages. Parameters and errors are those of `read`; `max_pixels` is
    for each page. A page that is damaged raises when it is its turn.

    Yields
    ------
    Picture
        ``page_count`` tells how many there are.
    """
    name = "the data" if isinstance(source, bytes) else str(source)
    path = None if isinstance(source, bytes) else Path(source)
    try:
        with io.BytesIO(source) if isinstance(source, bytes) else _open(Path(source)) as file:
            yield from _read(file, path, max_pixels)
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
    arrays = to_arrays(image)
    return _picture(arrays, read_metadata(image), format, source)


def _picture(arrays: Arrays, read: Read, format: str | None, source: Path | None) -> Picture:
    pixels, alpha, notes = arrays
    return Picture(
        pixels=turn(pixels, read.orientation),
        alpha=None if alpha is None else turn(alpha, read.orientation),
        format=format,
        metadata=read.metadata,
        source=source,
        notes=notes + read.notes,
    )


def _read(file: BinaryIO, path: Path | None, max_pixels: int) -> Iterator[Picture]:
    head = file.read(_HEAD_BYTES)
    if not head:
        raise UnreadableError("the file is empty; restore it from a copy")
    kind = sniff(head[:32])
    if kind is None:
        raise UnreadableError("not a picture in a known format; check what it really is")
    if kind.key == "tif" and raw.is_raw(file, path):
        kind = FORMATS["raw"]
    if kind.key == "tif":
        pages = _tiff_pages(file, path, max_pixels)
    elif kind.key == "raw":
        pages = _raw_picture(file, path, max_pixels)
    else:
        pages = _one_picture(file, kind, head, path, max_pixels)
    empty = True
    while True:
        with _damage_told(kind):
            picture = next(pages, None)
        if picture is None:
            break
        empty = False
        yield picture.with_notes(*_remarks(picture))
    if empty:
        raise UnreadableError("holds no picture; restore it from a copy")


@contextmanager
def _damage_told(kind: Format) -> Iterator[None]:
    """Turn whatever a damaged file raises into one of our errors."""
    try:
        yield
    except UnidentifiedImageError as error:
        raise UnreadableError(
            f"damaged, or a rare kind of {kind.name}; open it in an editor and save it anew"
        ) from error
    except MemoryError as error:
        raise TooLargeError("it does not fit into memory; make it smaller") from error
    except ReverseOldifyError:
        raise
    except Exception as error:  # damaged files raise nearly anything: OSError, SyntaxError, ...
        raise UnreadableError("damaged or cut off; restore it from a copy") from error


def _one_picture(
    file: BinaryIO, kind: Format, head: bytes, path: Path | None, max_pixels: int
) -> Iterator[Picture]:
    bits = claimed_bits(head, kind.key)
    if kind.key == "jxl":  # whose plugin decodes as soon as it opens
        width, height, bits = jxl.read_header(file)
        _check_size(width, height, max_pixels)
    with opened(file, kind) as image:
        _check_size(*image.size, max_pixels)
        frames = _has_frames(image)
        arrays, told = _arrays(image, file, kind, head), read_metadata(image)
        if kind.key == "jxl":
            told = jxl.corrected(told, image, file)
        picture = _picture(arrays, told, kind.key, path)
        if kind.key == "heic":
            picture = picture.with_notes(*heic.remarks(image))
    if bits > 8 and picture.pixels.dtype == np.uint8:
        picture = picture.with_notes(f"its {bits} bits per channel were cut to 8")
    yield picture.with_notes("has several frames; the first was taken") if frames else picture


def _arrays(image: ImageFile.ImageFile, file: BinaryIO, kind: Format, head: bytes) -> Arrays:
    """Pixels of an image, past Pillow where that would cut 16 bits."""
    if kind.key == "png" and png.is_deep(head):
        samples = png.read_samples(image, file)
    elif kind.key == "heic" and heic.is_deep(image):
        samples = heic.read_samples(image, file)
    else:
        return to_arrays(image)
    key = image.info.get("transparency")
    key = key if isinstance(key, tuple) else None
    return deep.to_arrays(samples, image.info.get("icc_profile"), key=key)


def _raw_picture(file: BinaryIO, path: Path | None, max_pixels: int) -> Iterator[Picture]:
    arrays, told = raw.read_raw(file, partial(_check_size, max_pixels=max_pixels))
    yield _picture(arrays, told, "raw", path)


def _tiff_pages(file: BinaryIO, path: Path | None, max_pixels: int) -> Iterator[Picture]:
    """Yield the pages, each read by Pillow, or by `tiff_read` where Pillow would cut it."""
    count = tiff_read.count_pages(file, MAX_PAGES)
    with ExitStack() as stack:
        image: Image.Image | None = None
        for index, page in enumerate(read_directories(file)):
            if not tiff_read.is_page(page) and count:
                continue
            _check_size(*tiff_read.size(page), max_pixels)
            told = from_tags(page)
            if tiff_read.is_deep(page):
                samples, associated = tiff_read.read_samples(file, page)
                arrays = deep.to_arrays(samples, told.metadata.icc, associated=associated)
            else:
                image = image or stack.enter_context(opened(file, FORMATS["tif"]))
                arrays = _plain_page(image, index, told.metadata.icc)
                told = told._replace(orientation=1)  # Pillow brings TIFF upright itself
            picture = _picture(arrays, told, "tif", path)
            yield replace(picture, page_count=max(count, 1))


def _plain_page(image: Image.Image, index: int, icc: bytes | None) -> Arrays:
    image.seek(index)
    image.info.pop("icc_profile", None)  # may be that of the page before
    if icc is not None:
        image.info["icc_profile"] = icc
    return to_arrays(image)


def _remarks(picture: Picture) -> Iterator[str]:
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


def _check_size(width: int, height: int, max_pixels: int) -> None:
    if width < 1 or height < 1:
        raise UnreadableError("its header claims no pixels; restore it from a copy")
    if width * height > max_pixels:
        raise TooLargeError(
            f"{width} x {height} pixels are more than the limit of "
            f"{max_pixels / 1e6:g} million; make it smaller"
        )


def _has_frames(image: Image.Image) -> bool:
    """Whether there are frames beyond the first; a phone's depth map is not one."""
    if image.format == "MPO":
        return False
    try:
        return bool(getattr(image, "is_animated", False))
    except (EOFError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return False  # what follows the first is damaged; the first need not be
    finally:
        image.seek(0)
