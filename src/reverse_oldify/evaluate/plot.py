"""Plots as small inline SVG: axes, lines, points. Colours come from the style sheet of the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

_WIDTH, _HEIGHT = 440, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 12, 12, 44
_RADIUS, _SMALLEST, _LARGEST = 3.5, 0.8, 10.0
COLOURS = 8
"""Series colours that the page defines, as classes ``s0`` .. ``s7``; more series reuse them."""


@dataclass(frozen=True, kw_only=True)
class Series:
    """Points of one plot, drawn as a line, as dots, or as both.

    ``shares`` of a whole, if they are given, are the areas of the dots.
    """

    label: str
    x: Sequence[float]
    y: Sequence[float]
    colour: int
    mark: Literal["line", "dots", "both"] = "line"
    shares: Sequence[float] | None = None


@dataclass(frozen=True, kw_only=True)
class Axis:
    """A linear axis."""

    label: str
    low: float
    high: float

    def place(self, value: float, start: float, end: float) -> float:
        """Where a value lies between two pixel positions; beyond the axis means on its rim."""
        part = (value - self.low) / (self.high - self.low)
        return start + min(max(part, 0.0), 1.0) * (end - start)

    def ticks(self) -> list[float]:
        """About five round numbers."""
        span = self.high - self.low
        step = next(s for s in _round_numbers() if span / s <= 6)
        first = -(-self.low // step) * step
        return [first + i * step for i in range(int((self.high - first) / step + 1e-6) + 1)]


def axis_over(label: str, values: Sequence[float]) -> Axis:
    """Axis from 0 to just beyond the largest value."""
    largest = max(values, default=0.0)
    step = next(s for s in _round_numbers() if largest / s <= 6)
    return Axis(label=label, low=0.0, high=max(step * -(-largest // step), step))


def plot(x_axis: Axis, y_axis: Axis, series: Sequence[Series], *, diagonal: bool = False) -> str:
    """Draw a plot with its legend.

    Parameters
    ----------
    x_axis, y_axis
        Ranges and labels.
    series
        What to draw, first at the bottom.
    diagonal
        Also draw the line x = y.

    Returns
    -------
    str
        A ``<figure>`` that holds an ``<svg>`` and a legend; every text in it is escaped.
    """
    parts = [_grid(x_axis, y_axis)]
    if diagonal:
        ends = (max(x_axis.low, y_axis.low), min(x_axis.high, y_axis.high))
        parts.append(f'<path class="diagonal" d="{_path(x_axis, y_axis, ends, ends)}"/>')
    parts += [_draw(x_axis, y_axis, one) for one in series]
    name = escape(f"{y_axis.label} against {x_axis.label}")
    return (
        f'<figure class="plot"><svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="{name}">{"".join(parts)}</svg>{_legend(series)}</figure>'
    )


def _round_numbers() -> Sequence[float]:
    return [m * 10.0**e for e in range(-6, 9) for m in (1, 2, 5)]


def _x(axis: Axis, value: float) -> float:
    return axis.place(value, _LEFT, _WIDTH - _RIGHT)


def _y(axis: Axis, value: float) -> float:
    return axis.place(value, _HEIGHT - _BOTTOM, _TOP)


def _path(x_axis: Axis, y_axis: Axis, xs: Sequence[float], ys: Sequence[float]) -> str:
    points = [f"{_x(x_axis, x):.1f} {_y(y_axis, y):.1f}" for x, y in zip(xs, ys, strict=True)]
    return "M" + "L".join(points) if points else ""


def _draw(x_axis: Axis, y_axis: Axis, series: Series) -> str:
    colour = f"s{series.colour % COLOURS}"
    line = f'<path class="line {colour}" d="{_path(x_axis, y_axis, series.x, series.y)}"/>'
    radii = [_RADIUS] * len(series.x)
    if series.shares is not None:
        radii = [max(_LARGEST * share**0.5, _SMALLEST) for share in series.shares]
    places = ((_x(x_axis, x), _y(y_axis, y)) for x, y in zip(series.x, series.y, strict=True))
    dots = "".join(
        f'<circle class="dot {colour}" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"/>'
        for (x, y), radius in zip(places, radii, strict=True)
    )
    return {"line": line, "dots": dots, "both": line + dots}[series.mark]


def _grid(x_axis: Axis, y_axis: Axis) -> str:
    bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    parts = []
    for tick in x_axis.ticks():
        x = _x(x_axis, tick)
        parts.append(f'<path class="grid" d="M{x:.1f} {_TOP}V{bottom}"/>')
        parts.append(f'<text x="{x:.1f}" y="{bottom + 16}" class="x">{tick:g}</text>')
    for tick in y_axis.ticks():
        y = _y(y_axis, tick)
        parts.append(f'<path class="grid" d="M{_LEFT} {y:.1f}H{right}"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" class="y">{tick:g}</text>')
    middle = (_LEFT + right) / 2
    parts.append(f'<text x="{middle}" y="{_HEIGHT - 6}" class="x">{escape(x_axis.label)}</text>')
    parts.append(
        f'<text transform="translate(12 {(_TOP + bottom) / 2}) rotate(-90)" class="x">'
        f"{escape(y_axis.label)}</text>"
    )
    return "".join(parts)


def _legend(series: Sequence[Series]) -> str:
    rows = [
        f'<span><i class="key s{one.colour % COLOURS}"></i>{escape(one.label)}</span>'
        for one in series
    ]
    return f'<figcaption class="legend">{"".join(rows)}</figcaption>'
