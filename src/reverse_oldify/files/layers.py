"""The scan and its colour as two layers of one TIFF file, for a restorer to blend."""

from __future__ import annotations

import struct
from typing import BinaryIO

import numpy as np

from reverse_oldify.color.lab import srgb_to_lab
from reverse_oldify.files.picture import Metadata, Pixels, Raster
from reverse_oldify.files.samples import Samples
from reverse_oldify.files.tiff.ifd import RATIONAL, Field
from reverse_oldify.files.tiff.layout import CIELAB, WHITE_POINT
from reverse_oldify.files.tiff.metadata import to_tags
from reverse_oldify.files.tiff.write import BIG, TiffWriter

_D65 = Field(RATIONAL, struct.pack("<4I", 3127, 10_000, 3290, 10_000))
_MIDDLE = 1 << 15  # L* 50 of 0..65535
_STEPS = 256  # to a unit of a* and b*


class LayerWriter:
    """Writes two pages for each picture.

    The first, named ``scan``, is the picture as it was read: upright, in sRGB, at its own depth.
    The second, named ``colour``, is 16-bit CIELAB (D65): L* is 50 everywhere, a* and b* are those
    of the result, in steps of 1/256.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._writer: TiffWriter | None = None

    def add(self, scan: Raster, coloured: Raster) -> None:
        """Write the layers of one picture: as it was read, and as it was colourised."""
        self._writer = writer = self._writer or self._started(scan)
        writer.add_picture(scan, "scan")
        told = Metadata(xmp=coloured.metadata.xmp, dpi=coloured.metadata.dpi)
        tags = to_tags(told, page_name="colour")
        tags[WHITE_POINT] = _D65
        writer.add(_colour_alone(coloured), tags, photometric=CIELAB)

    def _started(self, scan: Raster) -> TiffWriter:
        height, width = scan.size
        size = (scan.nbytes + 6 * height * width) * scan.page_count
        return TiffWriter(self._file, big=size > BIG)


def _colour_alone(coloured: Raster) -> Samples:
    """L* 50, a*, b* of a picture as TIFF's 16-bit CIELAB."""

    def rows(part: slice) -> Pixels:
        pixels = coloured.rows(part).pixels
        codes = np.empty(pixels.shape, np.uint16)
        codes[..., 0] = _MIDDLE
        ab = srgb_to_lab(pixels)[..., 1:]
        codes[..., 1:] = np.rint(ab * _STEPS).astype(np.int16).view(np.uint16)
        return codes

    shape = (*coloured.size, 3)
    return Samples(shape=shape, dtype=np.dtype(np.uint16), rows=rows, threads=coloured.threads)
