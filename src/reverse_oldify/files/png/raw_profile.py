"""Metadata as text in PNG: "Raw profile type NAME", in hexadecimal digits.

The way of ImageMagick, which exiftool and exiv2 share.
"""

from __future__ import annotations

from collections.abc import Mapping

KEYWORD = "Raw profile type "
"""What stands before the name."""

_DIGITS = 72  # on a line


def to_text(name: str, data: bytes) -> str:
    """Return the text that belongs to `KEYWORD` and a name."""
    digits = data.hex()
    lines = (digits[start : start + _DIGITS] for start in range(0, len(digits), _DIGITS))
    return "\n".join(["", name, f"{len(data):8d}", *lines, ""])


def of_info(info: Mapping[str | tuple[int, int], object], name: str) -> bytes | None:
    """Data of a name in what Pillow says of a PNG file; None where there are none, or damaged."""
    text = info.get(KEYWORD + name)
    if not isinstance(text, str):
        return None
    _, _, digits = text.strip().partition("\n")[2].partition("\n")
    try:
        return bytes.fromhex(digits) or None
    except ValueError:
        return None
