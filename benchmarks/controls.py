"""What the controls do, measured through the public API.

    python benchmarks/controls.py CACHE [--limit 40]

Hints: a random colour at a random pixel of a validation photograph. CIEDE2000 at the spot to what
was asked (as it can be shown at that lightness), and the mean change farther away than half the
picture's long side. Palettes: distance of the result's ab histogram to the reference's, with and
without it. Again: time of a second decoding over that of the first look.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from reverse_oldify import Colorizer, Hints, Options, Session
from reverse_oldify.color.bins import histogram
from reverse_oldify.color.difference import ciede2000
from reverse_oldify.color.gamut import lab_to_linear_in_gamut
from reverse_oldify.color.lab import linear_to_srgb, srgb_to_lab
from reverse_oldify.evaluate.metrics import histogram_distance, rms_ab_error
from reverse_oldify.evaluate.photographs import Photograph, PhotographSet
from reverse_oldify.files.picture import Picture
from reverse_oldify.options import Palette
from reverse_oldify.pipeline.looks import look
from reverse_oldify.pipeline.palette import palette_histogram, palette_of

LOOKS = ("amber", "dawn", "forest")
REFERENCES = 3
VIVIDNESS = (0.0, 1.0, 2.0)


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cache", type=Path)
    parser.add_argument("--model", default=None)
    parser.add_argument("--limit", type=int, default=40, help="photographs")
    arguments = parser.parse_args()
    colorizer = Colorizer(arguments.model, threads=1)
    chosen = PhotographSet(arguments.cache, size=256, limit=arguments.limit + REFERENCES)
    photographs = [each for each in chosen if isinstance(each, Photograph)]
    references, photographs = photographs[:REFERENCES], photographs[REFERENCES:]
    rng = np.random.default_rng(0)
    spots = [
        hint(colorizer.open(each.gray), vividness, rng)
        for each in photographs
        for vividness in VIVIDNESS
    ]
    at_spot, far = np.array(spots).T
    print(f"hints at {len(spots)} spots: CIEDE2000 mean {at_spot.mean():.2f}, ", end="")
    print(f"95 % below {np.quantile(at_spot, 0.95):.2f}, far away {far.mean():.2f}")
    palettes = [palette_of(Picture(pixels=each.srgb)) for each in references]
    palettes += [look(name) for name in LOOKS]
    moved = [move(colorizer.open(each.gray), one) for each in photographs for one in palettes]
    before, after = np.array(moved).T
    print(
        f"palettes on {len(moved)} pairs: distance {before.mean():.1f} to {after.mean():.1f}, ",
        end="",
    )
    print(f"nearer in {100 * (after < before).mean():.0f} %")
    own = [true_palette(colorizer.open(each.gray), each) for each in photographs]
    without, given = np.array(own).T
    print(f"its own palette: RMS ab {without.mean():.2f} to {given.mean():.2f}")
    print(f"decoding again: {again(colorizer, photographs):.2f} of the first look")


def hint(session: Session, vividness: float, rng: np.random.Generator) -> tuple[float, float]:
    """CIEDE2000 at the spot to what was asked, and mean CIEDE2000 of what is far away."""
    height, width = session.picture.size
    x, y, turn = int(rng.integers(width)), int(rng.integers(height)), rng.uniform(0, 2 * np.pi)
    ab = (float(30 * np.cos(turn)), float(30 * np.sin(turn)))
    before = srgb_to_lab(session.colorize(Options(vividness=vividness)).srgb)
    options = Options(vividness=vividness, hints=Hints.from_arrays([(x, y)], [ab]))
    after = srgb_to_lab(session.colorize(options).srgb)
    linear = lab_to_linear_in_gamut(after[y : y + 1, x, 0], np.array([ab], np.float32))
    asked = srgb_to_lab(linear_to_srgb(linear).astype(np.float32))[0]
    rows, columns = np.ogrid[:height, :width]
    far = np.hypot(rows - y, columns - x) > 0.5 * max(height, width)
    changed = ciede2000(after, before)[far]
    return float(ciede2000(after[y, x], asked)), float(changed.mean()) if far.any() else 0.0


def move(session: Session, palette: Palette) -> tuple[float, float]:
    """Distance of the chroma to a palette: without, and with it."""
    wanted = palette_histogram(palette)
    plain, steered = (
        histogram(np.moveaxis(session.chroma(options), 0, -1))
        for options in (Options(), Options(palette=palette))
    )
    return histogram_distance(plain, wanted), histogram_distance(steered, wanted)


def true_palette(session: Session, truth: Photograph) -> tuple[float, float]:
    """RMS ab error without, and with, the palette of the truth; vividness 0."""
    own = palette_of(Picture(pixels=truth.srgb))
    errors = [
        rms_ab_error(truth.lab[..., 1:], srgb_to_lab(session.colorize(options).srgb)[..., 1:])
        for options in (Options(vividness=0), Options(vividness=0, palette=own))
    ]
    return errors[0], errors[1]


def again(colorizer: Colorizer, photographs: list[Photograph]) -> float:
    """Time of decoding for a new hint over that of the first look, medians."""
    first, second = [], []
    for each in photographs:
        session = colorizer.open(each.gray)
        started = time.perf_counter()
        session.chroma(Options())
        first.append(time.perf_counter() - started)
        started = time.perf_counter()
        session.chroma(Options(hints=Hints.from_arrays([(5, 5)], [(20.0, 20.0)])))
        second.append(time.perf_counter() - started)
    return float(np.median(second) / np.median(first))


if __name__ == "__main__":
    main()
