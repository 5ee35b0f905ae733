"""What of a picture a format cannot hold: refused, unless the loss was allowed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from reverse_oldify.errors import LossError
from reverse_oldify.files import codecs
from reverse_oldify.files.formats import FORMATS, OUTPUT_FORMATS, Format
from reverse_oldify.files.metadata import xmp_extended
from reverse_oldify.files.picture import Metadata, Raster
from reverse_oldify.files.png.text import keyword_of

_JPEG_SEGMENT = 65_533  # bytes, without the marker and its length
_MOST_NAMES = 6
_JPEG_LIMITS = {"exif": 6, "iptc": 28}  # what stands before each in its segment


def losses(picture: Raster, kind: Format) -> Iterator[str]:
    """Name, a phrase each, what of a picture a format cannot hold, and what becomes of it."""
    yield from _refused(picture, kind)
    yield from _told(picture.metadata, kind)


def _refused(picture: Raster, kind: Format) -> Iterator[str]:
    if picture.page_count > 1 and not kind.pages:
        yield f"{picture.page_count} pages (the first alone)"
    if picture.dtype == np.uint16 and not holds_16_bits(kind):
        yield "16 bits per channel (rounded to 8)"
    if picture.has_alpha and not kind.alpha and not picture.is_opaque:
        yield "transparency (laid on white)"
    for name, attribute in (("EXIF", "exif"), ("XMP", "xmp"), ("IPTC", "iptc")):
        # What files of a format never have is said of the result, not lost of the scan.
        added = kind.key == picture.format and not getattr(kind, attribute)
        said = getattr(picture.metadata, attribute) is not None
        if said and not added and not fits(picture, kind, attribute):
            yield f"{name} (left out)"
    if picture.metadata.dpi is not None and not kind.dpi:
        yield "resolution (left out)"


def _told(metadata: Metadata, kind: Format) -> Iterator[str]:
    """Name what is said to be lost, and not refused: seldom more than what wrote the file."""
    names = [keyword_of(text) for text in metadata.png_texts]
    if names and kind.key != "png":
        yield f"{_texts(names)} (left out)"
    if metadata.jpeg_comments and kind.key != "jpg":
        yield "comment (left out)"


def refuse_losses(picture: Raster, kind: Format) -> None:
    """See that a format holds all of a picture.

    Raises
    ------
    LossError
        It does not; the message says what would be lost and what holds it, and names no file.
    """
    lost = list(_refused(picture, kind))
    if lost:
        whole = [key for key in OUTPUT_FORMATS if _holds(picture, FORMATS[key])]
        raise LossError(
            f"{listed(lost, kind)}; take {_joined(whole, 'or')}{_extra(picture, kind)}, "
            "or allow the loss (--allow-loss)"
        )


def holds_16_bits(kind: Format) -> bool:
    """Whether 16 bits per channel can be written as they are, with the extras that are there."""
    return kind.deep and not (kind.deep_by_extra and not codecs.installed())


def _extra(picture: Raster, kind: Format) -> str:
    """What to install, where that would spare the loss."""
    missing = picture.dtype == np.uint16 and kind.deep and not holds_16_bits(kind)
    return f", install what writes it ({codecs.EXTRA})" if missing else ""


def listed(lost: list[str], kind: Format) -> str:
    """Say in one clause what a format cannot hold."""
    return f"{kind.name} cannot hold its {_joined(lost, 'and')}"


def fits(picture: Raster, kind: Format, attribute: str) -> bool:
    """Whether a format has a place for EXIF, XMP or IPTC, and the place is large enough."""
    data: bytes = getattr(picture.metadata, attribute) or b""
    holds: bool = getattr(kind, attribute)
    if kind.key != "jpg" or not holds:
        return holds
    if attribute == "xmp":
        return xmp_extended.is_writable(data)
    return len(data) + _JPEG_LIMITS[attribute] <= _JPEG_SEGMENT


def _holds(picture: Raster, kind: Format) -> bool:
    small = kind.limit is None or max(picture.size) <= kind.limit
    return small and not any(_refused(picture, kind))


def _texts(names: list[str]) -> str:
    if len(names) > _MOST_NAMES:
        return f"{len(names)} texts"
    return f"text{'s' * (len(names) > 1)} {_joined(names, 'and')}"


def _joined(words: list[str], last: str) -> str:
    return f" {last} ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
