"""Pages that Pillow does not find in their file are read as they are in one that it knows."""

from __future__ import annotations

import io
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import tifffile
from made_files import gray_tiff, scene
from made_tiffs import written

from reverse_oldify.errors import UnreadableError, UnsupportedError
from reverse_oldify.files.picture import Picture
from reverse_oldify.files.read import open_pages, read, read_pages

GRAY = scene()[..., 0]
PALETTE = (np.arange(256) * 257).astype(np.uint16)[None].repeat(3, 0)
INKS = np.dstack([scene(), GRAY // 2])
TURNED = [(274, 3, 1, 6, True)]
CASES = {
    "palette": (GRAY, {"photometric": "palette", "colormap": PALETTE}),
    "bilevel": (GRAY > 128, {"photometric": "miniswhite", "extratags": TURNED}),
    "inks": (INKS, {"photometric": "separated", "tile": (16, 16), "compression": "deflate"}),
    "JPEG": (GRAY, {"compression": "jpeg", "rowsperstrip": 16}),
    "YCbCr": (scene(), {"compression": "jpeg", "photometric": "ycbcr", "rowsperstrip": 16}),
}


@pytest.mark.parametrize("case", CASES)
def test_pages_of_big_endian_bigtiff(case: str) -> None:
    codes, settings = CASES[case]
    if settings.get("compression") == "jpeg":
        pytest.importorskip("imagecodecs")
    file, known = io.BytesIO(), read(written(codes, **settings))
    with tifffile.TiffWriter(file, bigtiff=True, byteorder=">") as pages:
        pages.write(GRAY * np.uint16(257))
        pages.write(codes, **settings)
    _, picture = read_pages(file.getvalue())
    np.testing.assert_array_equal(picture.pixels, known.pixels)
    assert picture.notes == known.notes


def test_what_has_an_order_of_bytes_is_refused_with_the_reason() -> None:
    data = written(GRAY.astype(np.float32), bigtiff=True, byteorder=">")
    with pytest.raises(
        UnsupportedError, match="a page of 32 bits of this kind in big-endian BigTIFF"
    ):
        read(data)


def test_a_page_that_is_cut_off_is_an_error() -> None:
    data = written(GRAY, photometric="palette", colormap=PALETTE, bigtiff=True, byteorder=">")
    with pytest.raises(UnreadableError, match="damaged or cut off"):
        read(data[:-200])


@pytest.mark.parametrize("photometric", [0, 1])
@pytest.mark.parametrize("order", ["<", ">"])
def test_12_bits_in_either_order_and_of_either_sense(order: str, photometric: int) -> None:
    codes = np.arange(4096, dtype=np.uint16).reshape(64, 64)
    stored = 4095 - codes if photometric == 0 else codes
    packed = np.frombuffer(gray_tiff(stored, bits=12)[8 : 8 + 6144], np.uint8)
    data = written(packed.reshape(64, 96), byteorder=order)
    data = _retagged(data, order, {256: 64, 258: 12, 262: photometric})
    np.testing.assert_array_equal(read(data).pixels, codes << 4 | codes >> 8)


def test_complaints_name_the_page_if_there_are_several(tmp_path: Path) -> None:
    path = tmp_path / "scan.tif"
    with tifffile.TiffWriter(path) as pages:
        pages.write(GRAY, compression="deflate")
        pages.write(GRAY, compression="deflate")
        pages.write(GRAY.astype(np.float64))
    data = bytearray(path.read_bytes())
    with tifffile.TiffFile(path) as file:
        data[file.pages[1].dataoffsets[0] + 40] ^= 255
    path.write_bytes(data)
    with pytest.raises(UnreadableError, match=r"scan\.tif: page 2: damaged"):
        read(path, page=2)
    first, second = islice(open_pages(path), 2)
    assert isinstance(first.loaded(), Picture)
    with pytest.raises(UnreadableError, match=r"scan\.tif: page 2: damaged"):
        second.loaded()
    with pytest.raises(UnsupportedError, match=r"scan\.tif: page 3: its samples are floating"):
        read(path, page=3)


def _retagged(data: bytes, order: str, values: dict[int, int]) -> bytes:
    """The same file with other numbers in tags of one short or long."""
    changed = bytearray(data)
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        for code, value in values.items():
            tag = file.pages[0].tags[code]
            size = 2 if tag.dtype == 3 else 4
            endian = "little" if order == "<" else "big"
            changed[tag.valueoffset : tag.valueoffset + size] = value.to_bytes(size, endian)
    return bytes(changed)
