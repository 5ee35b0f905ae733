"""JPEG 2000 that is written a strip at a time is one picture, to the bit, for every reader."""

from __future__ import annotations

import errno
import io
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reverse_oldify.errors import OutputError
from reverse_oldify.files.boxes import boxes_of
from reverse_oldify.files.jpeg2000 import codestream
from reverse_oldify.files.jpeg2000 import write as jp2_write
from reverse_oldify.files.jpeg2000.write import write_jp2
from reverse_oldify.files.lazy import lazily
from reverse_oldify.files.picture import Metadata, Picture
from reverse_oldify.files.read import read
from reverse_oldify.files.write import write

imagecodecs = pytest.importorskip("imagecodecs")

NOISE = np.random.default_rng(11).integers(0, 65536, (1560, 9, 4)).astype(np.uint16)


def written(picture: Picture) -> bytes:
    file = io.BytesIO()
    write_jp2(picture, file)
    return file.getvalue()


@pytest.mark.parametrize("height", [*range(1, 2100, 7), 511, 512, 513, 519, 520, 1024, 1025, 3073])
def test_no_strip_is_too_low_and_all_begin_where_wavelets_do(height: int) -> None:
    strips = list(jp2_write._cut(height))
    assert [strip.start for strip in strips[1:]] == [strip.stop for strip in strips[:-1]]
    assert (strips[0].start, strips[-1].stop) == (0, height)
    assert len({strip.stop - strip.start for strip in strips[:-1]}) <= 1
    assert all(strip.start % 512 == 0 for strip in strips)
    assert len(strips) == 1 or strips[-1].stop - strips[-1].start >= 8
    assert max(strip.stop - strip.start for strip in strips) <= 2048


@pytest.mark.parametrize("height", [1, 7, 511, 512, 513, 519, 520, 1024, 1031, 1032, 1543, 1560])
def test_every_height_comes_back(height: int) -> None:
    pixels, alpha = NOISE[:height, :, :3], NOISE[:height, :, 3]
    back = read(written(Picture(pixels=pixels, alpha=alpha)))
    np.testing.assert_array_equal(back.pixels, pixels)
    np.testing.assert_array_equal(back.alpha, alpha)


def test_other_programs_see_no_seams(tmp_path: Path) -> None:
    gray = NOISE[..., 0].copy()
    data = written(Picture(pixels=gray))
    assert codestream.read_codestream(io.BytesIO(data)).tiles == 4
    with Image.open(io.BytesIO(data)) as image:
        np.testing.assert_array_equal(np.asarray(image), gray)
    colour = NOISE[..., :3].copy()
    data = written(Picture(pixels=colour))
    at = data.index(b"jp2c") + 4
    np.testing.assert_array_equal(imagecodecs.jpeg2k_decode(data[at:]), colour)
    if shutil.which("opj_decompress"):
        (tmp_path / "a.jp2").write_bytes(data)
        command = ["opj_decompress", "-i", tmp_path / "a.jp2", "-o", tmp_path / "a.rawl"]
        subprocess.run(command, check=True, capture_output=True)
        planes = np.fromfile(tmp_path / "a.rawl", "<u2").reshape(3, 1560, 9)
        np.testing.assert_array_equal(planes, np.moveaxis(colour, -1, 0))


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="needs exiftool")
def test_exiftool_finds_all_boxes(tmp_path: Path) -> None:
    told = Metadata(xmp=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>", dpi=(300.0, 300.0))
    (tmp_path / "a.jp2").write_bytes(written(Picture(pixels=NOISE[..., :3], metadata=told)))
    command = ["exiftool", "-validate", "-warning", "-a", "-s", tmp_path / "a.jp2"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "OK" in said
    assert "Warning" not in said


def test_boxes_fill_the_file_and_the_picture_comes_last() -> None:
    told = Metadata(xmp=b"<x/>", dpi=(300.0, 300.0))
    data = written(Picture(pixels=NOISE[..., :3], metadata=told))
    boxes = list(boxes_of(io.BytesIO(data)))
    assert [box.name for box in boxes] == [b"jP  ", b"ftyp", b"jp2h", b"uuid", b"jp2c"]
    assert boxes[-1].end == len(data)
    assert data.endswith(b"\xff\xd9")


def test_no_more_rows_are_asked_for_at_once_than_a_strip_has(tmp_path: Path) -> None:
    scan, asked = Picture(pixels=NOISE[..., :3]), list[int]()

    def make(rows: slice) -> Picture:
        asked.append(rows.stop - rows.start)
        return scan.rows(rows)

    lazy = lazily(scan, make, shape=scan.shape, dtype=np.uint16, threads=2)
    back = read(write(lazy, tmp_path / "a.jp2"))
    np.testing.assert_array_equal(back.pixels, scan.pixels)
    assert max(asked) == 512


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    count = 0

    def full(samples: np.ndarray) -> bytes:
        nonlocal count
        count += 1
        if count == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        return encode(samples)

    encode = jp2_write.codecs.encoded
    monkeypatch.setattr(jp2_write.codecs, "encoded", full)
    with pytest.raises(OutputError, match="no space left on device"):
        write(Picture(pixels=NOISE[..., :3]), tmp_path / "a.jp2")
    assert list(tmp_path.iterdir()) == []
