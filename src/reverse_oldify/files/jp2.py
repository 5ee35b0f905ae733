"""What Pillow neither reads from JPEG 2000 files nor writes into them (ISO/IEC 15444-1, annex I).

Colour profile, EXIF, IPTC and XMP on the way in; EXIF, IPTC, XMP and resolution on the way out.
Where EXIF, IPTC and XMP are is no standard but a habit of all programs: boxes of their own UUIDs.
"""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import BinaryIO

from reverse_oldify.errors import UnreadableError
from reverse_oldify.files.boxes import boxes_of, to_box
from reverse_oldify.files.exif import block_of, densities_of, orientation_of
from reverse_oldify.files.ifd import read_block
from reverse_oldify.files.metadata import MOST_BYTES, Read, bounded, plausible_dpi
from reverse_oldify.files.picture import Metadata

_XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_EXIF = b"JpgTiffExif->JP2"
_IPTC = bytes.fromhex("33c7a4d2b81d4723a0baf1a3e097ad38")
_BY_PROFILE = (b"\2", b"\3")  # methods of a colour specification: a plain profile, or any (JPX)
_METRE = 39.3701  # inches


def read_profile(file: BinaryIO) -> bytes | None:
    """Return the colour profile of a file; None where colour is named by a number."""
    for header in boxes_of(file):
        if header.name == b"jp2h":
            for box in header.boxes():
                contents = box.read(3 + MOST_BYTES)
                if box.name == b"colr" and contents[:1] in _BY_PROFILE:
                    return contents[3:]
    return None


def completed(read: Read, file: BinaryIO) -> Read:
    """Add to what Pillow read: EXIF, IPTC and XMP."""
    found = dict[bytes, bytes]()
    for box in boxes_of(file):
        if box.name == b"uuid":
            contents = box.read(16 + MOST_BYTES + 1)
            found.setdefault(contents[:16], contents[16:])
    metadata = replace(read.metadata, xmp=found.get(_XMP), iptc=found.get(_IPTC))
    orientation, notes = read.orientation, read.notes
    if _EXIF in found:
        try:
            directory = read_block(found[_EXIF])
        except UnreadableError:
            notes += ("its EXIF is damaged; left out",)
        else:
            orientation = orientation_of(directory)
            dpi = metadata.dpi or plausible_dpi(densities_of(directory), orientation)
            metadata = replace(metadata, exif=block_of(directory), dpi=dpi)
    metadata, too_long = bounded(metadata)
    return Read(metadata, orientation, notes + too_long)


def described(jp2: bytes, metadata: Metadata) -> bytes:
    """Put EXIF, IPTC, XMP and resolution into a file that Pillow wrote."""
    parts = ((_EXIF, metadata.exif), (_IPTC, metadata.iptc), (_XMP, metadata.xmp))
    told = (to_box(b"uuid", name + data.removeprefix(b"Exif\0\0")) for name, data in parts if data)
    return _with_resolution(jp2, metadata.dpi) + b"".join(told)


def _with_resolution(jp2: bytes, dpi: tuple[float, float] | None) -> bytes:
    """Add the resolution of capture to the header box, which comes second."""
    if dpi is None:
        return jp2
    across, down = (_fraction(density * _METRE) for density in dpi)
    numbers = struct.pack(">HHHHbb", *down[:2], *across[:2], down[2], across[2])
    resolution = to_box(b"res ", to_box(b"resc", numbers))
    at = jp2.index(b"jp2h") - 4
    (size,) = struct.unpack_from(">I", jp2, at)
    longer = struct.pack(">I", size + len(resolution))
    return jp2[:at] + longer + jp2[at + 4 : at + size] + resolution + jp2[at + size :]


def _fraction(number: float) -> tuple[int, int, int]:
    """Write a number as numerator and denominator of 16 bits, and a power of ten."""
    power = 0
    while round(number) > 65535:
        number, power = number / 10, power + 1
    return round(number), 1, power
