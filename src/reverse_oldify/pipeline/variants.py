"""Other plausible colourings, each coherent over the whole picture.

Drawn as a painter decides: a doubtful cell is picked, and one of its likely colours is drawn for
all cells that the network believes the same of, wherever they are; then another, until little is
undecided. A decision multiplies the distribution of its cells by a bump around the colour, so that
shading and detail stay. Or the light of the whole is another, which is what most of the error of
landscapes comes from: all distributions are tilted towards one hue, and each yields by its doubt.
What looks like an earlier colouring is dropped.

Decided is on a sketch, of a quarter of the cells and of the bins that matter; what looks new there
is painted on the whole grid, and handed out if it still does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reverse_oldify.color.difference import ciede2000
from reverse_oldify.color.gamut import lab_to_srgb_in_gamut
from reverse_oldify.color.lab import srgb_to_lab
from reverse_oldify.matmul import matmul
from reverse_oldify.pipeline.prediction import mean_and_variance, softmax
from reverse_oldify.pipeline.remembered import remembered
from reverse_oldify.pipeline.suggest import distinct, within_gamut
from reverse_oldify.types import FloatArray

Mask = NDArray[np.bool_]

_REGIONS = 6  # decided for each candidate
_DONE = 0.05  # undecided by less than this, cells are decided
_COLOURS = 4  # to choose from in a region
_BOLDNESS = (1.0, 2.0, 4.0, 16.0)  # temperature of the choice of colours
_POOL = 8  # candidates of each boldness
_SHIFTS = (0.4, 0.6, 0.9)  # of the mean ab, in another light: standard deviations, about
_SIGHT = 25.0  # standard deviation in ab, of what another light can reach
_VISIBLE = 2.5  # mean CIEDE2000 at which two colourings look different
_WORTH = 0.8  # share of it by which sketches must differ for the whole to be painted
_ALIKE = 0.08  # Hellinger distance, squared, of cells that are decided together
_BUMP = 18.0  # standard deviation in ab
_LEAST = 1e-3  # probability in the sketch, below which a bin does not matter
_LEVEL = 5  # steps of L* at which it is worked out which colours exist


class Colouring(NamedTuple):
    """Chroma (2, gh, gw), and its log likelihood against the likeliest decisions' 0."""

    ab: FloatArray
    likelihood: float


class Decision(NamedTuple):
    """A colour a*, b* (2,) for all cells whose distribution is like one of root ``like`` (n,)."""

    like: FloatArray
    ab: FloatArray


class Candidate(NamedTuple):
    """Decisions, a tilt of all distributions per unit of ab (2,), and their log likelihood."""

    decisions: list[Decision]
    light: FloatArray
    likelihood: float


class Scene:
    """What the network says of a picture, on a grid.

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
    """

    def __init__(
        self, logits: FloatArray, bins: FloatArray, lightness: FloatArray, undecided: FloatArray
    ) -> None:
        self.logits, self.bins = logits, bins
        self.lightness, self.undecided = lightness, undecided
        self.probability = softmax(logits)
        self.root: FloatArray = np.sqrt(self.probability)

    @remembered
    def moments(self) -> tuple[FloatArray, FloatArray]:
        """See `prediction.mean_and_variance`."""
        return mean_and_variance(self.probability, self.bins)

    def sketch(self) -> tuple[Scene, Mask]:
        """The same on half as many rows and columns, of bins that matter; which ones, bool (n,)."""
        probability = _halved(self.probability)
        kept = probability.max((1, 2)) > _LEAST
        logits = np.log(np.maximum(probability[kept], 1e-12))
        lightness, undecided = _halved(np.stack([self.lightness, self.undecided]))
        return Scene(logits, self.bins[kept], lightness, undecided), kept

    def region(self, like: FloatArray, undecided: FloatArray) -> FloatArray:
        """Cells alike to one with a distribution of root ``like`` (n,): (gh, gw), 0..1."""
        overlap = np.einsum("nhw,n->hw", self.root, like)
        return np.asarray(np.exp(-np.square((1 - overlap) / _ALIKE)) * undecided)

    def decided(self, candidate: Candidate) -> FloatArray:
        """Logits after decisions, in its light."""
        undecided = self.undecided
        logits = self.logits.copy()
        if candidate.light.any():
            # Within sight of each cell's mean: no sky must jump to a red that it has next to never.
            towards = candidate.light[:, None, None] + self.moments[0] / _SIGHT**2
            far = np.square(self.bins).sum(1)[:, None, None] / (2 * _SIGHT**2)
            logits += (np.einsum("nc,chw->nhw", self.bins, towards) - far) * undecided
        for like, ab in candidate.decisions:
            region = self.region(like, undecided)
            away = np.square(self.bins - ab).sum(1) / (2 * _BUMP**2)
            logits -= away[:, None, None] * region
            undecided = undecided * (1 - region)
        return logits


