"""Directories come back as they were laid out; what lies is found out before it costs anything."""

from __future__ import annotations

import io
import struct
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image

from reverse_oldify.errors import UnreadableError
from reverse_oldify.files.metadata.exif import block_of
from reverse_oldify.files.tiff.ifd import (
    EXIF,
    LONG,
    UNDEFINED,
    Directory,
    Field,
    read_block,
    read_directories,
    short,
    sub_directories,
    to_bytes,
)

FIELDS = st.builds(Field, st.just(UNDEFINED), st.binary(min_size=1, max_size=40)) | st.builds(
    lambda values: Field(LONG, struct.pack(f"<{len(values)}I", *values)),
    st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=9),
)
DIRECTORIES = st.dictionaries(st.integers(0, 30_000), FIELDS, max_size=12).map(Directory)


def in_file(directory: Directory, *, big: bool) -> io.BytesIO:
    head = b"II+\0\x08\0\0\0" + struct.pack("<Q", 16) if big else b"II*\0" + struct.pack("<I", 8)
    return io.BytesIO(head + to_bytes(directory, len(head), big=big))


@given(directory=DIRECTORIES, inner=DIRECTORIES, big=st.booleans())
def test_what_is_laid_out_is_read_back(directory: Directory, inner: Directory, big: bool) -> None:
    whole = Directory(directory | {EXIF: inner})
    (back,) = read_directories(in_file(whole, big=big))
    assert back == whole
    assert not back.damaged


@pytest.mark.parametrize("big", [False, True])
def test_pointers_of_their_own_type_are_followed(big: bool) -> None:
    inner = Directory({ExifTags.Base.ISOSpeedRatings: short(400)})
    data = bytearray(in_file(Directory({EXIF: inner}), big=big).getvalue())
    kind = struct.pack("<HH", EXIF, 16 if big else LONG)
    at = data.index(kind)
    data[at : at + 4] = struct.pack("<HH", EXIF, 18 if big else 13)
    (back,) = read_directories(io.BytesIO(data))
    assert back == {EXIF: inner}
    kept = Image.Exif()
    kept.load(block_of(back) or b"")
    assert kept.get_ifd(EXIF) == {ExifTags.Base.ISOSpeedRatings: 400}


def test_a_pointer_that_is_no_number_is_damage_and_not_kept() -> None:
    (back,) = read_directories(in_file(Directory({EXIF: Field(UNDEFINED, b"1234")}), big=False))
    assert back == {}
    assert back.damaged


def test_big_endian_exif_keeps_its_values_and_types() -> None:
    exif = Image.Exif()
    exif.endian = ">"
    exif[ExifTags.Base.Artist] = "A. Photographer"
    inner = exif.get_ifd(EXIF)
    inner[ExifTags.Base.DateTimeOriginal] = "1907:06:10 12:00:00"
    inner[ExifTags.Base.FNumber] = 5.6
    inner[ExifTags.Base.ExifImageWidth] = 99
    block = exif.tobytes()
    assert block[6:8] == b"MM"
    kept = Image.Exif()
    kept.load(block_of(read_block(block)) or b"")
    assert kept[ExifTags.Base.Artist] == "A. Photographer"
    assert kept.get_ifd(EXIF)[ExifTags.Base.FNumber] == pytest.approx(5.6)
    assert ExifTags.Base.ExifImageWidth not in kept.get_ifd(EXIF)


def test_fields_that_overlap_to_more_than_the_file_are_left_out() -> None:
    data = bytearray(
        in_file(Directory({tag: short(*[7] * 90) for tag in range(9)}), big=False).read()
    )
    for entry in range(10, 10 + 12 * 9, 12):
        data[entry + 4 : entry + 12] = struct.pack("<II", 80, 130)  # all of them the same bytes
    (back,) = read_directories(io.BytesIO(data[:320]))
    assert back.damaged
    assert 0 < len(back) < 9


@pytest.mark.parametrize(
    "data",
    [b"", b"XX*\0\x08\0\0\0", b"II*\0\x08\0\0\0\xff\xff", b"II*\0\xff\xff\xff\xff"],
)
def test_what_is_no_directory_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableError):
        next(read_directories(io.BytesIO(data)))


def test_entries_that_are_told_more_often_than_the_file_has_room_for_are_damage() -> None:
    void = struct.pack("<H", 4096) + struct.pack("<HHII", 1, 99, 0, 0) * 4096 + bytes(4)
    pointers = 4096
    at = 8 + 2 + 12 * pointers + 4
    first = struct.pack("<H", pointers) + struct.pack("<HHII", EXIF, LONG, 1, at) * pointers
    data = b"II*\0" + struct.pack("<I", 8) + first + bytes(4) + void
    began = time.process_time()
    directory = read_block(data + bytes(100_000))
    assert directory.damaged
    assert time.process_time() - began < 2  # each of them took 4 ms


def test_one_directory_below_many_places_is_not_read_for_ever() -> None:
    at = 8 + 2 + 12 + 4
    below = struct.pack("<HHHII", 1, 34675, UNDEFINED, 5000, at + 4 * 1000 + 18) + bytes(4)
    head = struct.pack("<HHHII", 1, 330, LONG, 1000, at) + bytes(4)
    places = struct.pack("<I", at + 4 * 1000) * 1000
    file = io.BytesIO(b"II*\0" + struct.pack("<I", 8) + head + places + below + bytes(5000))
    read = list[Directory]()
    with pytest.raises(UnreadableError, match="damaged"):
        for directory in sub_directories(file, read_directories(file)):
            read.append(directory)
    assert sum(34675 in directory for directory in read) == 1


def test_directory_inside_itself_ends() -> None:
    data = bytearray(in_file(Directory({EXIF: Directory({1: short(1)})}), big=False).read())
    data[8 + 2 + 8 : 8 + 2 + 12] = struct.pack("<I", 8)
    (back,) = read_directories(io.BytesIO(data))
    assert EXIF in back


@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=300), big=st.booleans())
def test_any_bytes_are_a_directory_or_refused(data: bytes, big: bool) -> None:
    head = b"MM\0+\0\x08\0\0" + struct.pack(">Q", 16) if big else b"MM\0*" + struct.pack(">I", 8)
    try:
        for directory in read_directories(io.BytesIO(head + data)):
            to_bytes(directory, 8)
            block_of(directory)
    except UnreadableError:
        pass
