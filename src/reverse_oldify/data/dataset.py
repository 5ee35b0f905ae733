"""Training samples: each one a pure function of the seed and its number in the run.

That makes a run exactly resumable, whatever the number of worker processes: sample *n* is the
same picture, cut and aged in the same way, wherever and whenever it is made.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.random import Generator
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from reverse_oldify.color.bins import histogram
from reverse_oldify.data.bounds import Share, ShareAbove0
from reverse_oldify.data.cache import PictureCache, decode_lab
from reverse_oldify.data.degrade import Degradation
from reverse_oldify.types import ByteArray, FloatArray


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """How a training sample is made from a picture.

    Attributes
    ----------
    crop : float
        Smallest side of the crop, as a share of the largest square.
    stretch : float
        Largest change of aspect ratio, as a share.
    palette : float
        Share of samples that are told the truth's ab histogram.
    framed : float
        Share of samples with a border of paper or black around them, which has no colour.
    erased : float
        Share of samples of which patches are hidden: what they were, the rest must tell
        (Zhong et al. 2020, "Random Erasing").
    pasted : float
        Share of samples with a part of another picture pasted over them, colour and all: no
        composition is met twice (Yun et al. 2019, "CutMix").
    degradation
        Ageing of the lightness.
    """

    crop: ShareAbove0 = 0.6
    stretch: Share = 0.1
    palette: Share = 0.15
    framed: Share = 0.0
    erased: Share = 0.0
    pasted: Share = 0.0
    degradation: Degradation = field(default_factory=Degradation)


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One training sample or a batch of them.

    Attributes
    ----------
    lightness : float32 (..., 1, S, S)
        L*, 0..100, as the network sees it.
    ab : float32 (..., 2, S / stride, S / stride)
        True a*, b*, averaged over each cell of the output grid.
    palette : float32 (..., bins)
        Global ab histogram, or zeros.
    clean : float32 (..., 1, S, S)
        L* before it was aged and patches of it hidden; for `train.teachers`.
    """

    lightness: Tensor
    ab: Tensor
    palette: Tensor
    clean: Tensor


@dataclass(frozen=True)
class Ticket:
    """Asks for sample ``number`` of the run, at side ``size``."""

    number: int
    size: int


class TrainingSet(Dataset[Sample]):
    """Samples made from the pictures of a prepared set; indexed by `Ticket`.

    Parameters
    ----------
    cache
        Prepared set.
    numbers
        Which pictures of it.
    augmentation
        How samples are made.
    stride : int
        Pixels per cell of the network's output grid.
    seed : int
    """

    def __init__(
        self,
        cache: PictureCache,
        numbers: list[int],
        augmentation: Augmentation,
        stride: int,
        seed: int,
    ) -> None:
        self.cache, self.numbers, self.augmentation = cache, numbers, augmentation
        self.stride, self.seed = stride, seed
        self._order: tuple[int, list[int]] = (-1, [])

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, ticket: Ticket) -> Sample:
        rng = np.random.default_rng([self.seed, 1, ticket.number])
        packed = self.cache[self._picture(ticket.number)]
        packed = random_crop(packed, ticket.size, self.augmentation, rng)
        if self.augmentation.pasted and rng.random() < self.augmentation.pasted:
            other = self.cache[self.numbers[rng.integers(len(self.numbers))]]
            packed = pasted(packed, random_crop(other, ticket.size, self.augmentation, rng), rng)
        return make_sample(packed, self.augmentation, self.stride, rng)

    def _picture(self, number: int) -> int:
        """Each pass over the set has an order of its own."""
        epoch, place = divmod(number, len(self.numbers))
        if self._order[0] != epoch:
            rng = np.random.default_rng([self.seed, 0, epoch])
            self._order = (epoch, rng.permutation(len(self.numbers)).tolist())
        return self.numbers[self._order[1][place]]


