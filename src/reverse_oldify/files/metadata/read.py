"""What a file says beside its pixels: orientation, EXIF, XMP, profile, resolution."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from PIL import ExifTags, Image, PngImagePlugin

from reverse_oldify.errors import UnreadableError
from reverse_oldify.files.metadata import iptc, xmp_extended
from reverse_oldify.files.metadata.exif import block_of, densities_of, notes_of, orientation_of
from reverse_oldify.files.picture import Metadata, Pixels
from reverse_oldify.files.png import raw_profile
from reverse_oldify.files.tiff.ifd import Directory, read_block, short

SIDEWAYS = 5
"""Orientations from here on swap width and height."""

METRE = 39.3701
"""In inches: PNG and JPEG 2000 tell resolution by it."""

MOST_BYTES = 8 << 20
"""Limit on EXIF, XMP, IPTC, colour profile, texts and comments, each."""

# Sum of the luminance table of ITU-T T.81, annex K, that libjpeg scales with the quality.
_STANDARD_TABLE_SUM = 3688


class Read(NamedTuple):
    """Metadata, the orientation (1..8) that the pixels still need, and notes."""

    metadata: Metadata
    orientation: int
    notes: tuple[str, ...]


def read_metadata(image: Image.Image) -> Read:
    """Read what is known of an image that has been loaded. Damaged EXIF is noted, not an error."""
    exif, notes = _exif(image)
    notes += notes_of(exif)
    orientation = orientation_of(exif)
    packet, more = xmp_extended.joined(_packet(image), _segments(image, xmp_extended.SEGMENT))
    comments, too_many = _comments(image)
    metadata = Metadata(
        exif=block_of(exif),
        xmp=packet,
        icc=_bytes(image.info.get("icc_profile")),
        iptc=iptc.of_image(image.info, _segments(image, iptc.SEGMENT)),
        dpi=plausible_dpi(image.info.get("dpi") or densities_of(exif), orientation),
        jpeg_comments=comments,
        jpeg_quality=_jpeg_quality(getattr(image, "quantization", None)),
    )
    metadata, too_long = bounded(metadata)
    notes += more + too_many + too_long
    if metadata.dpi is None:
        notes += notes_of_aspect(_aspect(image.info))
    return Read(metadata, orientation, notes)


def with_exif(read: Read, block: bytes) -> Read:
    """Add an EXIF block to what was read: its orientation, and its resolution if there is none."""
    try:
        directory = read_block(block)
    except UnreadableError:
        return read._replace(notes=(*read.notes, "its EXIF is damaged; left out"))
    orientation = orientation_of(directory)
    dpi = read.metadata.dpi or plausible_dpi(densities_of(directory), orientation)
    metadata = replace(read.metadata, exif=block_of(directory), dpi=dpi)
    return Read(metadata, orientation, read.notes + notes_of(directory))


def bounded(metadata: Metadata) -> tuple[Metadata, tuple[str, ...]]:
    """Leave out what is longer than any photograph needs, with a note for each."""
    parts = (("EXIF", "exif"), ("XMP", "xmp"), ("IPTC", "iptc"), ("profile", "icc"))
    long = [
        (name, attribute)
        for name, attribute in parts
        if len(getattr(metadata, attribute) or b"") > MOST_BYTES
    ]
    notes = (f"its {name} is longer than {MOST_BYTES >> 20} MB; left out" for name, _ in long)
    without: dict[str, Any] = {attribute: None for _, attribute in long}
    return replace(metadata, **without), tuple(notes)


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
    if orientation >= SIDEWAYS:
        turned = turned.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        turned = turned[::-1]
    if orientation in (2, 3, 6, 7):
        turned = turned[:, ::-1]
    return np.ascontiguousarray(turned)


def _exif(image: Image.Image) -> tuple[Directory, tuple[str, ...]]:
    """EXIF of an image, empty where there is none, and a note if it is damaged."""
    try:
        block = image.info.get("exif") or _raw_exif(image)
        if not isinstance(block, bytes):
            exif = image.getexif()
            block = exif.tobytes() if exif else b""
        directory = read_block(block) if block else Directory()
        stored = _stored_exif(image)
        if stored:
            upright = short(orientation_of(directory))
            directory = read_block(stored)
            directory[ExifTags.Base.Orientation] = upright
    except Exception:  # Pillow's EXIF parser has no error of its own: anything may come
        return Directory(), ("its EXIF is damaged; left out",)
    return directory, ("part of its EXIF is damaged; left out",) if directory.damaged else ()


def _raw_exif(image: Image.Image) -> bytes | None:
    """EXIF of a PNG file as ImageMagick names it where it came from JPEG; else Pillow finds it."""
    block = raw_profile.of_info(image.info, "APP1")
    return block if block and block.startswith(b"Exif\0\0") else None


def _stored_exif(image: Image.Image) -> bytes | None:
    """EXIF of an AVIF file as it is: Pillow makes it anew, without most letters, where the file is
    turned by what counts there, and EXIF says otherwise.
    """
    decoder = getattr(image, "_decoder", None) if image.format == "AVIF" else None
    return None if decoder is None else decoder.get_info()[4]


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
    return (down, across) if orientation >= SIDEWAYS else (across, down)


def notes_of_aspect(density: object) -> tuple[str, ...]:
    """Say of pixels that are not square, for which results have no place without a unit.

    Parameters
    ----------
    density : (number, number) or None
        Columns and rows to one length, whatever it is.
    """
    if not isinstance(density, tuple) or len(density) != 2:
        return ()
    across, down = density
    square = across == down or min(across, down) <= 0
    note = f"its pixels are not square ({across:g} across to {down:g} down); the ratio is left out"
    return () if square else (note,)


def _aspect(info: Mapping[str | tuple[int, int], Any]) -> object:
    """What JPEG and PNG tell of the form of pixels, if no resolution is."""
    return info.get("jfif_density") if info.get("jfif_unit") == 0 else info.get("aspect")


def _jpeg_quality(tables: object) -> int | None:
    """Quality, 1..100, at which libjpeg would make a luminance table with the same sum."""
    if not isinstance(tables, Mapping) or len(tables.get(0, ())) != 64:
        return None
    if set(tables[0]) == {1}:
        return 100
    percent = 100 * sum(tables[0]) / _STANDARD_TABLE_SUM
    quality = (200 - percent) / 2 if percent <= 100 else 5000 / percent
    return min(max(round(quality), 1), 100)


def _packet(image: Image.Image) -> bytes | None:
    packet = _bytes(image.info.get("xmp") or image.info.get("XML:com.adobe.xmp"))
    if packet is not None:
        return packet
    names = ("xmp", "APP1")
    told = (raw_profile.of_info(image.info, name) or b"" for name in names)
    packets = (data.removeprefix(xmp_extended.PACKET) for data in told)
    return next((data for data in packets if data.lstrip().startswith(b"<")), None)


def _comments(image: Image.Image) -> tuple[tuple[bytes, ...], tuple[str, ...]]:
    """Comments of a JPEG, and a note if they are too long together."""
    comments = tuple(data for name, data in getattr(image, "applist", ()) if name == "COM")
    if sum(4 + len(comment) for comment in comments) > MOST_BYTES:
        return (), (f"its comments are longer than {MOST_BYTES >> 20} MB; left out",)
    return comments, ()


def _segments(image: Image.Image, head: bytes) -> list[bytes]:
    """Segments of a JPEG that begin so: what is long goes on from one to the next."""
    return [data for _, data in getattr(image, "applist", ()) if data.startswith(head)]


def _bytes(value: object) -> bytes | None:
    if isinstance(value, str):  # of a PNG; what is not its international text is read as Latin-1
        return value.encode("utf-8" if isinstance(value, PngImagePlugin.iTXt) else "latin-1")
    return bytes(value) if isinstance(value, (bytes, bytearray)) and value else None
