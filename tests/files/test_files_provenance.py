"""Provenance is in the file, and tools of others find it."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from made_files import encode, scene
from PIL import Image

from reverse_oldify.errors import OptionError, UnreadableError
from reverse_oldify.files.formats import FORMATS
from reverse_oldify.files.losses import losses
from reverse_oldify.files.metadata.xmp import XMP, Statement, merge, value_of
from reverse_oldify.files.picture import Metadata, Picture
from reverse_oldify.files.provenance import SOURCE_TYPES, STATEMENT, Provenance, sha256_of
from reverse_oldify.files.read import read

PROVENANCE = Provenance(
    software="reverse-oldify 9.9",
    model='model "é" <x>',
    model_version="3",
    weights_sha256="ab" * 32,
    options={"vividness": 1.5, "palette": "ünïcode"},
    source_sha256="cd" * 32,
    mean_uncertainty=0.25,
)
URI = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
WITH_XMP = [key for key, kind in FORMATS.items() if kind.xmp]


def written(picture: Picture, key: str) -> bytes:
    file = io.BytesIO()
    encode(picture, FORMATS[key], file, allow_loss=True)
    return file.getvalue()


@pytest.mark.parametrize("deep", [False, True], ids=["8 bits", "16 bits"])
@pytest.mark.parametrize("key", [key for key in WITH_XMP if key != "jp2"])
def test_pillow_finds_it_in_every_format(key: str, deep: bool) -> None:
    pixels = scene().astype(np.uint16) * 257 if deep else scene()
    data = written(PROVENANCE.written_into(Picture(pixels=pixels)), key)
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        packet = image.info.get("xmp")
    text = packet.decode() if isinstance(packet, bytes) else str(packet)
    assert URI in text
    assert STATEMENT in text
    assert read(data).metadata.xmp == text.encode()


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="needs exiftool")
def test_exiftool_finds_it_in_every_format(tmp_path: Path) -> None:
    picture = PROVENANCE.written_into(Picture(pixels=scene()))
    for key in WITH_XMP:
        (tmp_path / f"a.{key}").write_bytes(written(picture, key))
    command = ["exiftool", "-json", "-struct", str(tmp_path)]
    tables = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert len(tables) == len(WITH_XMP)
    for table in tables:
        assert table["DigitalSourceType"] == URI
        assert table["CreatorTool"] == "reverse-oldify 9.9"
        assert table["WeightsSHA256"] == "ab" * 32
        assert json.loads(table["Options"]) == PROVENANCE.options
        assert "Warning" not in table


@pytest.mark.skipif(shutil.which("exiv2") is None, reason="needs exiv2")
@pytest.mark.parametrize("key", WITH_XMP)
def test_exiv2_finds_it_in_every_format(tmp_path: Path, key: str) -> None:
    path = tmp_path / f"a.{key}"
    path.write_bytes(written(PROVENANCE.written_into(Picture(pixels=scene())), key))
    command = ["exiv2", "-K", "Xmp.iptcExt.DigitalSourceType", "-Pv", str(path)]
    told = subprocess.run(command, capture_output=True, check=True, text=True)
    assert (told.stdout.strip(), told.stderr) == (URI, "")


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="needs exiftool")
@pytest.mark.parametrize("key", [key for key, kind in FORMATS.items() if kind.exif])
def test_exiftool_finds_what_was_said_before(tmp_path: Path, key: str) -> None:
    block = Image.Exif()
    block[315], block.get_ifd(34853)[1] = "An author", "N"
    kind, records = FORMATS[key], b"\x1c\x02\x50\x00\x02me"
    metadata = Metadata(exif=block.tobytes(), iptc=records, dpi=(300.0, 300.0))
    (tmp_path / f"a.{key}").write_bytes(written(Picture(pixels=scene(), metadata=metadata), key))
    command = ["exiftool", "-json", "-G", str(tmp_path)]
    (table,) = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert table["EXIF:Artist"] == "An author"
    assert table["EXIF:GPSLatitudeRef"] == "North"
    assert (table.get("IPTC:By-line") == "me") == kind.iptc
    assert "ExifTool:Warning" not in table


def test_format_without_xmp_says_so() -> None:
    picture = PROVENANCE.written_into(Picture(pixels=scene()))
    assert list(losses(picture, FORMATS["bmp"])) == ["XMP (left out)"]


def test_a_scan_in_a_format_without_xmp_stays_in_it_with_a_note() -> None:
    scan = Picture(pixels=scene(), format="bmp")
    told = PROVENANCE.written_into(scan, FORMATS["bmp"])
    assert told.metadata.xmp is None
    assert "no place to say that its colours are estimated" in told.notes[0]
    assert not list(losses(told, FORMATS["bmp"]))
    assert PROVENANCE.written_into(scan, FORMATS["png"]).metadata.xmp is not None
    other = PROVENANCE.written_into(Picture(pixels=scene(), format="png"), FORMATS["bmp"])
    assert list(losses(other, FORMATS["bmp"])) == ["XMP (left out)"]


def test_tool_that_made_the_scan_stays_named() -> None:
    scanned = merge(None, [Statement(XMP, "xmp", "CreatorTool", "Scanner 1")])
    picture = Picture(pixels=scene(), metadata=Metadata(xmp=scanned))
    once = PROVENANCE.written_into(picture)
    twice = PROVENANCE.written_into(once)
    for told in (once, twice):
        tool = value_of(told.metadata.xmp, XMP, "CreatorTool")
        assert tool == "Scanner 1; reverse-oldify 9.9"


def test_packet_that_is_unsafe_is_replaced_with_a_note() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "a">]><x>&a;</x>'
    told = PROVENANCE.written_into(Picture(pixels=scene(), metadata=Metadata(xmp=bomb)))
    assert told.notes == ("its XMP was left out: it declares a document type",)
    assert URI.encode() in (told.metadata.xmp or b"")
    assert b"DOCTYPE" not in (told.metadata.xmp or b"")


def test_json_says_the_same() -> None:
    table = json.loads(json.dumps(PROVENANCE.to_json()))
    assert table["source_type"] == URI
    assert table["options"] == PROVENANCE.options
    assert table["mean_uncertainty"] == 0.25
    assert table["statement"] == STATEMENT


@pytest.mark.parametrize("term", SOURCE_TYPES)
def test_source_type_is_one_of_iptc(term: str) -> None:
    told = Provenance(software="s", model="m", model_version="1", source_type=term)
    assert told.to_json()["source_type"].endswith("/" + term)
    with pytest.raises(OptionError, match="photograph"):
        Provenance(software="s", model="m", model_version="1", source_type="photograph")


def test_hash_is_that_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"scan")
    assert sha256_of(path) == hashlib.sha256(b"scan").hexdigest()
    with pytest.raises(UnreadableError, match="none"):
        sha256_of(tmp_path / "none")
    os.mkfifo(tmp_path / "pipe")  # which nobody writes to: opening it would never end
    with pytest.raises(UnreadableError, match="pipe: not a regular file"):
        sha256_of(tmp_path / "pipe")
