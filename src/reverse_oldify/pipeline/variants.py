"""Other plausible colourings, each coherent over the whole picture.

Drawn as a painter decides: a doubtful cell is picked, and one of its likely colours is drawn for
all cells that the network believes the same of, wherever they are; then another, until little is
undecided. A decision multiplies the distribution of its cells by a bump around the colour, so that
shading and detail stay. What looks like an earlier colouring is dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from reverse_oldify.color.difference import ciede2000
from reverse_oldify.pipeline.decode import ab_variance, softmax
from reverse_oldify.pipeline.suggest import suggest
from reverse_oldify.types import FloatArray

_REGIONS = 6  # decided for each candidate
_DONE = 0.05  # undecided by less than this, cells are decided
_COLOURS = 4  # to choose from in a region
_BOLDNESS = (1.0, 2.0, 4.0, 16.0)  # temperature of the choice of colours
_POOL = 8  # candidates of each boldness
_VISIBLE = 2.5  # mean CIEDE2000 at which two colourings look different
_ALIKE = 0.08  # Hellinger distance, squared, of cells that are decided together
_BUMP = 18.0  # standard deviation in ab


class Colouring(NamedTuple):
    """Chroma (2, gh, gw), and its log likelihood against the likeliest decisions' 0."""

    ab: FloatArray
    likelihood: float


class Decision(NamedTuple):
    """A colour a*, b* (2,) for a region (gh, gw) of strength 0..1."""

    region: FloatArray
    ab: FloatArray


class Painter:
    """Draws colourings of one picture.

    Parameters
    ----------
    logits : float32 (n, gh, gw)
        As predicted.
    bins : float32 (n, 2)
        a*, b*.
    lightness : float32 (gh, gw)
        L* of the cells.
    undecided : float32 (gh, gw)
        1 where everything is open, 0 where hints have decided.
    chroma
        From logits to a*, b* (2, gh, gw).
    """

    def __init__(
        self,
        logits: FloatArray,
        bins: FloatArray,
        lightness: FloatArray,
        undecided: FloatArray,
        chroma: Callable[[FloatArray], FloatArray],
    ) -> None:
        self._logits, self._bins, self._lightness = logits, bins, lightness
        self._undecided, self._chroma = undecided, chroma
        self._probability = softmax(logits)
        self._root = np.sqrt(self._probability)
        self._spread = ab_variance(self._probability, bins)

    def colourings(self, seed: int) -> Iterator[Colouring]:
        """Visibly different colourings: the default, then the likelier first.

        The first n are the same however many are asked for.
        """
        found = [Colouring(self._chroma(self._logits), 0.0)]
        yield found[0]
        pool = [
            self._decide(boldness, np.random.default_rng([seed, stage, number]))
            for stage, boldness in enumerate(_BOLDNESS)
            for number in range(_POOL)
        ]
        for decisions, likelihood in sorted(pool, key=lambda drawn: -drawn[1]):
            colouring = Colouring(self._chroma(self._decided(decisions)), likelihood)
            if all(self._differ(colouring, other) for other in found):
                found.append(colouring)
                yield colouring

    def _decide(self, boldness: float, rng: Generator) -> tuple[list[Decision], float]:
        """Decide region after region; also the log likelihood of all decisions."""
        decisions, undecided, likelihood = [], self._undecided, 0.0
        for _ in range(_REGIONS):
            if undecided.max() < _DONE:
                break
            region = self._region(undecided, rng)
            ab, loss = self._choose(region, boldness, rng)
            decisions.append(Decision(region, ab))
            undecided = undecided * (1 - region)
            likelihood -= loss * float(region.mean())
        return decisions, likelihood

    def _decided(self, decisions: list[Decision]) -> FloatArray:
        """Logits after decisions."""
        logits = self._logits.copy()
        for region, ab in decisions:
            away = np.square(self._bins - ab).sum(1) / (2 * _BUMP**2)
            logits -= away[:, None, None] * region
        return logits

    def _region(self, undecided: FloatArray, rng: Generator) -> FloatArray:
        """Cells alike to one that is drawn, the doubtful more often: (gh, gw), 0..1."""
        doubt = (self._spread * undecided + 1e-9).ravel().astype(np.float64)
        cell = np.unravel_index(rng.choice(doubt.size, p=doubt / doubt.sum()), undecided.shape)
        overlap = np.einsum("nhw,n->hw", self._root, self._root[:, cell[0], cell[1]])
        return np.asarray(np.exp(-np.square((1 - overlap) / _ALIKE)) * undecided)

    def _choose(
        self, region: FloatArray, boldness: float, rng: Generator
    ) -> tuple[FloatArray, float]:
        """Draw a colour for a region: a*, b*, and how much less likely than the likeliest (log)."""
        weight = region / max(float(region.sum()), 1e-9)
        probability = np.einsum("nhw,hw->n", self._probability, weight)
        lightness = float((self._lightness * weight).sum())
        colours = suggest(probability, self._bins, lightness, _COLOURS)
        shares = np.array([colour.probability for colour in colours]) + 1e-6
        chances = shares ** (1 / boldness)
        choice = int(rng.choice(len(shares), p=chances / chances.sum()))
        return np.array(colours[choice].ab, np.float32), float(np.log(shares[0] / shares[choice]))

    def _differ(self, one: Colouring, other: Colouring) -> bool:
        difference = ciede2000(self._lab(one.ab), self._lab(other.ab))
        return float(difference.mean()) >= _VISIBLE

    def _lab(self, ab: FloatArray) -> FloatArray:
        return np.stack([self._lightness, *ab], -1)
