"""Layers: put together again they are the colour picture."""

from __future__ import annotations

import io

import numpy as np
import tifffile
from made_files import gray_ramp, scene

from reverse_oldify.color.lab import lab_to_srgb, srgb_to_lab
from reverse_oldify.files.layers import LayerWriter
from reverse_oldify.files.picture import Metadata, Picture


def layers(scan: Picture, coloured: Picture) -> list[object]:
    file = io.BytesIO()
    LayerWriter(file).add(scan, coloured)
    with tifffile.TiffFile(io.BytesIO(file.getvalue())) as tiff:
        return [
            (page.tags["PageName"].value, page.photometric.name, page.asarray(), page.tags)
            for page in tiff.pages
        ]


def test_scan_is_untouched_and_colour_is_alone() -> None:
    gray = gray_ramp(np.uint16)
    pixels = np.stack([gray, gray // 2, gray // 3], -1)
    scan, colour = layers(Picture(pixels=gray), Picture(pixels=pixels))
    assert (scan[0], scan[1]) == ("scan", "MINISBLACK")
    np.testing.assert_array_equal(scan[2], gray)
    assert (colour[0], colour[1]) == ("colour", "CIELAB")
    assert (colour[2][..., 0] == 32768).all()
    ab = colour[2][..., 1:].view(np.int16) / 256
    np.testing.assert_allclose(ab, srgb_to_lab(pixels)[..., 1:], atol=1 / 512 + 1e-4)


def test_lightness_of_the_scan_and_the_colour_layer_give_the_result() -> None:
    pixels = (scene() // 2 + 60).astype(np.uint16) * 257
    lightness = srgb_to_lab(pixels)[..., :1]
    _, colour = layers(Picture(pixels=pixels), Picture(pixels=pixels))
    ab = colour[2][..., 1:].view(np.int16).astype(np.float32) / 256
    again = lab_to_srgb(np.concatenate([lightness, ab], 2))
    assert np.abs(again * 65535 - pixels).max() < 20


def test_only_the_colour_tells_where_it_comes_from() -> None:
    scan = Picture(pixels=scene(), metadata=Metadata(dpi=(300, 300)))
    coloured = Picture(pixels=scene(), metadata=Metadata(xmp=b"<told/>", dpi=(300, 300)))
    first, second = layers(scan, coloured)
    assert "XMP" not in first[3]
    assert second[3]["XMP"].value == b"<told/>"
