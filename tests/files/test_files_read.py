"""Reading files that are as they should be, and files that are not."""

from __future__ import annotations

import io
import os
import struct
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_files import encoded, gray_ramp, gray_tiff, png_header, scene
from made_tiffs import deep_tiff
from PIL import Image

from reverse_oldify.errors import (
    InputError,
    MissingExtraError,
    TooLargeError,
    UnreadableError,
    UnsupportedError,
)
from reverse_oldify.files.read import from_image, read

COLOURS = Image.fromarray(scene())
GRAY = Image.fromarray(gray_ramp())


@pytest.mark.parametrize(
    ("format", "key", "tolerance"),
    [
        ("JPEG", "jpg", 4),
        ("PNG", "png", 0),
        ("WEBP", "webp", 9),
        ("TIFF", "tif", 0),
        ("BMP", "bmp", 0),
        ("GIF", "gif", 0),
        ("AVIF", "avif", 20),
        ("JPEG2000", "jp2", 0),
    ],
)
def test_every_format_is_read_from_path_and_bytes(
    tmp_path: Path, format: str, key: str, tolerance: int
) -> None:
    data = encoded(GRAY, format)
    path = tmp_path / "no suffix"
    path.write_bytes(data)
    from_path, from_bytes = read(str(path)), read(data)
    assert from_path.format == from_bytes.format == key
    assert from_path.source == path
    assert from_bytes.source is None
    np.testing.assert_array_equal(from_path.srgb, from_bytes.srgb)
    assert np.abs(from_path.srgb[..., 0].astype(int) - gray_ramp()).max() <= tolerance


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_orientation_is_honoured_once(orientation: int, format: str) -> None:
    upright = np.zeros((32, 48), np.uint8)
    upright[:8, :16] = 255  # a mark in the corner at the top left
    turned = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.T,
        6: np.rot90(upright),
        7: upright[::-1, ::-1].T,
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[274] = orientation
    data = encoded(Image.fromarray(np.ascontiguousarray(turned)), format, exif=exif)
    picture = read(data)
    assert picture.size == (32, 48)
    assert np.abs(picture.srgb[..., 0].astype(int) - upright).mean() < 4
    file = io.BytesIO()
    picture.to_image().save(file, "PNG", exif=picture.metadata.exif)
    np.testing.assert_array_equal(read(file.getvalue()).srgb, picture.srgb)


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        (b"", UnreadableError, "empty"),
        (b"this is a letter, not a picture", UnreadableError, "not a picture"),
        (b"\x89PNG\r\n\x1a\n", UnreadableError, "damaged"),
        (b"\xff\xd8\xff\xe0", UnreadableError, "damaged"),
        (b"BM", UnreadableError, "damaged"),
        (b"GIF89a", UnreadableError, "damaged"),
        (b"II*\0\xff\xff\xff\xff", UnreadableError, "damaged"),
        (b"RIFF\0\0\0\0WEBPVP8 ", UnreadableError, "damaged"),
        (b"\0\0\0\x18ftypavif" + bytes(30), UnreadableError, "AVIF"),
        (b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(30), UnreadableError, "damaged"),
        (b"8BPS" + bytes(30), UnsupportedError, "Photoshop"),
        (b"%PDF-1.4" + bytes(30), UnsupportedError, "PDF"),
        (b"%!PS-Adobe-3.0 EPSF-3.0" + bytes(30), UnreadableError, "not a picture"),
    ],
)
def test_what_is_no_picture_is_refused(data: bytes, error: type[InputError], words: str) -> None:
    with pytest.raises(error, match=words) as caught:
        read(data)
    assert "\n" not in str(caught.value)
    assert ";" in str(caught.value), "says what to do"


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "GIF", "BMP", "WEBP", "AVIF"])
def test_half_a_file_is_an_error_and_never_half_a_picture(format: str, share: float) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (120, 160, 3)).astype(np.uint8)
    data = encoded(Image.fromarray(noise), format)
    with pytest.raises(UnreadableError, match="damaged"):
        read(data[: int(len(data) * share)])


