"""Toned prints are monochrome; photographs in colour are not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from reverse_oldify.color.lab import lab_to_srgb
from reverse_oldify.files.picture import Picture
from reverse_oldify.pipeline.toning import has_colours
from reverse_oldify.types import FloatArray


def print_of(ab: FloatArray) -> Picture:
    """A picture of many lightnesses with this chroma, (H, W, 2)."""
    lightness = np.linspace(5, 95, ab.shape[0] * ab.shape[1]).reshape(*ab.shape[:2], 1)
    srgb = lab_to_srgb(np.concatenate([lightness, ab], -1).astype(np.float32))
    return Picture(pixels=np.rint(srgb * 255).astype(np.uint8))


def tone(a: float, b: float) -> FloatArray:
    return np.broadcast_to(np.array([a, b], np.float32), (60, 80, 2)).copy()


@pytest.mark.parametrize("ab", [(0, 0), (8, 22), (3, 30), (-5, -25)])
def test_one_tone_is_no_colour(ab: tuple[float, float]) -> None:
    assert not has_colours(print_of(tone(*ab)))


def test_a_sepia_print_with_white_border_and_stains_is_no_colour() -> None:
    ab = tone(8, 22)
    ab[:5] = 0
    ab[20:30, 20:30] = 14, 34
    ab += np.random.default_rng(0).normal(0, 2, ab.shape)
    assert not has_colours(print_of(ab))


def test_two_hues_are_colour() -> None:
    ab = tone(8, 22)
    ab[:20] = -3, -25  # a sky
    assert has_colours(print_of(ab))


def test_a_little_of_another_hue_is_a_stamp_not_a_colour_photograph() -> None:
    ab = tone(8, 22)
    ab[:5, :5] = 20, -40
    assert not has_colours(print_of(ab))


def test_a_hue_that_is_not_seen_is_none() -> None:
    ab = tone(8, 22)
    ab[:20] = -3, -25
    alpha = np.full(ab.shape[:2], 255, np.uint8)
    alpha[:20] = 0
    assert not has_colours(replace(print_of(ab), alpha=alpha))
