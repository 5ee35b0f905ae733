"""Read a picture, whatever it is, or say in one line why not."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageFile

from reverse_oldify.errors import TooLargeError, UnreadableError, UnsupportedError
from reverse_oldify.files import deep_read, heic, interpret, jxl, raw
from reverse_oldify.files.arrays import without_equal_channels
from reverse_oldify.files.formats import FORMATS, Format, sniff
from reverse_oldify.files.jpeg.damage import Watched
from reverse_oldify.files.jpeg2000 import jp2
from reverse_oldify.files.lazy import LazyPicture
from reverse_oldify.files.metadata.read import Read, read_metadata, turn
from reverse_oldify.files.modes import Arrays, pixels_of, to_arrays, to_srgb_image
from reverse_oldify.files.opening import opened
from reverse_oldify.files.picture import Picture, Raster
from reverse_oldify.files.png import deep as deep_png
from reverse_oldify.files.png import text as png_text
from reverse_oldify.files.source import Source, damage_told
from reverse_oldify.files.tiff.pages import TiffFile

MAX_PIXELS = 300_000_000
"""Default limit on width times height; larger pictures are refused before they are decoded."""

CheckSize = Callable[[int, int], None]
"""Raises if a width and height are too large, or none."""

_HEAD_BYTES = 4096
_FIRST_ONLY = "has several pages; the first was taken"
_FRAMES = "has several frames; the first was taken"
_MP_ENTRIES = 45058
_COLOURED = "was in colour; coloured anew from its lightness"


def read(
    source: Path | str | bytes, *, max_pixels: int = MAX_PIXELS, page: int | None = None
) -> Picture:
    """Read a picture: upright, in sRGB, grey or RGB, with its metadata.

    Of an animation or a file of several pages the first is read, with a note. A coloured picture
    is read in colour, with a note that colourising it starts from its lightness.

    Parameters
    ----------
    source : path, or bytes of a file
        In any of `formats.FORMATS`, whatever its name says.
    max_pixels : int
        Limit on width times height.
    page : int, optional
        Which one is read instead of the first, from 1. What has to be decoded to get past those
        before it is limited, too, all together.

    Raises
    ------
    UnreadableError
        Missing, empty, not a picture, or damaged (cut off: never half a picture); has no such page.
    UnsupportedError
        A picture of a kind that is not handled.
    TooLargeError
        More than ``max_pixels``; nothing has been decoded.
    MissingExtraError
        A format that needs an extra.
    """
    with closing(open_pages(source, max_pixels=max_pixels)) as pages:
        picture = _loaded(_page(pages, page or 1, max_pixels))
    several = picture.page_count > 1 and page is None
    return picture.with_notes(_FIRST_ONLY) if several else picture


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
    for page in open_pages(source, max_pixels=max_pixels):
        yield _loaded(page)


def open_pages(
    source: Path | str | bytes, *, max_pixels: int = MAX_PIXELS
) -> Generator[Raster, None, None]:
    """Open every page, see `read_pages`; those that can be are decoded where they are looked at.

    These are the pages of TIFF files for which `tiff.read.is_plain` holds: grey or RGB of 8 or 16
    bits. RGB with equal channels is left as it is. What is damaged inside raises at the look. Of
    JPEG, which is decoded at once, rows are copied at the look.

    Yields
    ------
    LazyPicture or Picture
        Good as long as the file (or its bytes) stays as it is.
    """
    origin = Source(source)
    with origin.named(), origin.open() as file:
        for page in _pages(file, origin, max_pixels):
            yield _guarded(page, origin) if isinstance(page, LazyPicture) else page


def _page(pages: Iterator[Raster], number: int, max_pixels: int) -> Raster:
    passed = 0  # pixels that were decoded for nothing
    for at, page in enumerate(pages, 1):
        if at == number:
            return page
        passed += 0 if isinstance(page, LazyPicture) else page.size[0] * page.size[1]
        if passed > max_pixels:
            raise TooLargeError(f"page {number} is too far behind; save it as a file of its own")
    raise UnreadableError(f"has no page {number}; ask for one that it has")


def _loaded(page: Raster) -> Picture:
    if isinstance(page, Picture):
        return page
    picture = page.loaded()
    return replace(picture, pixels=without_equal_channels(picture.pixels))


def _guarded(page: LazyPicture, origin: Source) -> LazyPicture:
    """Have later looks complain as reading does."""

    def make(rows: slice) -> Picture:
        with origin.named(), damage_told(FORMATS[page.format or "tif"]):
            return page.make(rows)

    return replace(page, make=make)


def from_image(
    image: Image.Image, *, format: str | None = None, source: Path | None = None
) -> Picture:
    """Take a picture from a Pillow image of any mode; its EXIF orientation is applied.

    Raises
    ------
    UnsupportedError
        No pixels, or of a kind that is not handled; the message names no file.
    UnreadableError
        It comes from a file that is damaged or cut off, which Pillow sees when it is loaded.
    """
    if 0 in image.size:
        width, height = image.size
        raise UnsupportedError(f"an image of {width} x {height} pixels is no picture; give another")
    with damage_told():
        arrays, told = to_arrays(image), read_metadata(image)
    return _picture(arrays, told, format, source)


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


def _pages(file: BinaryIO, origin: Source, max_pixels: int) -> Iterator[Raster]:
    head = file.read(_HEAD_BYTES)
    if not head:
        raise UnreadableError("the file is empty; restore it from a copy")
    kind = sniff(head[:32])
    if kind is None:
        raise UnreadableError("not a picture in a known format; check what it really is")
    if kind.key == "tif" and raw.is_raw(file, origin.path):
        kind = FORMATS["raw"]
    check_size = partial(_check_size, max_pixels=max_pixels)
    if kind.key == "tif":
        pages = TiffFile(file, origin.open, origin.path).pages(check_size)
    else:
        pages = (_picture_of(file, kind, head, origin.path, check_size) for _ in range(1))
    empty = True
    while True:
        with damage_told(kind):
            page = next(pages, None)
            coloured = page is not None and page.is_coloured
        if page is None:
            break
        empty = False
        yield page.with_notes(_COLOURED) if coloured else page
    if empty:
        raise UnreadableError("holds no picture; restore it from a copy")


def _picture_of(
    file: BinaryIO, kind: Format, head: bytes, path: Path | None, check_size: CheckSize
) -> Raster:
    if kind.key == "raw":
        return _picture(*raw.read_raw(file, check_size), "raw", path)
    if kind.key == "jxl":  # whose plugin decodes as soon as it opens
        check_size(*jxl.read_header(file)[:2])
    with opened(file, kind) as image:
        check_size(*image.size)
        if kind.key == "jpg":
            return _jpeg_picture(image, file, path)
        if kind.key == "png":
            deep_png.check(file)
            image.info.setdefault("icc_profile", deep_png.profile_of_gamma(file))
        frames = _has_frames(image)
        arrays, told = _arrays(image, file, kind, head), read_metadata(image)
        if kind.key == "jxl":
            told = jxl.corrected(told, image, file)
        elif kind.key == "jp2":
            told = jp2.completed(told, file)
        elif kind.key == "png":
            told = png_text.completed(told, file)
        picture = _picture(arrays, told, kind.key, path)
        if kind.key == "heic":
            picture = picture.with_notes(*heic.remarks(image))
    return picture.with_notes(_FRAMES) if frames else picture


def _jpeg_picture(image: ImageFile.ImageFile, file: BinaryIO, path: Path | None) -> Raster:
    """Decode at once, which may tell of damage, and take rows out of Pillow as they are wanted."""
    watched = Watched(image, file)
    srgb, notes = to_srgb_image(image)
    metadata, orientation, told = read_metadata(image)
    if _has_views(image):
        told += (_FRAMES,)
    picture = LazyPicture(
        make=lambda rows: Picture(pixels=pixels_of(srgb, rows)),
        shrink=lambda factor: np.asarray(srgb.reduce(factor)),
        shape=(srgb.height, srgb.width) + (3,) * (srgb.mode == "RGB"),
        dtype=np.dtype(np.uint8),
        threads=None,
        format="jpg",
        metadata=metadata,
        source=path,
        notes=notes + watched.notes() + told,
    )
    if orientation == 1:
        return picture
    whole = picture.loaded()
    return replace(whole, pixels=turn(whole.pixels, orientation))


def _arrays(image: ImageFile.ImageFile, file: BinaryIO, kind: Format, head: bytes) -> Arrays:
    """Pixels of an image, past Pillow where that would cut 16 bits."""
    if kind.key == "png" and deep_png.is_deep(head):
        samples = deep_png.read_samples(image, file)
    elif kind.key == "heic" and heic.is_deep(image):
        samples = heic.read_samples(image, file)
    elif kind.key in deep_read.KEYS:
        return deep_read.to_arrays(image, file, kind)
    else:
        return to_arrays(image)
    key = image.info.get("transparency")
    key = key if isinstance(key, tuple) else None
    return interpret.to_arrays(samples, image.info.get("icc_profile"), key=key)


def _check_size(width: int, height: int, max_pixels: int) -> None:
    if width < 1 or height < 1:
        raise UnreadableError("its header claims no pixels; restore it from a copy")
    if width * height > max_pixels:
        raise TooLargeError(
            f"{width} x {height} pixels are more than the limit of "
            f"{max_pixels / 1e6:g} million; make it smaller"
        )


def _has_views(image: Image.Image) -> bool:
    """Whether a JPEG holds other views (CIPA DC-007): of a stereo camera, of a panorama.

    Thumbnails, and a phone's maps of depth and gain, which are of no type, are none.
    """
    entries = (getattr(image, "mpinfo", None) or {}).get(_MP_ENTRIES, ())
    return any("Multi-Frame" in entry["Attribute"]["MPType"] for entry in entries[1:])


def _has_frames(image: Image.Image) -> bool:
    """Whether there are frames beyond the first."""
    try:
        return bool(getattr(image, "is_animated", False))
    except (EOFError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return False  # what follows the first is damaged; the first need not be
    finally:
        image.seek(0)
