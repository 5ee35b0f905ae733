"""Plain values from what users and JSON give: numbers, pairs, codes of colours, objects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
    """Take a whole number of Python's or numpy's, and return Python's, which JSON can hold.

    Raises
    ------
    OptionError
        If it is something else, or a bool; the message calls it by its name.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise OptionError(f"{name} is {value!r}; give a whole number")
    return int(value)


def number(name: str, value: Any) -> float:
    """Take any number of Python's or numpy's, and return a float; errors as of `whole_number`."""
    if not _is_number(value):
        raise OptionError(f"{name} is {value!r}; give a number")
    try:
        return float(value)
    except OverflowError as error:
        raise OptionError(f"{name} is beyond all bounds; give a smaller number") from error


def several(what: str, values: Any, form: str) -> list[Any]:
    """The members of a list, a tuple or an array.

    Raises
    ------
    OptionError
        If it is something else; the message shows the form that is wanted.
    """
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise OptionError(f"{what} {values!r}; give {form}")
    try:
        return list(values)
    except TypeError as error:  # an array of no dimensions says that it can be gone through
        raise OptionError(f"{what} {values!r}; give {form}") from error


def pair(name: str, values: Any) -> tuple[float, float]:
    """Two numbers.

    Raises
    ------
    OptionError
        If it is something else.
    """
    members = several(f"{name} is", values, "two numbers")
    if not (len(members) == 2 and all(map(_is_number, members))):
        raise OptionError(f"{name} is {values!r}; give two numbers")
    return number(name, members[0]), number(name, members[1])


def hex_of(name: str, codes: Any) -> str:
    """``"#rrggbb"`` of three codes.

    Raises
    ------
    OptionError
        If they are something else.
    """
    form = "[r, g, b], whole numbers from 0 to 255"
    members = several(f"{name} is", codes, form)
    if not (len(members) == 3 and all(map(_is_code, members))):
        raise OptionError(f"{name} is {codes!r}; give {form}")
    return "#" + bytes(map(int, members)).hex()


def _is_code(value: Any) -> bool:  # JSON does not tell 200.0 from 200
    return _is_number(value) and 0 <= value <= 255 and float(value).is_integer()


def _is_number(value: Any) -> bool:
    kinds = int | float | np.integer | np.floating
    return isinstance(value, kinds) and not isinstance(value, bool)
