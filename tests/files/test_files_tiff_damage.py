"""Damage inside pages of TIFF that Pillow decodes is told, though libtiff says nothing of it."""

from __future__ import annotations

import numpy as np
import pytest
from made_files import encoded, scene
from made_tiffs import segments_of, written
from PIL import Image

from reverse_oldify.errors import UnreadableError
from reverse_oldify.files.jpeg.damage import NOTE
from reverse_oldify.files.read import read

NOISE = np.random.default_rng(2)
SCENE = scene(200, 300) // 2 + NOISE.integers(0, 60, (200, 300, 3)).astype(np.uint8)
GRAY = SCENE[..., 0]
PALETTE = (np.arange(256) * 257).astype(np.uint16)[None].repeat(3, 0)
DEFLATED = {
    "palette": (GRAY, {"photometric": "palette", "colormap": PALETTE}),
    "bilevel": (GRAY > 100, {}),
    "float": (GRAY.astype(np.float32) / 255, {"predictor": 3, "rowsperstrip": 50}),
    "inks": (np.dstack([SCENE, GRAY]), {"photometric": "separated", "tile": (64, 64)}),
    "big-endian BigTIFF": (GRAY > 100, {"bigtiff": True, "byteorder": ">"}),
}


@pytest.mark.parametrize("case", DEFLATED)
def test_checksums_are_compared_of_what_pillow_decodes(case: str) -> None:
    codes, settings = DEFLATED[case]
    if "predictor" in settings:
        pytest.importorskip("imagecodecs")  # tifffile writes it with that
    sound = written(codes, compression="deflate", **settings)
    assert read(sound).size == codes.shape[:2]
    places = [place for place in segments_of(sound) if place[1] > 100]
    damage = np.random.default_rng(4)
    for _ in range(60):
        offset, length = places[damage.integers(len(places))]
        damaged, at = bytearray(sound), offset + damage.integers(length // 2, length - 32)
        damaged[at : at + 32] = damage.bytes(32)
        with pytest.raises(UnreadableError, match="damaged or cut off"):
            read(bytes(damaged))


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_damage_of_jpeg_inside_is_noted(mode: str) -> None:
    settings = {"compression": "jpeg", "tiffinfo": {278: 48}, "strip_size": 1 << 13}
    image = Image.fromarray(SCENE).convert(mode)
    sound = encoded(image if mode != "L" else Image.fromarray(GRAY), "TIFF", **settings)
    assert NOTE not in read(sound).notes
    noted = 0
    for offset, length in segments_of(sound):
        damaged = bytearray(sound)
        middle = offset + length // 2
        damaged[middle : middle + 300] = bytes(300)
        noted += NOTE in read(bytes(damaged)).notes
    assert noted >= 0.8 * len(segments_of(sound))


def test_lengths_that_libtiff_guesses_are_no_damage() -> None:
    sound = encoded(Image.fromarray(GRAY), "TIFF", compression="jpeg")
    ((_, length),) = segments_of(sound)
    head, _, tail = sound.rpartition(length.to_bytes(4, "little"))
    picture = read(head + bytes(4) + tail)
    assert picture.notes == ()


def test_jpeg_has_one_order_of_bits_whatever_the_tags_say() -> None:
    for fill_order in (1, 2):
        data = encoded(
            Image.fromarray(GRAY), "TIFF", compression="jpeg", tiffinfo={266: fill_order}
        )
        assert NOTE not in read(data).notes


def test_jpeg_that_pillow_opens_in_tiff_only_is_no_damage() -> None:
    image = Image.fromarray(GRAY).convert("LA")
    assert NOTE not in read(encoded(image, "TIFF", compression="jpeg")).notes
