import csv

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_photographs import photograph

from reverse_oldify.color.lab import srgb_to_lab
from reverse_oldify.data.cache import Entry, PictureCache, decode_lab, encode_lab, write_index
from reverse_oldify.errors import DataError


def write_cache(folder, pictures):
    entries, offset = [], 0
    with (folder / "lab.u8").open("wb") as pixels:
        for number, packed in enumerate(pictures):
            height, width = packed.shape[:2]
            entries.append(
                Entry(
                    id=f"{number:016x}",
                    source="made, here",
                    name=f'"{number}"\n.png',
                    kind="alps" if number % 2 else "lakes",
                    split="val" if number == 0 else "train",
                    width=width,
                    height=height,
                    offset=offset,
                )
            )
            pixels.write(packed.tobytes())
            offset += packed.nbytes
    write_index(folder / "index.csv", entries)
    return entries


@given(st.integers(0, 2**32 - 1))
def test_packing_is_exact_to_half_a_code(seed):
    srgb = np.random.default_rng(seed).integers(0, 256, (9, 7, 3), dtype=np.uint8)
    error = np.abs(decode_lab(encode_lab(srgb)) - srgb_to_lab(srgb))
    assert np.all(error.max((0, 1)) <= np.array([0.5 / 2.55, 0.5, 0.5]) + 1e-4)


def test_gray_is_packed_as_exactly_neutral():
    gray = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, -1)
    assert np.all(decode_lab(encode_lab(gray))[..., 1:] == 0)


def test_what_was_written_is_read(tmp_path):
    pictures = [encode_lab(photograph(seed, 20 + seed, 30 - seed)) for seed in range(4)]
    entries = write_cache(tmp_path, pictures)
    cache = PictureCache(tmp_path)
    assert list(cache.entries) == entries
    assert len(cache) == 4
    for number, packed in enumerate(pictures):
        np.testing.assert_array_equal(cache[number], packed)


def test_pictures_are_views_of_the_file(tmp_path):
    write_cache(tmp_path, [encode_lab(photograph(1, 20, 10))])
    picture = PictureCache(tmp_path)[0]
    assert not picture.flags.owndata
    assert not picture.flags.writeable
    with (tmp_path / "lab.u8").open("r+b") as file:
        file.write(bytes([7, 8, 9]))
    np.testing.assert_array_equal(picture[0, 0], [7, 8, 9])


def test_select_by_split_and_kind(tmp_path):
    write_cache(tmp_path, [encode_lab(photograph(seed, 8, 8)) for seed in range(5)])
    cache = PictureCache(tmp_path)
    assert cache.select("train") == [1, 2, 3, 4]
    assert cache.select("train", ("lakes",)) == [2, 4]
    assert cache.select("val", ("alps",)) == []


def test_a_folder_that_is_no_set_says_what_to_do(tmp_path):
    with pytest.raises(DataError, match="reverse-oldify data prepare"):
        PictureCache(tmp_path)


def test_pixels_that_do_not_match_the_index_are_refused(tmp_path):
    write_cache(tmp_path, [encode_lab(photograph(1, 20, 10))])
    (tmp_path / "lab.u8").write_bytes(bytes(20 * 10 * 3 - 1))
    with pytest.raises(DataError, match="prepare the set again"):
        PictureCache(tmp_path)


def test_a_damaged_index_is_a_clear_error(tmp_path):
    write_cache(tmp_path, [encode_lab(photograph(1, 20, 10))])
    with (tmp_path / "index.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["id", "width"], ["1", "many"]])
    with pytest.raises(DataError, match="damaged"):
        PictureCache(tmp_path)
