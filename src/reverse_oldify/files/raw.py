"""Camera RAW, developed by LibRaw to 16 bits of sRGB.

Most RAW files are TIFF files whose first page is a thumbnail. To take that for the photograph would
be the worst of mistakes, so every TIFF file is asked whether it is RAW before it is read as TIFF.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from reverse_oldify.errors import MissingExtraError, UnreadableError, UnsupportedError
from reverse_oldify.files.arrays import without_equal_channels
from reverse_oldify.files.formats import FORMATS, by_suffix
from reverse_oldify.files.metadata.read import Read
from reverse_oldify.files.modes import Arrays
from reverse_oldify.files.picture import Metadata
from reverse_oldify.files.tiff.ifd import Directory, read_directories, sub_directories
from reverse_oldify.files.tiff.layout import PHOTOMETRIC
from reverse_oldify.files.tiff.metadata import from_tags

_DNG_VERSION, _CANON_SLICES = 50706, 50752
_COLOR_FILTER_ARRAY, _LINEAR_RAW = 32803, 34892
_MOST_DIRECTORIES = 16
_SRGB_CURVE = (2.4, 12.92)  # as LibRaw names it: power, and slope near black


def is_raw(file: BinaryIO, path: Path | None) -> bool:
    """Whether what begins like a TIFF file is camera RAW.

    Its name says so, or one of its first directories. A damaged one ends the search.
    """
    if path is not None and by_suffix(path) is FORMATS["raw"]:
        return True
    with suppress(UnreadableError):
        for page in islice(read_directories(file), _MOST_DIRECTORIES):
            below = islice(sub_directories(file, [page]), _MOST_DIRECTORIES)
            if any(_holds_raw(directory) for directory in chain([page], below)):
                return True
    return False


def _holds_raw(directory: Directory) -> bool:
    meaning = directory.number(PHOTOMETRIC)
    return (
        _DNG_VERSION in directory
        or _CANON_SLICES in directory
        or meaning in (_COLOR_FILTER_ARRAY, _LINEAR_RAW)
    )


def read_raw(file: BinaryIO, check_size: Callable[[int, int], None]) -> tuple[Arrays, Read]:
    """Develop a RAW file: the camera's white balance, sRGB, 16 bits, upright.

    Nothing is brightened automatically: of a series that was exposed alike every picture comes out
    alike, and no light is cut that the sensor has not cut.

    Parameters
    ----------
    file : BinaryIO
        Seekable.
    check_size : callable
        Is told width and height before anything is decoded, and raises if they are too much.

    Returns
    -------
    arrays : Arrays
        Grey or RGB, without opacity.
    read : Read
        What the file says; its orientation is done with.

    Raises
    ------
    MissingExtraError
        rawpy is not installed.
    UnsupportedError
        LibRaw does not know this kind.
    """
    try:
        import rawpy
    except ImportError as error:
        raise MissingExtraError("reading camera RAW", "raw") from error
    file.seek(0)
    with closing(rawpy.RawPy()) as raw:
        try:
            raw.open_buffer(file)
        except rawpy.LibRawFileUnsupportedError as error:
            raise UnsupportedError(
                "damaged, or RAW of a camera that LibRaw does not know; convert it to DNG or TIFF"
            ) from error
        sizes = raw.sizes
        check_size(sizes.raw_width, sizes.raw_height)
        raw.unpack()
        pixels = _developed(raw, rawpy)
    return Arrays(without_equal_channels(pixels), None, ()), _told(file)


def _developed(raw: Any, rawpy: Any) -> np.ndarray:
    """Develop an unpacked file: uint16 (H, W) or (H, W, 3)."""
    developed: np.ndarray = raw.postprocess(
        output_bps=16,
        output_color=rawpy.ColorSpace.sRGB,
        gamma=_SRGB_CURVE,
        use_camera_wb=True,
        no_auto_bright=True,
        adjust_maximum_thr=0.0,  # the brightest pixel of a picture is not its white
    )
    return developed[..., 0] if developed.shape[-1] == 1 else developed


def _told(file: BinaryIO) -> Read:
    """What the first directory says, where the file is built of directories."""
    try:
        read = from_tags(next(read_directories(file), Directory()))
    except UnreadableError:
        return Read(Metadata(), 1, ("its EXIF was left out: only RAW built like TIFF has it read",))
    metadata = replace(read.metadata, icc=None)  # would be the thumbnail's; this is sRGB
    return read._replace(metadata=metadata, orientation=1)
