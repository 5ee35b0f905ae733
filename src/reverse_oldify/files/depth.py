"""How many bits per channel a file claims, where Pillow does not say: it gives 8 of them."""

from __future__ import annotations

_SIZE_MARKER = b"\xff\x4f\xff\x51"  # start of codestream and SIZ: JPEG 2000 part 1, A.5.1
_FIRST_DEPTH = 38  # bytes from there to the depth of the first component, less one
_CONFIGURATION = b"av1C"  # AV1 in ISO base media format, 2.3.3
_HIGH_DEPTH, _TWELVE = 0x40, 0x20


def claimed_bits(head: bytes, key: str) -> int:
    """Bits per channel of the start of a JPEG 2000 or AVIF file; 8 for any other format.

    Parameters
    ----------
    head : bytes
        A few thousand bytes from the start of the file.
    key : str
        Of its format.
    """
    if key == "jp2":
        depth = _after(head, _SIZE_MARKER, _FIRST_DEPTH)
        return 8 if depth is None else (depth & 0x7F) + 1
    if key == "avif":
        flags = _after(head, _CONFIGURATION, 2)
        return 8 if flags is None or not flags & _HIGH_DEPTH else 12 if flags & _TWELVE else 10
    return 8


def _after(data: bytes, mark: bytes, distance: int) -> int | None:
    """Return the byte that follows a mark at a distance, if both are there."""
    start = data.find(mark)
    place = start + len(mark) + distance
    return data[place] if start >= 0 and place < len(data) else None
