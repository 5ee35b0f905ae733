"""The picture formats that are read and written: one table, and nothing about them elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePath

from reverse_oldify.errors import OptionError, UnsupportedError

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
        Pillow's name of it; empty where it is read by other means.
    suffixes : tuple of str
        Lower case, with the dot; the first is the one that outputs get.
    alpha : bool
        Whether a transparent picture can be written as it is.
    deep : bool
        Whether 16 bits per channel can be written as they are; see `losses.holds_16_bits`.
    deep_by_extra : bool
        Whether that takes the extra [deep].
    media_type : str
        What HTTP calls a result in it; empty where it is only read.
    exif, xmp, iptc, icc, dpi : bool
        Whether EXIF, XMP, IPTC, a colour profile and the resolution can be written.
    pages : bool
        Whether several pages can be written.
    limit : int or None
        The most pixels on a side that the format can hold, where a photograph may reach it.
    settings : dict
        What Pillow is told when it encodes: near-lossless where the format is lossy.
    plugin : str or None
        Module that teaches Pillow the format; the extra of the same name as the key brings it.
    written_as : str or None
        Key of the format that results get unless another is asked for; None: this one.
    """

    key: str
    name: str
    pillow: str
    suffixes: tuple[str, ...]
    alpha: bool = False
    deep: bool = False
    deep_by_extra: bool = False
    media_type: str = ""
    exif: bool = False
    xmp: bool = False
    iptc: bool = False
    icc: bool = False
    dpi: bool = False
    pages: bool = False
    limit: int | None = None
    settings: dict[str, SaveSetting] = field(default_factory=dict)
    plugin: str | None = None
    written_as: str | None = None


SUBSAMPLINGS = ("4:4:4", "4:2:2", "4:2:0")
"""Chroma of every pixel, of every second on a row, of every second both ways."""


@dataclass(frozen=True, kw_only=True)
class Encoding:
    """How finely a lossy format is written, where that is asked for.

    Attributes
    ----------
    quality : int or None
        1..100, of JPEG, WebP and AVIF; None is the quality of a JPEG that was read, else the
        table's.
    subsampling : str or None
        One of `SUBSAMPLINGS`, of JPEG and AVIF; None is chroma for every pixel.

    Raises
    ------
    OptionError
        For anything else.
    """

    quality: int | None = None
    subsampling: str | None = None

    def __post_init__(self) -> None:
        if self.quality is not None and not 1 <= self.quality <= 100:
            raise OptionError(f"quality is {self.quality}; choose 1 to 100")
        if self.subsampling is not None and self.subsampling not in SUBSAMPLINGS:
            raise OptionError(
                f"subsampling is {self.subsampling!r}; choose one of {', '.join(SUBSAMPLINGS)}"
            )

    def settings(self, kind: Format) -> dict[str, SaveSetting]:
        """What Pillow is told of a format: the table's settings, and what was asked instead."""
        asked = {"quality": self.quality, "subsampling": self.subsampling}
        return {
            **kind.settings,
            **{name: value for name, value in asked.items() if value and name in kind.settings},
        }


AS_EVER = Encoding()
"""Nothing is asked for."""