class Painter:
    """Draws colourings of one picture.

    Parameters
    ----------
    scene
        The picture.
    paint
        From logits (n, gh, gw) to a*, b* (2, gh, gw), as they are handed out.
    rough
        From logits (m, gh', gw') of a sketch over bins (m, 2), and its L*, to about the same.
    """

    def __init__(
        self,
        scene: Scene,
        paint: Callable[[FloatArray], FloatArray],
        rough: Callable[[FloatArray, FloatArray, FloatArray], FloatArray],
    ) -> None:
        self._scene, self._paint, self._rough = scene, paint, rough
        self._levels: dict[int, FloatArray] = {}

    def colourings(self, seed: int) -> Iterator[Colouring]:
        """Visibly different colourings: the default, then the likelier first.

        The first n are the same however many are asked for.
        """
        default = self._paint(self._scene.logits)
        yield Colouring(default, 0.0)
        found = [_shown(default, self._scene.lightness)]
        sketch, kept = self._scene.sketch()
        pool = [
            self._decide(sketch, boldness, np.random.default_rng([seed, stage, number]))
            for stage, boldness in enumerate(_BOLDNESS)
            for number in range(_POOL)
        ]
        pool += _lights(sketch, np.random.default_rng([seed, len(_BOLDNESS)]))
        first = self._rough(sketch.logits, sketch.bins, sketch.lightness)
        sketches = [_shown(first, sketch.lightness)]
        for drawn in sorted(pool, key=lambda drawn: -drawn.likelihood):
            rough = self._rough(sketch.decided(drawn), sketch.bins, sketch.lightness)
            look = _shown(rough, sketch.lightness)
            if not _differs(look, sketches, _WORTH * _VISIBLE):
                continue
            whole = drawn._replace(decisions=[_whole(each, kept) for each in drawn.decisions])
            ab = self._paint(self._scene.decided(whole))
            shown = _shown(ab, self._scene.lightness)
            if _differs(shown, found, _VISIBLE):
                found.append(shown)
                sketches.append(look)
                yield Colouring(ab, drawn.likelihood)

    def _decide(self, sketch: Scene, boldness: float, rng: np.random.Generator) -> Candidate:
        """Decide region after region."""
        _, variance = sketch.moments
        decisions, undecided, likelihood = [], sketch.undecided, 0.0
        for _ in range(_REGIONS):
            if undecided.max() < _DONE:
                break
            doubt = (variance * undecided + 1e-9).ravel().astype(np.float64)
            cell = np.unravel_index(rng.choice(doubt.size, p=doubt / doubt.sum()), undecided.shape)
            like = sketch.root[:, cell[0], cell[1]]
            region = sketch.region(like, undecided)
            ab, loss = self._choose(sketch, region, boldness, rng)
            decisions.append(Decision(like, ab))
            undecided = undecided * (1 - region)
            likelihood -= loss * float(region.mean())
        return Candidate(decisions, np.zeros(2, np.float32), likelihood)

    def _choose(
        self, sketch: Scene, region: FloatArray, boldness: float, rng: np.random.Generator
    ) -> tuple[FloatArray, float]:
        """Draw a colour for a region: a*, b*, and how much less likely than the likeliest (log)."""
        weight = region / max(float(region.sum()), 1e-9)
        probability = np.einsum("nhw,hw->n", sketch.probability, weight)
        level = round(float((sketch.lightness * weight).sum()) / _LEVEL)
        if level not in self._levels:
            self._levels[level] = within_gamut(level * _LEVEL, sketch.bins)
        shares, colours = distinct(probability, self._levels[level], _COLOURS)
        shares = shares + 1e-6
        chances = shares ** (1 / boldness)
        choice = int(rng.choice(len(shares), p=chances / chances.sum()))
        return colours[choice], float(np.log(shares[0] / shares[choice]))


def _lights(sketch: Scene, rng: np.random.Generator) -> Iterator[Candidate]:
    """The scene in other lights, of hues that lie across from each other.

    Exponential tilting: of all changes that move the mean as far, the least unlikely. How likely is
    told by its divergence (Kullback and Leibler) from what the network says, mean over cells.
    """
    log_before = np.log(np.maximum(sketch.probability, 1e-12))
    axes, first = _axes_of_doubt(sketch), rng.uniform(0, np.pi / 2)
    for shift in _SHIFTS:
        for turn in first + np.arange(4) * np.pi / 2:
            hue = np.array([np.cos(turn), np.sin(turn)], np.float32)
            light: FloatArray = matmul(shift * hue, axes)
            after = softmax(sketch.decided(Candidate([], light, 0.0)))
            gained = after * (np.log(np.maximum(after, 1e-12)) - log_before)
            yield Candidate([], light, -float(gained.sum(0).mean()))


def _axes_of_doubt(sketch: Scene) -> FloatArray:
    """Principal axes of the covariance in ab, mean over cells; over their deviations: (2, 2)."""
    mean, _ = sketch.moments
    shares = sketch.probability.mean((1, 2))
    power = np.einsum("n,nc,nd->cd", shares, sketch.bins, sketch.bins)
    between = np.einsum("chw,dhw->cd", mean, mean) / mean[0].size
    variances, axes = np.linalg.eigh(power - between)
    return np.asarray((axes / np.sqrt(np.maximum(variances, 1.0))).T, np.float32)


def _whole(decision: Decision, kept: Mask) -> Decision:
    """The same, of all bins."""
    like = np.zeros(kept.shape, np.float32)
    like[kept] = decision.like
    return Decision(like, decision.ab)


def _shown(ab: FloatArray, lightness: FloatArray) -> FloatArray:
    """Lab (n, 3) of chroma (2, gh, gw) as far as it exists: white is white in all colourings."""
    return srgb_to_lab(lab_to_srgb_in_gamut(lightness.ravel(), ab.reshape(2, -1).T))


def _differs(shown: FloatArray, others: list[FloatArray], least: float) -> bool:
    """Whether Lab (n, 3) looks different from all others, by the mean CIEDE2000."""
    return all(ciede2000(shown, other).mean() >= least for other in others)


def _halved(planes: FloatArray) -> FloatArray:
    """Means of 2 x 2 cells (n, gh, gw); the last row and column are repeated if need be."""
    _, height, width = planes.shape
    padded = np.pad(planes, [(0, 0), (0, height % 2), (0, width % 2)], mode="edge")
    wide = padded[..., ::2] + padded[..., 1::2]
    return np.asarray((wide[:, ::2] + wide[:, 1::2]) * np.float32(0.25))
