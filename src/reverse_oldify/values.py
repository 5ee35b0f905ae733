"""Plain values from what users and JSON give: numbers, pairs, codes of colours, objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from reverse_oldify.errors import OptionError


def set_fields(frozen: object, **values: Any) -> None:
    """Set attributes of a frozen dataclass, while it is made."""
    for name, value in values.items():
        object.__setattr__(frozen, name, value)


def table_of(table: Any, kind: type, what: str) -> dict[str, Any]:
    """Check that a JSON value is an object with no keys but the fields of ``kind``; copy it.

    Raises
    ------
    OptionError
        If it is none, or has others.
    """
    if not isinstance(table, Mapping):
        raise OptionError(f"{what}: expected an object, not {type(table).__name__}")
    known = [option.name for option in fields(kind)]
    for key in table:
        if key not in known:
            raise OptionError(f"{what}: unknown key {key!r}; known are {', '.join(known)}")
    return dict(table)


def whole_number(name: str, value: Any) -> int:
    """The plain number, for JSON knows none of numpy's.

    Raises
    ------
    OptionError
        If it is something else.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise OptionError(f"{name} is {value!r}; give a whole number")
    return int(value)


def number(name: str, value: Any) -> float:
    """The same, with decimals."""
    if not _is_number(value):
        raise OptionError(f"{name} is {value!r}; give a number")
    return float(value)


def pair(values: Any) -> tuple[float, float]:
    """Two numbers; whatever Python raises, if it is something else."""
    first, second = values
    return float(first), float(second)


def hex_of(name: str, codes: list[Any]) -> str:
    """``"#rrggbb"`` of three codes.

    Raises
    ------
    OptionError
        If they are something else.
    """
    if not (len(codes) == 3 and all(map(_is_code, codes))):
        raise OptionError(f"{name} is {codes!r}; give [r, g, b], whole numbers from 0 to 255")
    return "#" + bytes(map(int, codes)).hex()


def _is_code(value: Any) -> bool:  # JSON does not tell 200.0 from 200
    return _is_number(value) and float(value).is_integer() and 0 <= float(value) <= 255


def _is_number(value: Any) -> bool:
    kinds = int | float | np.integer | np.floating
    return isinstance(value, kinds) and not isinstance(value, bool)
