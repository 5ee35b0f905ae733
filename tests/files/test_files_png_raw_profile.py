"""Metadata in hexadecimal digits, as ImageMagick writes them into PNG."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_files import encoded, scene
from PIL import ExifTags, Image
from PIL.PngImagePlugin import PngInfo

from reverse_oldify.files.png.raw_profile import KEYWORD, of_info, to_text
from reverse_oldify.files.read import read

PACKET = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"/>'
EXIF = Image.Exif()
EXIF[ExifTags.Base.Artist] = "A. Photographer"
RECORDS = b"\x1c\x02\x50\x00\x02me"


def png_with(name: str, data: bytes) -> bytes:
    info = PngInfo()
    info.add_text(KEYWORD + name, to_text(name, data), zip=True)
    return encoded(Image.fromarray(scene()), "PNG", pnginfo=info)


@given(st.binary(min_size=1, max_size=400))
def test_any_data_come_back(data: bytes) -> None:
    assert of_info({KEYWORD + "a": to_text("a", data)}, "a") == data


@pytest.mark.parametrize("text", [None, 7, "", "a", "\na\n 3\nxyz\n", "\na\n 0\n\n"])
def test_damage_is_nothing(text: object) -> None:
    assert of_info({KEYWORD + "a": text}, "a") is None


@pytest.mark.parametrize("name", ["xmp", "APP1"])
def test_xmp_is_found(name: str) -> None:
    head = b"http://ns.adobe.com/xap/1.0/\0" if name == "APP1" else b""
    picture = read(png_with(name, head + PACKET))
    assert picture.metadata.xmp == PACKET
    assert picture.metadata.png_texts == ()


@pytest.mark.parametrize("name", ["exif", "APP1"])
def test_exif_is_found(name: str) -> None:
    kept = Image.Exif()
    kept.load(read(png_with(name, EXIF.tobytes())).metadata.exif or b"")
    assert kept[ExifTags.Base.Artist] == "A. Photographer"


@pytest.mark.parametrize("name", ["iptc", "8bim"])
def test_iptc_is_found(name: str) -> None:
    assert read(png_with(name, RECORDS)).metadata.iptc == RECORDS
