"""IPTC records in PNG, JPEG and TIFF, as others write and read them."""

from __future__ import annotations

import io
import shutil
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from made_files import encode, encoded, scene
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from reverse_oldify.files.formats import FORMATS
from reverse_oldify.files.metadata.iptc import PNG_KEYWORD, SEGMENT, of_image, to_png
from reverse_oldify.files.picture import Metadata, Picture
from reverse_oldify.files.read import read

RECORDS = b"\x1c\x02\x50\x00\x02me" + b"\x1c\x02\x78\x00\x64" + b"c" * 100
PICTURES = [
    Picture(pixels=scene(), metadata=Metadata(iptc=RECORDS)),
    Picture(pixels=scene().astype(np.uint16) * 257, metadata=Metadata(iptc=RECORDS)),
]
DEPTHS = pytest.mark.parametrize("picture", PICTURES, ids=["8 bits", "16 bits"])


def png(picture: Picture) -> bytes:
    file = io.BytesIO()
    encode(picture, FORMATS["png"], file)
    return file.getvalue()


def png_with(text: str) -> bytes:
    info, file = PngInfo(), io.BytesIO()
    info.add_text(PNG_KEYWORD, text)
    Image.fromarray(scene()).save(file, "PNG", pnginfo=info)
    return file.getvalue()


@DEPTHS
def test_records_come_back(picture: Picture) -> None:
    assert read(png(picture)).metadata.iptc == RECORDS


@given(st.binary(min_size=1, max_size=400))
def test_any_records_come_back(records: bytes) -> None:
    assert of_image({PNG_KEYWORD: to_png(records)}) == records


def test_what_others_write_is_read() -> None:
    resource = bytes.fromhex(to_png(RECORDS).split("\n", 3)[3])
    other = b"8BIM\x04\x25\x03abc" + b"\0\0\0\x03xyz\0"  # one with a name, and an odd length
    for data in (resource, other + resource, b"Photoshop 3.0\0" + resource, RECORDS):
        text = f"\niptc\n{len(data):8d}\n{data.hex()}\n"
        assert read(png_with(text)).metadata.iptc == RECORDS


@pytest.mark.parametrize(
    "text", ["", "iptc", "\niptc\n 3\nxyz\n", "\niptc\n 9\n3842494d04", "\niptc\n 4\n00000000\n"]
)
def test_damage_is_no_record_and_no_error(text: str) -> None:
    assert read(png_with(text)).metadata.iptc is None


@pytest.mark.skipif(shutil.which("exiv2") is None, reason="needs exiv2")
@DEPTHS
def test_exiv2_finds_them(picture: Picture, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png(picture))
    command = ["exiv2", "-K", "Iptc.Application2.Byline", "-Pv", str(tmp_path / "a.png")]
    told = subprocess.run(command, capture_output=True, check=True, text=True)
    assert (told.stdout.strip(), told.stderr) == ("me", "")


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="needs exiftool")
def test_what_exiftool_writes_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.fromarray(scene()).save(path)
    subprocess.run(["exiftool", "-q", "-IPTC:By-line=me", str(path)], check=True)
    assert b"\x1c\x02\x50\x00\x02me" in (read(path).metadata.iptc or b"")


def resource(number: int, data: bytes) -> bytes:
    head = b"8BIM" + struct.pack(">HHI", number, 0, len(data))
    return head + data + bytes(len(data) % 2)


@pytest.mark.parametrize("before", [64_930, 70_000], ids=["records", "what is before them"])
def test_resources_that_run_over_two_segments_of_jpeg_are_joined(before: int) -> None:
    data = resource(0xFFF, bytes(before)) + resource(0x404, RECORDS)
    segments = (SEGMENT + part for part in (data[:65_000], data[65_000:]))
    told = b"".join(b"\xff\xed" + struct.pack(">H", 2 + len(part)) + part for part in segments)
    sound = encoded(Image.fromarray(scene()), "JPEG")
    assert read(sound[:2] + told + sound[2:]).metadata.iptc == RECORDS


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("swapped", [False, True])
def test_records_as_numbers_of_32_bits_in_tiff(order: str, swapped: bool) -> None:
    records = RECORDS + bytes(-len(RECORDS) % 4)
    stored = np.frombuffer(records, "<u4").byteswap().tobytes() if swapped else records
    numbers = np.frombuffer(stored, f"{order}u4")
    file = io.BytesIO()
    tag = (33723, 4, len(numbers), numbers.tolist(), True)
    tifffile.imwrite(file, scene(), byteorder=order, extratags=[tag])
    assert read(file.getvalue()).metadata.iptc == records


def test_records_among_the_resources_of_tiff() -> None:
    file = io.BytesIO()
    data = resource(0x3ED, bytes(16)) + resource(0x404, RECORDS)
    tifffile.imwrite(file, scene(), extratags=[(34377, 1, len(data), data, True)])
    assert read(file.getvalue()).metadata.iptc == RECORDS


@pytest.mark.skipif(shutil.which("exiv2") is None, reason="needs exiv2")
@pytest.mark.parametrize("key", ["tif", "jpg", "png"])
def test_exiv2_finds_those_of_a_big_endian_tiff_in_results(key: str, tmp_path: Path) -> None:
    records = RECORDS + bytes(-len(RECORDS) % 4)
    numbers = np.frombuffer(records, ">u4")
    source, result = tmp_path / "scan.tif", tmp_path / f"a.{key}"
    tag = (33723, 4, len(numbers), numbers.tolist(), True)
    tifffile.imwrite(source, scene(), byteorder=">", extratags=[tag])
    read(source).save(result)
    command = ["exiv2", "-K", "Iptc.Application2.Byline", "-Pv", str(result)]
    told = subprocess.run(command, capture_output=True, check=True, text=True)
    assert (told.stdout.strip(), told.stderr) == ("me", "")
