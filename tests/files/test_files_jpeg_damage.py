"""Damage in the middle of a JPEG is noticed, and nothing else is."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_files import encoded, scene
from PIL import Image

from reverse_oldify.errors import UnreadableError
from reverse_oldify.files.jpeg.damage import NOTE, Watched
from reverse_oldify.files.read import read

NOISE = np.random.default_rng(1).integers(0, 255, (120, 160, 3)).astype(np.uint8)
WAYS = (
    {},
    {"optimize": True},
    {"progressive": True},
    {"restart_marker_rows": 1},
    {"restart_marker_blocks": 7},
    {"progressive": True, "restart_marker_blocks": 5},
)


def jpeg(size: tuple[int, int] = (160, 120), **settings: object) -> bytes:
    return encoded(Image.fromarray(NOISE).resize(size), "JPEG", **settings)


@pytest.mark.parametrize("way", WAYS, ids=str)
@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
def test_sound_files_are_decoded_as_ever_and_not_noted(way: dict, subsampling: str) -> None:
    for size in ((1, 1), (7, 9), (16, 8), (33, 17), (160, 120)):
        data = jpeg(size, subsampling=subsampling, **way)
        picture = read(data)
        assert NOTE not in picture.notes
        with Image.open(io.BytesIO(data)) as image:
            np.testing.assert_array_equal(picture.srgb, image.convert("RGB"))
    assert NOTE not in read(encoded(Image.new("L", (64, 64)), "JPEG", **way)).notes, "all black"
    assert NOTE not in read(encoded(Image.new("CMYK", (64, 64)), "JPEG", **way)).notes


@pytest.mark.parametrize("way", [WAYS[0], WAYS[1], WAYS[3]], ids=str)
@pytest.mark.parametrize("place", [0.3, 0.5, 0.8])
def test_missing_and_overwritten_pieces_are_noted(way: dict, place: float) -> None:
    data = jpeg(**way)
    start = int(len(data) * place)
    missing = data[:start] + data[start + 2048 :]
    zeroed = data[:start] + bytes(2048) + data[start + 2048 :]
    assert NOTE in read(missing).notes
    assert NOTE in read(zeroed).notes


def test_bytes_that_should_not_be_there_are_noted() -> None:
    data = jpeg()
    assert NOTE in read(data[:-2] + data[3000:4000] + data[-2:]).notes
    assert NOTE in read(data[:3000] + b"\xff\xd0" + data[3000:]).notes, "restart without interval"


def test_what_follows_the_picture_does_not_matter() -> None:
    assert NOTE not in read(jpeg() + b"anything" * 100).notes
    assert NOTE not in read(jpeg()[:-2] + b"\xff\xff\xff\xd9").notes


def test_cut_off_stays_an_error() -> None:
    data = jpeg()
    for length in (len(data) // 2, len(data) - 2, len(data) - 20):
        with pytest.raises(UnreadableError):
            read(data[:length])


def test_file_of_endlessly_many_scans_is_refused_soon() -> None:
    data = encoded(Image.fromarray(scene(8, 8)), "JPEG", progressive=True)
    scan = data.rindex(b"\xff\xda")
    with pytest.raises(UnreadableError, match="more than 500 scans"):
        read(data[:-2] + data[scan:-2] * 20_000 + data[-2:])


@given(st.binary(max_size=60), st.integers(2, 600))
def test_no_damage_raises_anything_here(piece: bytes, at: int) -> None:
    data = encoded(Image.fromarray(scene(9, 12)), "JPEG")
    with Image.open(io.BytesIO(data)) as image:
        Watched(image, io.BytesIO(data[:at] + piece + data[at + len(piece) :]))
