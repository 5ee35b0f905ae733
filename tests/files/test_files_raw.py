"""Camera RAW: never taken for its thumbnail, and developed as it was exposed."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
import pytest
from made_files import encoded, scene
from made_raw import dng
from made_tiffs import Layout, tiff_page
from PIL import Image

from reverse_oldify.color.lab import gray_to_lightness, linear_to_srgb
from reverse_oldify.errors import (
    MissingExtraError,
    TooLargeError,
    UnreadableError,
    UnsupportedError,
)
from reverse_oldify.files.discover import discover
from reverse_oldify.files.raw import is_raw
from reverse_oldify.files.read import read
from reverse_oldify.files.tiff.ifd import Directory, Field, long, short, to_bytes

Y, X = np.mgrid[:48, :64]
LINEAR = ((0.1 + 0.6 * X / 64 + 0.2 * Y / 48) * 65535).astype(np.uint16)


def test_missing_extra_is_named_and_the_thumbnail_not_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "rawpy", None)
    for data in (dng(LINEAR), b"FUJIFILMCCD-RAW" + bytes(50), b"\0\0\0\x18ftypcrx " + bytes(50)):
        with pytest.raises(MissingExtraError, match=r"reverse-oldify\[raw\]"):
            read(data)


def test_raw_is_told_from_tiff() -> None:
    assert is_raw(io.BytesIO(dng(LINEAR)), None)
    assert is_raw(io.BytesIO(_thumbnail_with(short(32803))), None)
    assert not is_raw(io.BytesIO(_thumbnail_with(short(2))), None)
    plain = encoded(Image.fromarray(scene()), "TIFF")
    assert not is_raw(io.BytesIO(plain), None)
    assert not is_raw(io.BytesIO(plain[:20]), Path("a.tif"))
    assert is_raw(io.BytesIO(plain), Path("a.NEF")), "its name says so"


def test_result_is_a_tiff() -> None:
    assert [task.target for task in discover(["a.dng", "b.NEF"], Path("out")).tasks] == [
        Path("out/a.tif"),
        Path("out/b.tif"),
    ]


def test_tones_are_those_of_the_sensor_at_16_bits() -> None:
    pytest.importorskip("rawpy")
    picture = read(dng(LINEAR))
    assert picture.format == "raw"
    assert picture.pixels.dtype == np.uint16
    assert picture.size == (48, 64)
    srgb = linear_to_srgb(LINEAR.astype(np.float32) / 65535)
    true = gray_to_lightness(np.rint(srgb * 65535).astype(np.uint16))
    inside = np.s_[4:-4, 4:-4]
    assert np.abs(picture.lightness - true)[inside].max() < 0.6, "no brightening; sRGB's curve"


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_orientation_is_applied_once_and_the_author_kept(orientation: int) -> None:
    pytest.importorskip("rawpy")
    marked = np.full((48, 64), 3000, np.uint16)
    marked[:12, :16] = 60000
    picture = read(dng(marked, orientation=orientation))
    turned = {1: marked, 3: np.rot90(marked, 2), 6: np.rot90(marked, -1), 8: np.rot90(marked)}
    bright = picture.srgb[..., 1] > 150
    assert (bright == (turned[orientation] > 30000)).mean() > 0.97
    block = Image.Exif()
    block.load(picture.metadata.exif)
    assert block[315] == "An author"
    assert block[274] == 1


def test_size_is_checked_before_anything_is_decoded() -> None:
    pytest.importorskip("rawpy")
    with pytest.raises(TooLargeError, match="64 x 48 pixels"):
        read(dng(LINEAR), max_pixels=48 * 64 - 1)


def test_what_is_damaged_or_unknown_is_an_error() -> None:
    pytest.importorskip("rawpy")
    whole = dng(LINEAR)
    with pytest.raises((UnreadableError, UnsupportedError)):
        read(whole[: len(whole) - 400])
    with pytest.raises(UnsupportedError, match="LibRaw"):
        read(b"FUJIFILMCCD-RAW" + bytes(500))


def _thumbnail_with(photometric: Field) -> bytes:
    """A small page with a directory below it, which has what a RAW file has there."""
    below = to_bytes(Directory({256: long(64), 262: photometric}), 8)
    layout = Layout(tags=Directory({330: long(8)}))
    page, at = tiff_page(np.zeros((2, 2, 3), np.uint16), layout, 8 + len(below))
    return b"II*\0" + at.to_bytes(4, "little") + below + page
