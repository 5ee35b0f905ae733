"""Which decoding at vividness 1? Colourfulness against error, over a grid of constants.

    python benchmarks/fit_vividness.py CACHE --model FOLDER --limit 150

The network looks once at pictures of a prepared set; every combination of temperature, prior
exponent, restored share and knee then decodes the same distributions. Scores are those of
``reverse-oldify evaluate`` (RMS ab over grey's, CIEDE2000, colourfulness ratio), but on the
network's grid instead of the full picture, which is what makes many combinations affordable.
The pictures are of validation: those of training are known too well.

Prints a markdown table of the combinations, the kinds side by side, and what `export` takes for the
best of them: of those that are colourful enough and raise the CIEDE2000 little enough for every
kind (``--colour``, ``--dearer``), the one that raises the RMS ab error least.
"""

from __future__ import annotations

import argparse
import itertools
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from reverse_oldify.color.colorfulness import colorfulness
from reverse_oldify.color.difference import ciede2000
from reverse_oldify.color.lab import lab_to_srgb
from reverse_oldify.data.cache import PictureCache, decode_lab
from reverse_oldify.options import Options
from reverse_oldify.pipeline.colorizer import Colorizer
from reverse_oldify.pipeline.decode import decode
from reverse_oldify.pipeline.prediction import Prediction
from reverse_oldify.pipeline.uncertainty import uncertainty
from reverse_oldify.sampling import resample
from reverse_oldify.types import FloatArray, ModelInfo

NAMES = ("temperature", "prior_exponent", "restored", "knee")
TEMPERATURES = (0.6, 0.5)
EXPONENTS = (0.0,)
SHARES = (2.5, 3.1, 3.7)
KNEES = (5.0, 6.0, 8.0)
EXPECTED = (1.0, 0.0, 0.0, 0.0)  # for the row of vividness 0
MOST_COLOUR = 1.1


class Score(NamedTuple):
    """RMS ab error over grey's, mean CIEDE2000, ratio of the mean colourfulness."""

    ratio: float
    difference: float
    colour: float


