"""What a request asks for: options, from its query or its body, and a part of a picture.

Options that a person would hardly choose can cost gigabytes and minutes. They are refused here,
because the command line may do what the machine's owner wants, and a server may not.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import fields
from itertools import pairwise
from typing import Any

from reverse_oldify.errors import OptionError
from reverse_oldify.options import Options
from reverse_oldify.sampling import Tile
from reverse_oldify.serve.schemas import MOST_WORKING_SIZE

_OPTIONS = {option.name for option in fields(Options)}

MOST_POINTS = 5_000
MOST_LENGTH = 20.0
"""Of all hints together: points, and length in diagonals of the picture."""


def check_query(given: Iterable[str], known: list[str], *, options_in_body: bool) -> None:
    """Refuse keys of a query that nothing would read: a misspelt one must not pass for the default.

    Where the options belong into the body, the error says so.

    Raises
    ------
    OptionError
        If there is one.
    """
    for key in given:
        if key not in known:
            told = f"the query: unknown key {key!r}; known are {', '.join(known) or 'none'}"
            misplaced = options_in_body and key in _OPTIONS
            raise OptionError(told + "; send options in the body" * misplaced)


def options_of_query(query: dict[str, str]) -> Options:
    """Read options from a query, among other keys (see `check_query`); what is no JSON is text.

    Raises
    ------
    OptionError
        As `Options.from_json`.
    """
    return _options({key: _value(text) for key, text in query.items() if key in _OPTIONS})


def options_of_body(body: bytes) -> Options:
    """Read options from a body of JSON; of nothing come the defaults.

    Raises
    ------
    OptionError
        As `Options.from_json`, and if it is not JSON.
    """
    if not body.strip():
        return Options()
    try:
        return _options(json.loads(body))
    except (ValueError, RecursionError) as error:
        if isinstance(error, OptionError):
            raise
        raise OptionError("the body is not JSON; send the options as an object") from error


def check_hints(options: Options, size: tuple[int, int]) -> None:
    """Refuse hints that would take minutes, for a picture of ``size`` (height, width).

    Raises
    ------
    OptionError
        If there are too many, or they are too long.
    """
    points = sum(len(hint.points) for hint in options.hints)
    length = sum(math.dist(*ends) for hint in options.hints for ends in pairwise(hint.points))
    if points > MOST_POINTS or length > MOST_LENGTH * math.hypot(*size):
        raise OptionError(
            f"the hints have {points} points and are {length:g} pixels long; "
            "give fewer or shorter strokes"
        )


def part_of(region: str | None) -> Tile | None:
    """Rows and columns of ``"x,y,width,height"``."""
    if region is None:
        return None
    x, y, width, height = map(int, region.split(","))
    return slice(y, y + height), slice(x, x + width)


def _options(table: Any) -> Options:
    try:
        json.dumps(table, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise OptionError("the options hold halves of characters; send valid Unicode") from error
    options = Options.from_json(table)
    if (options.working_size or 0) > MOST_WORKING_SIZE:
        raise OptionError(
            f"working size is {options.working_size}; this server allows up to {MOST_WORKING_SIZE}"
        )
    return options


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
