"""PNG with 16 bits per channel, in colour or with opacity, both ways."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_files import deep_png, encoded
from PIL import Image

from reverse_oldify.errors import InputError, UnreadableError
from reverse_oldify.files.picture import Metadata, Picture
from reverse_oldify.files.png.deep import is_deep, write_deep_png
from reverse_oldify.files.read import read

RGBA = np.random.default_rng(11).integers(0, 65536, (21, 34, 4)).astype(np.uint16)
RGB, ALPHA = RGBA[..., :3], RGBA[..., 3]


def written(picture: Picture) -> bytes:
    file = io.BytesIO()
    write_deep_png(picture, file)
    return file.getvalue()


@pytest.mark.parametrize("alpha", [None, ALPHA], ids=["opaque", "alpha"])
@pytest.mark.parametrize("pixels", [RGB, RGBA[..., 0]], ids=["colour", "gray"])
def test_what_is_written_is_read_exactly(pixels: np.ndarray, alpha: np.ndarray | None) -> None:
    back = read(written(Picture(pixels=pixels, alpha=alpha)))
    np.testing.assert_array_equal(back.pixels, pixels)
    assert (back.alpha is None) == (alpha is None)
    assert alpha is None or np.array_equal(back.alpha, alpha)


def test_every_filter_is_undone_by_pillow_to_16_bits() -> None:
    """Files of others use all five filters, and a row before the first that is zero."""
    smooth = np.cumsum(np.cumsum(RGB // 64, 0, dtype=np.uint16), 1, dtype=np.uint16)
    np.testing.assert_array_equal(read(_filtered(smooth)).pixels, smooth)


def test_pillow_sees_the_high_bytes_and_what_is_said() -> None:
    metadata = Metadata(xmp="<x>é</x>".encode(), dpi=(300, 600))
    with Image.open(io.BytesIO(written(Picture(pixels=RGB, metadata=metadata)))) as image:
        image.load()
        np.testing.assert_array_equal(np.asarray(image), RGB >> 8)
        assert image.info["xmp"] == metadata.xmp
        assert image.info["dpi"] == pytest.approx((300, 600), abs=0.02)
        assert len(image.info["icc_profile"]) < 700


def test_transparent_colour_becomes_alpha() -> None:
    key = struct.pack(">3H", *RGB[3, 4].tolist())
    data = deep_png(RGB)
    chunk = struct.pack(">I", 6) + b"tRNS" + key + struct.pack(">I", zlib.crc32(b"tRNS" + key))
    picture = read(data[:33] + chunk + data[33:])
    assert picture.alpha is not None
    assert picture.alpha[3, 4] == 0
    assert (picture.alpha == 65535).sum() == picture.alpha.size - 1


GAMMA = b"gAMA" + struct.pack(">I", 100_000)


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGB", "I;16", "RGB;16"])
def test_gamma_is_applied(mode: str) -> None:
    """Linear light comes out as sRGB."""
    gray = np.linspace(0, 255, 256).astype(np.uint8).reshape(16, 16)
    linear, deep = gray / 255, gray.astype(np.uint16) * 257
    if mode == "RGB;16":
        data = deep_png(np.dstack([deep] * 3))
    else:
        image = Image.fromarray(deep if mode == "I;16" else gray)
        if mode == "P":
            image.putpalette(np.repeat(np.arange(256, dtype=np.uint8), 3).tobytes())
        data = encoded(image if mode in ("I;16", "P") else image.convert(mode), "PNG")
    picture = read(_with_chunk(data, GAMMA))
    srgb = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    most = np.iinfo(picture.dtype).max
    pixels = picture.pixels.reshape(16, 16, -1)
    assert np.abs(pixels - srgb[..., None] * most).max() < (2 if most == 255 else 3)
    assert picture.notes == ()


def test_gamma_counts_only_where_nothing_else_tells_of_colours() -> None:
    gray = np.arange(256, dtype=np.uint8).reshape(16, 16)
    plain = encoded(Image.fromarray(gray), "PNG")
    almost_srgb = b"gAMA" + struct.pack(">I", 45_455)
    none = b"gAMA" + bytes(4)
    cicp = b"cICP\1\x0d\0\1"
    for chunks in ((almost_srgb,), (none,), (GAMMA, b"sRGB\0"), (GAMMA, cicp)):
        data = plain
        for chunk in chunks:
            data = _with_chunk(data, chunk)
        np.testing.assert_array_equal(read(data).pixels, gray)


def test_only_colour_or_opacity_at_16_bits_is_deep() -> None:
    assert is_deep(deep_png(RGB)[:32])
    gray, small = io.BytesIO(), io.BytesIO()
    Image.fromarray(RGB[..., 0]).save(gray, "PNG")
    Image.new("RGB", (2, 2)).save(small, "PNG")
    assert not is_deep(gray.getvalue()[:32])
    assert not is_deep(small.getvalue()[:32])
    assert not is_deep(b"")


@pytest.mark.parametrize(
    "codes", [RGB, RGB.astype(np.uint8), RGBA[..., 0]], ids=["deep", "colour", "gray"]
)
def test_damage_to_the_last_of_the_samples_is_an_error(codes: np.ndarray) -> None:
    file = io.BytesIO()
    if codes.dtype == np.uint8 or codes.ndim == 2:
        Image.fromarray(codes).save(file, "PNG")
    else:
        file.write(deep_png(codes))
    sound = file.getvalue()
    assert read(sound).size == codes.shape[:2]
    behind = len(sound) - 12  # IEND
    for place in range(behind - 60, behind):
        damaged = bytearray(sound)
        damaged[place] ^= 16
        with pytest.raises(UnreadableError, match="damaged or cut off; restore it from a copy"):
            read(bytes(damaged))


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_half_a_file_is_an_error(share: float) -> None:
    data = written(Picture(pixels=RGB))
    with pytest.raises(UnreadableError):
        read(data[: int(len(data) * share)])


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_damaged_files_raise_nothing_but_input_errors(data: st.DataObject) -> None:
    damaged = bytearray(data.draw(st.sampled_from(SMALL)))
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(8, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        picture = read(bytes(damaged), max_pixels=100_000)
    except InputError as error:
        assert "\n" not in str(error)
    else:
        assert picture.pixels.shape[:2] == picture.size


SMALL = [written(Picture(pixels=RGB)), written(Picture(pixels=RGB[..., 0], alpha=ALPHA))]


def _filtered(samples: np.ndarray) -> bytes:
    """PNG whose rows take the five filters in turn (ISO/IEC 15948, 9.2)."""
    height, _, channels = samples.shape
    step = 2 * channels
    rows = samples.astype(">u2").view(np.uint8).reshape(height, -1).astype(int)
    padded = np.pad(rows, ((1, 0), (step, 0)))
    left, up, corner = padded[1:, :-step], padded[:-1, step:], padded[:-1, :-step]
    guess = left + up - corner
    distances = [np.abs(guess - other) for other in (left, up, corner)]
    paeth = np.choose(np.argmin(distances, axis=0), [left, up, corner])
    predictions = [np.zeros_like(rows), left, up, (left + up) // 2, paeth]
    data = b"".join(
        bytes([row % 5])
        + ((rows[row] - predictions[row % 5][row]) % 256).astype(np.uint8).tobytes()
        for row in range(height)
    )
    original = deep_png(samples)
    idat = zlib.compress(data)
    chunk = struct.pack(">I", len(idat)) + b"IDAT" + idat
    return original[:33] + chunk + struct.pack(">I", zlib.crc32(b"IDAT" + idat)) + original[-12:]


def _with_chunk(png: bytes, chunk: bytes) -> bytes:
    """The same file with a chunk (type and data) behind its header."""
    whole = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return png[:33] + whole + png[33:]


def test_what_lies_behind_the_end_does_not_matter() -> None:
    sound = encoded(Image.fromarray(np.zeros((5, 7), np.uint8)), "PNG")
    behind = struct.pack(">I4s", 4, b"IDAT") + bytes(8)
    np.testing.assert_array_equal(read(sound + behind).pixels, 0)
