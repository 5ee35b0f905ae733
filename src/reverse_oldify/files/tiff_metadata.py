"""What a TIFF page says beside its samples: from its tags to `Metadata`, and back."""

from __future__ import annotations

import struct

from reverse_oldify.errors import UnreadableError
from reverse_oldify.files.ifd import (
    ASCII,
    BYTE,
    EXIF,
    RATIONAL,
    UNDEFINED,
    Directory,
    Field,
    read_block,
    short,
    to_bytes,
)
from reverse_oldify.files.metadata import (
    DESCRIPTIVE,
    STALE,
    Read,
    bounded,
    plausible_dpi,
)
from reverse_oldify.files.picture import Metadata

_ORIENTATION, _ACROSS, _DOWN, _UNIT, _PAGE_NAME = 274, 282, 283, 296, 285
_XMP, _IPTC, _ICC = 700, 33723, 34675
_INCH, _CENTIMETRE = 2, 3
_UNITS = {_INCH: 1.0, _CENTIMETRE: 2.54}
_BLOCK_HEADER = b"Exif\0\0II*\0\x08\0\0\0"


def from_tags(page: Directory) -> Read:
    """Metadata of a page, the orientation that its pixels still need, and notes."""
    (orientation,) = page.numbers(_ORIENTATION, 1)[:1]
    orientation = orientation if orientation in range(1, 9) else 1
    metadata = Metadata(
        exif=_block(page),
        xmp=_bytes(page, _XMP),
        icc=_bytes(page, _ICC),
        iptc=_bytes(page, _IPTC),
        dpi=plausible_dpi(_densities(page), orientation),
    )
    metadata, notes = bounded(metadata)
    damage = ("part of its metadata is damaged; left out",) if page.damaged else ()
    return Read(metadata, orientation, damage + notes)


def to_tags(
    metadata: Metadata, profile: bytes | None = None, page_name: str | None = None
) -> Directory:
    """EXIF, IPTC, XMP, resolution and a colour profile as the tags of a page."""
    tags = Directory()
    if metadata.exif is not None:
        try:
            tags.update(read_block(metadata.exif))
        except UnreadableError:
            tags.clear()  # a block that a caller made; those that are read were checked
    tags[_ORIENTATION] = short(1)
    if metadata.dpi is not None:
        across, down = (_rational(density) for density in metadata.dpi)
        tags.update({_ACROSS: across, _DOWN: down, _UNIT: short(_INCH)})
    if metadata.xmp is not None:
        tags[_XMP] = Field(BYTE, metadata.xmp)
    if metadata.iptc is not None:
        tags[_IPTC] = Field(UNDEFINED, metadata.iptc)
    if profile is not None:
        tags[_ICC] = Field(UNDEFINED, profile)
    if page_name is not None:
        tags[_PAGE_NAME] = Field(ASCII, page_name.encode("ascii") + b"\0")
    return tags


def _block(page: Directory) -> bytes | None:
    """What describes the photograph, as an EXIF block."""
    kept = Directory({tag: field for tag, field in page.items() if tag in DESCRIPTIVE})
    photograph = kept.get(EXIF)
    if isinstance(photograph, Directory):
        kept[EXIF] = Directory(
            {tag: field for tag, field in photograph.items() if tag not in STALE}
        )
    if not kept:
        return None
    kept[_ORIENTATION] = short(1)
    return _BLOCK_HEADER + to_bytes(kept, 8)


def _bytes(page: Directory, tag: int) -> bytes | None:
    field = page.get(tag)
    return field.data or None if isinstance(field, Field) else None


def _densities(page: Directory) -> tuple[float, float] | None:
    scale = _UNITS.get(page.number(_UNIT, _INCH))
    across, down = (page.get(tag) for tag in (_ACROSS, _DOWN))
    if scale is None or not (isinstance(across, Field) and isinstance(down, Field)):
        return None
    if not across.kind == down.kind == RATIONAL or not (across.count and down.count):
        return None
    pairs = [struct.unpack_from("<II", field.data) for field in (across, down)]
    if not all(divisor for _, divisor in pairs):
        return None
    first, second = (number / divisor * scale for number, divisor in pairs)
    return first, second


def _rational(density: float) -> Field:
    return Field(RATIONAL, struct.pack("<II", round(density * 10_000), 10_000))
