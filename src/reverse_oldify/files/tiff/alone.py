"""A page of a TIFF file as a file of its own, for pages that Pillow does not find where they are.

Of BigTIFF it knows the little-endian kind alone, and 12 bits are for it little-endian with black as
zero. Samples of up to 8 bits have no order of bytes, nor has what is packed bit by bit.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from PIL import ImageFile
from PIL.TiffImagePlugin import TiffImageFile

from reverse_oldify.errors import DAMAGED, UnreadableError, UnsupportedError
from reverse_oldify.files.formats import FORMATS
from reverse_oldify.files.opening import opened
from reverse_oldify.files.tiff.ifd import Directory, Field, Header, short
from reverse_oldify.files.tiff.layout import (
    BITS,
    BLACK_IS_ZERO,
    COMPRESSION,
    PHOTOMETRIC,
    STRIP_COUNTS,
    STRIP_OFFSETS,
    TILE_COUNTS,
    TILE_OFFSETS,
    WHITE_IS_ZERO,
    before_segments,
)

_OLD_JPEG = 6  # whose tables lie anywhere in the file
_PACKED = 12


def is_lost_to_pillow(page: Directory, header: Header) -> bool:
    """Whether Pillow finds a page only in a file of its own."""
    if page.number(BITS) == _PACKED:
        return header.order == ">" or page.number(PHOTOMETRIC) == WHITE_IS_ZERO
    return header.order == ">" and header.big


@contextmanager
def opened_alone(file: BinaryIO, page: Directory) -> Iterator[ImageFile.ImageFile]:
    """Open a page with Pillow, as `opening.opened`.

    Raises
    ------
    UnreadableError
        The page is damaged or cut off.
    UnsupportedError
        Its samples have an order of bytes.
    """
    with opened(_alone(file, page), FORMATS["tif"]) as image:
        assert isinstance(image, TiffImageFile)
        image.tag_v2[PHOTOMETRIC] = page.number(PHOTOMETRIC)  # `modes` asks for it
        yield image


def _alone(file: BinaryIO, page: Directory) -> BinaryIO:
    """Return a little-endian BigTIFF file of one page."""
    bits = page.number(BITS, 1)
    if (bits > 8 and bits != _PACKED) or page.number(COMPRESSION) == _OLD_JPEG:
        raise UnsupportedError(
            f"a page of {bits} bits of this kind in big-endian BigTIFF, or below a thumbnail, is "
            "not read; save it as 16-bit grey or RGB"
        )
    tiled = TILE_OFFSETS in page
    offsets_tag = TILE_OFFSETS if tiled else STRIP_OFFSETS
    offsets = page.numbers(offsets_tag)
    lengths = page.numbers(TILE_COUNTS if tiled else STRIP_COUNTS)
    size = file.seek(0, io.SEEK_END)
    if not 0 < len(offsets) == len(lengths) or sum(lengths) > size:
        raise UnreadableError(DAMAGED)
    tags = Directory({tag: field for tag, field in page.items() if isinstance(field, Field)})
    if bits == _PACKED:
        tags[PHOTOMETRIC] = short(BLACK_IS_ZERO)
    result = io.BytesIO(before_segments(tags, offsets_tag, lengths))
    result.seek(0, io.SEEK_END)
    for offset, length in zip(offsets, lengths, strict=True):
        file.seek(offset)
        result.write(file.read(length))  # what is missing is told by Pillow
    return result
