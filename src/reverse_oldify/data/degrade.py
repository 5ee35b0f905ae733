"""What time, lenses, film and scanners do to a photograph, done to clean lightness in training.

Old scans must not be foreign to the network, so a share of the training pictures is aged: other
film responses, other tones, fading, blur, grain, dust and scratches, halftone, JPEG. Colour stays
the truth; only the lightness that the network sees changes.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from reverse_oldify.data.bounds import Amount, Share
from reverse_oldify.matmul import matmul
from reverse_oldify.types import FloatArray

Plane = NDArray[np.floating]
Effect = Callable[[Plane, Generator], Plane]


@dataclass(frozen=True, kw_only=True)
class Degradation:
    """How often training pictures are aged.

    Attributes
    ----------
    share : float
        Share (0..1) of pictures that are aged at all; the rest is only toned.
    tone : float
        Strength of the change of tone that every picture gets: the exponent on lightness is
        log-uniform between 1 / (1 + tone) and 1 + tone.
    """

    share: Share = 0.4
    tone: Amount = 0.25

    def __call__(self, lightness: FloatArray, ab: FloatArray, rng: Generator) -> FloatArray:
        """Age one picture.

        Parameters
        ----------
        lightness : float32 (H, W)
            L*, 0..100.
        ab : float32 (H, W, 2)
            True a*, b*: film does not see all colours equally bright.
        rng
            The only source of chance.

        Returns
        -------
        float32 (H, W)
            L*, 0..100.
        """
        limit = np.log1p(self.tone)
        lightness = 100 * (lightness / 100) ** np.exp(rng.uniform(-limit, limit))
        if rng.random() < self.share:
            if rng.random() < 0.4:
                lightness = film(lightness, ab, rng)
            for effect, probability in _EFFECTS:
                if rng.random() < probability:
                    lightness = np.clip(effect(lightness, rng), 0, 100)
        return lightness.astype(np.float32)


def film(lightness: Plane, ab: FloatArray, rng: Generator) -> Plane:
    """Another spectral response: orthochromatic film sees blue bright and red dark."""
    strength = rng.uniform(-0.1, 0.35)
    return np.clip(lightness - strength * (0.6 * ab[..., 0] + ab[..., 1] * 0.8), 0, 100)


def fade(lightness: Plane, rng: Generator) -> Plane:
    """Blacks turn grey, whites turn dull."""
    black, white = rng.uniform(0, 25), rng.uniform(75, 100)
    return black + lightness * ((white - black) / 100)


def crush(lightness: Plane, rng: Generator) -> Plane:
    """Hard contrast: shadows and lights are cut off."""
    gain = rng.uniform(1.1, 1.6)
    return (lightness - 50) * gain + 50 + rng.uniform(-8, 8)


def vignette(lightness: Plane, rng: Generator) -> Plane:
    """Corners darker (or, as in worn prints, lighter) than the middle."""
    height, width = lightness.shape
    y, x = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)[None]
    return lightness + rng.uniform(-20, 10) * (y * y + x * x) / 2


def blur(lightness: Plane, rng: Generator) -> Plane:
    """Soft lens or missed focus."""
    sigma = rng.uniform(0.4, 1.6)
    reach = int(np.ceil(3 * sigma))
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    weights /= weights.sum()
    for _ in range(2):  # rows, then columns
        padded = np.pad(lightness, ((reach, reach), (0, 0)), mode="edge")
        windows = np.lib.stride_tricks.sliding_window_view(padded, len(weights), 0)
        lightness = matmul(windows, weights).T
    return lightness


def grain(lightness: Plane, rng: Generator) -> Plane:
    """Film grain: noise, strongest in the middle tones, sometimes coarse."""
    height, width = lightness.shape
    coarse = int(rng.integers(1, 3))
    shape = (-(-height // coarse), -(-width // coarse))
    noise = rng.standard_normal(shape, np.float32).repeat(coarse, 0).repeat(coarse, 1)
    amount = rng.uniform(1, 9) * (0.4 + 0.6 * np.sin(np.pi * lightness / 100))
    return lightness + amount * noise[:height, :width]


def scratches(lightness: Plane, rng: Generator) -> Plane:
    """Dust, hairs, scratches and creases, light or dark."""
    height, width = lightness.shape
    image = Image.fromarray(lightness.astype(np.float32))
    draw = ImageDraw.Draw(image)
    for _ in range(int(rng.integers(1, 12))):
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        reach = rng.uniform(1, height if rng.random() < 0.3 else 6)
        angle = rng.uniform(0, np.pi)
        end = (x + reach * np.cos(angle), y + reach * np.sin(angle))
        draw.line([(x, y), end], fill=float(rng.choice([0, 10, 90, 100])), width=1)
    return np.asarray(image)


def halftone(lightness: Plane, rng: Generator) -> Plane:
    """The dot screen of newspapers and books."""
    height, width = lightness.shape
    period, angle = rng.uniform(2.2, 4.5), rng.uniform(0, np.pi / 2)
    y, x = np.mgrid[:height, :width] * (2 * np.pi / period)
    u, v = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    return np.asarray(lightness + rng.uniform(5, 25) * np.cos(u) * np.cos(v))


def jpeg(lightness: Plane, rng: Generator) -> Plane:
    """Blocks and ringing of strong compression."""
    buffer = io.BytesIO()
    image = Image.fromarray((lightness * 2.55).astype(np.uint8))
    image.save(buffer, "JPEG", quality=int(rng.integers(15, 75)))
    return np.asarray(Image.open(buffer), np.float32) / np.float32(2.55)


_EFFECTS: tuple[tuple[Effect, float], ...] = (
    (blur, 0.35),
    (fade, 0.35),
    (crush, 0.2),
    (vignette, 0.15),
    (grain, 0.5),
    (scratches, 0.15),
    (halftone, 0.06),
    (jpeg, 0.3),
)
