"""TIFF of 16-bit colour comes out exactly, however it is stored; what is damaged never half."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from made_tiffs import Layout, deep_tiff, tiff_page
from PIL import Image

from reverse_oldify.errors import InputError, TooLargeError, UnreadableError
from reverse_oldify.files.read import read, read_pages
from reverse_oldify.files.tiff import pages
from reverse_oldify.files.tiff.ifd import SHORT, Directory, Field

RGBA = np.random.default_rng(3).integers(0, 65536, (23, 37, 4)).astype(np.uint16)
RGB = RGBA[..., :3]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("predictor", [1, 2])
@pytest.mark.parametrize("compression", [1, 5, 8, 32773, 50000])
def test_every_compression_is_exact(compression: int, predictor: int, order: str) -> None:
    layout = Layout(compression=compression, predictor=predictor, order=order)
    data = _in_order(deep_tiff(RGB, layout), order)
    np.testing.assert_array_equal(read(data).pixels, RGB)


@pytest.mark.parametrize(
    "layout",
    [
        Layout(tile=16),
        Layout(tile=32, compression=8, predictor=2),
        Layout(planar=True, rows=5),
        Layout(planar=True, tile=16, compression=8, predictor=2),
        Layout(big=True, compression=8),
        Layout(rows=1),
        Layout(rows=99),
    ],
    ids=repr,
)
def test_every_layout_is_exact(layout: Layout) -> None:
    np.testing.assert_array_equal(read(deep_tiff(RGB, layout)).pixels, RGB)


def test_opacity_is_split_off_and_divided_out_where_it_was_multiplied() -> None:
    plain = read(deep_tiff(RGBA, Layout(extra=2)))
    np.testing.assert_array_equal(plain.pixels, RGB)
    np.testing.assert_array_equal(plain.alpha, RGBA[..., 3])
    half = np.full((4, 4), 32768, np.uint16)
    colour = np.stack([half // 2, half // 4, half // 8], -1)
    multiplied = read(deep_tiff(np.dstack([colour, half]), Layout(extra=1)))
    expected = np.rint(np.array([16384, 8192, 4096]) * 65535 / 32768)
    np.testing.assert_array_equal(multiplied.pixels[0, 0], expected)


@pytest.mark.parametrize("colours", [1, 3])
@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_a_channel_is_opacity_only_where_it_says_so(depth: type, colours: int) -> None:
    codes = (RGBA >> 8 * (depth == np.uint8)).astype(depth)
    codes, alpha = codes[..., :colours], codes[..., [3]]
    infrared = alpha // 3
    pixels = codes[..., 0] if colours == 1 else codes
    kind = 1 if colours == 1 else 2
    note = "has a channel that is neither colour nor opacity; left out"

    unknown = read(deep_tiff(np.dstack([codes, infrared]), Layout(extra=0, photometric=kind)))
    np.testing.assert_array_equal(unknown.pixels, pixels)
    assert unknown.alpha is None
    assert unknown.notes[0] == note

    both = np.dstack([codes, infrared, alpha])
    for planar in (False, True):
        layout = Layout(extra=(0, 2), photometric=kind, planar=planar)
        picture = read(deep_tiff(both, layout))
        np.testing.assert_array_equal(picture.pixels, pixels)
        np.testing.assert_array_equal(picture.alpha, alpha[..., 0])
        assert picture.notes[0] == note

    layout = Layout(extra=(0, 0, 0), photometric=kind)
    many = read(deep_tiff(np.dstack([codes, *[infrared] * 3]), layout))
    assert many.alpha is None
    assert "has 3 channels that are neither colour nor opacity; left out" in many.notes


def test_an_extra_channel_of_which_nothing_is_said_is_opacity() -> None:
    picture = read(deep_tiff(RGBA, Layout()))
    np.testing.assert_array_equal(picture.alpha, RGBA[..., 3])


def test_gray_with_opacity_and_white_as_zero() -> None:
    layout = Layout(photometric=0, extra=2)
    picture = read(deep_tiff(RGBA[..., :2], layout))
    np.testing.assert_array_equal(picture.pixels, 65535 - RGBA[..., 0])
    np.testing.assert_array_equal(picture.alpha, RGBA[..., 1])


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied_and_resolution_follows(orientation: int) -> None:
    def rational(number: int) -> Field:
        return Field(5, struct.pack("<II", number, 1))

    orient = Field(SHORT, struct.pack("<H", orientation))
    unit = Field(SHORT, struct.pack("<H", 2))
    tags = Directory({274: orient, 282: rational(300), 283: rational(600), 296: unit})
    picture = read(deep_tiff(RGB, Layout(tags=tags)))
    sideways = orientation >= 5
    assert picture.size == (RGB.shape[1::-1] if sideways else RGB.shape[:2])
    assert picture.metadata.dpi == ((600, 300) if sideways else (300, 600))
    corner = {1: (0, 0), 2: (0, -1), 3: (-1, -1), 4: (-1, 0), 5: (0, 0), 6: (-1, 0), 7: (-1, -1)}
    stored = RGB[corner.get(orientation, (0, -1))]
    np.testing.assert_array_equal(picture.pixels[0, 0], stored)


def test_every_page_is_read_and_thumbnails_are_none() -> None:
    thumbnail = Directory({254: Field(SHORT, struct.pack("<H", 1))})
    data = _chained([(RGB, None), (RGB[:5, :5], thumbnail), (RGB[::-1], None)])
    pages = list(read_pages(data))
    assert [page.page_count for page in pages] == [2, 2]
    np.testing.assert_array_equal(pages[0].pixels, RGB)
    np.testing.assert_array_equal(pages[1].pixels, RGB[::-1])
    assert read(data).notes[-1] == "has several pages; the first was taken"
    np.testing.assert_array_equal(read(data, page=2).pixels, RGB[::-1])
    assert read(data, page=1).notes == pages[0].notes
    with pytest.raises(UnreadableError, match="no page 3"):
        read(data, page=3)


def test_pages_that_are_decoded_for_nothing_are_limited() -> None:
    file = io.BytesIO()  # by Pillow, for its colours are not plain
    pages = [Image.new("CMYK", (40, 30)) for _ in range(4)]
    pages[0].save(file, "TIFF", save_all=True, append_images=pages[1:])
    assert read(file.getvalue(), page=3, max_pixels=2400).size == (30, 40)
    with pytest.raises(TooLargeError, match="page 4 is too far behind"):
        read(file.getvalue(), page=4, max_pixels=2400)


def test_circle_of_pages_ends() -> None:
    data = bytearray(_chained([(RGB, None), (RGB, None)]))
    _link_last_page_to_first(data)
    assert read(bytes(data)).size == RGB.shape[:2]
    with pytest.raises(UnreadableError, match="circle"):
        list(read_pages(bytes(data)))


def test_number_of_pages_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "MAX_PAGES", 2)
    with pytest.raises(TooLargeError, match="more than 2 pages"):
        read(_chained([(RGB, None)] * 3))


def test_limit_on_pixels_holds_before_decoding() -> None:
    with pytest.raises(TooLargeError):
        read(deep_tiff(RGB), max_pixels=RGB.shape[0] * RGB.shape[1] - 1)


@pytest.mark.parametrize(("tag", "length"), [(256, 37), (257, 23)])
def test_tiles_of_a_page_without_pixels_are_damage(tag: int, length: int) -> None:
    data = deep_tiff(RGB[..., :1], Layout(tile=16, photometric=1))
    told, none = (struct.pack("<HHII", tag, 4, 1, number) for number in (length, 0))
    assert told in data
    with pytest.raises(UnreadableError, match="damaged"):
        read(data.replace(told, none))


@pytest.mark.parametrize("compression", [1, 5, 8, 50000])
def test_cut_off_strips_are_an_error(compression: int) -> None:
    data = bytearray(deep_tiff(RGB, Layout(compression=compression)))
    data[8:400] = bytes(392)
    if compression == 1:  # what is missing cannot be zeroed: claim that it lies behind the end
        lengths = data.index(struct.pack("<I", 9 * 37 * 6))
        data[lengths : lengths + 4] = struct.pack("<I", 1 << 20)
    with pytest.raises(UnreadableError):
        read(bytes(data))


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_damaged_deep_files_raise_nothing_but_input_errors(data: st.DataObject) -> None:
    damaged = bytearray(data.draw(st.sampled_from(SMALL)))
    directory = st.integers(len(damaged) - 300, len(damaged) - 1)
    anywhere = st.integers(0, len(damaged) - 1)
    for _ in range(data.draw(st.integers(1, 5))):
        damaged[data.draw(directory | anywhere)] = data.draw(st.integers(0, 255))
    try:
        for picture in read_pages(bytes(damaged), max_pixels=100_000):
            assert picture.pixels.shape[:2] == picture.size
    except InputError as error:
        assert "\n" not in str(error)


SMALL = [
    deep_tiff(RGB[:9, :12], Layout(compression=8, predictor=2)),
    deep_tiff(RGBA[:9, :12], Layout(big=True, extra=2)),
    deep_tiff(RGB[:9, :12], Layout(tile=16, compression=5)),
]


def _in_order(data: bytes, order: str) -> bytes:
    """The same file with a big-endian directory, for samples that are big-endian already."""
    if order == "<":
        return data
    (at,) = struct.unpack("<I", data[4:8])
    (count,) = struct.unpack("<H", data[at : at + 2])
    turned = bytearray(data)
    turned[:8] = b"MM\0*" + struct.pack(">I", at)
    turned[at : at + 2] = struct.pack(">H", count)
    for start in range(at + 2, at + 2 + 12 * count, 12):
        tag, kind, number, place = struct.unpack("<HHII", data[start : start + 12])
        size = {3: 2, 4: 4}[kind]
        inside = size * number <= 4
        where = start + 8 if inside else place
        values = np.frombuffer(data, f"<u{size}", number, where).astype(f">u{size}").tobytes()
        turned[start : start + 8] = struct.pack(">HHI", tag, kind, number)
        if not inside:
            turned[start + 8 : start + 12] = struct.pack(">I", place)
        turned[where : where + len(values)] = values
    return bytes(turned)


def _chained(pages: list[tuple[np.ndarray, Directory | None]]) -> bytes:
    data, link = bytearray(b"II*\0" + bytes(4)), 4
    for samples, tags in pages:
        page, at = tiff_page(samples, Layout(tags=tags), len(data))
        data[link : link + 4] = struct.pack("<I", at)
        data += page + bytes(len(page) % 2)
        (count,) = struct.unpack("<H", data[at : at + 2])
        link = at + 2 + 12 * count
    return bytes(data)


def _link_last_page_to_first(data: bytearray) -> None:
    (first,) = struct.unpack("<I", data[4:8])
    at = first
    while at:
        (count,) = struct.unpack("<H", data[at : at + 2])
        link = at + 2 + 12 * count
        (at,) = struct.unpack("<I", data[link : link + 4])
    data[link : link + 4] = struct.pack("<I", first)


@pytest.mark.parametrize("codes", [RGB, RGBA[..., 0] // 257])
def test_a_picture_below_a_thumbnail_is_found(codes: np.ndarray) -> None:
    """As TIFF/EP has it: the first directory is the thumbnail."""
    file = io.BytesIO()
    codes = codes.astype(np.uint16 if codes.ndim == 3 else np.uint8)
    photometric = "rgb" if codes.ndim == 3 else "minisblack"
    with tifffile.TiffWriter(file) as writer:
        writer.write(np.zeros((5, 6), np.uint8), subfiletype=1, subifds=1, metadata=None)
        writer.write(codes, photometric=photometric, metadata=None)
    (picture,) = read_pages(file.getvalue())
    assert picture.page_count == 1
    np.testing.assert_array_equal(picture.pixels, codes)


@pytest.mark.parametrize(
    "tags",
    [
        {255: Field(SHORT, struct.pack("<H", 2))},
        {513: Field(SHORT, struct.pack("<H", 8)), 514: Field(SHORT, struct.pack("<H", 9))},
    ],
)
def test_thumbnails_of_old_kinds_are_no_pages(tags: dict[int, Field]) -> None:
    data = _chained([(RGB, None), (RGB[:5, :5], Directory(tags))])
    if 513 in tags:  # EXIF's has no strips
        at = data.rindex(struct.pack("<HH", 273, 4))
        data = data[:at] + struct.pack("<HH", 65000, 4) + data[at + 4 :]
    (picture,) = read_pages(data)
    np.testing.assert_array_equal(picture.pixels, RGB)
