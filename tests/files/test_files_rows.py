"""Pictures that are looked at by rows: the same, to the bit, as when they are whole in memory."""

from __future__ import annotations

import errno
import io
import os
import struct
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from made_files import scene
from made_profiles import gray_profile, swapped_rgb_profile
from made_tiffs import Layout, deep_tiff
from PIL import Image

from reverse_oldify.errors import OutputError, TooLargeError, UnreadableError
from reverse_oldify.files import samples as samples_module
from reverse_oldify.files.lazy import LazyPicture, lazily
from reverse_oldify.files.metadata.read import turn
from reverse_oldify.files.picture import Picture
from reverse_oldify.files.read import open_pages, read
from reverse_oldify.files.strips import bands, in_order
from reverse_oldify.files.tiff import layout as tiff_layout
from reverse_oldify.files.tiff import read as tiff_read
from reverse_oldify.files.tiff.ifd import SHORT, UNDEFINED, Directory, Field

RNG = np.random.default_rng(7)
CODES = {bits: RNG.integers(0, 1 << bits, (61, 83, 4)).astype(f"u{bits // 8}") for bits in (8, 16)}


def opened(data: bytes | Path) -> LazyPicture:
    (page,) = open_pages(data)
    assert isinstance(page, LazyPicture)
    return page


def oriented(orientation: int) -> Directory:
    return Directory({274: Field(SHORT, struct.pack("<H", orientation))})


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    return Layout(
        compression=draw(st.sampled_from([1, 5, 8, 32773, 50000])),
        predictor=draw(st.sampled_from([1, 2])),
        rows=draw(st.integers(1, 70)),
        tile=draw(st.none() | st.sampled_from([16, 32, 64])),
        planar=draw(st.booleans()),
        big=draw(st.booleans()),
        photometric=2,
        tags=oriented(draw(st.integers(1, 8))),
    )


@settings(max_examples=50)
@given(data=st.data(), layout=layouts())
def test_any_rows_of_any_layout_are_those_of_the_whole(data: st.DataObject, layout: Layout) -> None:
    """Strips and tiles of any size, both depths, every orientation, through tiny bands."""
    height, width = data.draw(st.integers(1, 61)), data.draw(st.integers(1, 83))
    stored = CODES[data.draw(st.sampled_from([8, 16]))][:height, :width, :3]
    (orientation,) = (layout.tags or {})[274].numbers
    whole = turn(stored, orientation)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tiff_layout, "_BAND_BYTES", data.draw(st.sampled_from([1, 500, 1 << 20])))
        patch.setattr(samples_module, "_IN_MEMORY", data.draw(st.sampled_from([1, 1 << 20])))
        page = opened(deep_tiff(stored, layout))
        assert (page.shape, page.dtype) == (whole.shape, whole.dtype)
        for _ in range(4):
            start = data.draw(st.integers(0, len(whole) - 1))
            rows = slice(start, data.draw(st.integers(start + 1, len(whole))))
            np.testing.assert_array_equal(page.rows(rows).pixels, whole[rows])
        np.testing.assert_array_equal(page.loaded().pixels, whole)


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_white_is_zero_and_opacity(channels: int, bits: int) -> None:
    codes = CODES[bits][..., :channels]
    layout = Layout(photometric=2 if channels > 2 else 0, extra=None if channels % 2 else 2)
    page = opened(deep_tiff(codes, layout)).rows(slice(20, 33))
    expected = codes[20:33]
    gray = np.invert(expected[..., 0])
    np.testing.assert_array_equal(page.pixels, expected[..., :3] if channels > 2 else gray)
    assert (page.alpha is None) == (channels % 2 == 1)
    assert page.alpha is None or np.array_equal(page.alpha, expected[..., -1])


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize(("channels", "icc"), [(1, gray_profile(1.8)), (3, swapped_rgb_profile())])
def test_profiles_are_applied_to_strips_as_to_the_whole(
    channels: int, icc: bytes, bits: int
) -> None:
    codes = np.resize(scene(), (61, 83, 3))[..., :channels].astype(CODES[bits].dtype)
    codes = codes * (257 if bits == 16 else 1)
    tags = Directory({34675: Field(UNDEFINED, icc)})
    data = deep_tiff(codes, Layout(photometric=2 if channels == 3 else 1, tags=tags))
    page, whole = opened(data), read(data)
    assert whole.notes[: len(page.notes)] == page.notes
    assert not np.array_equal(whole.pixels.reshape(codes.shape), codes)
    for rows in (slice(0, 1), slice(7, 40), slice(60, 61)):
        np.testing.assert_array_equal(page.rows(rows).pixels, whole.pixels[rows])


