"""A format that cannot hold what it is given is refused, and the reason is said."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from made_files import gray_ramp, scene
from PIL import Image

from reverse_oldify.errors import LossError, OutputError
from reverse_oldify.files import codecs
from reverse_oldify.files.formats import FORMATS, OUTPUT_FORMATS
from reverse_oldify.files.lazy import lazily
from reverse_oldify.files.losses import losses, refuse_losses
from reverse_oldify.files.picture import Metadata, Picture
from reverse_oldify.files.read import read
from reverse_oldify.files.write import write, write_pages

HALF = np.tile(np.array([[0, 255]], np.uint8), (40, 30))
CASES = {
    "16 bits per channel (rounded to 8)": Picture(pixels=gray_ramp(np.uint16)),
    "transparency (laid on white)": Picture(pixels=scene(), alpha=HALF),
    "EXIF (left out)": Picture(pixels=scene(), metadata=Metadata(exif=Image.Exif().tobytes())),
    "XMP (left out)": Picture(pixels=scene(), metadata=Metadata(xmp=b"<x/>")),
    "IPTC (left out)": Picture(pixels=scene(), metadata=Metadata(iptc=b"\x1c\x02\x78\0\x01a")),
    "resolution (left out)": Picture(pixels=scene(), metadata=Metadata(dpi=(300.0, 300.0))),
    "2 pages (the first alone)": Picture(pixels=scene(), page_count=2),
}
DEEP = {"jp2"} if codecs.installed() else set()
KEPT_BY = {  # docs/formats.md, word for word
    "16 bits per channel (rounded to 8)": {"png", "tif"} | DEEP,
    "transparency (laid on white)": {"png", "tif", "webp", "avif", "jp2"},
    "EXIF (left out)": {"png", "jpg", "tif", "webp", "avif", "jp2"},
    "XMP (left out)": {"png", "jpg", "tif", "webp", "avif", "jp2"},
    "IPTC (left out)": {"png", "jpg", "tif", "jp2"},
    "resolution (left out)": set(OUTPUT_FORMATS),
    "2 pages (the first alone)": {"tif"},
}


@pytest.mark.parametrize("phrase", CASES)
@pytest.mark.parametrize("key", OUTPUT_FORMATS)
def test_a_picture_is_whole_in_a_format_or_refused(key: str, phrase: str, tmp_path: Path) -> None:
    picture, path = CASES[phrase], tmp_path / f"a.{key}"
    if key in KEPT_BY[phrase]:
        write_pages([picture], path)
        assert path.exists()
        return
    with pytest.raises(LossError) as refused:
        write_pages([picture], path)
    said = str(refused.value)
    assert said.startswith(f"{path}: {FORMATS[key].name} cannot hold its {phrase}; take ")
    assert said.endswith(", or allow the loss (--allow-loss)")
    told = said.partition("; take ")[2].partition(", or allow")[0]
    offered = set(told.partition(", install")[0].replace(",", "").split())
    assert offered - {"or"} == KEPT_BY[phrase]
    assert list(tmp_path.iterdir()) == []
    write_pages([picture], path, allow_loss=True)
    assert read(path).size == picture.size


def test_all_that_would_be_lost_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codecs, "installed", lambda: False)
    told = Metadata(iptc=b"\x1c\x02\x78\0\x01a")
    picture = Picture(pixels=gray_ramp(np.uint16), alpha=gray_ramp(np.uint16), metadata=told)
    with pytest.raises(LossError) as refused:
        refuse_losses(picture, FORMATS["bmp"])
    assert str(refused.value) == (
        "BMP cannot hold its 16 bits per channel (rounded to 8), transparency (laid on white) and "
        "IPTC (left out); take png or tif, or allow the loss (--allow-loss)"
    )


@pytest.mark.parametrize("pixels", [gray_ramp(np.uint16), np.dstack([gray_ramp(np.uint16)] * 3)])
def test_without_the_extra_the_refusal_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, pixels: np.ndarray
) -> None:
    monkeypatch.setitem(sys.modules, "imagecodecs", None)
    picture = Picture(pixels=pixels)
    with pytest.raises(LossError) as refused:
        refuse_losses(picture, FORMATS["jp2"])
    assert str(refused.value) == (
        "JPEG 2000 cannot hold its 16 bits per channel (rounded to 8); take png or tif, install "
        "what writes it (pip install 'reverse-oldify[deep]'), or allow the loss (--allow-loss)"
    )
    with pytest.raises(LossError, match=r"take png or tif, or allow the loss"):
        refuse_losses(picture, FORMATS["jpg"])
    assert not list(losses(Picture(pixels=scene()), FORMATS["jp2"])), "8 bits need no extra"


def test_a_refusal_is_an_output_error_and_saving_asks_too(tmp_path: Path) -> None:
    picture = CASES["16 bits per channel (rounded to 8)"]
    with pytest.raises(OutputError, match=r"x\.jpg: JPEG cannot hold its 16 bits"):
        picture.save(tmp_path / "x.jpg")
    picture.save(tmp_path / "x.jpg", allow_loss=True)
    assert read(tmp_path / "x.jpg").pixels.dtype == np.uint8


def test_one_page_of_many_is_a_picture_of_its_own(tmp_path: Path) -> None:
    write(CASES["2 pages (the first alone)"], tmp_path / "a.png")
    assert (tmp_path / "a.png").exists()


def test_a_format_that_is_too_small_is_not_offered() -> None:
    long = Picture(pixels=np.zeros((1, 20_000), np.uint8), alpha=np.zeros((1, 20_000), np.uint8))
    with pytest.raises(LossError, match=r"take png, tif, avif or jp2, or allow"):
        refuse_losses(long, FORMATS["jpg"])


def test_opacity_of_a_picture_by_rows_is_that_of_its_scan() -> None:
    """Its colours are not looked at, which would take as long as writing it."""

    def make(rows: slice) -> Picture:
        raise AssertionError("looked at")

    for alpha, lost in ((HALF, ["transparency (laid on white)"]), (HALF | 255, [])):
        scan = Picture(pixels=scene(), alpha=alpha)
        lazy = lazily(scan, make, shape=scan.shape, dtype=np.uint8, threads=1)
        assert list(losses(lazy, FORMATS["jpg"])) == lost
