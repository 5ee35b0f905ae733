"""EXIF: what of it describes the photograph, and not the file that it came in."""

from __future__ import annotations

import struct

from PIL import ExifTags

from reverse_oldify.files.tiff.ifd import EXIF, RATIONAL, Directory, Field, short, to_bytes

DESCRIPTIVE: set[int] = {
    ExifTags.Base.DocumentName,
    ExifTags.Base.ImageDescription,
    ExifTags.Base.Make,
    ExifTags.Base.Model,
    ExifTags.Base.PageName,
    ExifTags.Base.PageNumber,
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
    ExifTags.Base.Rating,
    ExifTags.Base.RatingPercent,
    # Of the directory of EXIF, and at home there; some write them here.
    ExifTags.Base.DateTimeOriginal,
    ExifTags.Base.ImageHistory,
    ExifTags.Base.ImageUniqueID,
}
"""Tags that are carried over. The rest of a TIFF's would lie about the new file."""

MAKER_NOTE = ExifTags.Base.MakerNote
"""In a form of each maker, often with offsets from the start of the file: moved it is broken."""

_STALE = (
    ExifTags.Base.ExifImageWidth,
    ExifTags.Base.ExifImageHeight,
    ExifTags.Base.ColorSpace,
    MAKER_NOTE,
)
_BLOCK_HEADER = b"Exif\0\0II*\0\x08\0\0\0"
_NO_UNIT, _INCH, _CENTIMETRE = 1, 2, 3
_FLOATS = {11: "<f", 12: "<d"}
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
    return to_block(kept)


def to_block(directory: Directory) -> bytes:
    """Lay an EXIF block out."""
    return _BLOCK_HEADER + to_bytes(directory, 8)


def notes_of(directory: Directory) -> tuple[str, ...]:
    """Say what of a camera's EXIF is left out that somebody may miss."""
    photograph = directory.get(EXIF)
    has = isinstance(photograph, Directory) and MAKER_NOTE in photograph
    return ("its camera's maker note is left out: moved it would be broken",) if has else ()


def orientation_of(directory: Directory) -> int:
    """How the pixels were stored, 1..8; 1 where the tag is missing or impossible."""
    orientation = directory.number(ExifTags.Base.Orientation, 1)
    return orientation if orientation in range(1, 9) else 1


def densities_of(directory: Directory) -> tuple[float, float] | None:
    """Pixels per inch of the stored columns and rows, whether plausible or not."""
    scale = _UNITS.get(directory.number(ExifTags.Base.ResolutionUnit, _INCH))
    pair = _pair(directory)
    return None if scale is None or pair is None else (pair[0] * scale, pair[1] * scale)


def aspect_of(directory: Directory) -> tuple[float, float] | None:
    """Columns and rows to a length that is not told, where they are given so."""
    without = directory.number(ExifTags.Base.ResolutionUnit, _INCH) == _NO_UNIT
    return _pair(directory) if without else None


def _pair(directory: Directory) -> tuple[float, float] | None:
    across = _number(directory.get(ExifTags.Base.XResolution))
    down = _number(directory.get(ExifTags.Base.YResolution))
    return None if across is None or down is None else (across, down)


def _number(field: Field | Directory | None) -> float | None:
    """First number of a field; TIFF knows resolutions as fractions, some write them otherwise."""
    if not isinstance(field, Field) or not field.count:
        return None
    if field.kind == RATIONAL:
        number, divisor = struct.unpack_from("<II", field.data)
        return number / divisor if divisor else None
    if field.kind in _FLOATS:
        return float(struct.unpack_from(_FLOATS[field.kind], field.data)[0])
    return float(field.numbers[0]) if field.numbers else None