@pytest.mark.parametrize("bits", [8, 16])
def test_a_gray_page_in_rgb_is_gray_when_it_is_read_whole(bits: int) -> None:
    gray = np.repeat(CODES[bits][..., :1], 3, axis=2)
    data = deep_tiff(gray)
    assert opened(data).shape == gray.shape
    assert read(data).pixels.ndim == 2
    lightness = opened(data).lazy_lightness[3:20, 5:60]
    error = np.abs(lightness - read(data).lightness[3:20, 5:60]).max()
    assert error == 0 if bits == 16 else error < 1e-4


def test_uncompressed_strip_of_a_whole_page_is_read_in_parts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tiff_layout, "_BAND_BYTES", 4000)
    asked: list[int] = []
    unpacked = tiff_read.unpacked
    monkeypatch.setattr(
        tiff_read, "unpacked", lambda *given: asked.append(given[2].rows) or unpacked(*given)
    )
    codes = CODES[16][..., :3]
    page = opened(deep_tiff(codes, Layout(rows=99)))
    asked.clear()
    np.testing.assert_array_equal(page.rows(slice(30, 41)).pixels, codes[30:41])
    assert 0 < sum(asked) <= 24


def test_damage_in_the_middle_is_told_at_the_look_and_names_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tiff_layout, "_BAND_BYTES", 1)
    data = bytearray(deep_tiff(CODES[16][..., :1], Layout(compression=8, rows=4, photometric=1)))
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        place = file.pages[0].dataoffsets[8]
    data[place : place + 40] = b"\xff" * 40
    path = tmp_path / "scan.tif"
    path.write_bytes(data)
    page = opened(path)
    np.testing.assert_array_equal(page.rows(slice(0, 32)).pixels, CODES[16][:32, :, 0])
    with pytest.raises(UnreadableError, match=r"scan\.tif: damaged"):
        page.rows(slice(30, 36))
    with pytest.raises(UnreadableError, match=r"scan\.tif: damaged"):
        page.save(tmp_path / "out.tif")
    assert list(tmp_path.iterdir()) == [path]
    path.unlink()
    with pytest.raises(UnreadableError, match=r"scan\.tif: no such file"):
        page.rows(slice(0, 1))


def test_strips_that_lie_behind_the_end_are_told_before_any_is_decoded() -> None:
    data = deep_tiff(CODES[16][..., :3], Layout(compression=8))
    where = data.index(struct.pack("<I", 8), 8)  # the first offset
    with pytest.raises(UnreadableError, match="damaged"):
        opened(data[:where] + struct.pack("<I", 1 << 30) + data[where + 4 :])


class FullDisk(io.FileIO):
    """A file on a disk that has room for its first bytes only."""

    def write(self, data: bytes) -> int:
        if self.tell() > 40_000:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(data)


@pytest.mark.parametrize("suffix", [".tif", ".png"])
def test_disk_full_amid_the_strips_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    monkeypatch.setattr("reverse_oldify.files.drafts._create", lambda path: FullDisk(path, "xb"))
    codes = np.resize(CODES[16], (700, 83, 3))
    whole = Picture(pixels=codes)
    lazy = lazily(whole, whole.rows, shape=whole.shape, dtype=whole.dtype, threads=2)
    with pytest.raises(OutputError, match=r"no space left on device.*free some space"):
        lazy.save(tmp_path / f"out{suffix}")
    assert list(tmp_path.iterdir()) == []


