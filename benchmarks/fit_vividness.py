"""Which decoding at vividness 1? Colourfulness against error, over a grid of constants.

    python benchmarks/fit_vividness.py CACHE --model FOLDER --limit 150

The network looks once at pictures of a prepared set; every combination of temperature, prior
exponent, share of the expected chroma and knee then decodes the same distributions. Scores are
those of ``reverse-oldify evaluate`` (RMS ab over grey's, CIEDE2000, colourfulness ratio), but on
the network's grid instead of the full picture, which is what makes a hundred combinations
affordable. The pictures are of validation: those of training are known too well. Prints a markdown
table for each kind, in the same order.
"""

from __future__ import annotations

import argparse
import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from reverse_oldify.color.colorfulness import colorfulness
from reverse_oldify.color.difference import ciede2000
from reverse_oldify.color.lab import lab_to_srgb
from reverse_oldify.data.cache import PictureCache, decode_lab
from reverse_oldify.options import Options
from reverse_oldify.pipeline.colorizer import Colorizer
from reverse_oldify.pipeline.decode import decode
from reverse_oldify.pipeline.uncertainty import uncertainty
from reverse_oldify.pipeline.view import Prediction
from reverse_oldify.sampling import resample
from reverse_oldify.types import FloatArray, ModelInfo

TEMPERATURES = (0.6, 0.5, 0.4)
EXPONENTS = (0.1, 0.2, 0.3)
SHARES = (0.8, 0.87, 0.94)
KNEES = (7.0,)
EXPECTED = (1.0, 0.0, 0.0, 0.0)  # vividness 0


def main() -> None:
    """Print one table for each kind of photograph."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cache", type=Path)
    parser.add_argument("--model", default=None)
    parser.add_argument("--limit", type=int, default=100, help="pictures of each kind")
    parser.add_argument("--working-size", type=int, default=None)
    arguments = parser.parse_args()
    colorizer = Colorizer(arguments.model, threads=1)
    cache = PictureCache(arguments.cache)
    for kind in sorted({entry.kind for entry in cache.entries}):
        numbers = cache.select("val", (kind,))
        numbers = numbers[:: max(1, len(numbers) // arguments.limit)][: arguments.limit]
        looks = [look(colorizer, cache, number, arguments.working_size) for number in tqdm(numbers)]
        print(
            f"\n{kind}: {len(looks)} pictures; spread off by {spread_scale(looks, colorizer):.3f}\n"
        )
        print("| temperature | exponent | share | knee | RMS ab / grey's | CIEDE2000 | colour |")
        print("|---|---|---|---|---|---|---|")
        grid = itertools.product(TEMPERATURES, EXPONENTS, SHARES, KNEES)
        for constants in [EXPECTED, *grid]:
            ratio, difference, color = score(looks, colorizer.info, constants)
            cells = " | ".join(str(constant) for constant in constants)
            print(f"| {cells} | {ratio:.3f} | {difference:.2f} | {color:.3f} |", flush=True)


def look(
    colorizer: Colorizer, cache: PictureCache, number: int, size: int | None
) -> tuple[FloatArray, FloatArray]:
    """Logits, and the true Lab on the same whole cells; float32 (n, h, w) and (h, w, 3)."""
    lab = decode_lab(cache[number])
    logits, extent = colorizer.predict(np.ascontiguousarray(lab[..., 0]), size)
    rows, columns = (int(side) for side in extent)
    box_h, box_w = (
        round(side * whole / part)
        for side, whole, part in zip(lab.shape[:2], (rows, columns), extent, strict=True)
    )
    planes = [resample(plane[:box_h, :box_w], (rows, columns)) for plane in np.moveaxis(lab, 2, 0)]
    return logits[:, :rows, :columns].astype(np.float16), np.stack(planes, -1)


def spread_scale(looks: list[tuple[FloatArray, FloatArray]], colorizer: Colorizer) -> float:
    """What the predicted spread is to be multiplied by: RMS error over RMS spread."""
    info = replace(colorizer.info, decoding={})
    error, promised = [], []
    for logits, lab in looks:
        values = logits.astype(np.float32)
        promised.append(uncertainty(Prediction(values, values.shape[1:]), info).mean ** 2)
        ab = np.moveaxis(decode(values, info, Options(vividness=0)), 0, -1)
        error.append(np.square(ab - lab[..., 1:]).mean())
    return float(np.sqrt(np.sum(error) / np.sum(promised)))


def score(
    looks: list[tuple[FloatArray, FloatArray]],
    info: ModelInfo,
    constants: tuple[float, ...],
) -> tuple[float, float, float]:
    """RMS ab error over grey's, mean CIEDE2000, ratio of the mean colourfulness."""
    names = ("temperature", "prior_exponent", "chroma_share", "knee")
    info = replace(info, decoding=dict(zip(names, constants, strict=True)))
    error, grey, difference, colour, true_colour = [], [], [], [], []
    for logits, lab in looks:
        ab = np.moveaxis(decode(logits.astype(np.float32), info, Options(vividness=1)), 0, -1)
        decoded = np.concatenate([lab[..., :1], ab], -1)
        error.append(np.sqrt(np.square(ab - lab[..., 1:]).mean()))
        grey.append(np.sqrt(np.square(lab[..., 1:]).mean()))
        difference.append(ciede2000(decoded, lab).mean())
        colour.append(colorfulness((lab_to_srgb(decoded) * 255).astype(np.uint8)))
        true_colour.append(colorfulness((lab_to_srgb(lab) * 255).astype(np.uint8)))
    return (
        float(np.mean(error) / np.mean(grey)),
        float(np.mean(difference)),
        float(np.mean(colour) / np.mean(true_colour)),
    )


if __name__ == "__main__":
    main()
