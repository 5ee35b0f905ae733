"""Validation as training goes: quick scores on pictures that training never sees."""

from __future__ import annotations

import math

import numpy as np
import torch
from PIL import Image
from torch.nn import functional as F

from reverse_oldify.data.cache import PictureCache, decode_lab
from reverse_oldify.train.objective import Objective
from reverse_oldify.train.recipe import DataSection, RunSection
from reverse_oldify.train.split import pictures_of
from reverse_oldify.types import FloatArray


def validation_pictures(
    cache: PictureCache, data: DataSection, run: RunSection, multiple: int
) -> dict[str, list[FloatArray]]:
    """The pictures that judge a run, by kind: Lab, float32 (H, W, 3), see `validation_lab`.

    Raises
    ------
    DataError
        If there are none, see `pictures_of`.
    """
    pictures: dict[str, list[FloatArray]] = {}
    for number in choose_pictures(cache, pictures_of(cache, "val", data), run.validate_pictures):
        lab = validation_lab(cache, number, run.validate_size, multiple)
        pictures.setdefault(cache.entries[number].kind, []).append(lab)
    return pictures


def choose_pictures(cache: PictureCache, numbers: list[int], count: int) -> list[int]:
    """At most ``count`` of the pictures of *each kind*, always the same ones."""
    by_kind: dict[str, list[int]] = {}
    for number in sorted(numbers, key=lambda number: cache.entries[number].id):
        by_kind.setdefault(cache.entries[number].kind, []).append(number)
    return [number for kind in sorted(by_kind) for number in by_kind[kind][:count]]


def validation_lab(cache: PictureCache, number: int, size: int, multiple: int) -> FloatArray:
    """A picture of about size x size pixels, sides rounded to the multiple; float32 (H, W, 3)."""
    packed = cache[number]
    height, width = packed.shape[:2]
    scale = size / math.sqrt(height * width)
    rounded = [max(1, round(side * scale / multiple)) * multiple for side in (width, height)]
    image = Image.fromarray(packed).resize((rounded[0], rounded[1]), Image.Resampling.BICUBIC)
    return decode_lab(np.asarray(image))


@torch.no_grad()
def predict_full(objective: Objective, lab: FloatArray, device: torch.device) -> FloatArray:
    """Expected a*, b* of a picture at its own resolution; float32 (H, W, 2)."""
    lightness = torch.from_numpy(np.ascontiguousarray(lab[None, None, :, :, 0])).to(device)
    ab = objective.expected_ab(lightness)
    full = F.interpolate(ab, lab.shape[:2], mode="bilinear")[0]
    return full.permute(1, 2, 0).cpu().numpy()


def validate(
    objective: Objective, pictures: dict[str, list[FloatArray]], device: torch.device
) -> dict[str, float]:
    """Score the expected colour.

    Returns
    -------
    dict
        ``score`` (RMS ab error over grey's, averaged over kinds: lower is better), and by kind
        ``rms_ab``, ``ratio`` (to grey's), ``argmax`` (share of pixels where the larger of a* and
        b* is the truth's) and ``chroma`` (mean predicted chroma over the mean true one).
    """
    result: dict[str, float] = {}
    ratios = []
    for kind, labs in pictures.items():
        error = grey = agree = chroma = true_chroma = count = 0.0
        for lab in labs:
            ab, truth = predict_full(objective, lab, device), lab[..., 1:]
            error += float(np.square(ab - truth).mean())
            grey += float(np.square(truth).mean())
            agree += float((ab.argmax(-1) == truth.argmax(-1)).mean())
            chroma += float(np.hypot(ab[..., 0], ab[..., 1]).mean())
            true_chroma += float(np.hypot(truth[..., 0], truth[..., 1]).mean())
            count += 1
        ratios.append(math.sqrt(error / grey))
        result |= {
            f"{kind}/rms_ab": math.sqrt(error / count),
            f"{kind}/ratio": ratios[-1],
            f"{kind}/argmax": agree / count,
            f"{kind}/chroma": chroma / true_chroma,
        }
    return {"score": sum(ratios) / len(ratios)} | result