def test_half_a_progressive_jpeg_is_an_error() -> None:
    data = encoded(COLOURS.resize((400, 300)), "JPEG", progressive=True)
    with pytest.raises(UnreadableError, match="damaged"):
        read(data[: len(data) // 2])


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "jpeg", "packbits"])
def test_half_a_compressed_tiff_is_an_error(compression: str) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (200, 160, 3)).astype(np.uint8)
    data = bytearray(encoded(Image.fromarray(noise), "TIFF", compression=compression))
    data[len(data) // 3 : len(data) // 3 * 2] = bytes(len(data) // 3)
    with pytest.raises(UnreadableError, match="damaged"):
        read(bytes(data[: len(data) // 2]))


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1)])
def test_thin_pictures_are_read(size: tuple[int, int]) -> None:
    picture = read(encoded(COLOURS.resize(size), "PNG"))
    assert picture.size == size[::-1]
    assert picture.lightness.shape == size[::-1]


def test_bomb_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(TooLargeError, match="100000 x 100000 pixels"):
        read(png_header(100_000, 100_000))
    gif = bytearray(encoded(GRAY, "GIF"))
    gif[6:10] = struct.pack("<HH", 65535, 65535)
    with pytest.raises(TooLargeError):
        read(bytes(gif))


def test_tiff_whose_tile_is_a_bomb_is_refused() -> None:
    data = gray_tiff(gray_ramp(), bits=8)
    tile = bytearray(data)
    for old, new in ((273, 324), (278, 323), (279, 325), (277, 322)):
        at = data.rindex(struct.pack("<H", old) + struct.pack("<H", 3 if old == 277 else 4))
        tile[at : at + 2] = struct.pack("<H", new)
        if new in (322, 323):
            tile[at + 2 : at + 12] = struct.pack("<HII", 4, 1, 1 << 20)
    with pytest.raises(InputError):
        read(bytes(tile))


def test_limit_is_the_callers_and_pillows_own_is_left_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    for format in ("TIFF", "PNG"):
        data = encoded(COLOURS, format)
        assert read(data, max_pixels=2400).size == (40, 60)
    deep = deep_tiff(scene().astype(np.uint16))
    assert read(deep, max_pixels=2400).size == (40, 60)
    with pytest.raises(TooLargeError, match=r"0\.002399 million"):
        read(data, max_pixels=2399)
    with pytest.raises(InputError):
        read(b"BM")
    assert Image.MAX_IMAGE_PIXELS == 100


@pytest.mark.parametrize(
    ("format", "settings"),
    [("GIF", {}), ("TIFF", {}), ("WEBP", {"lossless": True}), ("PNG", {})],
)
def test_of_several_frames_the_first_is_read(format: str, settings: dict[str, bool]) -> None:
    frames = [Image.new("L", (20, 10), level) for level in (40, 160, 220)]
    data = encoded(frames[0], format, save_all=True, append_images=frames[1:], **settings)
    picture = read(data)
    assert picture.pixels.max() == 40
    noun = "pages" if format == "TIFF" else "frames"
    assert picture.notes == (f"has several {noun}; the first was taken",)


def test_colour_and_sepia_are_noted_and_tinted_gray_is_not() -> None:
    note = "was in colour; coloured anew from its lightness"
    gray = np.repeat(gray_ramp()[..., None], 3, axis=2).astype(float)
    sepia = np.clip(gray * [1.0, 0.87, 0.68], 0, 255).astype(np.uint8)
    tinted = np.clip(gray * [1.0, 0.99, 0.97], 0, 255).astype(np.uint8)
    assert read(encoded(COLOURS, "PNG")).notes == (note,)
    assert read(encoded(Image.fromarray(sepia), "PNG")).notes == (note,)
    assert read(encoded(Image.fromarray(tinted), "PNG")).notes == ()
    assert read(encoded(GRAY, "JPEG")).notes == ()


def test_missing_folder_and_pipe_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match=r"none\.jpg: no such file"):
        read(tmp_path / "none.jpg")
    with pytest.raises(UnreadableError, match="a folder"):
        read(tmp_path)
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(UnreadableError, match="not a regular file"):
        read(tmp_path / "pipe.jpg")
    with pytest.raises(UnreadableError):
        read("nul\0.jpg")
    with pytest.raises(UnreadableError):
        read(tmp_path / ("x" * 300))


def test_image_in_memory_is_turned_and_described() -> None:
    image = COLOURS.copy()
    image.getexif()[274] = 6
    picture = from_image(image)
    assert picture.size == (60, 40)
    np.testing.assert_array_equal(picture.pixels, np.rot90(scene(), -1))


def test_threads_may_read_at_once() -> None:
    data, failures = encoded(COLOURS, "PNG"), []

    def work() -> None:
        try:
            for _ in range(20):
                np.testing.assert_array_equal(read(data).pixels, scene())
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_damaged_files_raise_nothing_but_what_read_declares(data: st.DataObject) -> None:
    """Also with warnings as errors, which Pillow gives for much that is damaged."""
    original = data.draw(st.sampled_from(SMALL_FILES))
    damaged = bytearray(original)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        damaged[at] = data.draw(st.integers(0, 255))
    try:
        picture = read(bytes(damaged), max_pixels=1_000_000)
    except (InputError, MissingExtraError) as error:  # one byte makes AVIF claim to be HEIC
        assert "\n" not in str(error)
    else:
        assert picture.pixels.shape[:2] == picture.size
        assert picture.alpha is None or picture.alpha.shape == picture.size


SMALL_FILES = [
    encoded(Image.fromarray(scene(9, 12)), format)
    for format in ("JPEG", "PNG", "TIFF", "GIF", "BMP", "WEBP", "AVIF", "JPEG2000")
] + [encoded(Image.fromarray(gray_ramp(np.uint16)), "TIFF", compression="tiff_lzw")]


@pytest.mark.parametrize(
    ("kind", "noted"), [(0x020002, True), (0x020001, True), (0x010001, False), (0, False)]
)
def test_other_views_in_a_jpeg_are_told_of_but_no_thumbnails_and_maps(
    kind: int, noted: bool
) -> None:
    one, other = Image.fromarray(scene()), Image.fromarray(scene()[::-1])
    data = encoded(one, "MPO", save_all=True, append_images=[other])
    entries = data.rindex(struct.pack("<I", 0x030000), 0, data.index(b"\xff\xdb"))  # 16 bytes each
    data = data[: entries + 16] + struct.pack("<I", kind) + data[entries + 20 :]
    picture = read(data)
    assert ("has several frames; the first was taken" in picture.notes) is noted
    assert (picture.pixels == read(encoded(one, "JPEG")).pixels).all()
