"""What is written as TIFF is read alike by others: Pillow, tifffile and exiftool."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pytest
import tifffile
from made_files import gray_ramp, scene
from PIL import ExifTags, Image, ImageCms

from reverse_oldify.errors import OutputError
from reverse_oldify.files import encode
from reverse_oldify.files.picture import Metadata, Picture
from reverse_oldify.files.read import read, read_pages
from reverse_oldify.files.samples import samples_of
from reverse_oldify.files.tiff.layout import RGB
from reverse_oldify.files.tiff.write import TiffWriter
from reverse_oldify.files.write import write_pages

DEEP = np.random.default_rng(5).integers(0, 65536, (301, 200, 3)).astype(np.uint16)


def saved(picture: Picture, path: Path) -> Path:
    return picture.save(path / "picture.tif")


@pytest.mark.parametrize(
    "picture",
    [
        Picture(pixels=gray_ramp()),
        Picture(pixels=gray_ramp(np.uint16)),
        Picture(pixels=scene()),
        Picture(pixels=DEEP),
        Picture(pixels=DEEP, alpha=DEEP[..., 1]),
        Picture(pixels=gray_ramp(np.uint16), alpha=gray_ramp(np.uint16)[::-1]),
        Picture(pixels=scene(), alpha=scene()[..., 2]),
    ],
    ids=lambda picture: f"{picture.samples.dtype}x{picture.samples.shape[2]}",
)
def test_tifffile_reads_the_same_samples(tmp_path: Path, picture: Picture) -> None:
    path = saved(picture, tmp_path)
    samples = tifffile.imread(path)
    np.testing.assert_array_equal(samples.reshape(picture.samples.shape), picture.samples)
    with tifffile.TiffFile(path) as file:
        assert file.pages[0].extrasamples == ((2,) if picture.alpha is not None else ())


def test_pillow_reads_the_same_at_8_bits(tmp_path: Path) -> None:
    with Image.open(saved(Picture(pixels=scene()), tmp_path)) as image:
        np.testing.assert_array_equal(np.asarray(image), scene())


def test_metadata_comes_back_with_its_types(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Artist] = "A. Photographer"
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "1907:06:10 12:00:00"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] = "N"
    metadata = Metadata(
        exif=exif.tobytes(), xmp=b"<x/>", iptc=b"\x1c\x02\x78\0\x02hi", dpi=(300.5, 600.0)
    )
    path = saved(Picture(pixels=DEEP, metadata=metadata), tmp_path)
    back = read(path).metadata
    assert (back.xmp, back.iptc, back.dpi) == (metadata.xmp, metadata.iptc, (300.5, 600.0))
    with Image.open(path) as image:
        kept = image.getexif()
        assert kept[ExifTags.Base.Artist] == "A. Photographer"
        photograph = kept.get_ifd(ExifTags.IFD.Exif)
        assert photograph[ExifTags.Base.DateTimeOriginal] == "1907:06:10 12:00:00"
        assert kept.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] == "N"
        profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"])).profile
    assert "sRGB" in (profile.profile_description or "")


def test_pages_are_written_as_they_come(tmp_path: Path) -> None:
    alive = 0

    def pages() -> object:
        nonlocal alive
        for level in range(4):
            alive += 1
            assert alive == level + 1
            yield Picture(pixels=np.full((9, 7 + level, 3), level * 1000, np.uint16), page_count=4)

    path = write_pages(pages(), tmp_path / "pages.tif")
    with tifffile.TiffFile(path) as file:
        assert [page.shape[1] for page in file.pages] == [7, 8, 9, 10]
        assert [int(page.asarray().max()) for page in file.pages] == [0, 1000, 2000, 3000]
    assert [page.size for page in read_pages(path)] == [(9, 7), (9, 8), (9, 9), (9, 10)]


def test_format_of_one_page_refuses_several_and_leaves_no_file(tmp_path: Path) -> None:
    pages = [Picture(pixels=scene())] * 2
    with pytest.raises(OutputError, match="one page only; take --format tif"):
        write_pages(pages, tmp_path / "pages.png")
    assert list(tmp_path.iterdir()) == []


def test_large_files_become_bigtiff(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encode, "BIG", 1000)
    path = saved(Picture(pixels=DEEP, metadata=Metadata(dpi=(300, 300))), tmp_path)
    with tifffile.TiffFile(path) as file:
        assert file.is_bigtiff
        np.testing.assert_array_equal(file.pages[0].asarray(), DEEP)
    np.testing.assert_array_equal(read(path).pixels, DEEP)
    assert read(path).metadata.dpi == (300, 300)


def test_bigtiff_links_its_pages() -> None:
    file = io.BytesIO()
    writer = TiffWriter(file, big=True)
    for shift in range(3):
        writer.add(samples_of(Picture(pixels=np.roll(DEEP, shift, 0))), {}, photometric=RGB)
    pages = list(read_pages(file.getvalue()))
    assert len(pages) == 3
    np.testing.assert_array_equal(pages[2].pixels, np.roll(DEEP, 2, 0))
    assert struct.unpack("<H", file.getvalue()[2:4]) == (43,)