def test_temporary_file_that_cannot_be_written_is_told_with_the_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(samples_module.tempfile.SpooledTemporaryFile, "write", full)
    path = tmp_path / "scan.tif"
    path.write_bytes(deep_tiff(CODES[16][..., :3], Layout(tags=oriented(6))))
    with pytest.raises(TooLargeError, match=rf"^{path}: .*no space left on device.*TMPDIR"):
        list(open_pages(path))


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("suffix", [".tif", ".png", ".webp"])
def test_lazy_pictures_are_written_as_those_in_memory(
    tmp_path: Path, suffix: str, threads: int
) -> None:
    codes = np.resize(CODES[16], (700, 83, 4))
    whole = Picture(pixels=codes[..., :3], alpha=codes[..., 3], format="tif")
    lazy = lazily(whole, whole.rows, shape=whole.shape, dtype=whole.dtype, threads=threads)
    whole.save(tmp_path / f"whole{suffix}", allow_loss=True)
    lazy.save(tmp_path / f"lazy{suffix}", allow_loss=True)
    assert (tmp_path / f"lazy{suffix}").read_bytes() == (tmp_path / f"whole{suffix}").read_bytes()


@given(st.integers(1, 3000), st.integers(1, 100_000), st.integers(1, 400))
def test_bands_cover_every_row_once(height: int, width: int, multiple: int) -> None:
    cut = list(bands(height, width, multiple))
    assert [row for band in cut for row in range(band.start, band.stop)] == list(range(height))
    sizes = {band.stop - band.start for band in cut[:-1]}
    assert len(sizes) <= 1
    assert all(size % multiple == 0 for size in sizes)


def test_no_more_threads_than_cores_that_may_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {3}, raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    threads = set(in_order(lambda _: threading.current_thread(), range(9)))
    assert threads == {threading.current_thread()}


def test_results_are_in_order_and_few_are_begun_ahead() -> None:
    begun: list[int] = []

    def work(number: int) -> int:
        begun.append(number)
        time.sleep(0.002 * (number % 3))
        return number

    results = in_order(work, range(40), 3)
    assert next(results) == 0
    assert len(begun) <= 5
    assert list(results) == list(range(1, 40))


@pytest.mark.parametrize("threads", [1, 3])
def test_a_failure_is_raised_and_ends_the_work(threads: int) -> None:
    begun: list[int] = []

    def work(number: int) -> int:
        begun.append(number)
        if number == 2:
            raise ZeroDivisionError
        return number

    with pytest.raises(ZeroDivisionError):
        list(in_order(work, range(40), threads))
    assert len(begun) <= 7
    assert threading.active_count() < 10


def test_rows_of_a_jpeg_are_those_of_the_whole(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    gray = rng.integers(0, 256, (300, 70), dtype=np.uint8)
    colour = rng.integers(0, 256, (300, 70, 3), dtype=np.uint8)
    for name, array in (("gray", gray), ("colour", colour)):
        Image.fromarray(array).save(tmp_path / f"{name}.jpg", quality=90)
        (page,) = open_pages(tmp_path / f"{name}.jpg")
        assert isinstance(page, LazyPicture)
        whole = read(tmp_path / f"{name}.jpg")
        with Image.open(tmp_path / f"{name}.jpg") as image:
            np.testing.assert_array_equal(whole.pixels, np.asarray(image))
        assert page.shape == whole.shape
        for rows in (slice(0, 1), slice(130, 260), slice(299, 300)):
            np.testing.assert_array_equal(page.rows(rows).pixels, whole.pixels[rows])


def test_a_jpeg_in_colour_that_has_none_is_opened_as_grey(tmp_path: Path) -> None:
    gray = np.random.default_rng(3).integers(0, 256, (300, 70), dtype=np.uint8)
    Image.fromarray(gray).convert("RGB").save(tmp_path / "a.jpg", quality=100)
    (page,) = open_pages(tmp_path / "a.jpg")
    with Image.open(tmp_path / "a.jpg") as image:
        np.testing.assert_array_equal(page.loaded().pixels, np.asarray(image)[..., 1])
    assert page.shape == (300, 70)
