"""What Pillow neither reads from JPEG 2000 files nor writes into them (ISO/IEC 15444-1, annex I).

Colour profile, EXIF, IPTC and XMP on the way in; EXIF, IPTC, XMP and resolution on the way out.
Where EXIF, IPTC and XMP are is no standard but a habit of all programs: boxes of their own UUIDs.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

import numpy as np
from PIL import Image

from reverse_oldify.errors import MissingExtraError, UnsupportedError
from reverse_oldify.files import codecs
from reverse_oldify.files.boxes import Box, boxes_of, to_box
from reverse_oldify.files.codecs import Decoded
from reverse_oldify.files.jpeg2000.codestream import Codestream
from reverse_oldify.files.metadata.read import METRE, MOST_BYTES, Read, bounded, with_exif
from reverse_oldify.files.picture import Metadata, Pixels

UNUSUAL_PALETTE = "has an unusual palette, which is not read here; save it as RGB"
"""What is said of those that Pillow takes for something else."""

_XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_EXIF = b"JpgTiffExif->JP2"
_IPTC = bytes.fromhex("33c7a4d2b81d4723a0baf1a3e097ad38")
_BY_PROFILE = (b"\2", b"\3")  # methods of a colour specification: a plain profile, or any (JPX)
_BY_NUMBER, _GRAY_OR_SRGB = b"\1", (b"\0\0\0\x10", b"\0\0\0\x11")
_MAPPED = struct.Struct(">HBB")  # component, whether by the palette, channel of that
_TRIPLE = struct.Struct(">HHH")  # channel, kind, colour
_OPACITY, _MULTIPLIED = 1, 2  # with which colour was multiplied
_MOST_OF_HEADER = 1024  # bytes of a box that is not a profile
_MOST_OF_PALETTE = 3 + 1024 * 5


def read_profile(file: BinaryIO) -> bytes | None:
    """Return the colour profile of a file; None where colour is named by a number."""
    for box in _header(file):
        contents = box.read(3 + MOST_BYTES)
        if box.name == b"colr" and contents[:1] in _BY_PROFILE:
            return contents[3:]
    return None


def read_palette(file: BinaryIO) -> Pixels | None:
    """Return the colours of a palette (I.5.3.4), (N, 3 or 4) of 8 bits; None where there is none.

    Raises
    ------
    UnsupportedError
        Pillow takes it for something else: it has other channels, more bits, signs or another
        order.
    ValueError, struct.error
        It is cut off.
    """
    boxes = dict[bytes, Box]()
    for box in _header(file):
        boxes.setdefault(box.name, box)
    if b"pclr" not in boxes:
        return None
    contents = boxes[b"pclr"].read(_MOST_OF_PALETTE)
    count, channels = struct.unpack_from(">HB", contents)
    depths = np.frombuffer(contents, np.uint8, channels, 3)  # bits, less 1
    in_order = b"".join(_MAPPED.pack(0, 1, channel) for channel in range(channels))  # I.5.3.5
    mapped = boxes[b"cmap"].read(len(in_order)) if b"cmap" in boxes else in_order
    if channels not in (3, 4) or depths.max() > 7 or mapped != in_order:
        raise UnsupportedError(UNUSUAL_PALETTE)
    values = np.frombuffer(contents, np.uint8, count * channels, 3 + channels)
    most = (2 << depths.astype(np.uint32)) - 1
    codes = values.astype(np.uint32).reshape(count, channels) * 255 // most
    return np.asarray(codes, np.uint8)


def read_samples(image: Image.Image, file: BinaryIO, codestream: Codestream) -> Decoded:
    """Read more than 8 bits: of grey always, of grey with opacity and of RGB with the extra [deep].

    Of these Pillow would give 8 bits, rounded so that white becomes 256, which is black.

    Raises
    ------
    MissingExtraError
        It needs the extra.
    UnsupportedError
        It is neither grey nor RGB (CMYK, YCC, channels that are not alike).
    What is damaged raises what the codec raises.
    """
    bits, size = codestream.bits, (codestream.height, codestream.width)
    associated = is_associated(file, codestream)
    if associated is not None and codecs.installed():
        box = codestream.box
        read = codecs.decoded(box.read(box.end - box.start), "jp2", bits, size)
        return read._replace(associated=associated)
    if image.mode == "I;16" and bits <= 16:  # of fewer, Pillow fills up with zeros
        gray = np.asarray(image).astype(np.uint16)[..., None] >> np.uint16(16 - bits)
        return Decoded(codecs.whole_range(gray, bits))
    if associated is None:
        raise UnsupportedError(
            f"JPEG 2000 with {bits} bits per channel is read if it is grey or RGB; save it as TIFF"
        )
    raise MissingExtraError(f"reading {bits} bits per channel from JPEG 2000", "deep")


def _header(file: BinaryIO) -> Iterator[Box]:
    for box in boxes_of(file):
        if box.name == b"jp2h":
            yield from box.boxes()


def is_associated(file: BinaryIO, codestream: Codestream) -> bool | None:
    """Whether colour was multiplied by opacity; None unless it is grey or RGB, and as stored."""
    first, count = codestream.components[0], len(codestream.components)
    if not first.whole or set(codestream.components) != {first} or count > 4 or first.bits > 31:
        return None
    profile = read_profile(file)
    if profile is not None and profile[16:20] not in (b"GRAY", b"RGB "):
        return None
    associated = False
    for box in _header(file):
        contents = box.read(_MOST_OF_HEADER)
        if box.name == b"pclr":
            return None
        if box.name == b"colr" and contents[:1] == _BY_NUMBER and profile is None:
            if contents[3:7] not in _GRAY_OR_SRGB:
                return None
        elif box.name == b"cdef":
            told = {
                contents[at : at + _TRIPLE.size] for at in range(2, len(contents), _TRIPLE.size)
            }
            associated = told == set(_definitions(count, _MULTIPLIED))
            if not associated and told != set(_definitions(count, _OPACITY)):
                return None
    return associated


def _definitions(channels: int, opacity: int) -> Iterator[bytes]:
    """What each channel is (I.5.3.6): colours in their order, and opacity last, if it is there."""
    colours = 1 if channels < 3 else 3
    for number in range(channels):
        kind = (0, number + 1) if number < colours else (opacity, 0)
        yield _TRIPLE.pack(number, *kind)


def completed(read: Read, file: BinaryIO) -> Read:
    """Add to what Pillow read: EXIF, IPTC and XMP."""
    found = dict[bytes, bytes]()
    for box in boxes_of(file):
        if box.name == b"uuid":
            contents = box.read(16 + MOST_BYTES + 1)
            found.setdefault(contents[:16], contents[16:])
    metadata = replace(read.metadata, xmp=found.get(_XMP), iptc=found.get(_IPTC))
    read = read._replace(metadata=metadata)
    read = with_exif(read, found[_EXIF]) if _EXIF in found else read
    metadata, too_long = bounded(read.metadata)
    return Read(metadata, read.orientation, read.notes + too_long)


def described(jp2: bytes, metadata: Metadata) -> bytes:
    """Put EXIF, IPTC, XMP and resolution into a file that Pillow wrote."""
    return _with_header(jp2, resolution(metadata.dpi)) + uuid_boxes(metadata)


def uuid_boxes(metadata: Metadata) -> bytes:
    """Lay out EXIF, IPTC and XMP."""
    parts = ((_EXIF, metadata.exif), (_IPTC, metadata.iptc), (_XMP, metadata.xmp))
    told = (to_box(b"uuid", name + data.removeprefix(b"Exif\0\0")) for name, data in parts if data)
    return b"".join(told)


def channel_definition(channels: int) -> bytes:
    """Lay out what each channel is: colours, and opacity last, if there is one."""
    return to_box(b"cdef", struct.pack(">H", channels) + b"".join(_definitions(channels, _OPACITY)))


def resolution(dpi: tuple[float, float] | None) -> bytes:
    """Lay out the resolution of capture (I.5.3.7); nothing where there is none."""
    if dpi is None:
        return b""
    across, down = (_fraction(density * METRE) for density in dpi)
    numbers = struct.pack(">HHHHbb", *down[:2], *across[:2], down[2], across[2])
    return to_box(b"res ", to_box(b"resc", numbers))


def _with_header(jp2: bytes, boxes: bytes) -> bytes:
    """Add to the header box, which comes second."""
    at = jp2.index(b"jp2h") - 4
    (size,) = struct.unpack_from(">I", jp2, at)
    longer = struct.pack(">I", size + len(boxes))
    return jp2[:at] + longer + jp2[at + 4 : at + size] + boxes + jp2[at + size :]


def _fraction(number: float) -> tuple[int, int, int]:
    """Write a number as numerator and denominator of 16 bits, and a power of ten."""
    power = 0
    while round(number) > 65535:
        number, power = number / 10, power + 1
    return round(number), 1, power
