"""From file to file: pages, depth, provenance, sidecar and layers; all of it, or nothing."""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from fake_backend import FakeBackend
from PIL import Image

from reverse_oldify.color.lab import lightness_to_gray
from reverse_oldify.errors import ExistsError, LossError, OutputError, UnreadableError
from reverse_oldify.files.drafts import Drafts
from reverse_oldify.files.metadata.xmp import IPTC_EXTENSION, value_of
from reverse_oldify.files.picture import Picture, Raster
from reverse_oldify.files.provenance import Provenance, sha256_of
from reverse_oldify.files.read import read, read_pages
from reverse_oldify.files.write import write_pages
from reverse_oldify.pipeline import filing as module
from reverse_oldify.pipeline.colorizer import Colorizer
from reverse_oldify.pipeline.filing import Colour, Filing, layers_of, sidecar_of

DEEP = np.random.default_rng(2).integers(0, 65536, (40, 48)).astype(np.uint16)
PROVENANCE = Provenance(software="reverse-oldify 1", model="fake", model_version="0")
ALL = Filing(provenance=PROVENANCE, sidecar=True, layers=True)


def file_colour(colour: Colour, source: Path, target: Path, filing: Filing) -> list[str]:
    with Drafts(overwrite=filing.overwrite) as drafts:
        return module.file_colour(colour, source, target, filing, drafts).notes


