"""What a user may choose, as frozen values that check themselves; and as JSON, there and back."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reverse_oldify.errors import OptionError
from reverse_oldify.values import hex_of, number, pair, set_fields, several, table_of, whole_number

NEUTRAL = "neutral"
"""The colour of a hint that keeps a place grey."""

LAST_VARIANT = 9
"""Variants are numbered from 0."""

_HEX = re.compile(r"#[0-9a-f]{6}")
_LARGEST_AB = 128.0
MOST_RADIUS = 1e6
"""Of a hint, in pixels: wider than any picture."""


@dataclass(frozen=True, kw_only=True)
class Hint:
    """A colour that the user gives to a place: a spot, or a stroke of the brush.

    Attributes
    ----------
    points : tuple of (x, y)
        Pixels of the picture, x to the right, y down, from 0; one is a spot, more are a polyline.
    color : str, (int, int, int) or None
        sRGB, ``"#rrggbb"`` or codes 0..255, which become that, or ``"neutral"``. Only its a* and
        b* are used: the picture keeps its lightness. Give either this or ``ab``.
    ab : (float, float) or None
        CIE a*, b*.
    radius : float
        Of the brush, in pixels of the picture, up to 1,000,000. At least one cell of the
        network's grid is painted.
    strength : float
        0 (no effect) to 1 (obeyed).
    """

    points: tuple[tuple[float, float], ...]
    color: str | tuple[int, int, int] | None = None
    ab: tuple[float, float] | None = None
    radius: float = 0.0
    strength: float = 1.0

    def __post_init__(self) -> None:
        points = several("a hint's points are", self.points, "[[x, y], ...]")
        set_fields(self, points=tuple(pair("a hint's point", point) for point in points))
        if self.ab is not None:
            set_fields(self, ab=pair("a hint's ab", self.ab))
        for name in ("radius", "strength"):
            set_fields(self, **{name: number(f"a hint's {name}", getattr(self, name))})
        if not isinstance(self.color, str | None):
            set_fields(self, color=hex_of("a hint's colour", self.color))
        if not self.points:
            raise OptionError("a hint has no points; give at least one (x, y)")
        for x, y in self.points:
            if not (math.isfinite(x) and math.isfinite(y) and x >= 0 and y >= 0):
                raise OptionError(f"a hint lies at ({x:g}, {y:g}); pixels are counted from 0")
        if (self.color is None) == (self.ab is None):
            raise OptionError("a hint needs a colour: either color or ab")
        if self.color not in (None, NEUTRAL) and not _HEX.fullmatch(str(self.color).lower()):
            raise OptionError(f"a hint's colour is {self.color!r}; write '#rrggbb' or '{NEUTRAL}'")
        if self.ab is not None and not all(abs(value) <= _LARGEST_AB for value in self.ab):
            raise OptionError(f"a hint's ab is {self.ab}; a* and b* lie within -128 to 128")
        if not 0.0 <= self.radius <= MOST_RADIUS:
            raise OptionError(
                f"a hint's radius is {self.radius:g}; give pixels, from 0 to {MOST_RADIUS:,.0f}"
            )
        if not 0.0 <= self.strength <= 1.0:
            raise OptionError(f"a hint's strength is {self.strength}; choose a number from 0 to 1")

    def to_json(self) -> dict[str, Any]:
        """Return the hint as plain JSON types, without what is not set."""
        table = {key: value for key, value in vars(self).items() if value is not None}
        table["points"] = [list(point) for point in self.points]
        if self.ab is not None:
            table["ab"] = list(self.ab)
        return table

    @classmethod
    def from_json(cls, table: Any) -> Hint:
        """Undo `to_json`.

        Raises
        ------
        OptionError
            If it is no hint.
        """
        return cls(**{"points": (), **table_of(table, cls, "a hint")})


@dataclass(frozen=True)
class Hints:
    """All the hints of one picture, in the order they were painted: later ones lie on top."""

    strokes: tuple[Hint, ...] = ()

    def __post_init__(self) -> None:
        set_fields(self, strokes=tuple(several("hints are", self.strokes, "(Hint(...), ...)")))
        for stroke in self.strokes:
            if not isinstance(stroke, Hint):
                raise OptionError(f"{stroke!r} is no hint; give a Hint, or use Hints.from_arrays")

    def __len__(self) -> int:
        return len(self.strokes)

    def __iter__(self) -> Iterator[Hint]:
        return iter(self.strokes)

    def __add__(self, other: Hints) -> Hints:
        return Hints(self.strokes + other.strokes)

    @classmethod
    def from_arrays(
        cls, xy: Sequence[Any] | NDArray[Any], ab: Sequence[Any] | NDArray[Any], radius: float = 0.0
    ) -> Hints:
        """Spots from arrays: pixels x, y (n, 2), and their a*, b* (n, 2)."""
        try:
            places, colours = np.asarray(xy, float), np.asarray(ab, float)
        except (TypeError, ValueError, OverflowError) as error:
            raise OptionError("hints are no arrays of numbers; give (n, 2) twice") from error
        if places.shape != colours.shape or places.shape[1:] != (2,):
            raise OptionError(f"hints of shapes {places.shape}, {colours.shape}; give (n, 2) twice")
        return cls(
            tuple(
                Hint(points=((x, y),), ab=(a, b), radius=radius)
                for (x, y), (a, b) in zip(places.tolist(), colours.tolist(), strict=True)
            )
        )

    def to_json(self) -> list[dict[str, Any]]:
        """Return the hints as plain JSON types."""
        return [hint.to_json() for hint in self.strokes]

    @classmethod
    def from_json(cls, rows: Any) -> Hints:
        """Undo `to_json`."""
        if not isinstance(rows, list):
            raise OptionError(f"hints are a list, not {type(rows).__name__}; see docs/controls.md")
        return cls(tuple(Hint.from_json(row) for row in rows))


@dataclass(frozen=True, kw_only=True)
class Palette:
    """How much of each colour a picture has: a histogram over ab.

    Attributes
    ----------
    colors : tuple of (a*, b*, share)
        Shares are 0 or more; they are scaled to sum to 1 where they are used.
    name : str
        Where it comes from, for people.
    """

    colors: tuple[tuple[float, float, float], ...]
    name: str = ""

    def __post_init__(self) -> None:
        needs = "a palette needs colors: numbers, (a*, b*, share) each"
        try:
            values = np.array(self.colors, float)
        except (TypeError, ValueError, OverflowError) as error:
            raise OptionError(needs) from error
        if values.ndim != 2 or values.shape[1] != 3 or not np.isfinite(values).all():
            raise OptionError(needs)
        if (np.abs(values[:, :2]) > _LARGEST_AB).any():
            raise OptionError("a colour of a palette is out of range: a*, b* lie in -128 to 128")
        if (values[:, 2] < 0).any() or values[:, 2].max() <= 0:
            raise OptionError("the shares of a palette must be 0 or more, and not all 0")
        set_fields(self, colors=tuple((a, b, share) for a, b, share in values.tolist()))

    def to_json(self) -> dict[str, Any]:
        """Return the palette as plain JSON types."""
        return {"name": self.name, "colors": [list(color) for color in self.colors]}

    @classmethod
    def from_json(cls, table: Any) -> Palette:
        """Undo `to_json`."""
        table = {"colors": (), **table_of(table, cls, "a palette")}
        return cls(colors=table["colors"], name=str(table.get("name", "")))


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a user may choose: the same in flags, in JSON and in Python.

    Attributes
    ----------
    vividness : float
        0..2. 0 is the expected colour (safest, leans to grey), 1 the default, 2 is bold.
    working_size : int or None
        Side in pixels of a square of the area at which the network looks at the picture.
        By default the model's own.
    hints : Hints
        Colours that the user gives to places of the picture.
    palette : Palette, str or None
        Steers the colours of the whole picture: the palette of a reference picture, or the name
        of a look.
    variant : int
        0 is the likeliest colouring, 1 to 9 are others, the likelier first.
    seed : int
        Variants are drawn at random; the same seed draws the same ones.
    """

    vividness: float = 1.0
    working_size: int | None = None
    hints: Hints = Hints()
    palette: Palette | str | None = None
    variant: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        set_fields(self, vividness=number("vividness", self.vividness))
        if self.working_size is not None:
            set_fields(self, working_size=whole_number("working_size", self.working_size))
        for name in ("variant", "seed"):
            set_fields(self, **{name: whole_number(name, getattr(self, name))})
        if not isinstance(self.hints, Hints):
            raise OptionError(f"hints are {type(self.hints).__name__}; give Hints")
        if not isinstance(self.palette, Palette | str | None):
            raise OptionError(
                f"the palette is of type {type(self.palette).__name__}; give the name of a look, "
                "or a Palette, as find_palette makes of a picture or a .json"
            )
        if not 0.0 <= self.vividness <= 2.0:
            raise OptionError(f"vividness is {self.vividness}; choose a number from 0 to 2")
        if self.working_size is not None and not 32 <= self.working_size <= 2048:
            raise OptionError(
                f"working size is {self.working_size}; choose a number from 32 to 2048"
            )
        if not 0 <= self.variant <= LAST_VARIANT:
            raise OptionError(
                f"variant is {self.variant}; choose a number from 0 to {LAST_VARIANT}"
            )
        if self.seed < 0:
            raise OptionError(f"seed is {self.seed}; choose a number from 0")

    @classmethod
    def of(cls, given: Options | None) -> Options:
        """Return what was given, or the defaults.

        Raises
        ------
        OptionError
            If it is something else.
        """
        if given is None:
            return cls()
        if not isinstance(given, cls):
            raise OptionError(f"options are {given!r}; give Options, like Options(vividness=1.5)")
        return given

    def to_json(self) -> dict[str, Any]:
        """Return the options as plain JSON types."""
        table = {option.name: getattr(self, option.name) for option in fields(self)}
        table["hints"] = self.hints.to_json()
        if isinstance(self.palette, Palette):
            table["palette"] = self.palette.to_json()
        return table

    @classmethod
    def from_json(cls, table: Any) -> Options:
        """Undo `to_json`; what is missing has its default.

        Raises
        ------
        OptionError
            If an option is unknown, of another type, or out of its range.
        """
        table = table_of(table, cls, "options")
        if "hints" in table:
            table["hints"] = Hints.from_json(table["hints"])
        if not isinstance(table.get("palette"), str | None):
            table["palette"] = Palette.from_json(table["palette"])
        return cls(**table)
