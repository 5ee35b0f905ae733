"""JPEG that is joined from strips decodes to what the whole, encoded at once, decodes to."""

from __future__ import annotations

import io
import os
from contextlib import AbstractContextManager, nullcontext
from typing import BinaryIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_files import encode
from PIL import Image, JpegImagePlugin

from reverse_oldify.files import encode as module
from reverse_oldify.files import strips
from reverse_oldify.files.encode import encode_pages, memory_file
from reverse_oldify.files.formats import FORMATS, Encoding
from reverse_oldify.files.jpeg.damage import NOTE
from reverse_oldify.files.picture import Metadata, Picture
from reverse_oldify.files.read import read

NOISE = np.random.default_rng(1).normal(0, 8, (150, 99, 3))
CODES = np.clip(np.cumsum(NOISE, 1) + 128, 0, 255).astype(np.uint8)


def joined(pixels: np.ndarray, rows: int, **said: object) -> bytes:
    file = io.BytesIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(strips, "_ROWS", rows)
        encode(Picture(pixels=pixels, metadata=Metadata(**said), threads=2), FORMATS["jpg"], file)
    return file.getvalue()


@settings(max_examples=40)
@given(
    st.integers(1, 150),
    st.integers(1, 99),
    st.sampled_from([1, 3]),
    st.integers(1, 100),
    st.integers(1, 130),
)
def test_every_code_is_that_of_the_whole(
    height: int, width: int, channels: int, quality: int, rows: int
) -> None:
    pixels = (
        CODES[:height, :width, :channels].squeeze(2) if channels == 1 else CODES[:height, :width]
    )
    whole = io.BytesIO()
    Image.fromarray(pixels).save(whole, "JPEG", quality=quality, subsampling="4:4:4")
    data = joined(pixels, rows, jpeg_quality=quality)
    with Image.open(whole) as expected, Image.open(io.BytesIO(data)) as image:
        assert image.size == (width, height)
        np.testing.assert_array_equal(np.asarray(image), np.asarray(expected))


def test_what_is_said_is_said_once_and_nothing_seems_damaged() -> None:
    data = joined(CODES, 8, xmp=b"<x:xmpmeta/>", dpi=(300.0, 300.0), iptc=b"\x1c\x02\x78\0\x02hi")
    assert data.count(b"<x:xmpmeta/>") == data.count(b"8BIM") == data.count(b"ICC_PROFILE") == 1
    assert data.count(b"\xff\xdb") <= 2  # quantisation tables
    back = read(data)
    assert back.metadata.dpi == (300.0, 300.0)
    assert back.metadata.xmp == b"<x:xmpmeta/>"
    assert back.notes == ("was in colour; coloured anew from its lightness",)


def test_a_picture_of_one_strip_has_no_restart_interval() -> None:
    assert b"\xff\xdd" not in joined(CODES[:40], 128)[:1000]
    assert b"\xff\xdd" in joined(CODES, 16)


@pytest.mark.parametrize("subsampling", ["4:2:2", "4:2:0"])
@pytest.mark.parametrize("rows", [8, 16, 100])
def test_halved_chroma_is_that_of_the_whole(subsampling: str, rows: int) -> None:
    whole, file = io.BytesIO(), io.BytesIO()
    Image.fromarray(CODES).save(whole, "JPEG", quality=80, subsampling=subsampling)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(strips, "_ROWS", rows)
        asked = Encoding(quality=80, subsampling=subsampling)
        encode_pages([Picture(pixels=CODES, threads=2)], FORMATS["jpg"], file, encoding=asked)
    with Image.open(whole) as expected, Image.open(file) as image:
        assert JpegImagePlugin.get_sampling(image) == JpegImagePlugin.get_sampling(expected)
        np.testing.assert_array_equal(np.asarray(image), np.asarray(expected))
    assert NOTE not in read(file.getvalue()).notes
    assert NOTE not in read(joined(CODES, rows)).notes


def test_a_strip_is_encoded_where_pillow_needs_no_lock_and_whole_where_it_is_cut(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with memory_file() as file:
        Image.fromarray(CODES).save(file, "JPEG")
        assert not hasattr(os, "memfd_create") or file.fileno() > 2, "Pillow writes to it alone"
        file.seek(0)
        whole = file.read()
    buffer = io.BytesIO()
    Image.fromarray(CODES).save(buffer, "JPEG")
    assert whole == buffer.getvalue()

    class Cut(io.BytesIO):
        def write(self, data: bytes) -> int:
            return super().write(data[:-40])

    def cut_file() -> AbstractContextManager[BinaryIO]:
        return nullcontext(Cut())

    want, found = io.BytesIO(), io.BytesIO()
    encode(Picture(pixels=CODES), FORMATS["jpg"], want)
    monkeypatch.setattr(module, "memory_file", cut_file)
    encode(Picture(pixels=CODES), FORMATS["jpg"], found)
    assert found.getvalue() == want.getvalue()
