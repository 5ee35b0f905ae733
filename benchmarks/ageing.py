"""What age does to the colours: the same photographs, clean and with each kind of damage.

    python benchmarks/ageing.py CACHE [--model FOLDER] [--limit 60]

Validation photographs are aged as training does it (`data.degrade`), one kind of damage at a time
and at random strength, and all kinds together. The network sees the aged lightness; its colour is
judged against the true one, on its grid and at the true lightness: RMS ab error over grey's,
CIEDE2000 and colourfulness ratio at one vividness, means over the photographs of a kind. Prints a
markdown table.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.random import Generator
from tqdm import tqdm

from reverse_oldify.color.colorfulness import colorfulness
from reverse_oldify.color.difference import ciede2000
from reverse_oldify.color.lab import lab_to_srgb, lightness_to_gray
from reverse_oldify.data import degrade
from reverse_oldify.data.cache import PictureCache, decode_lab
from reverse_oldify.options import Options
from reverse_oldify.pipeline.colorizer import Colorizer
from reverse_oldify.sampling import resample
from reverse_oldify.types import FloatArray

Damage = Callable[[FloatArray, FloatArray, Generator], FloatArray]


def alone(effect: degrade.Effect) -> Damage:
    """One effect on lightness (H, W), whatever the colours."""
    return lambda lightness, _ab, rng: np.clip(effect(lightness, rng), 0, 100)


DAMAGES: dict[str, Damage] = {
    "none": lambda lightness, _ab, _rng: lightness,
    "tone": degrade.Degradation(share=0.0),
    "film": degrade.film,
    "fading": alone(degrade.fade),
    "hard contrast": alone(degrade.crush),
    "vignette": alone(degrade.vignette),
    "blur": alone(degrade.blur),
    "grain": alone(degrade.grain),
    "scratches": alone(degrade.scratches),
    "halftone": alone(degrade.halftone),
    "JPEG": alone(degrade.jpeg),
    "mixed": degrade.Degradation(share=1.0),
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cache", type=Path)
    parser.add_argument("--model", default=None)
    parser.add_argument("--limit", type=int, default=60, help="photographs of each kind")
    parser.add_argument("--vividness", type=float, default=0.0)
    arguments = parser.parse_args()
    colorizer = Colorizer(arguments.model, threads=1)
    options = Options(vividness=arguments.vividness)
    cache = PictureCache(arguments.cache)
    kinds = sorted({entry.kind for entry in cache.entries})
    chosen = {kind: cache.select("val", (kind,)) for kind in kinds}
    step = {kind: max(1, len(chosen[kind]) // arguments.limit) for kind in kinds}
    labs = {
        kind: [decode_lab(cache[n]) for n in chosen[kind][:: step[kind]][: arguments.limit]]
        for kind in kinds
    }
    print(f"| damage | {' | '.join(kinds)} |\n|{'---|' * (len(kinds) + 1)}")
    for name, damage in tqdm(DAMAGES.items(), disable=None):
        cells = [score(colorizer, labs[kind], damage, options) for kind in kinds]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


def score(colorizer: Colorizer, labs: list[FloatArray], damage: Damage, options: Options) -> str:
    """RMS ab over grey's, CIEDE2000 and colourfulness ratio of photographs (H, W, 3), aged."""
    error, grey, difference, colour, true_colour = [], [], [], [], []
    for number, lab in enumerate(labs):
        old = damage(lab[..., 0], lab[..., 1:], np.random.default_rng(number))
        gray = np.rint(lightness_to_gray(np.asarray(old, np.float32)) * 255).astype(np.uint8)
        ab = np.moveaxis(colorizer.open(gray).chroma(options), 0, -1)
        truth = np.stack([resample(plane, ab.shape[:2]) for plane in np.moveaxis(lab, 2, 0)], -1)
        decoded = np.concatenate([truth[..., :1], ab], -1)
        error.append(np.sqrt(np.square(decoded - truth)[..., 1:].mean()))
        grey.append(np.sqrt(np.square(truth[..., 1:]).mean()))
        difference.append(ciede2000(decoded, truth).mean())
        colour.append(colorfulness(lab_to_srgb(decoded)))
        true_colour.append(colorfulness(lab_to_srgb(truth)))
    ratio, vivid = np.mean(error) / np.mean(grey), np.mean(colour) / np.mean(true_colour)
    return f"{ratio:.3f}, {np.mean(difference):.2f}, {vivid:.2f}"


if __name__ == "__main__":
    main()
