"""What is decoded, coloured and written by rows is what would have been made in memory."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from fake_backend import FakeBackend
from hypothesis import given, settings
from hypothesis import strategies as st

from reverse_oldify.errors import UnreadableError
from reverse_oldify.files import strips
from reverse_oldify.files.picture import Picture
from reverse_oldify.files.provenance import Provenance, sha256_of
from reverse_oldify.files.read import open_pages, read, read_pages
from reverse_oldify.files.tiff import layout, write
from reverse_oldify.options import Hints, Options
from reverse_oldify.pipeline.colorizer import Colorizer
from reverse_oldify.pipeline.deliver import Order, deliver, uncertainty_of, variant_of
from reverse_oldify.pipeline.filing import Filing, layers_of

DOUBT = {(5.0, 10.0): 0.5, (-30.0, 30.0): 0.3, (10.0, -40.0): 0.2}
PLAIN = Filing(provenance=None)
HINTS = Hints.from_arrays([(70, 5), (70, 40)], [(40.0, 20.0), (-20.0, -30.0)])


@pytest.fixture(autouse=True)
def tiny_strips(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strips, "_ROWS", 16)
    monkeypatch.setattr(layout, "_BAND_BYTES", 3000)
    monkeypatch.setattr(write, "_STRIP_BYTES", 2000)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("by-rows")


def colorizer(threads: int = 2) -> Colorizer:
    return Colorizer(backend=FakeBackend(DOUBT), threads=threads)


def scan(channels: int, bits: int, shape: tuple[int, int] = (90, 150)) -> np.ndarray:
    """Waves, an edge and grain."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    plane = 0.4 + 0.2 * np.sin(x / 9) * np.cos(y / 7) + 0.3 * (x > 80)
    planes = plane[..., None] * np.linspace(1, 0.8, channels)
    planes += np.random.default_rng(3).normal(0, 0.01, planes.shape)
    most = (1 << bits) - 1
    return np.rint(np.clip(planes, 0, 1) * most).astype(f"u{bits // 8}").squeeze()


@settings(max_examples=15)
@given(data=st.data())
def test_pixels_are_those_of_the_picture_in_memory(folder: Path, data: st.DataObject) -> None:
    source, target = folder / "scan.tif", folder / "out.tif"
    channels, bits = data.draw(st.sampled_from([1, 3, 4])), data.draw(st.sampled_from([8, 16]))
    compression = data.draw(st.sampled_from([None, "zlib"]))
    tile = data.draw(st.none() | st.sampled_from([16, 48]))
    tifffile.imwrite(
        source,
        scan(channels, bits),
        photometric="rgb" if channels > 1 else "minisblack",
        extrasamples=["unassalpha"] if channels == 4 else None,
        tile=None if tile is None else (tile, tile),
        rowsperstrip=None if tile else data.draw(st.integers(1, 100)),
        compression=compression,
        predictor=compression is not None and data.draw(st.booleans()),
        extratags=[(274, "H", 1, data.draw(st.sampled_from([1, 3, 6])), True)],
    )
    options = Options(hints=HINTS if data.draw(st.booleans()) else Hints())
    order = Order(filing=replace(PLAIN, overwrite=True))
    deliver(colorizer(), source, target, options, order)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(strips, "_ROWS", 128)
        whole = colorizer(1).open(read(source)).colorize(options)
    result = read(target)
    np.testing.assert_array_equal(result.pixels, whole.pixels)
    assert (result.alpha is None) == (channels != 4)
    assert result.alpha is None or np.array_equal(result.alpha, whole.alpha)
    assert result.pixels.dtype == f"u{bits // 8}"


