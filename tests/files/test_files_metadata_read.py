"""Orientation, EXIF and resolution."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
import tifffile
from made_files import encode, encoded, scene
from PIL import ExifTags, Image, ImageOps, PngImagePlugin

from reverse_oldify.files.formats import FORMATS
from reverse_oldify.files.losses import losses
from reverse_oldify.files.metadata.exif import aspect_of, block_of, densities_of
from reverse_oldify.files.metadata.read import bounded, read_metadata, turn
from reverse_oldify.files.picture import Metadata, Picture
from reverse_oldify.files.read import read
from reverse_oldify.files.tiff.ifd import (
    ASCII,
    EXIF,
    UNDEFINED,
    Directory,
    Field,
    read_block,
    short,
)


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


@pytest.mark.parametrize(
    ("kind", "pattern"), [(5, "II"), (11, "f"), (12, "d"), (3, "H")], ids=["5", "11", "12", "3"]
)
def test_resolution_in_any_kind_of_number(kind: int, pattern: str) -> None:
    values = [(300, 1)[: len(pattern)], (600, 1)[: len(pattern)]]
    fields = [struct.pack("<" + pattern, *value) for value in values]
    directory = Directory({282: Field(kind, fields[0]), 283: Field(kind, fields[1])})
    assert densities_of(directory) == (300, 600)
    assert aspect_of(directory) is None
    directory[296] = short(1)
    assert densities_of(directory) is None
    assert aspect_of(directory) == (300, 600)


def test_pixels_that_are_not_square_are_noted() -> None:
    note = "its pixels are not square (1 across to 2 down); the ratio is left out"
    jpeg = bytearray(encoded(Image.fromarray(scene()), "JPEG"))
    at = jpeg.index(b"JFIF\0") + 7
    jpeg[at : at + 5] = b"\0\0\1\0\2"
    assert note in read(bytes(jpeg)).notes
    jpeg[at : at + 5] = b"\0\0\1\0\1"
    assert note not in read(bytes(jpeg)).notes
    file = io.BytesIO()
    tifffile.imwrite(file, scene(), resolution=(1, 2), resolutionunit="none")
    assert note in read(file.getvalue()).notes


def test_what_is_said_of_the_photograph_beside_the_directory_of_exif_is_kept() -> None:
    texts = {36867: b"1931:02:03 04:05:06\0", 37395: b"hist\0\0", 42016: b"0123456789abcdef\0\0"}
    tags = {tag: Field(ASCII, text) for tag, text in texts.items()}
    tags |= {297: short(3, 7), 18246: short(4), 18249: short(75)}
    block = block_of(Directory(tags))
    kept = read_block(block or b"")
    assert {tag: kept[tag] for tag in tags} == tags


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
    monkeypatch.setattr("reverse_oldify.files.metadata.read.MOST_BYTES", 1 << 20)
    long = Metadata(xmp=b" " * ((1 << 20) + 1), iptc=b"short")
    kept, notes = bounded(long)
    assert kept == Metadata(iptc=b"short")
    assert notes == ("its XMP is longer than 1 MB; left out",)


@pytest.mark.parametrize("compressed", [False, True])
def test_xmp_in_plain_texts_of_png_is_utf_8(compressed: bool) -> None:
    """As libvips writes it; the standard wants an international text."""
    packet = "<x:xmpmeta xmlns:x='adobe:ns:meta/'>Zürich</x:xmpmeta>".encode()
    texts = PngImagePlugin.PngInfo()
    texts.add_text("XML:com.adobe.xmp", packet.decode("latin-1"), zip=compressed)
    assert read(encoded(Image.fromarray(scene()), "PNG", pnginfo=texts)).metadata.xmp == packet


def test_letters_stay_where_avif_is_turned_by_what_counts_there() -> None:
    letters = "João Café!".encode()
    exif = with_exif(6)
    exif[ExifTags.Base.Artist] = "Joao Cafe 42"
    data = encoded(Image.fromarray(scene()), "AVIF", exif=exif)  # turned there, no longer by EXIF
    assert data.count(b"Joao Cafe 42") == 1
    image = reopened(data.replace(b"Joao Cafe 42", letters))
    assert image.getexif()[ExifTags.Base.Orientation] == 6
    read = read_metadata(image)
    assert read.orientation == 6
    assert read.metadata.exif is not None
    assert read_block(read.metadata.exif)[ExifTags.Base.Artist].data == letters + b"\0"


@pytest.mark.parametrize("key", ["webp", "avif"])
@pytest.mark.parametrize("dpi", [None, (300.0, 300.0)])
def test_exif_keeps_its_letters_and_types(key: str, dpi: tuple[float, float] | None) -> None:
    comment = Field(UNDEFINED, b"ASCII\0\0\0a comment")
    tags = Directory({ExifTags.Base.Artist: Field(ASCII, "Müller\0".encode())})
    tags[EXIF] = Directory({ExifTags.Base.UserComment: comment})
    picture = Picture(pixels=scene(), metadata=Metadata(exif=block_of(tags), dpi=dpi))
    file = io.BytesIO()
    encode(picture, FORMATS[key], file)
    found = read_block(Image.open(file).info["exif"])
    assert found[ExifTags.Base.Artist] == tags[ExifTags.Base.Artist]
    photograph = found[EXIF]
    assert isinstance(photograph, Directory)
    assert photograph[ExifTags.Base.UserComment] == comment
    assert read(file.getvalue()).metadata.dpi == dpi


def test_comments_of_a_jpeg_have_a_limit_all_together() -> None:
    data = encoded(Image.fromarray(scene()), "JPEG")
    comment = b"\xff\xfe\xff\xff" + bytes(65_533)
    few, many = (read(data[:2] + comment * count + data[2:]) for count in (127, 128))
    assert len(few.metadata.jpeg_comments) == 127
    assert many.metadata.jpeg_comments == ()
    assert "its comments are longer than 8 MB; left out" in many.notes


@pytest.mark.parametrize("written", ["utf-16-be", "utf-16-le"])
def test_comments_of_two_bytes_a_letter_are_turned_with_their_file(written: str) -> None:
    exif = Image.Exif()
    exif.endian = ">"
    comment = b"UNICODE\0" + "Grüße".encode(written)
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment] = comment
    block = exif.tobytes()
    assert block[6:8] == b"MM"
    photograph = read_block(block)[EXIF]
    assert isinstance(photograph, Directory)
    field = photograph[ExifTags.Base.UserComment]
    assert isinstance(field, Field)
    assert field.data == b"UNICODE\0" + "Grüße".encode("utf-16-le"), "some write it so anyway"


def test_notes_of_makers_are_left_out_and_told() -> None:
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.MakerNote] = b"Canon, with offsets"
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.ISOSpeedRatings] = 100
    picture = read(encoded(Image.fromarray(scene()), "JPEG", exif=exif))
    assert picture.notes[0] == "its camera's maker note is left out: moved it would be broken"
    photograph = read_block(picture.metadata.exif or b"")[EXIF]
    assert isinstance(photograph, Directory)
    assert list(photograph) == [ExifTags.Base.ISOSpeedRatings]
