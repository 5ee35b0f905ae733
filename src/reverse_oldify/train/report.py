"""What a person looks at while a network trains: curves and pictures, as PNG."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from reverse_oldify.color.lab import lab_to_srgb
from reverse_oldify.errors import MissingExtraError
from reverse_oldify.files.drafts import failures_told, written
from reverse_oldify.types import FloatArray


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """Rows of a ``metrics.jsonl``; a half-written last line (after a kill) is left out."""
    rows = []
    for line in path.read_text("utf-8").splitlines() if path.exists() else ():
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError:
            break
    return rows


def add_metrics(path: Path, row: dict[str, Any]) -> None:
    """Add a row to a ``metrics.jsonl``.

    Raises
    ------
    OutputError
        It cannot be written.
    """
    with failures_told(path), path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")


def forget_later_metrics(path: Path, step: int) -> None:
    """Drop what a killed run logged of steps that its checkpoint does not know."""
    rows = [row for row in read_metrics(path) if row["step"] <= step]
    with written(path, overwrite=True) as file:
        file.writelines(json.dumps(row).encode() + b"\n" for row in rows)


def draw_curves(rows: list[dict[str, Any]], path: Path) -> None:
    """Loss, learning rate and validation scores against pictures seen."""
    figure, axes = _figure(2, 2, (11, 7))
    panels = (
        ("loss", ["loss", "cross_entropy"]),
        ("learning rate", ["lr"]),
        ("validation: RMS ab error over grey's", _keys(rows, "/ratio")),
        ("validation: chroma ratio, argmax agreement", _keys(rows, "/chroma", "/argmax")),
    )
    for axis, (title, keys) in zip(axes.flat, panels, strict=True):
        for key in keys:
            points = [(row["samples"], row[key]) for row in rows if key in row]
            if points:
                alone = "o" if len(points) == 1 else ""  # of one point no line can be drawn
                axis.plot(*zip(*points, strict=True), label=key, marker=alone)
        axis.set(title=title, xlabel="pictures seen")
        axis.grid(alpha=0.3)
        if axis.has_data():
            axis.legend(fontsize="small")
    _save(figure, path)


def draw_sheet(labs: list[FloatArray], predictions: list[FloatArray], path: Path) -> None:
    """Grey, predicted and true colour of some pictures, one column each."""
    figure, axes = _figure(3, len(labs), (1.8 * len(labs), 5.4))
    for column, (lab, ab) in enumerate(zip(labs, predictions, strict=True)):
        for row, shown in enumerate((np.zeros_like(ab), ab, lab[..., 1:])):
            axis = axes[row, column]
            axis.imshow(lab_to_srgb(np.concatenate([lab[..., :1], shown], -1)))
            axis.axis("off")
    _save(figure, path)


def _keys(rows: list[dict[str, Any]], *endings: str) -> list[str]:
    return sorted({key for row in rows for key in row if key.endswith(endings)})


def _figure(rows: int, columns: int, size: tuple[float, float]) -> tuple[Any, Any]:
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError("drawing training curves", "train") from error
    figure = Figure(figsize=size, layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False)


def _save(figure: Any, path: Path) -> None:
    with written(path, overwrite=True) as file:
        figure.savefig(file, format="png", dpi=90)
