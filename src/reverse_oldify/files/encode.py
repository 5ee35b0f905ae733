"""From a picture to the bytes of a file."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from typing import Any, BinaryIO, cast

import numpy as np
from PIL import ExifTags, Image, PngImagePlugin

from reverse_oldify.errors import UnsupportedError
from reverse_oldify.files.arrays import padded
from reverse_oldify.files.formats import AS_EVER, Encoding, Format
from reverse_oldify.files.icc.make import profile_for, srgb_profile
from reverse_oldify.files.jpeg.write import BLOCK, END, join, segment_of
from reverse_oldify.files.jpeg2000.jp2 import described
from reverse_oldify.files.jpeg2000.write import write_jp2
from reverse_oldify.files.losses import fits, holds_16_bits, refuse_losses
from reverse_oldify.files.metadata import iptc, xmp_extended
from reverse_oldify.files.metadata.exif import to_block
from reverse_oldify.files.picture import Metadata, Picture, Raster, to_8_bits
from reverse_oldify.files.png.deep import XMP_KEYWORD, write_deep_png
from reverse_oldify.files.strips import bands, in_order
from reverse_oldify.files.tiff.metadata import exif_tags, resolution_of
from reverse_oldify.files.tiff.write import BIG, TiffWriter
from reverse_oldify.types import ByteArray

_COMMENT = 0xFE  # marker of JPEG
_WITHOUT_GRAY = ("webp", "avif")  # Pillow writes grey as colour there


def encode_pages(
    pictures: Iterable[Raster],
    kind: Format,
    file: BinaryIO,
    *,
    encoding: Encoding = AS_EVER,
    allow_loss: bool = False,
) -> None:
    """Write pictures as the pages of one file, each as soon as it comes.

    In sRGB, and said to be so by a profile where the format can hold one. JPEG gets the quality
    that the picture's own file had, unless another is asked for.

    Parameters
    ----------
    pictures : iterable of Picture or LazyPicture
        More than one only where ``kind.pages``.
    kind : Format
        What to write.
    file : BinaryIO
        Writable; seekable for TIFF and JPEG 2000.
    encoding : Encoding
        What is asked of a lossy format.
    allow_loss : bool
        Whether what the format cannot hold may be left out, or rounded; see `losses.losses`.

    Raises
    ------
    LossError
        The format cannot hold all of a picture, and that is not allowed.
    UnsupportedError
        A picture has a side longer than the format can hold. Neither message names a file.
    """
    writer = None
    for picture in pictures:
        _check_size(picture, kind)
        if not allow_loss:
            refuse_losses(picture, kind)
        if kind.key == "tif":
            if writer is None:
                writer = TiffWriter(file, big=picture.nbytes * picture.page_count > BIG)
            writer.add_picture(picture)
        elif kind.key == "png" and _needs_deep_png(picture):
            write_deep_png(picture, file)
        elif kind.key == "jpg":
            join(_jpegs(picture, kind, encoding), picture.size[0], file)
        elif kind.key == "jp2" and picture.dtype == np.uint16 and holds_16_bits(kind):
            write_jp2(picture, file)
        elif kind.key == "jp2":
            file.write(_jpeg_2000(picture, kind))
        else:
            image, settings = _image(picture, kind), _settings(picture, kind, encoding)
            image.save(cast("BinaryIO", _Nameless(file)), format=kind.pillow, **settings)


class _Nameless:
    """A file without a descriptor, so that Python writes to it.

    Pillow, given a descriptor, takes no notice when the kernel has written less than it was told:
    on a disk that is nearly full the end of a picture would be missing, and nobody would know.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.write, self.seek, self.tell, self.flush = file.write, file.seek, file.tell, file.flush


def _jpegs(picture: Raster, kind: Format, encoding: Encoding) -> Iterator[bytes]:
    """Encode the strips of a picture in threads; the first one says what is said of the whole."""
    settings, quality = _settings(picture, kind, encoding), _quality(picture, kind, encoding)
    unit = 2 * BLOCK if quality["subsampling"] == "4:2:0" else BLOCK

    def encoded(rows: slice) -> bytes:
        told = quality if rows.start else settings
        strip = _strip(picture.rows(rows), kind)
        with memory_file() as file:
            strip.save(file, format=kind.pillow, **told)
            file.seek(0)
            data = file.read()
        if not data.endswith(END):  # it met a limit on the size of files, and Pillow took no notice
            whole = io.BytesIO()
            strip.save(whole, format=kind.pillow, **told)
            data = whole.getvalue()
        return data

    return in_order(encoded, bands(*picture.size, unit), picture.threads)


@contextmanager
def memory_file() -> Iterator[BinaryIO]:
    """Open a file in memory; with a descriptor, where the system has such.

    To a descriptor Pillow encodes without the interpreter's lock: other threads go on.
    """
    if hasattr(os, "memfd_create"):
        with os.fdopen(os.memfd_create("strip"), "w+b") as file:
            yield file
    else:
        yield io.BytesIO()


def _jpeg_2000(picture: Raster, kind: Format) -> bytes:
    """Encode in memory: given a descriptor, OpenJPEG would write to a full disk for ever."""
    file = io.BytesIO()
    _image(picture, kind).save(file, format="JPEG2000", **_settings(picture, kind))
    return described(file.getvalue(), picture.metadata)


