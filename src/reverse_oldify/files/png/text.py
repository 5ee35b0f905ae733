"""Texts of a PNG file, such as Title and Author: carried from PNG to PNG as they are (11.3.3)."""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import BinaryIO

from reverse_oldify.files.metadata.read import MOST_BYTES, Read
from reverse_oldify.files.png import raw_profile
from reverse_oldify.files.png.deep import XMP_KEYWORD, chunks_of

_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
_RAW = ("exif", "APP1", "xmp", "iptc", "8bim", "icc", "icm")
_READ_ELSEWHERE = {XMP_KEYWORD, *(raw_profile.KEYWORD + name for name in _RAW)}
_TYPE, _AROUND = 4, 12  # bytes: of the type of a chunk, and of all that is around its data
_LONGEST_KEYWORD = 79


def completed(read: Read, file: BinaryIO) -> Read:
    """Add texts to what Pillow read, but for those in which EXIF, XMP, IPTC or a profile are."""
    texts, notes, left = list[bytes](), list[str](), MOST_BYTES
    for name, length in chunks_of(file):
        if name not in _TEXTS:
            continue
        left -= _AROUND + length  # many are short
        if left < 0:
            notes.append(f"its texts are longer than {MOST_BYTES >> 20} MB; some left out")
            break
        text, checksum = name + file.read(length), int.from_bytes(file.read(4))
        keyword = keyword_of(text)
        if keyword in _READ_ELSEWHERE:
            continue
        sound = zlib.crc32(text) == checksum and keyword.isprintable()
        if sound and 0 < len(keyword) <= _LONGEST_KEYWORD:
            texts.append(text)
        else:
            notes.append("a text of it is damaged; left out")
    metadata = replace(read.metadata, png_texts=tuple(texts))
    return read._replace(metadata=metadata, notes=(*read.notes, *dict.fromkeys(notes)))


def keyword_of(text: bytes) -> str:
    """Return the keyword of a chunk, given as its type and data."""
    return text[_TYPE:].partition(b"\0")[0].decode("latin-1")
