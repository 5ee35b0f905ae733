"""Where files keep IPTC-IIM records: in an image resource of Photoshop, in JPEG, PNG and TIFF.

In PNG the resource is text, see `png.raw_profile`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping

from reverse_oldify.files.jpeg.write import segment_of
from reverse_oldify.files.png import raw_profile

_NAME, _APP13 = "iptc", 0xED

PNG_KEYWORD = raw_profile.KEYWORD + _NAME

MARKER = b"\x1c"
"""What each record begins with."""

SEGMENT = b"Photoshop 3.0\0"
"""What a segment of JPEG with image resources begins with."""

_RESOURCE = 0x0404


def to_jpeg(iptc: bytes) -> bytes:
    """Records as the segment APP13."""
    return segment_of(_APP13, SEGMENT + _resource(iptc))


def to_png(iptc: bytes) -> str:
    """Records as the text that belongs to `PNG_KEYWORD`."""
    return raw_profile.to_text(_NAME, _resource(iptc))


def of_image(
    info: Mapping[str | tuple[int, int], object], segments: Iterable[bytes] = ()
) -> bytes | None:
    """Records in what Pillow says of a JPEG or PNG file; None where there are none, or damaged.

    Of JPEG also the segments that begin with `SEGMENT` are asked for: resources may run on from one
    to the next, where Pillow takes each for itself.
    """
    joined = in_resources(b"".join(part.removeprefix(SEGMENT) for part in segments))
    if joined is not None:
        return joined
    resources = info.get("photoshop")
    if isinstance(resources, Mapping):
        found = resources.get(_RESOURCE)
        return found if isinstance(found, bytes) and found else None
    told = (raw_profile.of_info(info, name) for name in (_NAME, "8bim"))
    return next(filter(None, (_of_png(data) for data in told if data)), None)


def _of_png(data: bytes) -> bytes | None:
    data = data.removeprefix(SEGMENT)
    if not data.startswith(b"8BIM"):
        return data if data.startswith(MARKER) else None  # bare records
    return in_resources(data)


def in_resources(data: bytes) -> bytes | None:
    """Records in image resources of Photoshop; None where there are none, or damaged.

    Each is: signature, number, name, length, data, the last three padded.
    """
    at = 0
    while len(data) >= at + 7 and data.startswith(b"8BIM", at):
        number, name = struct.unpack_from(">HB", data, at + 4)
        at += 6 + (2 + name & ~1)
        if len(data) < at + 4:
            return None
        (length,) = struct.unpack_from(">I", data, at)
        at += 4
        if number == _RESOURCE:
            return data[at : at + length] or None
        at += length + length % 2
    return None


def _resource(iptc: bytes) -> bytes:
    header = b"8BIM" + struct.pack(">HHI", _RESOURCE, 0, len(iptc))
    return header + iptc + bytes(len(iptc) % 2)
