"""From samples, as a file stored them, to grey or RGB in sRGB, and alpha; nothing is rounded."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from reverse_oldify.files.arrays import without_equal_channels
from reverse_oldify.files.icc.convert import Convert, converter
from reverse_oldify.files.modes import Arrays
from reverse_oldify.files.picture import Picture, Pixels
from reverse_oldify.files.strips import strips_of


def to_arrays(
    samples: Pixels,
    icc: bytes | None = None,
    *,
    associated: bool = False,
    key: tuple[int, ...] | None = None,
) -> Arrays:
    """Bring all samples of a picture to sRGB, see `Interpretation`; equal channels become grey."""
    meaning = Interpretation(samples.shape[2], samples.dtype, icc, associated=associated, key=key)
    picture = meaning.of(samples)
    return Arrays(without_equal_channels(picture.pixels), picture.alpha, meaning.notes)


class Space(NamedTuple):
    """A colour space: its channels, how they become sRGB, and a note."""

    channels: int
    convert: Convert
    note: str | None = None


class Interpretation:
    """What samples mean: prepared once, for all strips of a picture.

    Parameters
    ----------
    channels : int
        1 to 4: grey, grey and opacity, RGB, or RGB and opacity; more in another ``space``.
    dtype : uint8 or uint16
        Of a sample.
    icc : bytes, optional
        Their colour profile.
    associated : bool
        Whether colour was multiplied by opacity.
    key : tuple of int, optional
        The colour that stands for nothing, where there is no opacity.
    space : Space, optional
        What they are, if neither grey nor RGB; then no profile is asked.

    Attributes
    ----------
    notes : tuple of str
        What is wrong with the profile.
    is_gray : bool
        Whether the result is.
    has_alpha : bool
        Whether the result has.
    """

    def __init__(
        self,
        channels: int,
        dtype: np.dtype[Any],
        icc: bytes | None = None,
        *,
        associated: bool = False,
        key: tuple[int, ...] | None = None,
        space: Space | None = None,
    ) -> None:
        self._colours = space.channels if space else 3 if channels >= 3 else 1
        self._associated, self._key = associated and space is None, None
        self.has_alpha = channels > self._colours
        if key is not None and not self.has_alpha and len(key) == self._colours:
            self._key, self.has_alpha = key, True
        if space is not None:
            self._convert: Convert | None = space.convert
            note = space.note
        else:
            self._convert, note = converter(icc, self._colours, dtype) if icc else (None, None)
        self.notes = (note,) if note else ()
        probe = self.of(np.zeros((1, 1, channels), dtype))
        self.is_gray = probe.pixels.ndim == 2

    def of(self, samples: Pixels) -> Picture:
        """Pixels and alpha of samples (h, W, C)."""
        pixels: Pixels = samples[..., : self._colours]
        alpha = self._alpha(samples)
        if alpha is not None and self._associated:
            pixels = _parted(pixels, alpha)
        if self._colours == 1:
            pixels = pixels[..., 0].copy()
        return Picture(pixels=self._convert(pixels) if self._convert else pixels, alpha=alpha)

    def _alpha(self, samples: Pixels) -> Pixels | None:
        if self._key is not None:
            alpha: Pixels = np.full(samples.shape[:2], np.iinfo(samples.dtype).max, samples.dtype)
            alpha[(samples == self._key).all(-1)] = 0
            return alpha
        return samples[..., self._colours].copy() if self.has_alpha else None


def _parted(pixels: Pixels, alpha: Pixels) -> Pixels:
    """Divide colour by opacity; where there is no opacity there is no colour either."""
    result = np.empty_like(pixels)
    most = np.float32(np.iinfo(pixels.dtype).max)
    for rows in strips_of(alpha):
        opacity = np.maximum(alpha[rows], 1)[..., None].astype(np.float32)
        parted = pixels[rows] * (most / opacity) + np.float32(0.5)
        result[rows] = np.minimum(parted, most).astype(pixels.dtype)
    return result
