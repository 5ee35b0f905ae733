"""``reverse-oldify evaluate``: measure models on colour photographs, side by side."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from reverse_oldify.cli.arguments import positive
from reverse_oldify.cli.main import PROGRAM, complain, one_line
from reverse_oldify.errors import OutputError, reason_of
from reverse_oldify.version import VERSION

if TYPE_CHECKING:
    from reverse_oldify.evaluate.contenders import Contender
    from reverse_oldify.evaluate.photographs import Photograph, PhotographSet, Skipped
    from reverse_oldify.evaluate.suite import Evaluation

_HINTS = "hints.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "folder",
        metavar="FOLDER",
        type=Path,
        help="colour photographs: a folder, a zip or tar, or a prepared set (its val split)",
    )
    parser.add_argument(
        "-o", "--output", metavar="REPORT_DIR", type=Path, required=True, help="where to report"
    )
    parser.add_argument(
        "--model",
        metavar="MODEL",
        action="append",
        help="a model's name, or the folder of one; repeat to compare several "
        "(default: the shipped one)",
    )
    parser.add_argument(
        "--vividness",
        metavar="V",
        type=float,
        action="append",
        help="0..2; repeat to compare several (default: 0 and 1)",
    )
    parser.add_argument(
        "--size",
        metavar="PIXELS",
        type=positive,
        default=256,
        help="scale photographs down to this short side (default: 256); smaller ones stay",
    )
    parser.add_argument(
        "--limit",
        metavar="N",
        type=positive,
        help="use only N photographs: always the same for the same content",
    )
    parser.add_argument("--kind", help="use only photographs of this kind, for example landscape")
    parser.add_argument(
        "--hints-curve",
        action="store_true",
        help="also measure the error against the number of random hints, of the first model",
    )
    parser.add_argument(
        "--threads", metavar="N", type=positive, help="processor threads to use (default: all)"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace an earlier report")


def run(arguments: argparse.Namespace) -> int:
    """Evaluate and report; 1 if a file could not be read, else 0."""
    from reverse_oldify.evaluate.photographs import PhotographSet
    from reverse_oldify.evaluate.report import claim, write_report
    from reverse_oldify.evaluate.scores import Settings
    from reverse_oldify.evaluate.suite import evaluate

    claim(arguments.output, arguments.folder, overwrite=arguments.overwrite)
    photographs = PhotographSet(
        arguments.folder, size=arguments.size, limit=arguments.limit, kind=arguments.kind
    )
    evaluation = evaluate(_watched(photographs, "scores"), _contenders(arguments, photographs))
    settings = Settings(
        place=arguments.folder.resolve().name,
        size=arguments.size,
        limit=arguments.limit,
        kind=arguments.kind,
    )
    print(_table(evaluation))  # before anything can go wrong with the report
    shown = _watched(photographs, "pictures", again=True)
    try:
        page = write_report(arguments.output, evaluation, shown, settings, VERSION)
        (arguments.output / _HINTS).unlink(missing_ok=True)  # of an earlier report
    except OSError as error:
        raise OutputError(
            f"{arguments.output}: the report cannot be written ({reason_of(error)}); "
            "make room or choose another folder"
        ) from error
    print(f"\nReport: {page}")
    if arguments.hints_curve:
        print(f"\n{_hints_curve(arguments, photographs)}")
    return int(any(skipped.failed for skipped in evaluation.skipped))


def _contenders(arguments: argparse.Namespace, photographs: PhotographSet) -> list[Contender]:
    from reverse_oldify.evaluate.contenders import Constant, grey, models, prior_mean
    from reverse_oldify.evaluate.photographs import learnt_from, mean_ab
    from reverse_oldify.pipeline.colorizer import Colorizer

    colorizers = [
        Colorizer(model, threads=arguments.threads) for model in arguments.model or [None]
    ]
    for colorizer in colorizers:
        if known := learnt_from(arguments.folder, colorizer.info):
            complain(
                f"{colorizer.info.name} has learnt from {known} of the photographs (val_fraction "
                "in its recipe); its scores are too good"
            )
    priors = [prior_mean(colorizer.info) for colorizer in colorizers]
    mean = next((prior for prior in priors if prior is not None), None) or mean_ab(photographs)
    rows = models(colorizers, arguments.vividness or [0.0, 1.0])
    return [grey(), Constant("mean colour", mean), *rows]


def _hints_curve(arguments: argparse.Namespace, photographs: PhotographSet) -> str:
    """Measure the curve, write it beside the report as ``hints.json``, and return it as a table."""
    from reverse_oldify.evaluate.hints import Point, hint_curve
    from reverse_oldify.files.json_file import write_json
    from reverse_oldify.pipeline.colorizer import Colorizer

    colorizer = Colorizer((arguments.model or [None])[0], threads=arguments.threads)
    curve = hint_curve(_watched(photographs, "hints", again=True), colorizer)
    points = [point._asdict() for point in curve]
    write_json(arguments.output / _HINTS, points, overwrite=True)
    lines = [list(Point._fields)]
    lines += [[f"{point.hints}", *(f"{score:.2f}" for score in point[1:])] for point in curve]
    return _aligned(lines)


def _watched(
    photographs: PhotographSet, purpose: str, *, again: bool = False
) -> Iterator[Photograph | Skipped]:
    """Pass photographs on, with a progress bar, and a line on stderr for each one left out.

    When they come ``again``, it has been told which are left out.
    """
    from tqdm import tqdm

    from reverse_oldify.evaluate.photographs import Skipped

    bar = tqdm(photographs, purpose, total=len(photographs), unit="picture", disable=None)
    with bar:
        for photograph in bar:
            if isinstance(photograph, Skipped) and not again:
                line = one_line(f"{photograph.name}: {photograph.reason}")
                bar.write(f"{PROGRAM}: {line}", file=sys.stderr)
            yield photograph


def _table(evaluation: Evaluation) -> str:
    """Return the scores as a plain table."""
    from reverse_oldify.evaluate.metrics import METRICS

    lines = [["", *(metric.heading for metric in METRICS)]]
    for row, scores in zip(evaluation.rows, evaluation.scores, strict=True):
        values = [metric.format(scores[metric.key].value) for metric in METRICS]
        lines.append([one_line(row.contender.name), *values])
    return _aligned(lines)


def _aligned(lines: list[list[str]]) -> str:
    """Lines of cells as text in columns: the first to the left, numbers to the right."""
    first, *others = (max(map(len, column)) for column in zip(*lines, strict=True))
    return "\n".join(
        "  ".join([cells[0].ljust(first), *map(str.rjust, cells[1:], others)]) for cells in lines
    )