def tint(raster: Raster) -> tuple[Picture, float | None]:
    page = raster.loaded()
    most = np.iinfo(page.dtype).max
    assert page.pixels.ndim == 2
    warm = np.stack([page.pixels, page.pixels // 2, page.pixels // 4], -1)
    return replace(page, pixels=warm), float(page.pixels[0, 0] / most)


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    scans = (Picture(pixels=np.roll(DEEP, shift, 1), page_count=3) for shift in range(3))
    return write_pages(scans, tmp_path / "pages.tif")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_every_page_is_coloured_at_16_bits(pages: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.tif"
    notes = file_colour(tint, pages, target, Filing(provenance=PROVENANCE))
    coloured = list(read_pages(target))
    assert len(coloured) == 3
    for shift, page in enumerate(coloured):
        np.testing.assert_array_equal(page.pixels[..., 0], np.roll(DEEP, shift, 1))
        kind = value_of(page.metadata.xmp, IPTC_EXTENSION, "DigitalSourceType")
        assert kind is not None
        assert kind.endswith("compositeWithTrainedAlgorithmicMedia")
        assert sha256_of(pages) in (page.metadata.xmp or b"").decode()
    assert notes == []


@pytest.mark.parametrize("suffix", ["tif", "png", "jp2"])
def test_lightness_is_kept_to_one_16_bit_code(tmp_path: Path, suffix: str) -> None:
    if suffix == "jp2":
        pytest.importorskip("imagecodecs")
    colorizer = Colorizer(backend=FakeBackend({(12.0, 8.0): 1.0}))
    ramp = np.linspace(0, 65535, 64 * 64).astype(np.uint16).reshape(64, 64)
    source = Picture(pixels=ramp).save(tmp_path / f"scan.{suffix}")
    target = tmp_path / f"out.{suffix}"
    file_colour(lambda page: (colorizer.open(page).paint(), None), source, target, ALL)
    result = read(target)
    assert result.pixels.ndim == 3
    assert result.pixels.dtype == np.uint16
    codes = lightness_to_gray(result.lightness) * 65535
    assert np.abs(codes - ramp).max() <= 1


def test_format_of_one_page_is_refused_before_a_page_is_coloured(
    pages: Path, tmp_path: Path
) -> None:
    def colour(page: Raster) -> tuple[Raster, None]:
        raise AssertionError("coloured")

    with pytest.raises(LossError, match=r"out\.png: PNG cannot hold its 3 pages.*; take tif, or"):
        file_colour(colour, pages, tmp_path / "out.png", Filing(provenance=None))
    assert names(tmp_path) == ["pages.tif"]


def test_format_of_one_page_takes_the_first_if_allowed_and_says_so(
    pages: Path, tmp_path: Path
) -> None:
    filing = Filing(provenance=None, allow_loss=True)
    notes = file_colour(tint, pages, tmp_path / "out.png", filing)
    np.testing.assert_array_equal(read(tmp_path / "out.png").pixels[..., 0], DEEP)
    assert notes == ["PNG cannot hold its 3 pages (the first alone)"]
    assert read(tmp_path / "out.png").metadata.xmp is None


def test_sidecar_holds_provenance_and_notes(pages: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.jpg"
    file_colour(tint, pages, target, replace(ALL, layers=False, allow_loss=True))
    table = json.loads(sidecar_of(target).read_text())
    assert (table["source"], table["result"]) == ("pages.tif", "out.jpg")
    assert table["source_sha256"] == sha256_of(pages)
    assert table["mean_uncertainty"] == pytest.approx(DEEP[0, 0] / 65535)
    assert any("16 bits" in note for note in table["notes"])


def test_layers_are_at_16_bits_and_the_result_is_not(tmp_path: Path) -> None:
    Image.fromarray((DEEP >> 8).astype(np.uint8)).save(tmp_path / "scan.png")
    target = tmp_path / "out.png"
    file_colour(tint, tmp_path / "scan.png", target, ALL)
    assert names(tmp_path) == ["out.png", "out.png.json", "out.png.layers.tif", "scan.png"]
    assert read(target).pixels.dtype == np.uint8
    scan = read(layers_of(target))
    np.testing.assert_array_equal(scan.pixels, DEEP >> 8)
    assert scan.page_count == 2


@pytest.mark.parametrize("beside", [sidecar_of, layers_of])
def test_nothing_beside_the_result_is_replaced(pages: Path, tmp_path: Path, beside: object) -> None:
    target = tmp_path / "out.tif"
    beside(target).write_text("precious")
    with pytest.raises(ExistsError):
        file_colour(tint, pages, target, ALL)
    assert beside(target).read_text() == "precious"
    assert not target.exists()
    file_colour(tint, pages, target, replace(ALL, overwrite=True))
    assert target.exists()


def test_result_without_its_sidecar_is_not_left(
    pages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> bytes:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(module, "to_json_bytes", full)
    with pytest.raises(OutputError, match="no space left"):
        file_colour(tint, pages, tmp_path / "out.tif", ALL)
    assert names(tmp_path) == ["pages.tif"]


@pytest.mark.parametrize("beside", [sidecar_of, layers_of])
def test_a_scan_is_not_replaced_where_what_belongs_beside_its_result_cannot_be(
    pages: Path, tmp_path: Path, beside: object
) -> None:
    before = pages.read_bytes()
    beside(pages).mkdir()
    with pytest.raises(OutputError, match="is a folder, not a file"):
        file_colour(tint, pages, pages, replace(ALL, overwrite=True))
    assert pages.read_bytes() == before
    assert len(names(tmp_path)) == 2


def test_a_scan_is_not_replaced_where_its_name_is_too_long_for_a_sidecar(tmp_path: Path) -> None:
    scan = Picture(pixels=DEEP).save(tmp_path / ("n" * 248 + ".tif"))
    before = scan.read_bytes()
    with pytest.raises(OutputError, match="choose a shorter name"):
        file_colour(tint, scan, scan, replace(ALL, layers=False, overwrite=True))
    assert scan.read_bytes() == before
    assert names(tmp_path) == [scan.name]


def test_a_disk_that_fails_under_the_source_is_not_said_to_fail_under_the_result(
    pages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(source: Path) -> Iterator[Raster]:
        yield from list(read_pages(source))[:1]
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(module, "open_pages", failing)
    with pytest.raises(UnreadableError, match=r"pages\.tif: cannot be read \(input/output error"):
        file_colour(tint, pages, tmp_path / "out.tif", ALL)
    assert names(tmp_path) == ["pages.tif"]


def test_failure_on_a_later_page_leaves_no_file(pages: Path, tmp_path: Path) -> None:
    whole = bytearray(pages.read_bytes())
    with tifffile.TiffFile(pages) as file:
        middle = file.pages[2].dataoffsets[0] + file.pages[2].databytecounts[0] // 2
    whole[middle : middle + 30] = b"\xff" * 30
    (tmp_path / "cut.tif").write_bytes(whole)
    before = names(tmp_path)
    with pytest.raises(UnreadableError, match=r"cut\.tif: page 3: damaged"):
        file_colour(tint, tmp_path / "cut.tif", tmp_path / "out.tif", ALL)
    assert names(tmp_path) == before