def test_layers_variants_and_uncertainty(tmp_path: Path) -> None:
    """Layers are made at 16 bits, and the result at the 8 of the scan."""
    source, target = tmp_path / "scan.tif", tmp_path / "out.tif"
    Picture(pixels=scan(3, 8)).save(source)
    order = Order(filing=replace(PLAIN, layers=True), variants=2, uncertainty=True)
    deliver(colorizer(), source, target, Options(), order)
    with tifffile.TiffFile(layers_of(target)) as file:
        untouched, colour = (page.asarray() for page in file.pages)
    np.testing.assert_array_equal(untouched, scan(3, 8))
    assert colour.dtype == np.uint16
    session = colorizer().open(read(source).at_16_bits())
    for number, picture in enumerate(session.variants(2)):
        written = read(variant_of(target, number))
        np.testing.assert_array_equal(written.pixels, picture.at_8_bits().pixels)
    doubt = session.uncertainty().to_picture(session.picture.loaded().lightness)
    np.testing.assert_array_equal(read(uncertainty_of(target)).pixels, doubt.pixels)


def test_every_page_has_its_own_size_and_the_provenance_of_the_file(tmp_path: Path) -> None:
    source, target = tmp_path / "scan.tif", tmp_path / "out.tif"
    with tifffile.TiffWriter(source) as file:
        for height in (40, 90, 17):
            file.write(scan(1, 16, (height, 150)), photometric="minisblack")
    model = colorizer()
    filing = Filing(provenance=Provenance.of(model.info, Options()), sidecar=True)
    deliver(model, source, target, Options(), Order(filing=filing))
    pages = list(read_pages(target))
    assert [page.size[0] for page in pages] == [40, 90, 17]
    assert all(sha256_of(source).encode() in (page.metadata.xmp or b"") for page in pages)
    for page, raster in zip(pages, open_pages(source), strict=True):
        np.testing.assert_array_equal(page.pixels, model.open(raster).colorize().pixels)


def test_damage_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    source = tmp_path / "scan.tif"
    tifffile.imwrite(source, scan(1, 16), compression="zlib", rowsperstrip=6)
    with tifffile.TiffFile(source) as file:
        place = file.pages[0].dataoffsets[9]
    damaged = bytearray(source.read_bytes())
    damaged[place : place + 50] = bytes(50)
    source.write_bytes(damaged)
    filing = replace(PLAIN, layers=True, sidecar=True)
    with pytest.raises(UnreadableError, match=r"scan\.tif: damaged"):
        deliver(colorizer(), source, tmp_path / "out.tif", Options(), Order(filing=filing))
    assert list(tmp_path.iterdir()) == [source]


PEAK = """
import re, sys
from pathlib import Path
import numpy as np
sys.path.insert(0, sys.argv[3])
from fake_backend import FakeBackend
from reverse_oldify.files.lazy import LazyPicture
from reverse_oldify.files.picture import Picture
from reverse_oldify.options import Options
from reverse_oldify.pipeline.colorizer import Colorizer
from reverse_oldify.pipeline.deliver import Order, deliver
from reverse_oldify.pipeline.filing import Filing

folder, height = Path(sys.argv[1]), int(sys.argv[2])
shape, dtype = (height, 6000, 3), np.dtype(np.uint16)
codes = (np.arange(6000)[:, None] * [10, 9, 8]).astype(dtype)
def make(rows):
    return Picture(pixels=np.broadcast_to(codes, (rows.stop - rows.start, 6000, 3)))
LazyPicture(shape=shape, dtype=dtype, make=make).save(folder / "scan.tif", overwrite=True)
colorizer = Colorizer(backend=FakeBackend({(10.0, 20.0): 1.0}), threads=2)
order = Order(filing=Filing(provenance=None, overwrite=True))
deliver(colorizer, folder / "scan.tif", folder / "out.tif", Options(), order)
# Not ru_maxrss: that of a new process starts with what its parent holds.
print(int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024)
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_picture(tmp_path: Path) -> None:
    """20 and 60 megapixels of 16-bit RGB: 120 and 360 MB each for the scan and its result."""
    if not Path("/proc/self/status").exists():
        pytest.skip("no /proc to ask for peak memory")

    def peak(height: int) -> int:
        command = [sys.executable, "-c", PEAK, tmp_path, str(height), Path(__file__).parent]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        return int(done.stdout)

    small, large = peak(3333), peak(10_000)
    assert large < 400
    assert large - small < 60