def main() -> None:
    """Print the table, and the best of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cache", type=Path)
    parser.add_argument("--model", default=None)
    parser.add_argument("--limit", type=int, default=100, help="pictures of each kind")
    parser.add_argument("--working-size", type=int, default=None)
    parser.add_argument("--colour", type=float, default=0.87, help="least colourfulness ratio")
    parser.add_argument("--dearer", type=float, default=0.055, help="most rise of CIEDE2000")
    arguments = parser.parse_args()
    colorizer = Colorizer(arguments.model, threads=1)
    cache = PictureCache(arguments.cache)
    kinds = sorted({entry.kind for entry in cache.entries})
    looks = {kind: look_at(colorizer, cache, kind, arguments) for kind in kinds}
    titles = [f"{kind}: RMS ab / grey's, CIEDE2000, colour" for kind in kinds]
    print(f"\n| {' | '.join((*NAMES, *titles))} |\n|{'---|' * (len(NAMES) + len(kinds))}")
    start = [score(looks[kind], colorizer.info, EXPECTED, vividness=0) for kind in kinds]
    print_row(EXPECTED, start)
    found = []
    for constants in itertools.product(TEMPERATURES, EXPONENTS, SHARES, KNEES):
        scores = [score(looks[kind], colorizer.info, constants) for kind in kinds]
        print_row(constants, scores)
        found.append((cost(scores, start, arguments), constants))
    scale = np.mean([spread_scale(looks[kind], colorizer.info) for kind in kinds])
    _, best = min(found)
    print(f"\nexport --decoding {' '.join(f'{value:g}' for value in best)} {scale:.3f}")


def look_at(
    colorizer: Colorizer, cache: PictureCache, kind: str, arguments: argparse.Namespace
) -> list[tuple[FloatArray, FloatArray]]:
    """Look at pictures of a kind."""
    numbers = cache.select("val", (kind,))
    numbers = numbers[:: max(1, len(numbers) // arguments.limit)][: arguments.limit]
    return [look(colorizer, cache, number, arguments.working_size) for number in tqdm(numbers)]


def look(
    colorizer: Colorizer, cache: PictureCache, number: int, size: int | None
) -> tuple[FloatArray, FloatArray]:
    """Logits, and the true Lab on the same whole cells; float32 (n, h, w) and (h, w, 3)."""
    lab = decode_lab(cache[number])
    said = colorizer.predict(np.ascontiguousarray(lab[..., 0]), size)
    logits, extent = said.values, said.extent
    rows, columns = (int(side) for side in extent)
    box_h, box_w = (
        round(side * whole / part)
        for side, whole, part in zip(lab.shape[:2], (rows, columns), extent, strict=True)
    )
    planes = [resample(plane[:box_h, :box_w], (rows, columns)) for plane in np.moveaxis(lab, 2, 0)]
    return logits[:, :rows, :columns].astype(np.float16), np.stack(planes, -1)


def prediction(logits: FloatArray, info: ModelInfo) -> Prediction:
    """What the network said, of the logits of a `look`."""
    return Prediction(logits.astype(np.float32), logits.shape[1:], info.bins)


def spread_scale(looks: list[tuple[FloatArray, FloatArray]], info: ModelInfo) -> float:
    """What the predicted spread is to be multiplied by: RMS error over RMS spread."""
    info = replace(info, decoding={})
    error, promised = [], []
    for logits, lab in looks:
        said = prediction(logits, info)
        promised.append(uncertainty(said, info).mean ** 2)
        ab = np.moveaxis(said.moments[0], 0, -1)
        error.append(np.square(ab - lab[..., 1:]).mean())
    return float(np.sqrt(np.sum(error) / np.sum(promised)))


def score(
    looks: list[tuple[FloatArray, FloatArray]],
    info: ModelInfo,
    constants: tuple[float, ...],
    vividness: float = 1,
) -> Score:
    """Scores of pictures decoded with these constants."""
    info = replace(info, decoding=dict(zip(NAMES, constants, strict=True)))
    error, grey, difference, colour, true_colour = [], [], [], [], []
    for logits, lab in looks:
        light = np.ascontiguousarray(lab[..., 0])
        options = Options(vividness=vividness)
        ab = decode(prediction(logits, info), info, options, light).ab
        ab = np.moveaxis(ab, 0, -1)
        decoded = np.concatenate([lab[..., :1], ab], -1)
        error.append(np.sqrt(np.square(ab - lab[..., 1:]).mean()))
        grey.append(np.sqrt(np.square(lab[..., 1:]).mean()))
        difference.append(ciede2000(decoded, lab).mean())
        colour.append(colorfulness((lab_to_srgb(decoded) * 255).astype(np.uint8)))
        true_colour.append(colorfulness((lab_to_srgb(lab) * 255).astype(np.uint8)))
    return Score(
        float(np.mean(error) / np.mean(grey)),
        float(np.mean(difference)),
        float(np.mean(colour) / np.mean(true_colour)),
    )


def cost(
    scores: list[Score], start: list[Score], arguments: argparse.Namespace
) -> tuple[float, float]:
    """By how much the limits are broken, over all kinds, and how much the error is raised."""
    broken = sum(
        max(arguments.colour - after.colour, 0)
        + max(after.colour - MOST_COLOUR, 0)
        + max(after.difference / before.difference - 1 - arguments.dearer, 0)
        for after, before in zip(scores, start, strict=True)
    )
    raised = sum(after.ratio / before.ratio for after, before in zip(scores, start, strict=True))
    return round(broken, 3), raised


def print_row(constants: tuple[float, ...], scores: list[Score]) -> None:
    """One row of the table."""
    cells = [f"{constant:g}" for constant in constants]
    cells += [f"{one.ratio:.3f}, {one.difference:.2f}, {one.colour:.3f}" for one in scores]
    print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
