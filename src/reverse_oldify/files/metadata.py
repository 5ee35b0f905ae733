"""What a file says beside its pixels: orientation, EXIF, XMP, profile, resolution."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from PIL import ExifTags, Image

from reverse_oldify.files.picture import Metadata, Pixels

# What describes the photograph. The rest of a TIFF's tags describe its file, and would lie about
# the new one.
_DESCRIPTIVE: set[int] = {
    ExifTags.Base.DocumentName,
    ExifTags.Base.ImageDescription,
    ExifTags.Base.Make,
    ExifTags.Base.Model,
    ExifTags.Base.PageName,
    ExifTags.Base.Software,
    ExifTags.Base.DateTime,
    ExifTags.Base.Artist,
    ExifTags.Base.HostComputer,
    ExifTags.Base.Copyright,
    ExifTags.Base.ExifOffset,
    ExifTags.Base.GPSInfo,
    ExifTags.Base.XPTitle,
    ExifTags.Base.XPComment,
    ExifTags.Base.XPAuthor,
    ExifTags.Base.XPKeywords,
    ExifTags.Base.XPSubject,
}
_STALE = (ExifTags.Base.ExifImageWidth, ExifTags.Base.ExifImageHeight, ExifTags.Base.ColorSpace)
_SIDEWAYS = 5  # orientations from here on swap width and height


class Read(NamedTuple):
    """Metadata, the orientation (1..8) that the pixels still need, and notes."""

    metadata: Metadata
    orientation: int
    notes: tuple[str, ...]


def read_metadata(image: Image.Image) -> Read:
    """Read what is known of an image that has been loaded. Damaged EXIF is noted, not an error."""
    notes: tuple[str, ...] = ()
    exif, orientation = None, 1
    try:
        exif, orientation = _exif(image)
    except Exception:  # Pillow's EXIF parser has no error of its own: anything may come
        notes = ("its EXIF is damaged; left out",)
    metadata = Metadata(
        exif=exif,
        xmp=_bytes(image.info.get("xmp") or image.info.get("XML:com.adobe.xmp")),
        icc=_bytes(image.info.get("icc_profile")),
        dpi=_dpi(image.info.get("dpi"), orientation),
    )
    return Read(metadata, orientation, notes)


def turn(pixels: Pixels, orientation: int) -> Pixels:
    """Bring pixels upright.

    Parameters
    ----------
    pixels : any dtype (H, W) or (H, W, C)
        As they were stored.
    orientation : int
        1..8, as in EXIF 2.3, tag 274: where the stored row 0 and column 0 belong.
    """
    turned: np.ndarray = pixels
    if orientation >= _SIDEWAYS:
        turned = turned.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        turned = turned[::-1]
    if orientation in (2, 3, 6, 7):
        turned = turned[:, ::-1]
    return np.ascontiguousarray(turned)


def _exif(image: Image.Image) -> tuple[bytes | None, int]:
    exif = image.getexif()
    orientation = exif.get(ExifTags.Base.Orientation, 1)
    if orientation not in range(1, 9):
        orientation = 1
    photograph = exif.get_ifd(ExifTags.IFD.Exif)
    exif.get_ifd(ExifTags.IFD.GPSInfo)  # loads it, so that it is carried over
    for tag in _STALE:
        photograph.pop(tag, None)
    for other in [tag for tag in exif if tag not in _DESCRIPTIVE]:
        del exif[other]
    if not exif:
        return None, orientation
    exif[ExifTags.Base.Orientation] = 1
    return exif.tobytes(), orientation


def _dpi(value: object, orientation: int) -> tuple[float, float] | None:
    if not isinstance(value, tuple) or len(value) != 2:
        return None
    try:
        across, down = float(value[0]), float(value[1])
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    if not all(math.isfinite(density) and 1 <= density < 65536 for density in (across, down)):
        return None
    return (down, across) if orientation >= _SIDEWAYS else (across, down)


def _bytes(value: object) -> bytes | None:
    if isinstance(value, str):
        return value.encode()
    return bytes(value) if isinstance(value, (bytes, bytearray)) and value else None
