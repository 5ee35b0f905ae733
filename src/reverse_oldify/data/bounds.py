"""Which values a number or a path of a recipe may have, said in the type of its field.

`train.recipe` holds every value of a recipe against its type, and so against these.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any


@dataclass(frozen=True)
class Bound:
    """Metadata of a type: what a value must be, in words, and whether it is."""

    words: str
    holds: Callable[[Any], bool]


Place = Annotated[
    str, Bound("written out, for only shells know ~", lambda value: not value.startswith("~"))
]

Amount = Annotated[float, Bound("0 or more", lambda value: value >= 0)]
Share = Annotated[float, Bound("0 to 1", lambda value: 0 <= value <= 1)]
ShareAbove0 = Annotated[float, Bound("above 0, up to 1", lambda value: 0 < value <= 1)]
ShareBelow1 = Annotated[float, Bound("0 to below 1", lambda value: 0 <= value < 1)]

Count = Annotated[int, Bound("1 or more", lambda value: value >= 1)]
CountFrom0 = Annotated[int, Bound("0 or more", lambda value: value >= 0)]
Processors = Annotated[int, Bound("0 to 1024", lambda value: 0 <= value <= 1024)]
Side = Annotated[
    int, Bound("a multiple of 32 above 0", lambda value: value > 0 and value % 32 == 0)
]
