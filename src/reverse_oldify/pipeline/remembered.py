"""Values that an object computes at the first look, and remembers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

Value = TypeVar("Value")


class remembered(Generic[Value]):  # noqa: N801 (as `property`)
    """`functools.cached_property`, without the lock that it has until Python 3.12.

    All objects of a class share that one: threads that have a picture each would wait for each
    other's network, and a process that is forked meanwhile for ever. Here two threads that have
    one object may both compute.
    """

    def __init__(self, compute: Callable[[Any], Value]) -> None:
        self._compute, self.__doc__ = compute, compute.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: Any, owner: type | None = None) -> Value:
        value: Value = self._compute(instance)
        instance.__dict__[self._name] = value  # which is looked at before, from now on
        return value
