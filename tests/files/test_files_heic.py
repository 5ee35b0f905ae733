"""HEIC: all of its bits, its profile and its metadata, upright once."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from made_files import encoded, gray_ramp, scene
from made_profiles import swapped_rgb_profile
from PIL import Image

from reverse_oldify.files import heic
from reverse_oldify.files.discover import discover
from reverse_oldify.files.read import read

pillow_heif = pytest.importorskip("pillow_heif")
pillow_heif.register_heif_opener()


def deep_heic(samples: np.ndarray, mode: str, **settings: object) -> bytes:
    """Ten bits, without loss; uint16 (H, W) or (H, W, C)."""
    height, width = samples.shape[:2]
    picture = pillow_heif.from_bytes(mode=mode, size=(width, height), data=samples.tobytes())
    file = io.BytesIO()
    picture.save(file, quality=-1, chroma=444, matrix_coefficients=0, **settings)
    return file.getvalue()


def test_eight_bits_come_with_profile_and_metadata_upright_once() -> None:
    exif = Image.Exif()
    exif[274], exif[315] = 6, "An author"
    packet = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"
    lossless = {"quality": -1, "chroma": 444, "matrix_coefficients": 0}
    image = Image.fromarray(scene())
    described = {"exif": exif.tobytes(), "xmp": packet, "icc_profile": swapped_rgb_profile()}
    picture = read(encoded(image, "HEIF", **lossless, **described))
    assert (picture.format, picture.size) == ("heic", (60, 40))
    plain = np.rot90(scene(), -1).astype(int)
    assert np.abs(picture.pixels[..., 0] - plain[..., 1]).mean() < 6, "the profile was applied"
    assert picture.metadata.xmp == packet
    block = Image.Exif()
    block.load(picture.metadata.exif)
    assert (block[274], block[315]) == (1, "An author")


@pytest.mark.parametrize("mode", ["I;16", "RGB;16", "RGBA;16"])
def test_ten_bits_stay(mode: str) -> None:
    ten = (np.arange(64 * 64, dtype=np.uint16).reshape(64, 64) % 1024) << 6
    samples = ten if mode == "I;16" else np.dstack([ten, ten[::-1], ten.T, ten][: len(mode) - 3])
    picture = read(deep_heic(np.ascontiguousarray(samples), mode))
    expected = samples | samples >> 10
    assert picture.pixels.dtype == np.uint16
    assert not [note for note in picture.notes if "cut" in note]
    got = picture.samples if samples.ndim == 3 else picture.pixels
    assert np.abs(got.astype(int) - expected).max() <= 64, "one code of ten bits"
    assert got.max() == 65535, "white is white"


def test_tones_of_hdr_are_noted() -> None:
    image = Image.new("RGB", (16, 16))
    image.info["nclx_profile"] = {"transfer_characteristics": 16}
    assert list(heic.remarks(image)) == ["its HDR tones (PQ) were taken as those of sRGB"]
    assert read(encoded(Image.fromarray(gray_ramp()), "HEIF")).notes == ()


def test_damage_is_an_error_and_the_result_a_png() -> None:
    from reverse_oldify.errors import UnreadableError

    data = encoded(Image.fromarray(scene()), "HEIF")
    for length in (40, len(data) // 2, len(data) - 9):
        with pytest.raises(UnreadableError):
            read(data[:length])
    assert discover(["a.heic"], Path("out")).tasks[0].target == Path("out/a.png")
