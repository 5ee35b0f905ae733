"""The machine-readable side of a report: ``scores.json`` and ``pictures.csv``.

``scores.json`` keeps its keys from version to version; ``format`` counts up if one ever changes.
Everything in it but ``seconds`` is the same from run to run.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from statistics import median
from typing import Any

from reverse_oldify.evaluate.bootstrap import Score
from reverse_oldify.evaluate.calibration import Calibration, Reliability
from reverse_oldify.evaluate.metrics import PictureScores
from reverse_oldify.evaluate.suite import Evaluation, Row
from reverse_oldify.files.json_file import write_json

FORMAT = 1
SCORES, PICTURES = "scores.json", "pictures.csv"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What was asked for, as far as it decides the scores; see `photographs.PhotographSet`."""

    place: str
    size: int
    limit: int | None
    kind: str | None


def to_json(evaluation: Evaluation, settings: Settings, version: str) -> dict[str, Any]:
    """Everything that was measured over the set, as plain JSON types."""
    return {
        "format": FORMAT,
        "product": "reverse-oldify",
        "version": version,
        "set": {
            **asdict(settings),
            "pictures": len(evaluation.pictures),
            "hash": evaluation.set_hash(),
            "skipped": [asdict(skipped) for skipped in evaluation.skipped],
        },
        "rows": [
            _row_json(row, scores)
            for row, scores in zip(evaluation.rows, evaluation.scores, strict=True)
        ],
    }


def _row_json(row: Row, scores: Mapping[str, Score]) -> dict[str, Any]:
    info = row.contender.info
    model = info and {
        "name": info.name,
        "version": info.version,
        "weights_hash": info.weights_hash,
    }
    return {
        "name": row.contender.name,
        "model": model,
        "vividness": row.contender.vividness,
        "scores": {key: _score_json(score) for key, score in scores.items()},
        "calibration": None if row.calibration.empty else _calibration_json(row.calibration),
        "seconds": {"median": median(row.seconds)},
    }


def _score_json(score: Score) -> dict[str, float | None]:
    return {"value": score.value, "low": score.low, "high": score.high}


def _calibration_json(calibration: Calibration) -> dict[str, Any]:
    return {
        "expected_calibration_error": calibration.expected_error(),
        "spread_error": calibration.spread_error(),
        "top": _reliability_json(calibration.top()),
        "spread": _reliability_json(calibration.spread()),
    }


def _reliability_json(reliability: Reliability) -> dict[str, list[float]]:
    return {
        "predicted": reliability.predicted.tolist(),
        "observed": reliability.observed.tolist(),
        "share": reliability.share.tolist(),
    }


def write_scores(folder: Path, document: Mapping[str, Any]) -> None:
    """Write ``scores.json`` so that a reader sees the old file or the new one, never a half."""
    write_json(folder / SCORES, document, overwrite=True)


def write_pictures(folder: Path, evaluation: Evaluation) -> None:
    """Write ``pictures.csv``: one line for each picture and row."""
    names = [field.name for field in fields(PictureScores)]
    with (folder / PICTURES).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["picture", "kind", "id", "row", *names, "truth_colorfulness"])
        for picture in evaluation.pictures:
            for row, scores in zip(evaluation.rows, picture.scores, strict=True):
                values = [f"{getattr(scores, name):.6g}" for name in names]
                label = [picture.name, picture.kind, picture.id, row.contender.name]
                writer.writerow([*label, *values, f"{picture.truth_colorfulness:.6g}"])
