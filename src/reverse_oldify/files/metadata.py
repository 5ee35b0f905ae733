"""What a file says beside its pixels: orientation, EXIF, XMP, profile, resolution."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from PIL import ExifTags, Image

from reverse_oldify.files.picture import Metadata, Pixels

# What describes the photograph. The rest of a TIFF's tags describe its file, and would lie about
# the new one.
DESCRIPTIVE: set[int] = {
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
STALE = (ExifTags.Base.ExifImageWidth, ExifTags.Base.ExifImageHeight, ExifTags.Base.ColorSpace)
_CENTIMETRE = 3
_SIDEWAYS = 5  # orientations from here on swap width and height


MOST_BYTES = 8 << 20
"""Limit on EXIF, XMP, IPTC and colour profile, each."""

_IPTC_RESOURCE = 0x0404  # of Photoshop's image resources
# Sum of the luminance table of ITU-T T.81, annex K, that libjpeg scales with the quality.
_STANDARD_TABLE_SUM = 3688


class Read(NamedTuple):
    """Metadata, the orientation (1..8) that the pixels still need, and notes."""

    metadata: Metadata
    orientation: int
    notes: tuple[str, ...]


def read_metadata(image: Image.Image) -> Read:
    """Read what is known of an image that has been loaded. Damaged EXIF is noted, not an error."""
    notes: tuple[str, ...] = ()
    exif, dpi, orientation = None, image.info.get("dpi"), 1
    try:
        dpi = dpi or _exif_dpi(image)
        exif, orientation = _exif(image)
    except Exception:  # Pillow's EXIF parser has no error of its own: anything may come
        notes = ("its EXIF is damaged; left out",)
    metadata = Metadata(
        exif=exif,
        xmp=_bytes(image.info.get("xmp") or image.info.get("XML:com.adobe.xmp")),
        icc=_bytes(image.info.get("icc_profile")),
        iptc=_iptc(image.info.get("photoshop")),
        dpi=plausible_dpi(dpi, orientation),
        jpeg_quality=_jpeg_quality(getattr(image, "quantization", None)),
    )
    metadata, too_long = bounded(metadata)
    return Read(metadata, orientation, notes + too_long)


def bounded(metadata: Metadata) -> tuple[Metadata, tuple[str, ...]]:
    """Leave out what is longer than any photograph needs, with a note for each."""
    parts = (("EXIF", "exif"), ("XMP", "xmp"), ("IPTC", "iptc"), ("profile", "icc"))
    long = [
        (name, attribute)
        for name, attribute in parts
        if len(getattr(metadata, attribute) or b"") > MOST_BYTES
    ]
    notes = (f"its {name} is longer than {MOST_BYTES >> 20} MB; left out" for name, _ in long)
    return replace(metadata, **{attribute: None for _, attribute in long}), tuple(notes)


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
    for tag in STALE:
        photograph.pop(tag, None)
    for other in [tag for tag in exif if tag not in DESCRIPTIVE]:
        del exif[other]
    if not exif:
        return None, orientation
    exif[ExifTags.Base.Orientation] = 1
    return exif.tobytes(), orientation


def _exif_dpi(image: Image.Image) -> tuple[object, object] | None:
    exif = image.getexif()
    across, down = exif.get(ExifTags.Base.XResolution), exif.get(ExifTags.Base.YResolution)
    if across is None or down is None:
        return None
    scale = 2.54 if exif.get(ExifTags.Base.ResolutionUnit) == _CENTIMETRE else 1.0
    return across * scale, down * scale


def plausible_dpi(value: object, orientation: int) -> tuple[float, float] | None:
    """Pixels per inch across and down of the upright picture; None for what cannot be true."""
    if not isinstance(value, tuple) or len(value) != 2:
        return None
    try:
        across, down = float(value[0]), float(value[1])
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    if not all(math.isfinite(density) and 1 <= density < 65536 for density in (across, down)):
        return None
    return (down, across) if orientation >= _SIDEWAYS else (across, down)


def _iptc(resources: object) -> bytes | None:
    """IPTC-IIM records among the image resources of a JPEG file."""
    return _bytes(resources.get(_IPTC_RESOURCE)) if isinstance(resources, Mapping) else None


def _jpeg_quality(tables: object) -> int | None:
    """Quality, 1..100, at which libjpeg would make a luminance table with the same sum."""
    if not isinstance(tables, Mapping) or len(tables.get(0, ())) != 64:
        return None
    if set(tables[0]) == {1}:
        return 100
    percent = 100 * sum(tables[0]) / _STANDARD_TABLE_SUM
    quality = (200 - percent) / 2 if percent <= 100 else 5000 / percent
    return min(max(round(quality), 1), 100)


def _bytes(value: object) -> bytes | None:
    if isinstance(value, str):
        return value.encode()
    return bytes(value) if isinstance(value, (bytes, bytearray)) and value else None
