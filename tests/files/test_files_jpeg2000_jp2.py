"""JPEG 2000: what is said of a picture comes in and goes out, which Pillow does neither of."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_files import encode, encoded, scene
from made_profiles import gray_profile, swapped_rgb_profile
from PIL import Image

from reverse_oldify.errors import UnreadableError, UnsupportedError
from reverse_oldify.files.boxes import boxes_of, to_box
from reverse_oldify.files.formats import FORMATS
from reverse_oldify.files.jpeg2000.jp2 import completed
from reverse_oldify.files.metadata.read import Read
from reverse_oldify.files.picture import Metadata, Picture
from reverse_oldify.files.read import read

EXIF = Image.Exif()
EXIF[274], EXIF[315] = 1, "An author"
TOLD = Metadata(
    exif=EXIF.tobytes(),
    xmp=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>",
    iptc=b"\x1c\x02\x50\x00\x02me",
    dpi=(300.0, 2400.0),
)


def jp2(metadata: Metadata = TOLD) -> bytes:
    file = io.BytesIO()
    encode(Picture(pixels=scene(), metadata=metadata), FORMATS["jp2"], file)
    return file.getvalue()


def with_profile(image: Image.Image, icc: bytes) -> bytes:
    """A file that names its colours by a profile instead of a number."""
    data = encoded(image, "JPEG2000")
    at = data.index(b"colr") - 4
    (size,) = struct.unpack_from(">I", data, at)
    colour = to_box(b"colr", b"\2\0\0" + icc)
    header = data.index(b"jp2h") - 4
    (whole,) = struct.unpack_from(">I", data, header)
    data = data[:at] + colour + data[at + size :]
    return data[:header] + struct.pack(">I", whole + len(colour) - size) + data[header + 4 :]


@pytest.mark.parametrize("by_path", [False, True])
def test_metadata_comes_back(tmp_path: Path, by_path: bool) -> None:
    (tmp_path / "a.jp2").write_bytes(jp2())
    picture = read(tmp_path / "a.jp2" if by_path else jp2())
    np.testing.assert_array_equal(picture.pixels, scene())
    told = picture.metadata
    assert (told.xmp, told.iptc) == (TOLD.xmp, TOLD.iptc)
    assert told.dpi == pytest.approx(TOLD.dpi, rel=1e-4)
    block = Image.Exif()
    block.load(told.exif)
    assert (block[274], block[315]) == (1, "An author")


def test_nothing_is_made_up() -> None:
    told = read(jp2(Metadata())).metadata
    assert (told.exif, told.xmp, told.iptc, told.dpi) == (None, None, None, None)


def test_profile_is_applied() -> None:
    swapped = read(with_profile(Image.fromarray(scene()), swapped_rgb_profile())).pixels
    plain = scene().astype(int)
    assert np.abs(swapped[..., 0] - plain[..., 1]).mean() < 6
    dark = read(with_profile(Image.fromarray(scene()[..., 0]), gray_profile(1.0))).pixels
    assert dark.mean() > plain[..., 0].mean() + 20, "linear grey is brighter in sRGB"


def test_damaged_exif_is_noted_and_long_parts_are_left_out() -> None:
    uuid = to_box(b"uuid", b"JpgTiffExif->JP2" + b"nothing of the kind")
    assert read(jp2(Metadata()) + uuid).notes[0] == "its EXIF is damaged; left out"
    long = io.BytesIO(
        to_box(b"uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac") + b" " * (9 << 20))
    )
    told = completed(Read(Metadata(), 1, ()), long)
    assert told.metadata.xmp is None
    assert told.notes == ("its XMP is longer than 8 MB; left out",)


def test_boxes_of_a_damaged_file_end() -> None:
    assert list(boxes_of(io.BytesIO(b"\0\0\0\3jp2c" + bytes(30)))) == []
    endless = struct.pack(">I4sQ", 1, b"jp2c", (1 << 64) - 1) + bytes(9)
    (box,) = boxes_of(io.BytesIO(endless))
    assert (box.start, box.end) == (16, 25)
    assert len(list(boxes_of(io.BytesIO((b"\0\0\0\x08free") * 20_000)))) == 10_000


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
@pytest.mark.parametrize("depth", [4, 8])
def test_colours_of_a_palette_come_as_they_are(bits: int, depth: int) -> None:
    most = (1 << depth) - 1
    colours = np.random.default_rng(1).integers(0, most + 1, (1 << bits, 3), dtype=np.uint8)
    colours[1] = colours[0]  # there twice
    codes = np.random.default_rng(0).integers(0, 1 << bits, (40, 60), dtype=np.uint8)
    if bits == 8:
        codestream = encoded(Image.fromarray(codes), "JPEG2000", no_jp2=True)
    else:
        codestream = pytest.importorskip("imagecodecs").jpeg2k_encode(
            codes, level=0, bitspersample=bits, reversible=True, codecformat="j2k"
        )
    np.testing.assert_array_equal(
        read(with_palette(codestream, colours, bits=bits, depths=(depth - 1,) * 3)).pixels,
        colours[codes] * (255 // most),
    )


def with_palette(
    codestream: bytes,
    colours: np.ndarray,
    *,
    bits: int = 8,
    depths: tuple[int, ...] = (7, 7, 7),
    columns: tuple[int, ...] | None = None,
    space: int = 16,
    channels: int = 1,
) -> bytes:
    """A file of 40 x 60 pixels whose samples are numbers of colours, perhaps beside opacity."""
    header = to_box(b"ihdr", struct.pack(">IIH4B", 40, 60, channels, bits - 1, 7, 0, 0))
    header += to_box(b"colr", b"\1\0\0" + struct.pack(">I", space))
    about = struct.pack(">HB", len(colours), len(depths)) + bytes(depths)
    header += to_box(b"pclr", about + colours.tobytes())
    columns = tuple(range(len(depths))) if columns is None else columns
    mapped = b"".join(struct.pack(">H2B", 0, 1, column) for column in columns)
    header += to_box(b"cmap", mapped + (struct.pack(">H2B", 1, 0, 0) if channels > 1 else b""))
    data = to_box(b"jP  ", b"\r\n\x87\n") + to_box(b"ftyp", b"jp2 \0\0\0\0jp2 ")
    return data + to_box(b"jp2h", header) + to_box(b"jp2c", codestream)


CODES = np.random.default_rng(0).integers(0, 16, (40, 60), dtype=np.uint8)
NUMBERS = encoded(Image.fromarray(CODES), "JPEG2000", no_jp2=True)
COLOURS = np.random.default_rng(1).integers(0, 256, (16, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ("colours", "how"),
    [
        (COLOURS, {"columns": (2, 1, 0)}),
        (COLOURS, {"depths": (0x87,) * 3}),
        (COLOURS.astype(">u2") * 2, {"depths": (8,) * 3}),
        (COLOURS.astype(">u2") * 257, {"depths": (15,) * 3}),
        (COLOURS, {"space": 17}),
        (COLOURS[:, :1], {"depths": (7,), "space": 17}),
        (COLOURS[:, :1], {"depths": (7,)}),
        (COLOURS[:, :0], {"depths": ()}),
    ],
)
def test_palettes_that_would_come_out_wrong_are_refused(
    colours: np.ndarray, how: dict[str, Any]
) -> None:
    with pytest.raises(UnsupportedError, match="unusual palette"):
        read(with_palette(NUMBERS, colours, **how))


def test_numbers_of_colours_that_are_not_there_are_damage() -> None:
    with pytest.raises(UnreadableError, match="damaged"):
        read(with_palette(NUMBERS, COLOURS[:15]))


def test_a_palette_beside_opacity_keeps_its_places() -> None:
    colours = COLOURS.copy()
    colours[1] = colours[0]  # there twice
    pairs = Image.fromarray(np.dstack([CODES, CODES + 200]))
    codestream = encoded(pairs, "JPEG2000", no_jp2=True)
    picture = read(with_palette(codestream, colours, channels=2))
    np.testing.assert_array_equal(picture.pixels, colours[CODES])
    np.testing.assert_array_equal(picture.alpha, CODES + 200)
