"""What archives ask of the colorize command: provenance, sidecar, layers, pages, depth."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image
from PIL.JpegImagePlugin import get_sampling

from reverse_oldify.cli.main import main
from reverse_oldify.files.metadata.xmp import IPTC_EXTENSION, value_of
from reverse_oldify.files.picture import Picture
from reverse_oldify.files.read import read, read_pages
from reverse_oldify.files.write import write_pages
from reverse_oldify.pipeline.colorizer import Colorizer

sys.path.insert(0, str(Path(__file__).parents[1] / "pipeline"))

from fake_backend import FakeBackend

GRAY = np.linspace(9000, 60000, 40 * 48).astype(np.uint16).reshape(40, 48)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in an empty folder, with a model that says brown."""
    monkeypatch.chdir(tmp_path)
    fake = ModuleType("reverse_oldify.pipeline.colorizer")
    fake.Colorizer = lambda model: Colorizer(backend=FakeBackend({(12.0, 20.0): 1.0}))
    monkeypatch.setitem(sys.modules, fake.__name__, fake)


def run(*argv: str) -> int:
    return main(["colorize", *argv, "-o", "out"])


def made() -> list[str]:
    return sorted(path.name for path in Path("out").iterdir())


def source_type(name: str) -> str | None:
    return value_of(read(Path("out", name)).metadata.xmp, IPTC_EXTENSION, "DigitalSourceType")


def test_every_16_bit_page_is_coloured_at_16_bits_and_says_so() -> None:
    pages = (Picture(pixels=np.roll(GRAY, shift, 0), page_count=2) for shift in (0, 9))
    write_pages(pages, "scan.tif")
    assert run("scan.tif") == 0
    coloured = list(read_pages(Path("out/scan.tif")))
    assert [page.pixels.dtype for page in coloured] == [np.uint16, np.uint16]
    assert all(page.is_coloured for page in coloured)
    assert all(b"compositeWithTrained" in (page.metadata.xmp or b"") for page in coloured)


def test_provenance_is_on_by_default_and_can_be_chosen_or_left_out() -> None:
    Picture(pixels=GRAY).save("a.png")
    assert run("a.png") == 0
    assert str(source_type("a.png")).endswith("/compositeWithTrainedAlgorithmicMedia")
    assert run("a.png", "--overwrite", "--source-type", "algorithmicallyEnhanced") == 0
    assert str(source_type("a.png")).endswith("/algorithmicallyEnhanced")
    assert run("a.png", "--overwrite", "--no-provenance") == 0
    assert read("out/a.png").metadata.xmp is None
    assert run("a.png", "--overwrite", "--source-type", "photograph") == 2


def test_sidecar_and_layers_lie_beside_the_result(capsys: pytest.CaptureFixture[str]) -> None:
    Picture(pixels=GRAY).save("a.tif")
    asked = ("--format", "jpg", "--sidecar", "--layers", "--vividness", "1.5")
    assert run("a.tif", *asked) == 1
    assert "JPEG cannot hold its 16 bits per channel" in capsys.readouterr().err
    assert made() == [], "neither a result, nor what belongs beside it"
    assert run("a.tif", *asked, "--allow-loss") == 0
    assert made() == ["a.jpg", "a.jpg.json", "a.jpg.layers.tif"]
    table = json.loads(Path("out/a.jpg.json").read_text())
    assert table["options"]["vividness"] == 1.5
    assert table["model"] == "fake"
    assert table["mean_uncertainty"] >= 0
    lost = "JPEG cannot hold its 16 bits per channel (rounded to 8)"
    assert lost in table["notes"]
    assert f"a.tif: {lost}" in capsys.readouterr().out
    assert run("a.tif", "--format", "jpg", "--sidecar") == 1, "nothing is replaced unasked"


@pytest.mark.parametrize("format", ["avif", "jp2"])
def test_newer_formats_come_in_and_go_out(format: str) -> None:
    Picture(pixels=(GRAY >> 8).astype(np.uint8)).save(f"a.{format}")
    assert run(f"a.{format}") == 0
    assert read(f"out/a.{format}").is_coloured


def test_jpeg_is_written_at_the_sources_quality_unless_asked() -> None:
    Image.fromarray((GRAY >> 8).astype(np.uint8)).save("a.jpg", quality=83)
    assert run("a.jpg") == 0
    assert read("out/a.jpg").metadata.jpeg_quality == 83
    assert run("a.jpg", "--overwrite", "--quality", "60", "--subsampling", "4:2:0") == 0
    assert read("out/a.jpg").metadata.jpeg_quality == 60
    with Image.open("out/a.jpg") as image:
        assert get_sampling(image) == 2
    assert run("a.jpg", "--overwrite", "--quality", "101") == 2
