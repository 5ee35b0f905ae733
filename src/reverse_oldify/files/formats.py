"""The picture formats that are read and written: one table, and nothing about them elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePath

from reverse_oldify.errors import UnsupportedError

SaveSetting = int | str | bool


@dataclass(frozen=True, kw_only=True)
class Format:
    """A picture format, as this package reads and writes it.

    Attributes
    ----------
    key : str
        The format's name in flags and in `Picture.format`.
    name : str
        The name that people know it by.
    pillow : str
        Pillow's name of it.
    suffixes : tuple of str
        Lower case, with the dot; the first is the one that outputs get.
    alpha : bool
        Whether a transparent picture can be written as it is.
    deep_gray : bool
        Whether grey at 16 bits can be written as it is.
    exif : bool
        Whether EXIF can be written.
    limit : int or None
        The most pixels on a side that the format can hold, where a photograph may reach it.
    settings : dict
        What Pillow is told when it encodes: near-lossless where the format is lossy.
    """

    key: str
    name: str
    pillow: str
    suffixes: tuple[str, ...]
    alpha: bool = False
    deep_gray: bool = False
    exif: bool = False
    limit: int | None = None
    settings: dict[str, SaveSetting] = field(default_factory=dict)


FORMATS = {
    entry.key: entry
    for entry in (
        Format(
            key="jpg",
            name="JPEG",
            pillow="JPEG",
            suffixes=(".jpg", ".jpeg", ".jpe", ".jfif"),
            exif=True,
            limit=65_500,
            # 4:4:4: the colour is all that we add, so it is not halved. `optimize` is left out:
            # it needs the whole file in one buffer and fails on large pictures.
            settings={"quality": 95, "subsampling": "4:4:4"},
        ),
        Format(
            key="png",
            name="PNG",
            pillow="PNG",
            suffixes=(".png", ".apng"),
            alpha=True,
            deep_gray=True,
            exif=True,
        ),
        Format(
            key="tif",
            name="TIFF",
            pillow="TIFF",
            suffixes=(".tif", ".tiff"),
            alpha=True,
            deep_gray=True,
            exif=True,
            settings={"compression": "tiff_adobe_deflate"},
        ),
        Format(
            key="webp",
            name="WebP",
            pillow="WEBP",
            suffixes=(".webp",),
            alpha=True,
            exif=True,
            limit=16_383,
            settings={"quality": 95, "method": 4},
        ),
        Format(key="bmp", name="BMP", pillow="BMP", suffixes=(".bmp", ".dib")),
        Format(key="gif", name="GIF", pillow="GIF", suffixes=(".gif",), alpha=True, limit=65_535),
    )
}
OUTPUT_FORMATS = ("png", "jpg", "tif", "webp", "bmp")
"""What ``--format`` offers. GIF is written only where the input was one: it holds 256 colours."""

_BY_SUFFIX = {suffix: entry for entry in FORMATS.values() for suffix in entry.suffixes}

_FOREIGN = {  # pictures that people do have, told apart so that the error can name them
    "HEIC": (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1"),
    "AVIF": (b"avif", b"avis"),
}


def by_suffix(path: PurePath) -> Format | None:
    """Format that a file's suffix stands for, in either case; None when it is not in the table."""
    return _BY_SUFFIX.get(path.suffix.lower())


def sniff(head: bytes) -> Format | None:
    """Format that a file's first 32 bytes show.

    Raises
    ------
    UnsupportedError
        For a picture in a format that is known but not read; the message has no file name.
    """
    if head.startswith(b"\xff\xd8\xff"):
        return FORMATS["jpg"]
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return FORMATS["png"]
    if head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return FORMATS["tif"]
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return FORMATS["webp"]
    if head.startswith(b"BM"):
        return FORMATS["bmp"]
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return FORMATS["gif"]
    foreign = _foreign(head)
    if foreign is not None:
        raise UnsupportedError(f"{foreign} is not read by this version; save it as TIFF or PNG")
    return None


def _foreign(head: bytes) -> str | None:
    if head[4:8] == b"ftyp":
        return next((name for name, brands in _FOREIGN.items() if head[8:12] in brands), None)
    if head[:12] == b"\0\0\0\x0cjP  \r\n\x87\n" or head[:4] == b"\xff\x4f\xff\x51":
        return "JPEG 2000"
    if head[:12] == b"\0\0\0\x0cJXL \r\n\x87\n" or head[:2] == b"\xff\x0a":
        return "JPEG XL"
    if head[:4] == b"8BPS":
        return "Photoshop (PSD)"
    if head[:5] == b"%PDF-":
        return "PDF"
    return None
