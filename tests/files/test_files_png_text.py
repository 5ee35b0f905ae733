"""Texts of PNG go from PNG to PNG as they are, and others are told of."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from made_files import deep_png, encode, encoded, scene
from PIL import Image

from reverse_oldify.files.formats import FORMATS
from reverse_oldify.files.losses import losses, refuse_losses
from reverse_oldify.files.picture import Picture
from reverse_oldify.files.png import text as png_text
from reverse_oldify.files.png.deep import chunks_of
from reverse_oldify.files.read import read

TEXTS = (
    b"tEXtTitle\0Old station",
    b"iTXtDescription\0\0\0de\0\0" + "Über den Fluß".encode(),
    b"zTXtAuthor\0\0" + zlib.compress(b"Meier"),
    b"tEXtAuthor\0M\xfcller",
)
PICTURES = {
    "8 bits": encoded(Image.fromarray(scene()), "PNG"),
    "16 bits": deep_png(scene().astype(np.uint16) * 256),
}


def with_chunks(png: bytes, *chunks: bytes, at: int = 33) -> bytes:
    told = (
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
        for chunk in chunks
    )
    return png[:at] + b"".join(told) + png[at:]


def texts_in(png: bytes) -> list[bytes]:
    file = io.BytesIO(png)
    return [name + file.read(length) for name, length in chunks_of(file) if name in png_text._TEXTS]


def written(picture: Picture, key: str) -> bytes:
    file = io.BytesIO()
    encode(picture, FORMATS[key], file)
    return file.getvalue()


@pytest.mark.parametrize("depth", PICTURES)
@pytest.mark.parametrize("behind", [False, True])
def test_texts_come_out_as_they_went_in(depth: str, behind: bool) -> None:
    sound = PICTURES[depth]
    picture = read(with_chunks(sound, *TEXTS, at=len(sound) - 12 if behind else 33))
    assert picture.metadata.png_texts == TEXTS
    assert texts_in(written(picture, "png")) == list(TEXTS)
    image = Image.open(io.BytesIO(written(picture, "png")))
    image.load()
    assert image.info["Description"] == "Über den Fluß"


def test_other_formats_are_no_loss_that_is_refused_but_one_that_is_told() -> None:
    picture = read(with_chunks(PICTURES["8 bits"], *TEXTS[:3]))
    assert list(losses(picture, FORMATS["png"])) == []
    refuse_losses(picture, FORMATS["jpg"])
    assert list(losses(picture, FORMATS["jpg"])) == [
        "texts Title, Description and Author (left out)"
    ]
    many = read(with_chunks(PICTURES["8 bits"], *TEXTS[:1] * 9))
    assert list(losses(many, FORMATS["tif"])) == ["9 texts (left out)"]


def test_what_is_metadata_already_is_no_text() -> None:
    packet = b"iTXtXML:com.adobe.xmp" + bytes(5) + b"<x/>"
    raw = b"tEXtRaw profile type icc\0\nicc\n 1\n00\n"
    picture = read(with_chunks(PICTURES["8 bits"], packet, raw))
    assert picture.metadata.png_texts == ()
    assert picture.metadata.xmp == b"<x/>"
    other = b"tEXtRaw profile type generic\0\ngeneric\n 1\n00\n"
    assert read(with_chunks(PICTURES["8 bits"], other)).metadata.png_texts == (other,)


def test_damaged_texts_and_too_long_ones_are_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = PICTURES["8 bits"]
    damaged = bytearray(with_chunks(sound, *TEXTS, at=len(sound) - 12))
    damaged[damaged.index(b"Old station")] ^= 1
    picture = read(bytes(damaged))
    assert picture.metadata.png_texts == TEXTS[1:]
    assert "a text of it is damaged; left out" in picture.notes
    monkeypatch.setattr(png_text, "MOST_BYTES", 90)
    picture = read(with_chunks(sound, *TEXTS))
    assert picture.metadata.png_texts == TEXTS[:2]
    assert "its texts are longer than 0 MB; some left out" in picture.notes


def test_comments_of_jpeg_come_out_as_they_went_in() -> None:
    sound = encoded(Image.fromarray(scene()), "JPEG", comment="Kommentar: Bahnhof")
    data = sound[:2] + b"\xff\xfe\0\x06\xe4\0\xff\n" + sound[2:]
    picture = read(data)
    assert picture.metadata.jpeg_comments == (b"\xe4\0\xff\n", b"Kommentar: Bahnhof")
    again = read(written(picture, "jpg"))
    assert again.metadata.jpeg_comments == picture.metadata.jpeg_comments
    assert again.notes == picture.notes
    refuse_losses(picture, FORMATS["png"])
    assert list(losses(picture, FORMATS["png"])) == ["comment (left out)"]
