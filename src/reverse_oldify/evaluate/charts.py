"""Which plots a report shows, made from an evaluation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from reverse_oldify.evaluate.area import FARTHEST, Curve
from reverse_oldify.evaluate.calibration import Reliability
from reverse_oldify.evaluate.plot import Axis, Series, axis_over, plot
from reverse_oldify.evaluate.suite import Evaluation

_SHOWN_DISTANCE = 60.0  # beyond it the curves are flat
_ERROR_LEVELS = 20


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A plot (SVG in HTML, see `plot.plot`) under its title."""

    title: str
    html: str


def charts(evaluation: Evaluation, lead: int) -> Iterator[Chart]:
    """Yield the plots of a report; ``lead`` is the row that stands for all where one must."""
    yield Chart(title="Error against colourfulness", html=_trade(evaluation))
    yield Chart(title="Errors of the pictures", html=_errors(evaluation))
    raw = [row.raw_curve() for row in evaluation.rows]
    yield Chart(title="Pixels within an ab distance", html=_curves(evaluation, raw))
    rebalanced = [row.rebalanced.curve() for row in evaluation.rows]
    yield Chart(title="The same, every colour alike", html=_curves(evaluation, rebalanced))
    yield Chart(title="Colourful pictures are harder", html=_difficulty(evaluation, lead))
    yield Chart(title="Colourfulness of the pictures", html=_colourfulness(evaluation, lead))


def calibration_charts(evaluation: Evaluation) -> Iterator[Chart]:
    """Yield the reliability diagrams; none where no row has a distribution."""
    judged = [(n, row) for n, row in enumerate(evaluation.rows) if not row.calibration.empty]
    if not judged:
        return
    top = {n: row.calibration.top() for n, row in judged}
    spread = {n: row.calibration.spread() for n, row in judged}
    share = "share of the likeliest colour"
    yield Chart(
        title="Probability of the likeliest colour",
        html=_diagram(evaluation, top, f"predicted {share}", f"true {share}", largest=1.0),
    )
    yield Chart(
        title="Predicted spread",
        html=_diagram(evaluation, spread, "predicted spread in ab", "RMS ab error", largest=None),
    )


def _name(evaluation: Evaluation, row: int) -> str:
    return evaluation.rows[row].contender.name


def _trade(evaluation: Evaluation) -> str:
    ratios = [scores["colorfulness_ratio"].value for scores in evaluation.scores]
    errors = [scores["ciede2000"].value for scores in evaluation.scores]
    series = [
        Series(label=_name(evaluation, row), x=[x], y=[y], colour=row, mark="dots")
        for row, (x, y) in enumerate(zip(ratios, errors, strict=True))
    ]
    x_axis = axis_over("colourfulness ratio (1 is the truth's)", [*ratios, 1.0])
    return plot(x_axis, axis_over("CIEDE2000", errors), series)


def _errors(evaluation: Evaluation) -> str:
    everything = [evaluation.values(row, "rms_ab") for row in range(len(evaluation.rows))]
    axis = axis_over("RMS ab error", [value for values in everything for value in values])
    edges = np.linspace(axis.low, axis.high, _ERROR_LEVELS + 1)
    middles = ((edges[1:] + edges[:-1]) / 2).tolist()
    counts = [np.histogram(values, edges)[0].tolist() for values in everything]
    series = [
        Series(label=_name(evaluation, row), x=middles, y=count, colour=row)
        for row, count in enumerate(counts)
    ]
    highest = axis_over("pictures", [value for count in counts for value in count])
    return plot(axis, highest, series)


def _curves(evaluation: Evaluation, curves: list[Curve]) -> str:
    distances = [float(distance) for distance in range(FARTHEST + 1)]
    shown = int(_SHOWN_DISTANCE) + 1
    series = [
        Series(
            label=_name(evaluation, row), x=distances[:shown], y=curve[:shown].tolist(), colour=row
        )
        for row, curve in enumerate(curves)
    ]
    x_axis = Axis(label="ab distance", low=0.0, high=_SHOWN_DISTANCE)
    return plot(x_axis, Axis(label="share of pixels", low=0.0, high=1.0), series)


def _difficulty(evaluation: Evaluation, lead: int) -> str:
    truth = [picture.truth_colorfulness for picture in evaluation.pictures]
    rows = sorted({0, lead})
    errors = {row: evaluation.values(row, "rms_ab") for row in rows}
    series = [
        Series(label=_name(evaluation, row), x=truth, y=errors[row], colour=row, mark="dots")
        for row in rows
    ]
    y_axis = axis_over("RMS ab error", [value for values in errors.values() for value in values])
    return plot(axis_over("colourfulness of the truth", truth), y_axis, series)


def _colourfulness(evaluation: Evaluation, lead: int) -> str:
    truth = [picture.truth_colorfulness for picture in evaluation.pictures]
    predicted = evaluation.values(lead, "colorfulness")
    name = _name(evaluation, lead)
    series = [Series(label=name, x=truth, y=predicted, colour=lead, mark="dots")]
    x_axis = axis_over("colourfulness of the truth", [*truth, *predicted])
    y_axis = axis_over("colourfulness predicted", [*truth, *predicted])
    return plot(x_axis, y_axis, series, diagonal=True)


def _diagram(
    evaluation: Evaluation,
    reliabilities: dict[int, Reliability],
    x_label: str,
    y_label: str,
    *,
    largest: float | None,
) -> str:
    series = [
        Series(
            label=_name(evaluation, row),
            x=reliability.predicted.tolist(),
            y=reliability.observed.tolist(),
            colour=row,
            mark="both",
            shares=reliability.share.tolist(),
        )
        for row, reliability in reliabilities.items()
    ]
    values = [v for one in series for v in (*one.x, *one.y)] if largest is None else [largest]
    return plot(axis_over(x_label, values), axis_over(y_label, values), series, diagonal=True)
