"""EXIF: what of it describes the photograph, and not the file that it came in."""

from __future__ import annotations

import struct

from PIL import ExifTags

from reverse_oldify.files.ifd import EXIF, RATIONAL, Directory, Field, short, to_bytes

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
"""Tags that are carried over. The rest of a TIFF's would lie about the new file."""

_STALE = (ExifTags.Base.ExifImageWidth, ExifTags.Base.ExifImageHeight, ExifTags.Base.ColorSpace)
_BLOCK_HEADER = b"Exif\0\0II*\0\x08\0\0\0"
_INCH, _CENTIMETRE = 2, 3
_UNITS = {_INCH: 1.0, _CENTIMETRE: 2.54}


def block_of(directory: Directory) -> bytes | None:
    """What describes the photograph as an EXIF block, upright; None if nothing does."""
    kept = Directory({tag: field for tag, field in directory.items() if tag in DESCRIPTIVE})
    photograph = kept.get(EXIF)
    if isinstance(photograph, Directory):
        kept[EXIF] = Directory(
            {tag: field for tag, field in photograph.items() if tag not in _STALE}
        )
    if not kept:
        return None
    kept[ExifTags.Base.Orientation] = short(1)
    return _BLOCK_HEADER + to_bytes(kept, 8)


def orientation_of(directory: Directory) -> int:
    """How the pixels were stored, 1..8; 1 where the tag is missing or impossible."""
    orientation = directory.number(ExifTags.Base.Orientation, 1)
    return orientation if orientation in range(1, 9) else 1


def densities_of(directory: Directory) -> tuple[float, float] | None:
    """Pixels per inch of the stored columns and rows, whether plausible or not."""
    scale = _UNITS.get(directory.number(ExifTags.Base.ResolutionUnit, _INCH))
    across = _rational(directory.get(ExifTags.Base.XResolution))
    down = _rational(directory.get(ExifTags.Base.YResolution))
    if scale is None or across is None or down is None:
        return None
    return across * scale, down * scale


def _rational(field: Field | Directory | None) -> float | None:
    if not isinstance(field, Field) or field.kind != RATIONAL or not field.count:
        return None
    number, divisor = struct.unpack_from("<II", field.data)
    return number / divisor if divisor else None
