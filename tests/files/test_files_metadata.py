"""Orientation, EXIF and resolution."""

from __future__ import annotations

import io

import numpy as np
import pytest
from made_files import encoded, scene
from PIL import ExifTags, Image, ImageOps

from reverse_oldify.files.encode import encode
from reverse_oldify.files.formats import FORMATS
from reverse_oldify.files.losses import losses
from reverse_oldify.files.metadata import bounded, read_metadata, turn
from reverse_oldify.files.picture import Metadata, Picture
from reverse_oldify.files.read import read


def with_exif(orientation: int = 1) -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Artist] = "A. Photographer"
    exif[ExifTags.Base.StripOffsets] = 8
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "1907:06:10 12:00:00"
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.ExifImageWidth] = 60
    return exif


def reopened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize("orientation", range(1, 9))
def test_turn_agrees_with_pillow(orientation: int) -> None:
    image = Image.fromarray(scene())
    image.getexif()[ExifTags.Base.Orientation] = orientation
    expected = np.asarray(ImageOps.exif_transpose(image))
    np.testing.assert_array_equal(turn(scene(), orientation), expected)
    np.testing.assert_array_equal(turn(scene()[..., 0], orientation), expected[..., 0])


def test_exif_keeps_what_describes_the_photograph_and_only_that() -> None:
    image = reopened(encoded(Image.fromarray(scene()), "JPEG", exif=with_exif(6)))
    metadata, orientation, notes = read_metadata(image)
    assert orientation == 6
    assert notes == ()
    assert metadata.exif is not None
    kept = Image.Exif()
    kept.load(metadata.exif)
    assert kept[ExifTags.Base.Artist] == "A. Photographer"
    assert kept[ExifTags.Base.Orientation] == 1
    assert ExifTags.Base.StripOffsets not in kept
    photograph = kept.get_ifd(ExifTags.IFD.Exif)
    assert photograph[ExifTags.Base.DateTimeOriginal] == "1907:06:10 12:00:00"
    assert ExifTags.Base.ExifImageWidth not in photograph


@pytest.mark.parametrize("value", [0, 9, 77])
def test_impossible_orientation_counts_as_upright(value: int) -> None:
    image = reopened(encoded(Image.fromarray(scene()), "JPEG", exif=with_exif(value)))
    assert read_metadata(image).orientation == 1


def test_damaged_exif_is_noted() -> None:
    image = Image.fromarray(scene())
    image.info["exif"] = b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"\x12\x01\x99\x99" * 9
    metadata, orientation, notes = read_metadata(image)
    assert metadata.exif is None
    assert orientation == 1
    assert notes == ("its EXIF is damaged; left out",)


def test_resolution_turns_with_the_picture() -> None:
    image = Image.fromarray(scene())
    image.info["dpi"] = (300, 600)
    assert read_metadata(image).metadata.dpi == (300, 600)
    image.getexif()[ExifTags.Base.Orientation] = 6
    assert read_metadata(image).metadata.dpi == (600, 300)


@pytest.mark.parametrize("dpi", [(0, 0), (float("nan"), 1), (1e9, 1e9), "300", (300,), ("x", "y")])
def test_impossible_resolution_is_left_out(dpi: object) -> None:
    image = Image.fromarray(scene())
    image.info["dpi"] = dpi
    assert read_metadata(image).metadata.dpi is None


@pytest.mark.parametrize("quality", [30, 60, 83, 95, 100])
def test_quality_of_a_jpeg_is_read_and_written_again(quality: int) -> None:
    picture = read(encoded(Image.fromarray(scene()), "JPEG", quality=quality))
    assert picture.metadata.jpeg_quality == quality
    file = io.BytesIO()
    encode(picture, FORMATS["jpg"], file)
    assert read(file.getvalue()).metadata.jpeg_quality == quality


@pytest.mark.parametrize("key", ["jpg", "tif", "png"])
def test_iptc_is_carried_over_or_its_loss_named(key: str) -> None:
    records = b"\x1c\x02\x78\0\x09a caption"
    picture = Picture(pixels=scene(), metadata=Metadata(iptc=records))
    file = io.BytesIO()
    encode(picture, FORMATS[key], file)
    assert read(file.getvalue()).metadata.iptc == records
    assert list(losses(picture, FORMATS[key])) == []
    assert list(losses(picture, FORMATS["webp"])) == ["IPTC (left out)"]


def test_metadata_longer_than_any_photograph_needs_is_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("reverse_oldify.files.metadata.MOST_BYTES", 1 << 20)
    long = Metadata(xmp=b" " * ((1 << 20) + 1), iptc=b"short")
    kept, notes = bounded(long)
    assert kept == Metadata(iptc=b"short")
    assert notes == ("its XMP is longer than 1 MB; left out",)
