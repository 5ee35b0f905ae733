"""The controls with the weights that ship: promises that hold for any good weights."""

from __future__ import annotations

from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest

from reverse_oldify import Colorizer, Hints, Options, Session
from reverse_oldify.color.bins import histogram
from reverse_oldify.color.colorfulness import colorfulness
from reverse_oldify.color.difference import ciede2000
from reverse_oldify.color.gamut import lab_to_linear_in_gamut
from reverse_oldify.color.lab import linear_to_srgb, srgb_to_lab
from reverse_oldify.evaluate.metrics import histogram_distance
from reverse_oldify.pipeline.looks import LOOKS
from reverse_oldify.pipeline.palette import palette_histogram
from reverse_oldify.types import FloatArray

pytestmark = pytest.mark.model

EXAMPLES = Path(__file__).parents[2] / "examples"
PICTURES = ["astronaut.jpg", "forest-stream.jpg"]


@pytest.fixture(scope="module")
def colorizer() -> Colorizer:
    return Colorizer(threads=1)


@pytest.fixture(scope="module", params=PICTURES)
def session(colorizer: Colorizer, request: pytest.FixtureRequest) -> Session:
    return colorizer.open(EXAMPLES / request.param)


def shown(lightness: float, ab: tuple[float, float]) -> FloatArray:
    """Lab of a colour as it can be shown at a lightness."""
    linear = lab_to_linear_in_gamut(np.array([lightness], np.float32), np.array([ab], np.float32))
    return srgb_to_lab(linear_to_srgb(linear).astype(np.float32))[0]


def test_hints_are_obeyed_at_any_vividness_and_leave_the_rest_alone(session: Session) -> None:
    rng = np.random.default_rng(0)
    height, width = session.picture.size
    far_changes = []
    for vividness in (0.0, 1.0, 2.0):
        x, y = int(rng.integers(width)), int(rng.integers(height))
        turn = rng.uniform(0, 2 * np.pi)
        ab = (float(30 * np.cos(turn)), float(30 * np.sin(turn)))
        before = srgb_to_lab(session.colorize(Options(vividness=vividness)).pixels)
        options = Options(vividness=vividness, hints=Hints.from_arrays([(x, y)], [ab]))
        after = srgb_to_lab(session.colorize(options).pixels)
        assert float(ciede2000(after[y, x], shown(after[y, x, 0], ab))) < 3
        rows, columns = np.ogrid[:height, :width]
        far = np.hypot(rows - y, columns - x) > 0.5 * max(height, width)
        far_changes.append(ciede2000(after, before)[far].mean())
    assert np.mean(far_changes) < 1


def test_vividness_is_monotone(session: Session) -> None:
    values = [
        colorfulness(session.colorize(Options(vividness=v)).srgb) for v in (0, 0.5, 1, 1.5, 2)
    ]
    assert values == sorted(values)


def test_variants_are_visibly_different_and_ordered(session: Session) -> None:
    grids = [session.chroma(Options(variant=variant)) for variant in range(3)]
    lightness = session.view(Options()).lightness
    labs = [np.stack([lightness, *ab], -1) for ab in grids]
    assert min(ciede2000(one, other).mean() for one, other in combinations(labs, 2)) > 2
    found = session.colourings(3, Options())
    assert all(one.likelihood >= other.likelihood for one, other in pairwise(found))
    np.testing.assert_array_equal(grids[0], session.chroma(Options()))


def test_looks_bring_the_picture_nearer_to_their_histograms(session: Session) -> None:
    def distance(options: Options, name: str) -> float:
        ab = np.moveaxis(session.chroma(options), 0, -1)
        return histogram_distance(histogram(ab), palette_histogram(name))

    alone = {name: distance(Options(), name) for name in LOOKS}
    dull = {name: distance(Options(vividness=0), name) for name in LOOKS}
    looking = {name: distance(Options(palette=name), name) for name in LOOKS}
    assert sum(looking.values()) < 0.75 * sum(alone.values())
    # A forest looks like one already, and vividness, of which a palette gets little, like a slide.
    assert all(looking[name] < max(alone[name] + 0.75, dull[name]) for name in LOOKS)


def test_suggestions_are_distinct_and_share_the_probability(session: Session) -> None:
    height, width = session.picture.size
    found = session.suggest(width // 2, height // 2, 5)
    shares = [suggestion.probability for suggestion in found]
    assert shares == sorted(shares, reverse=True)
    assert 0.5 < sum(shares) < 1 + 1e-3
    places = [np.array(suggestion.ab) for suggestion in found]
    assert min(np.linalg.norm(one - other) for one, other in combinations(places, 2)) > 8


def test_a_hint_makes_the_model_surer(session: Session) -> None:
    height, width = session.picture.size
    assert 3 < session.uncertainty().mean < 40
    xy = [(width * i // 6, height * j // 6) for i in range(1, 6) for j in range(1, 6)]
    likely = [session.suggest(x, y, 1)[0].ab for x, y in xy]
    hinted = session.uncertainty(Options(hints=Hints.from_arrays(xy, likely)))
    assert hinted.mean < session.uncertainty().mean