class TicketSampler(Sampler[Ticket]):
    """Numbers of a run from ``start`` to ``end``; process ``rank`` of ``world`` takes its share.

    Parameters
    ----------
    sizes
        Side of every sample by number, as (first number, side) in rising order.
    """

    def __init__(
        self, start: int, end: int, sizes: list[tuple[int, int]], rank: int = 0, world: int = 1
    ) -> None:
        self.numbers, self.sizes = range(start + rank, end, world), sizes

    def __len__(self) -> int:
        return len(self.numbers)

    def __iter__(self) -> Iterator[Ticket]:
        for number in self.numbers:
            yield Ticket(number, [side for first, side in self.sizes if first <= number][-1])


def random_crop(
    packed: ByteArray, size: int, augmentation: Augmentation, rng: Generator
) -> ByteArray:
    """Cut a random square-ish part, flip it half of the time, scale it to ``size``."""
    height, width = packed.shape[:2]
    aspect = np.exp(rng.uniform(-1, 1) * np.log1p(augmentation.stretch))
    side = min(height, width) * rng.uniform(augmentation.crop, 1.0)
    crop_h, crop_w = min(height, side * aspect), min(width, side / aspect)
    top, left = rng.uniform(0, height - crop_h), rng.uniform(0, width - crop_w)
    box = (left, top, left + crop_w, top + crop_h)
    # Lab in an image marked RGB: to Pillow three channels are three channels.
    image = Image.fromarray(packed).resize((size, size), Image.Resampling.BICUBIC, box)
    if rng.random() < 0.5:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return np.asarray(image)


def make_sample(
    packed: ByteArray, augmentation: Augmentation, stride: int, rng: Generator
) -> Sample:
    """Packed Lab (S, S, 3) -> what the network sees, what it should say, and what it is told."""
    lab = decode_lab(packed)
    if rng.random() < augmentation.framed:
        lab = framed(lab, rng)
    clean, ab = np.ascontiguousarray(lab[..., 0]), lab[..., 1:]
    cells = len(lab) // stride
    grid = ab.reshape(cells, stride, cells, stride, 2).mean((1, 3))
    palette = histogram(grid)
    if rng.random() >= augmentation.palette:
        palette = np.zeros_like(palette)
    lightness = augmentation.degradation(clean, ab, rng)
    if rng.random() < augmentation.erased:
        lightness = erased(lightness, rng)
    return Sample(
        lightness=torch.from_numpy(lightness[None]),
        ab=torch.from_numpy(np.ascontiguousarray(grid.transpose(2, 0, 1))),
        palette=torch.from_numpy(palette),
        clean=torch.from_numpy(clean[None]),
    )


def pasted(packed: ByteArray, other: ByteArray, rng: Generator) -> ByteArray:
    """Put a part of another picture over the same place of this one; both packed Lab (S, S, 3)."""
    size = len(packed)
    rows, columns = (int(size * rng.uniform(0.3, 0.7)) for _ in range(2))
    top, left = rng.integers(0, size - rows + 1), rng.integers(0, size - columns + 1)
    part = (slice(top, top + rows), slice(left, left + columns))
    whole = packed.copy()
    whole[part] = other[part]
    return whole


def framed(lab: FloatArray, rng: Generator) -> FloatArray:
    """Cover the rim of a picture, Lab (H, W, 3), with a neutral border: paper, mount or black."""
    height, width = lab.shape[:2]
    top, bottom = (int(height * rng.uniform(0, 0.15)) for _ in range(2))
    left, right = (int(width * rng.uniform(0, 0.15)) for _ in range(2))
    inside = (slice(top, height - bottom), slice(left, width - right))
    border = np.zeros_like(lab)
    border[..., 0] = rng.uniform(75, 100) if rng.random() < 0.7 else rng.uniform(0, 25)
    border[inside] = lab[inside]
    return border


def erased(lightness: FloatArray, rng: Generator) -> FloatArray:
    """Hide one to four patches of a lightness (H, W), each under a grey of its own."""
    height, width = lightness.shape
    hidden = lightness.copy()
    for _ in range(int(rng.integers(1, 5))):
        rows, columns = (int(side * rng.uniform(0.08, 0.35)) for side in (height, width))
        top, left = rng.integers(0, height - rows + 1), rng.integers(0, width - columns + 1)
        hidden[top : top + rows, left : left + columns] = rng.uniform(0, 100)
    return hidden
