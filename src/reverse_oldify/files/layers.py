"""The scan and its colour as two layers of one TIFF file, for a restorer to blend."""

from __future__ import annotations

import struct
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from reverse_oldify.color.lab import row_strips, srgb_to_lab
from reverse_oldify.files.icc import profile_for
from reverse_oldify.files.ifd import RATIONAL, Field
from reverse_oldify.files.picture import Metadata, Picture
from reverse_oldify.files.tiff_metadata import to_tags
from reverse_oldify.files.tiff_write import BIG, CIELAB, GRAY, RGB, TiffWriter

_WHITE_POINT = 318
_D65 = Field(RATIONAL, struct.pack("<4I", 3127, 10_000, 3290, 10_000))
_MIDDLE = 1 << 15  # L* 50 of 0..65535
_STEPS = 256  # to a unit of a* and b*
_STRIP_PIXELS = 1 << 17


class LayerWriter:
    """Writes two pages for each picture.

    The first, named ``scan``, is the picture as it was read: upright, in sRGB, at its own depth.
    The second, named ``colour``, is 16-bit CIELAB (D65): L* is 50 everywhere, a* and b* are those
    of the result, in steps of 1/256.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._writer: TiffWriter | None = None

    def add(self, scan: Picture, coloured: Picture) -> None:
        """Write the layers of one picture: as it was read, and as it was colourised."""
        self._writer = writer = self._writer or self._started(scan)
        writer.add(
            scan.samples,
            to_tags(scan.metadata, profile_for(scan.pixels), "scan"),
            photometric=RGB if scan.pixels.ndim == 3 else GRAY,
            alpha=scan.alpha is not None,
        )
        told = Metadata(xmp=coloured.metadata.xmp, dpi=coloured.metadata.dpi)
        tags = to_tags(told, page_name="colour")
        tags[_WHITE_POINT] = _D65
        writer.add(_colour_alone(coloured), tags, photometric=CIELAB)

    def _started(self, scan: Picture) -> TiffWriter:
        height, width = scan.size
        size = (scan.nbytes + 6 * height * width) * scan.page_count
        return TiffWriter(self._file, big=size > BIG)


def _colour_alone(coloured: Picture) -> NDArray[np.uint16]:
    """L* 50, a*, b* of a picture as TIFF's 16-bit CIELAB; uint16 (H, W, 3)."""
    height, width = coloured.size
    samples = np.empty((height, width, 3), np.uint16)
    samples[..., 0] = _MIDDLE
    for rows in row_strips(height, width, _STRIP_PIXELS):
        ab = srgb_to_lab(coloured.pixels[rows])[..., 1:]
        samples[rows, :, 1:] = np.rint(ab * _STEPS).astype(np.int16).view(np.uint16)
    return samples
