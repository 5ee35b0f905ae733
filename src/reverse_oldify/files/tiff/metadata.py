"""What a TIFF page says beside its samples: from its tags to `Metadata`, and back."""

from __future__ import annotations

import struct

import numpy as np

from reverse_oldify.errors import UnreadableError
from reverse_oldify.files.metadata.exif import (
    aspect_of,
    block_of,
    densities_of,
    notes_of,
    orientation_of,
)
from reverse_oldify.files.metadata.iptc import MARKER, in_resources
from reverse_oldify.files.metadata.read import Read, bounded, notes_of_aspect, plausible_dpi
from reverse_oldify.files.picture import Metadata
from reverse_oldify.files.tiff.ifd import (
    ASCII,
    BYTE,
    RATIONAL,
    UNDEFINED,
    Directory,
    Field,
    read_block,
    short,
)

_ORIENTATION, _ACROSS, _DOWN, _UNIT, _PAGE_NAME = 274, 282, 283, 296, 285
_XMP, _IPTC, _PHOTOSHOP, _ICC = 700, 33723, 34377, 34675
_NO_UNIT, _INCH = 1, 2


def from_tags(page: Directory) -> Read:
    """Metadata of a page, the orientation that its pixels still need, and notes."""
    orientation = orientation_of(page)
    metadata = Metadata(
        exif=block_of(page),
        xmp=_bytes(page, _XMP),
        icc=_bytes(page, _ICC),
        iptc=_iptc(page),
        dpi=plausible_dpi(densities_of(page), orientation),
    )
    metadata, notes = bounded(metadata)
    notes += notes_of(page) + notes_of_aspect(aspect_of(page))
    damage = ("part of its metadata is damaged; left out",) if page.damaged else ()
    return Read(metadata, orientation, damage + notes)


def to_tags(
    metadata: Metadata, profile: bytes | None = None, page_name: str | None = None
) -> Directory:
    """EXIF, IPTC, XMP, resolution and a colour profile as the tags of a page."""
    tags = exif_tags(metadata)
    tags[_ORIENTATION] = short(1)
    tags.update(resolution_of(metadata.dpi))
    if metadata.xmp is not None:
        tags[_XMP] = Field(BYTE, metadata.xmp)
    if metadata.iptc is not None:
        tags[_IPTC] = Field(UNDEFINED, metadata.iptc)
    if profile is not None:
        tags[_ICC] = Field(UNDEFINED, profile)
    if page_name is not None:
        tags[_PAGE_NAME] = Field(ASCII, page_name.encode("ascii") + b"\0")
    return tags


def exif_tags(metadata: Metadata) -> Directory:
    """EXIF as tags."""
    try:
        return read_block(metadata.exif) if metadata.exif is not None else Directory()
    except UnreadableError:
        return Directory()  # of a block that a caller made; those that are read were checked


def resolution_of(dpi: tuple[float, float] | None) -> Directory:
    """Pixels per inch as tags; TIFF must have some: else square pixels, and no unit."""
    across, down = dpi or (1.0, 1.0)
    unit = short(_NO_UNIT if dpi is None else _INCH)
    return Directory({_ACROSS: _rational(across), _DOWN: _rational(down), _UNIT: unit})


def _iptc(page: Directory) -> bytes | None:
    """Records of their own tag, else those among the image resources of Photoshop.

    Many write them as numbers of 32 bits: most their bytes as they are, some swapped as numbers
    are. The first byte tells.
    """
    records = _bytes(page, _IPTC)
    if records is None:
        return in_resources(_bytes(page, _PHOTOSHOP) or b"")
    turned = np.frombuffer(records, "<u4").byteswap().tobytes() if len(records) % 4 == 0 else b""
    is_turned = turned.startswith(MARKER) and not records.startswith(MARKER)
    return turned if is_turned else records


def _bytes(page: Directory, tag: int) -> bytes | None:
    field = page.get(tag)
    return field.data or None if isinstance(field, Field) else None


def _rational(density: float) -> Field:
    return Field(RATIONAL, struct.pack("<II", round(density * 10_000), 10_000))
