import numpy as np
import pytest
from made_photographs import encode, photograph
from PIL import Image

from reverse_oldify.data import duplicates
from reverse_oldify.data.cache import encode_lab
from reverse_oldify.data.duplicates import find_near_duplicates, fingerprint
from reverse_oldify.data.screen import decode, shrink


def prints(*pictures):
    return [fingerprint(encode_lab(picture)) for picture in pictures]


def smaller(picture):
    return shrink(picture, 97)


def recompressed(picture):
    return decode(encode(picture, "JPEG", quality=40))


def brighter(picture):
    return np.clip(picture * 1.04, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("change", [smaller, recompressed, brighter])
def test_a_changed_copy_repeats_the_first(change):
    first, other = photograph(1), photograph(2)
    assert find_near_duplicates(prints(other, first, change(first))) == {2: 1}


def test_different_photographs_stay(monkeypatch):
    monkeypatch.setattr(duplicates, "_BLOCK", 7)
    assert find_near_duplicates(prints(*(photograph(seed) for seed in range(40)))) == {}


def test_the_same_shapes_in_another_colour_stay():
    picture = photograph(1)
    recoloured = np.asarray(Image.fromarray(picture).convert("L").convert("RGB"))
    assert find_near_duplicates(prints(picture, recoloured)) == {}


def test_pairs_are_found_across_and_within_blocks(monkeypatch):
    monkeypatch.setattr(duplicates, "_BLOCK", 3)
    pictures = [photograph(seed) for seed in (0, 1, 2, 3, 3, 0, 4, 1)]
    assert find_near_duplicates(prints(*pictures)) == {4: 3, 5: 0, 7: 1}


def test_a_dropped_picture_drops_no_other():
    first = photograph(1)
    chain = [first, *(np.clip(first + shift, 0, 255).astype(np.uint8) for shift in (12.0, 24.0))]
    assert find_near_duplicates(prints(*chain)) == {1: 0}
    assert find_near_duplicates(prints(*chain[1:])) == {1: 0}


def test_nothing_in_nothing_out():
    assert find_near_duplicates([]) == {}