FORMATS = {
    entry.key: entry
    for entry in (
        Format(
            key="jpg",
            name="JPEG",
            pillow="JPEG",
            suffixes=(".jpg", ".jpeg", ".jpe", ".jfif"),
            media_type="image/jpeg",
            exif=True,
            xmp=True,
            iptc=True,
            icc=True,
            dpi=True,
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
            deep=True,
            media_type="image/png",
            exif=True,
            xmp=True,
            iptc=True,
            icc=True,
            dpi=True,
        ),
        Format(
            key="tif",
            name="TIFF",
            pillow="TIFF",
            suffixes=(".tif", ".tiff"),
            alpha=True,
            deep=True,
            media_type="image/tiff",
            exif=True,
            xmp=True,
            iptc=True,
            icc=True,
            dpi=True,
            pages=True,
        ),
        Format(
            key="webp",
            name="WebP",
            pillow="WEBP",
            suffixes=(".webp",),
            alpha=True,
            media_type="image/webp",
            exif=True,
            xmp=True,
            icc=True,
            dpi=True,
            limit=16_383,
            settings={"quality": 95, "method": 4},
        ),
        Format(
            key="avif",
            name="AVIF",
            pillow="AVIF",
            suffixes=(".avif",),
            alpha=True,
            media_type="image/avif",
            exif=True,
            xmp=True,
            icc=True,
            dpi=True,
            limit=65_535,
            settings={"quality": 90, "subsampling": "4:4:4", "speed": 8},
        ),
        Format(
            key="jp2",
            name="JPEG 2000",
            pillow="JPEG2000",
            suffixes=(".jp2", ".jpx", ".jpf"),
            alpha=True,
            deep=True,
            deep_by_extra=True,
            media_type="image/jp2",
            exif=True,
            xmp=True,
            iptc=True,
            dpi=True,
            settings={"irreversible": False},  # lossless
        ),
        Format(
            key="j2k",
            name="JPEG 2000 without a container",
            pillow="JPEG2000",
            suffixes=(".j2k", ".j2c", ".jpc"),
            written_as="jp2",
        ),
        Format(
            key="bmp",
            name="BMP",
            pillow="BMP",
            suffixes=(".bmp", ".dib"),
            media_type="image/bmp",
            dpi=True,
        ),
        Format(key="gif", name="GIF", pillow="GIF", suffixes=(".gif",), written_as="png"),
        Format(
            key="heic",
            name="HEIC",
            pillow="HEIF",
            suffixes=(".heic", ".heif", ".hif"),
            plugin="pillow_heif",
            written_as="png",
        ),
        Format(
            key="raw",
            name="camera RAW",
            pillow="",
            suffixes=(
                *(".dng", ".nef", ".nrw", ".cr2", ".cr3", ".crw", ".arw", ".srf", ".sr2", ".raf"),
                *(".orf", ".rw2", ".rwl", ".pef", ".srw", ".3fr", ".fff", ".iiq", ".erf", ".mef"),
                *(".mos", ".mrw", ".dcr", ".kdc", ".x3f"),
            ),
            written_as="tif",
        ),
        Format(
            key="jxl",
            name="JPEG XL",
            pillow="JXL",
            suffixes=(".jxl",),
            plugin="pillow_jxl",
            written_as="png",
        ),
    )
}
OUTPUT_FORMATS = ("png", "jpg", "tif", "webp", "avif", "jp2", "bmp")
"""Keys of the formats that can be written; the others are only read (GIF: it holds 256 colours)."""

_BY_SUFFIX = {suffix: entry for entry in FORMATS.values() for suffix in entry.suffixes}

_BRANDS = {  # of files in ISO base media format
    "avif": (b"avif", b"avis"),
    "raw": (b"crx ",),
    "heic": (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1"),
}

_RAW_HEADS = (b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"MMOR", b"IIU\0", b"FOVb", b"\0MRM")
"""Of RAW files by Fujifilm, Olympus (thrice), Panasonic, Sigma and Minolta."""


def by_suffix(path: PurePath) -> Format | None:
    """Format that a file's suffix stands for, in either case; None when it is not in the table."""
    return _BY_SUFFIX.get(path.suffix.lower())


def default_format(source: Format) -> Format:
    """Format of a result for which none is asked: mostly that of its source."""
    return FORMATS[source.written_as or source.key]


def sniff(head: bytes) -> Format | None:
    """Format that a file's first 32 bytes show; TIFF also for most RAW, see `raw.is_raw`.

    Raises
    ------
    UnsupportedError
        For a picture in a format that is known but not read; the message has no file name.
    """
    if head.startswith(b"\xff\xd8\xff"):
        return FORMATS["jpg"]
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return FORMATS["png"]
    if head.startswith(_RAW_HEADS):
        return FORMATS["raw"]
    if head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return FORMATS["tif"]
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return FORMATS["webp"]
    if head.startswith(b"BM"):
        return FORMATS["bmp"]
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return FORMATS["gif"]
    if head[4:8] == b"ftyp":
        return next((FORMATS[key] for key in _BRANDS if _has_brand(head, key)), None)
    if head[:12] == b"\0\0\0\x0cjP  \r\n\x87\n":
        return FORMATS["jp2"]
    if head[:4] == b"\xff\x4f\xff\x51":
        return FORMATS["j2k"]
    if head[:12] == b"\0\0\0\x0cJXL \r\n\x87\n" or head[:2] == b"\xff\x0a":
        return FORMATS["jxl"]
    foreign = {b"8BPS": "Photoshop (PSD)", b"%PDF": "PDF"}.get(head[:4])
    if foreign is not None:
        raise UnsupportedError(f"{foreign} is not read by this version; save it as TIFF or PNG")
    return None


def _has_brand(head: bytes, key: str) -> bool:
    """Whether the first brand, or one of those that it is compatible with, is of a format."""
    brands = {head[8:12], *(head[start : start + 4] for start in range(16, len(head), 4))}
    return not brands.isdisjoint(_BRANDS[key])