def _check_size(picture: Raster, kind: Format) -> None:
    height, width = picture.size
    if kind.limit is not None and max(height, width) > kind.limit:
        raise UnsupportedError(
            f"{width} x {height} pixels do not fit: {kind.name} holds {kind.limit} on a side; "
            "take --format png or tif"
        )


def _settings(picture: Raster, kind: Format, encoding: Encoding = AS_EVER) -> dict[str, Any]:
    """What Pillow is told besides the pixels."""
    metadata = picture.metadata
    settings: dict[str, Any] = encoding.settings(kind)
    if kind.dpi and metadata.dpi is not None:
        settings["dpi"] = metadata.dpi
    if kind.icc:
        gray = kind.key not in _WITHOUT_GRAY
        settings["icc_profile"] = profile_for(picture) if gray else srgb_profile()
    if kind.exif:
        settings["exif"] = _exif(metadata, kind) if fits(picture, kind, "exif") else b""
    if kind.key == "jpg":
        settings |= _quality(picture, kind, encoding)
        settings["extra"] = _jpeg_segments(picture, kind)
    elif kind.key == "png":
        settings["pnginfo"] = _png_texts(metadata)
    elif metadata.xmp is not None and fits(picture, kind, "xmp"):
        settings["xmp"] = metadata.xmp
    return settings


def _jpeg_segments(picture: Raster, kind: Format) -> bytes:
    """IPTC, XMP and comments, as they stand in the file."""
    metadata, segments = picture.metadata, b""
    if metadata.iptc is not None and fits(picture, kind, "iptc"):
        segments += iptc.to_jpeg(metadata.iptc)
    if metadata.xmp is not None and fits(picture, kind, "xmp"):
        segments += xmp_extended.to_jpeg(metadata.xmp)
    return segments + b"".join(segment_of(_COMMENT, each) for each in metadata.jpeg_comments)


def _png_texts(metadata: Metadata) -> PngImagePlugin.PngInfo:
    texts = PngImagePlugin.PngInfo()
    if metadata.xmp is not None:
        texts.add_itxt(XMP_KEYWORD, metadata.xmp.decode("utf-8", "replace"))
    if metadata.iptc is not None:
        texts.add_text(iptc.PNG_KEYWORD, iptc.to_png(metadata.iptc), zip=True)
    for text in metadata.png_texts:
        texts.add(text[:4], text[4:])
    return texts


def _quality(picture: Raster, kind: Format, encoding: Encoding) -> dict[str, Any]:
    """How finely a JPEG is quantised: as asked, else as its source was, where that is known."""
    settings = encoding.settings(kind)
    known = encoding.quality or picture.metadata.jpeg_quality
    return {**settings, "quality": known or settings["quality"]}


def _exif(metadata: Metadata, kind: Format) -> bytes:
    """The EXIF block; where nothing else tells the resolution, with that."""
    if kind.key not in ("webp", "avif"):
        return metadata.exif or b""
    tags = exif_tags(metadata)
    if kind.key == "avif":  # whose writer, in Pillow, would write a block with it anew, in ASCII
        tags.pop(ExifTags.Base.Orientation, None)
    if metadata.dpi is not None:
        tags.update(resolution_of(metadata.dpi))
    return to_block(tags) if tags else b""


def _image(picture: Raster, kind: Format) -> Image.Image:
    """The picture as Pillow takes it; only there is it whole."""
    if isinstance(picture, Picture):
        return _strip(picture, kind)
    cut = bands(*picture.size)
    strips = in_order(lambda rows: _strip(picture.rows(rows), kind), cut, picture.threads)
    first = next(strips)
    image = Image.new(first.mode, picture.size[::-1])
    top = 0
    for strip in chain([first], strips):
        image.paste(strip, (0, top))
        top += strip.height
    return image


def _strip(picture: Picture, kind: Format) -> Image.Image:
    if picture.alpha is None:
        whole = padded(picture.pixels) if kind.key == "jpg" else None
        if whole is not None:  # which spares a copy: the fourth byte is not written
            size = whole.shape[1], whole.shape[0]
            return Image.frombuffer("RGBX", size, whole, "raw", "RGBX", 0, 1)
        deep = holds_16_bits(kind)
        return picture.to_image() if deep else Image.fromarray(to_8_bits(picture.pixels))
    return picture.to_image() if kind.alpha else Image.fromarray(_on_white(picture))


def _on_white(picture: Picture) -> ByteArray:
    """Lay a picture with alpha on white, in sRGB codes, as browsers and viewers do."""
    assert picture.alpha is not None
    pixels = to_8_bits(picture.pixels)
    opacity = to_8_bits(picture.alpha).astype(np.float32) / 255
    if pixels.ndim == 3:
        opacity = opacity[..., None]
    return np.asarray(np.rint(255 + (pixels - 255.0) * opacity), np.uint8)


def _needs_deep_png(picture: Raster) -> bool:
    """Whether a PNG is one that Pillow would cut: 16 bits, and colour or opacity."""
    deep = picture.dtype == np.uint16
    return deep and (len(picture.shape) == 3 or picture.has_alpha)
