"""Train the network that says how chroma runs within cells (`reverse_oldify.detail`).

    python benchmarks/fit_detail.py CACHE -o src/reverse_oldify/detail.npz

CACHE is a prepared set (``reverse-oldify data prepare``); only its training pictures are looked at.
One network learns the first doubling of a grid, then another the second, from what the first makes
of it. A sample is a part of a photograph whose true a*, b* is averaged over cells; some are halved
first, since photographs are mostly stored with soft chroma, and shrunken ones, which is what a
model looks at, have sharp chroma. Some get grain or a texture; a few are flat shapes of random
colours.

Prints the loss of the smooth curve beside the network's as it goes. Twenty minutes on one core;
``chroma_upsampling.py`` says what it is worth.
"""

from __future__ import annotations

import argparse
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from reverse_oldify.data.cache import PictureCache, decode_lab
from reverse_oldify.detail import Cells, Layers, doubled, look
from reverse_oldify.grid import halve
from reverse_oldify.types import FloatArray

SIDE, BATCH = 96, 16
FEATURES, WIDTH, DEPTH = 14, 24, 3
STRENGTH = 5.0  # a*, b* for 1 of the last layer
HALVED, GRAINY, TEXTURED, MADE = 0.3, 0.3, 0.15, 0.05  # shares of samples


def sample(cache: PictureCache, numbers: list[int], rng: Generator) -> FloatArray:
    """Lab of a part of a picture, or of shapes; float32 (3, S, S), S = 96 or 48."""
    if rng.random() < MADE:
        lab = shapes(rng)
    else:
        packed = cache[numbers[rng.integers(len(numbers))]]
        top, left = (rng.integers(0, side - SIDE + 1) for side in packed.shape[:2])
        lab = np.moveaxis(decode_lab(packed[top : top + SIDE, left : left + SIDE]), -1, 0)
    if rng.random() < 0.5:
        lab = lab[..., ::-1]
    if rng.random() < 0.5:
        lab = lab.swapaxes(1, 2)
    lab = np.array(lab, np.float32)
    if rng.random() < HALVED:
        lab = halve(lab)
    if rng.random() < GRAINY:
        lab[0] += rng.normal(0, rng.uniform(0, 4), lab[0].shape)
    if rng.random() < TEXTURED:
        lab[0] += texture(rng, len(lab[0]))
    np.clip(lab[0], 0, 100, out=lab[0])
    return lab


def texture(rng: Generator, side: int) -> FloatArray:
    """L* of waves of 2 to 12 pixels, as of cloth or a halftone, that say nothing of chroma."""
    angle, turns = rng.uniform(0, np.pi), 2 * np.pi / rng.uniform(2, 12)
    row, column = np.indices((side, side)) * turns
    waves = np.sin(row * np.sin(angle) + column * np.cos(angle) + rng.uniform(0, 2 * np.pi))
    return np.asarray(rng.uniform(0, 20) * waves, np.float32)


def shapes(rng: Generator) -> FloatArray:
    """Lab of halves of the plane, one over the other, their edges as soft as a pixel."""
    row, column = np.indices((2 * SIDE, 2 * SIDE))
    lab = np.empty((3, 2 * SIDE, 2 * SIDE), np.float32)
    for number in range(int(rng.integers(2, 6))):
        angle, centre = rng.uniform(0, 2 * np.pi), rng.uniform(0.5, 1.5, 2) * SIDE
        within = (row - centre[0]) * np.sin(angle) + (column - centre[1]) * np.cos(angle) > 0
        colour = np.array([rng.uniform(0, 100), *rng.normal(0, 25, 2)], np.float32)
        lab[:, within | (number == 0)] = colour[:, None]
    return halve(lab)


def batch(samples: list[FloatArray], before: list[Layers]) -> tuple[list[Cells], list[FloatArray]]:
    """What is known of the cells of samples, and the truth, at the level after those before."""
    known, truth = [], []
    for lab in samples:
        levels = [lab]
        for _ in range(2):
            levels.insert(0, halve(levels[0]))
        ab = levels[0][1:]
        for (coarse, fine), layers in zip(pairwise(levels), before, strict=False):
            ab = doubled(ab, coarse[0], fine[0], layers)
        coarse, fine = levels[len(before)], levels[len(before) + 1]
        known.append(look(ab, coarse[0], fine[0]))
        truth.append(fine[1:])
    return known, truth


