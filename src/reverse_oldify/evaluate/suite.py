"""One run: every contender over every photograph, each decoded once and then forgotten."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from reverse_oldify.color.colorfulness import colorfulness
from reverse_oldify.color.difference import ciede2000
from reverse_oldify.color.lab import srgb_to_lab
from reverse_oldify.errors import DataError
from reverse_oldify.evaluate.area import (
    Curve,
    RebalancedCurve,
    area,
    distance_steps,
    nearest_bin,
    share_within,
)
from reverse_oldify.evaluate.bootstrap import Score, mean_score, ratio_score, surely_positive
from reverse_oldify.evaluate.calibration import Calibration, Distribution
from reverse_oldify.evaluate.contenders import Contender
from reverse_oldify.evaluate.metrics import (
    Metric,
    PictureScores,
    argmax_agreement,
    psnr,
    rms_ab_error,
)
from reverse_oldify.evaluate.photographs import Photograph, Skipped
from reverse_oldify.types import FloatArray, ModelInfo


@dataclass(frozen=True, kw_only=True)
class PictureRecord:
    """What is remembered of a photograph; ``scores`` are in the order of the contenders."""

    name: str
    kind: str
    id: str
    truth_colorfulness: float
    scores: tuple[PictureScores, ...]


@dataclass(kw_only=True)
class Row:
    """A contender and what is gathered about it while the run goes on."""

    contender: Contender
    rebalanced: RebalancedCurve = field(default_factory=RebalancedCurve)
    calibration: Calibration = field(default_factory=Calibration)
    seconds: list[float] = field(default_factory=list)
    within: list[Curve] = field(default_factory=list)

    def raw_curve(self) -> Curve:
        """Mean over the pictures of the share of pixels within each distance."""
        return np.asarray(np.mean(self.within, axis=0))


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """The outcome of a run. The first row is grey, which the relative error refers to."""

    rows: tuple[Row, ...]
    pictures: tuple[PictureRecord, ...]
    skipped: tuple[Skipped, ...]

    def set_hash(self) -> str:
        """SHA-256 over the content hashes of the scored pictures, in whatever order they came."""
        return hashlib.sha256("".join(sorted(p.id for p in self.pictures)).encode()).hexdigest()

    def values(self, row: int, field_name: str) -> list[float]:
        """One field of `PictureScores` for all pictures."""
        return [getattr(picture.scores[row], field_name) for picture in self.pictures]

    @cached_property
    def scores(self) -> tuple[dict[str, Score], ...]:
        """Scores of every row over the set, by the keys of `metrics.METRICS`."""
        return tuple(self._scores(row) for row in range(len(self.rows)))

    def _scores(self, row: int) -> dict[str, Score]:
        truth = [picture.truth_colorfulness for picture in self.pictures]
        error = self.values(row, "rms_ab")
        return {
            "psnr": mean_score(self.values(row, "psnr")),
            "rms_ab": mean_score(error),
            "relative_rms_ab": ratio_score(error, self.values(0, "rms_ab")),
            "ciede2000": mean_score(self.values(row, "ciede2000")),
            "argmax_agreement": mean_score(self.values(row, "argmax_agreement")),
            "colorfulness_ratio": ratio_score(self.values(row, "colorfulness"), truth),
            "auc": mean_score(self.values(row, "auc")),
            "rebalanced_auc": Score(value=area(self.rows[row].rebalanced.curve())),
        }

    def marks(self, metric: Metric) -> list[str]:
        """Of each row ``"best"``, ``"tied"`` (the pictures cannot tell it from that) or ``""``."""
        scores = [scores[metric.key] for scores in self.scores]
        best = min(scores, key=lambda score: metric.distance(score.value))
        return [self._mark(metric, score, best) for score in scores]

    def _mark(self, metric: Metric, score: Score, best: Score) -> str:
        if metric.distance(score.value) == metric.distance(best.value):
            return "best"
        if score.draws is None or best.draws is None:
            return ""
        gaps = metric.distance(score.draws) - metric.distance(best.draws)
        return "" if surely_positive(gaps, len(self.pictures)) else "tied"

    def ranking(self, row: int) -> list[int]:
        """Numbers of the pictures from the best to the worst CIEDE2000 of a row."""
        return [int(n) for n in np.argsort(self.values(row, "ciede2000"), kind="stable")]


def evaluate(
    photographs: Iterable[Photograph | Skipped], contenders: Sequence[Contender]
) -> Evaluation:
    """Run every contender over every photograph.

    Parameters
    ----------
    photographs
        Looked at once, in order; at most one is held in memory.
    contenders
        The first must be `contenders.grey`. Calibration is measured once for each model, whatever
        the number of vividness values it appears with.

    Raises
    ------
    DataError
        Not a single photograph could be scored.
    """
    rows = tuple(Row(contender=contender) for contender in contenders)
    records: list[PictureRecord] = []
    skipped: list[Skipped] = []
    for photograph in photographs:
        if isinstance(photograph, Skipped):
            skipped.append(photograph)
        else:
            records.append(_score(photograph, rows))
    if not records:
        reasons = f", for example {skipped[0].name}: {skipped[0].reason}" if skipped else ""
        raise DataError(f"none of the pictures could be scored{reasons}; give colour photographs")
    return Evaluation(rows=rows, pictures=tuple(records), skipped=tuple(skipped))


def _score(truth: Photograph, rows: Sequence[Row]) -> PictureRecord:
    judged: list[ModelInfo] = []
    for row in rows:
        info = row.contender.info
        if info is not None and not any(info is other for other in judged):
            judged.append(info)
            _calibrate(truth, row)
    true_bins = nearest_bin(truth.lab[..., 1:])
    return PictureRecord(
        name=truth.name,
        kind=truth.kind,
        id=truth.id,
        truth_colorfulness=colorfulness(truth.srgb),
        scores=tuple(_score_row(truth, true_bins, row) for row in rows),
    )


def _score_row(truth: Photograph, true_bins: NDArray[np.int64], row: Row) -> PictureScores:
    start = time.perf_counter()
    predicted = row.contender.colorize(truth.gray)
    row.seconds.append(time.perf_counter() - start)
    lab = srgb_to_lab(predicted)
    true_ab, ab = truth.lab[..., 1:], lab[..., 1:]
    steps = distance_steps(true_ab, ab)
    within = share_within(steps)
    row.within.append(within)
    row.rebalanced.add(true_bins, steps)
    return PictureScores(
        psnr=psnr(truth.srgb, predicted),
        rms_ab=rms_ab_error(true_ab, ab),
        ciede2000=float(ciede2000(truth.lab, lab).mean(dtype=np.float64)),
        argmax_agreement=argmax_agreement(true_ab, ab),
        colorfulness=colorfulness(predicted),
        auc=area(within),
    )


def _calibrate(truth: Photograph, row: Row) -> None:
    distribution = row.contender.distribution(truth.gray)
    if distribution is not None:
        row.calibration.add(distribution, _cell_means(truth.lab[..., 1:], distribution))


def _cell_means(ab: FloatArray, grid: Distribution) -> FloatArray:
    """Average ab (H, W, 2) over the cells of a grid -> float32 (h, w, 2)."""
    rows, columns = grid.probability.shape[1:]
    box = (0.0, 0.0, ab.shape[1] * grid.covered[1], ab.shape[0] * grid.covered[0])
    planes = [
        Image.fromarray(np.ascontiguousarray(ab[..., channel])).resize(
            (columns, rows), Image.Resampling.BOX, box
        )
        for channel in range(2)
    ]
    return np.stack([np.asarray(plane) for plane in planes], -1)
