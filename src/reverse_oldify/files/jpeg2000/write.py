"""JPEG 2000 with 16 bits per channel, written a strip at a time (ISO/IEC 15444-1).

Encoders hold a picture several times over. But a strip that is encoded by itself is one tile; tiles
are put one behind the other, numbered anew, under a header that says how high the picture is. Where
a tile begins at a multiple of 512 rows, wavelets of three levels and blocks of 64 lie as they would
if it had been encoded in its place.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import BinaryIO

from reverse_oldify.files import codecs
from reverse_oldify.files.boxes import to_box
from reverse_oldify.files.jpeg2000 import jp2
from reverse_oldify.files.jpeg2000.codestream import read_codestream
from reverse_oldify.files.picture import Raster
from reverse_oldify.files.strips import in_order

_ROWS = 512
_LEAST = 8  # rows, with which there are as many levels as elsewhere
_SIGNATURE = to_box(b"jP  ", b"\r\n\x87\n") + to_box(b"ftyp", b"jp2 \0\0\0\0jp2 ")
_SIXTEEN, _WAVELETS, _UNKNOWN_SPACE = 15, 7, 0
_SRGB, _GRAY = 16, 17
_SIZE_AT, _HEIGHT_AT = 4, 12  # in a codestream
_NUMBER_AT = 4  # in a part of a tile
_END = b"\xff\xd9"


def write_jp2(picture: Raster, file: BinaryIO) -> None:
    """Write a picture of 16 bits without loss; the extra [deep] must be there.

    Parameters
    ----------
    picture : Picture or LazyPicture
        uint16; its strips are looked at by as many threads as it allows.
    file : BinaryIO
        Writable and seekable.
    """
    file.write(_SIGNATURE + to_box(b"jp2h", _header(picture)) + jp2.uuid_boxes(picture.metadata))
    start = file.tell()
    file.write(to_box(b"jp2c", b""))
    height = picture.size[0]
    strips = in_order(
        lambda rows: codecs.encoded(picture.rows(rows).samples), _cut(height), picture.threads
    )
    for part in _joined(strips, height):
        file.write(part)
    end = file.tell()
    file.seek(start)
    length = end - start
    file.write(struct.pack(">I", length if length < 1 << 32 else 0))  # 0: to the end of the file
    file.seek(end)


def _header(picture: Raster) -> bytes:
    """What is in the header box: size and depth, colour space, channels and resolution."""
    channels = picture.channels
    size = struct.pack(">IIH", *picture.size, channels)
    space = _GRAY if len(picture.shape) == 2 else _SRGB
    header = to_box(b"ihdr", size + bytes([_SIXTEEN, _WAVELETS, _UNKNOWN_SPACE, 0]))
    header += to_box(b"colr", b"\1\0\0" + struct.pack(">I", space))
    if picture.has_alpha:
        header += jp2.channel_definition(channels)
    return header + jp2.resolution(picture.metadata.dpi)


def _cut(height: int) -> Iterator[slice]:
    """Cut a picture into strips, of which the last is not too low."""
    rows = _ROWS
    while 0 < height % rows < _LEAST and rows < height:
        rows += _ROWS
    for top in range(0, height, rows):
        yield slice(top, min(top + rows, height))


def _joined(strips: Iterator[bytes], height: int) -> Iterator[bytes]:
    """Yield one codestream whose tiles are those of others, one below the other."""
    settings = b""
    for number, strip in enumerate(strips):
        first = read_codestream(io.BytesIO(strip)).first_part
        (size,) = struct.unpack_from(">H", strip, _SIZE_AT)
        if number == 0:
            yield strip[:_HEIGHT_AT] + struct.pack(">I", height) + strip[_HEIGHT_AT + 4 : first]
            settings = strip[_SIZE_AT + size : first]
        assert strip[_SIZE_AT + size : first] == settings, "encoded in the same way"
        at = first + _NUMBER_AT
        yield strip[first:at] + struct.pack(">H", number) + strip[at + 2 : -len(_END)]
    yield _END
