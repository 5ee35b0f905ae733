"""All that is ordered of one file."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_backend import AbBackend, FakeBackend
from PIL import Image

from reverse_oldify.errors import ChangedError, ColouredError, ExistsError, OutputError
from reverse_oldify.files.picture import Picture
from reverse_oldify.files.provenance import Provenance
from reverse_oldify.files.read import read
from reverse_oldify.options import Options
from reverse_oldify.pipeline.colorizer import Colorizer
from reverse_oldify.pipeline.deliver import Order, deliver
from reverse_oldify.pipeline.filing import Filing
from reverse_oldify.pipeline.session import Session

FILING = Filing(provenance=None, sidecar=True)
DOUBT = {(5.0, 10.0): 0.5, (-30.0, 30.0): 0.3, (10.0, -40.0): 0.2}


@pytest.fixture
def colorizer() -> Colorizer:
    return Colorizer(backend=FakeBackend(DOUBT))


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    path = tmp_path / "scan.png"
    Image.fromarray(np.arange(2400, dtype=np.uint8).reshape(40, 60)).save(path)
    return path


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_everything_ordered_is_written_and_named_by_targets(
    colorizer: Colorizer, scan: Path, tmp_path: Path
) -> None:
    target = tmp_path / "out" / "scan.png"
    target.parent.mkdir()
    order = Order(filing=FILING, variants=2, uncertainty=True)
    made = deliver(colorizer, scan, target, Options(), order)
    assert names(target.parent) == {path.name for path in order.targets(target)}
    assert names(target.parent) == {
        "scan.png",
        "scan.png.json",
        "scan.variant-2.png",
        "scan.variant-2.png.json",
        "scan.uncertainty.png",
    }
    assert made.uncertainty is not None
    assert made.uncertainty > 5
    assert "expected error" in made.notes[-1]
    assert json.loads((target.parent / "scan.png.json").read_text())["source"] == "scan.png"


def test_uncertainty_is_the_mean_over_pages(colorizer: Colorizer, tmp_path: Path) -> None:
    pages = [Image.fromarray(np.full((32, 32), level, np.uint8)) for level in (60, 200)]
    scan = tmp_path / "scan.tif"
    pages[0].save(scan, save_all=True, append_images=pages[1:])
    provenance = Provenance.of(colorizer.info, Options())
    order = Order(filing=Filing(provenance=provenance, sidecar=True))
    made = deliver(colorizer, scan, tmp_path / "out.tif", Options(), order)
    told = json.loads((tmp_path / "out.tif.json").read_text())
    assert made.uncertainty == pytest.approx(told["mean_uncertainty"])


@pytest.mark.parametrize(
    ("backend", "told"),
    [
        (AbBackend((5.0, 10.0)), "no variants were made: variants need a distribution"),
        (FakeBackend({(20.0, 20.0): 1.0}), "no other colouring looks different"),
    ],
)
def test_why_there_are_fewer_variants(
    backend: FakeBackend, told: str, scan: Path, tmp_path: Path
) -> None:
    Image.new("L", (80, 60), 130).save(scan)
    target = tmp_path / "out.png"
    colorizer = Colorizer(backend=backend)
    made = deliver(colorizer, scan, target, Options(), Order(filing=FILING, variants=3))
    assert [note for note in made.notes if note.startswith(told)]
    assert names(tmp_path) == {"scan.png", "out.png", "out.png.json"}


def test_colour_is_left_alone_where_ordered(colorizer: Colorizer, tmp_path: Path) -> None:
    pixels = np.full((40, 60, 3), (200, 60, 60), np.uint8)
    pixels[:20] = 60, 60, 200
    scan = tmp_path / "scan.png"
    Image.fromarray(pixels).save(scan)
    target = tmp_path / "out.png"
    with pytest.raises(ColouredError, match="in colour already"):
        deliver(colorizer, scan, target, Options(), Order(filing=FILING, leave_coloured=True))
    assert names(tmp_path) == {"scan.png"}
    deliver(colorizer, scan, target, Options(), Order(filing=FILING))
    assert target.exists()


def test_an_existing_map_is_kept_and_nothing_is_done(colorizer: Colorizer, scan: Path) -> None:
    scan.with_name("out.uncertainty.png").write_text("precious")
    with pytest.raises(ExistsError):
        deliver(
            colorizer,
            scan,
            scan.with_name("out.png"),
            Options(),
            Order(filing=FILING, uncertainty=True),
        )
    assert names(scan.parent) == {"scan.png", "out.uncertainty.png"}


def test_a_scan_that_is_replaced_is_read_for_all_that_is_ordered(
    colorizer: Colorizer, tmp_path: Path
) -> None:
    pixels = np.random.default_rng(1).integers(0, 65536, (1500, 900)).astype(np.uint16)
    scan = Picture(pixels=pixels).save(tmp_path / "scan.tif")
    order = Order(filing=FILING, variants=2, uncertainty=True)
    (tmp_path / "out").mkdir()
    deliver(colorizer, scan, tmp_path / "out" / "scan.tif", Options(), order)
    replacing = replace(order, filing=replace(FILING, overwrite=True))
    deliver(colorizer, scan, scan, Options(), replacing)
    for path in order.targets(scan):
        if path.suffix != ".json":
            other = read(tmp_path / "out" / path.name)
            np.testing.assert_array_equal(read(path).pixels, other.pixels)


def test_nothing_is_named_where_one_file_cannot_be(colorizer: Colorizer, scan: Path) -> None:
    scan.with_name("scan.variant-2.png.json").mkdir()
    order = Order(filing=replace(FILING, overwrite=True), variants=2)
    before = scan.read_bytes()
    with pytest.raises(OutputError, match="is a folder"):
        deliver(colorizer, scan, scan, Options(), order)
    assert scan.read_bytes() == before
    assert names(scan.parent) == {"scan.png", "scan.variant-2.png.json"}


class Meanwhile(Colorizer):
    """Lets something happen as soon as a picture is open."""

    def __init__(self, happens: Callable[[], object]) -> None:
        super().__init__(backend=FakeBackend(DOUBT))
        self._happens = happens

    def open(self, source: Any) -> Session:
        session = super().open(source)
        self._happens()
        return session


@pytest.mark.parametrize("how", ["replaced", "rewritten", "cut off", "removed"])
def test_a_scan_that_changes_while_it_is_read_gives_no_picture(tmp_path: Path, how: str) -> None:
    pixels = np.zeros((900, 400), np.uint16)
    scan, other = tmp_path / "scan.tif", tmp_path / "other.tif"
    Picture(pixels=pixels).save(scan)
    Picture(pixels=pixels + 40_000).save(other)
    happens = {
        "replaced": lambda: other.replace(scan),
        "rewritten": lambda: scan.write_bytes(other.read_bytes()),
        "cut off": lambda: scan.write_bytes(b"II*"),
        "removed": scan.unlink,
    }
    (tmp_path / "out").mkdir()
    order = Order(filing=FILING, uncertainty=True)
    with pytest.raises(ChangedError, match=r"scan\.tif: changed while it was read; give the same"):
        deliver(Meanwhile(happens[how]), scan, tmp_path / "out" / "scan.tif", Options(), order)
    assert names(tmp_path / "out") == set()