def finished(detail: Tensor, cells: Cells) -> Tensor:
    """a*, b* of the quarters (2, 2 h, 2 w), as of `detail.doubled`; of the last layer (8, h, w)."""
    height, width = detail.shape[1:]
    detail = detail.view(2, 4, height, width)
    detail = (detail - detail.mean(1, keepdim=True)) * STRENGTH
    smooth, least, most = (torch.from_numpy(planes) for planes in cells[1:])
    result = smooth + F.pixel_shuffle(detail.flatten(0, 1), 2)
    return torch.minimum(torch.maximum(result, least), most)


def loss(ab: Tensor, truth: Tensor) -> Tensor:
    """Mean distance, less for strong colours, as the eye has it (CIE94); both (2, ...)."""
    weight = 1 / (1 + 0.045 * truth.square().sum(0).sqrt())
    return (((ab - truth) * weight).square().sum(0) + 0.25).sqrt().mean()


def fit(cache: PictureCache, before: list[Layers], steps: int, rate: float) -> Layers:
    """Train the network of one level."""
    numbers = [
        number
        for number, entry in enumerate(cache.entries)
        if entry.split == "train" and min(entry.width, entry.height) >= SIDE
    ]
    rng = np.random.default_rng(len(before))
    torch.manual_seed(len(before))
    widths = [FEATURES, *[WIDTH] * DEPTH]
    convolutions: list[nn.Module] = []
    for into, out in pairwise(widths):
        convolutions += [nn.Conv2d(into, out, 3), nn.ReLU()]
    network = nn.Sequential(*convolutions, nn.Conv2d(WIDTH, 8, 1))
    optimizer = torch.optim.AdamW(network.parameters(), rate, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    recent: list[tuple[float, float]] = []
    bar = tqdm(range(steps), desc=f"level {len(before)}", mininterval=5)
    for _ in bar:
        known, truths = batch([sample(cache, numbers, rng) for _ in range(BATCH)], before)
        losses, smooth = [], []
        for side in {cells.features.shape for cells in known}:  # one pass for each size
            chosen = [at for at, cells in enumerate(known) if cells.features.shape == side]
            features = torch.from_numpy(np.stack([known[at].features for at in chosen]))
            details = network(F.pad(features, (DEPTH,) * 4, mode="replicate"))
            for at, detail in zip(chosen, details, strict=True):
                truth = torch.from_numpy(truths[at])
                losses.append(loss(finished(detail, known[at]), truth))
                smooth.append(loss(torch.from_numpy(known[at].smooth), truth).item())
        total = torch.stack(losses).mean()
        optimizer.zero_grad()
        total.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        recent = [*recent[-499:], (float(np.mean(smooth)), total.item())]
        bar.set_postfix_str("smooth {:.3f}, network {:.3f}".format(*np.mean(recent, 0)))
    *layers, last = [
        (layer.weight.detach().permute(2, 3, 1, 0).numpy(), layer.bias.detach().numpy())
        for layer in network
        if isinstance(layer, nn.Conv2d)
    ]
    return (*layers, (centred(last[0]), centred(last[1])))


def centred(outputs: FloatArray) -> FloatArray:
    """Make of (..., 8) outputs what `finished` makes of them before it adds them."""
    quarters = outputs.reshape(*outputs.shape[:-1], 2, 4) * np.float32(STRENGTH)
    return np.asarray(quarters - quarters.mean(-1, keepdims=True)).reshape(outputs.shape)


def main() -> None:
    """Train both levels and write their weights, in half precision."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cache", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=5000, help="of each level")
    parser.add_argument("--rate", type=float, default=3e-3, help="of learning, at the start")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    cache, levels = PictureCache(arguments.cache), list[Layers]()
    for _ in range(2):
        levels.append(fit(cache, levels, arguments.steps, arguments.rate))
    arrays = {
        f"{level}.{number}.{name}": array.astype(np.float16)
        for level, layers in enumerate(levels)
        for number, layer in enumerate(layers)
        for name, array in zip(("weights", "offsets"), layer, strict=True)
    }
    np.savez(arguments.output, **arrays)


if __name__ == "__main__":
    main()
