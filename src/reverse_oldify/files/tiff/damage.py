"""Notice damage in pages of TIFF that Pillow decodes, of which its libtiff says nothing.

Deflate has a checksum. JPEG has none, but each strip or tile is one; see `jpeg`.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO

from reverse_oldify.errors import UnreadableError
from reverse_oldify.files.formats import FORMATS
from reverse_oldify.files.jpeg.damage import NOTE, Watched
from reverse_oldify.files.opening import opened
from reverse_oldify.files.tiff.ifd import Directory, Field
from reverse_oldify.files.tiff.layout import DEFLATE, JPEG, Layout
from reverse_oldify.files.tiff.unpack import check_inflates, segment_of

_TABLES = 347
_KNOWN = (1, 3, 4)  # components of the JPEG files that Pillow opens
_START, _END = b"\xff\xd8", b"\xff\xd9"


def notes_of(file: BinaryIO, page: Directory, order: str) -> tuple[str, ...]:
    """Return what to say of a page, in a file of the byte order "<" or ">".

    Raises
    ------
    UnreadableError
        A checksum does not fit.
    """
    stored = Layout.of(page, order)
    size = file.seek(0, io.SEEK_END)
    try:
        stored.check(size)
    except UnreadableError:
        return ()  # libtiff guesses some of what is missing, and Pillow tells when it cannot
    if sum(length for _, length in stored.needed) > size:
        return ()  # they overlap, and may be made to take for ever
    if stored.compression in DEFLATE:
        check_inflates(file, stored)
    elif stored.compression == JPEG and stored.samples in _KNOWN:
        most = stored.rows * (stored.tile or stored.width)
        damaged = (_is_damaged(data, most) for data in _jpegs(file, page, stored))
        return (NOTE,) if any(damaged) else ()
    return ()


def _jpegs(file: BinaryIO, page: Directory, stored: Layout) -> Iterator[bytes]:
    """Yield strips or tiles as JPEG files, each with the tables that all have in common."""
    tables = page.get(_TABLES)
    shared = tables.data.removesuffix(_END) if isinstance(tables, Field) else b""
    for place in stored.needed:
        data = segment_of(file, stored, place)
        yield shared + data.removeprefix(_START) if shared else data


def _is_damaged(data: bytes, most: int) -> bool:
    """Whether a JPEG file, which should have no more than so many pixels, seems to be damaged."""
    file = io.BytesIO(data)
    try:
        with opened(file, FORMATS["jpg"]) as image:
            if image.width * image.height > most:
                return True
            watched = Watched(image, file)
            image.load()
            return bool(watched.notes())
    except (OSError, SyntaxError, ValueError):  # what Pillow raises of damage
        return True
