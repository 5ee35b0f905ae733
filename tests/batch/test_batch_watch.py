"""Files that arrive are taken once they no longer change."""

from __future__ import annotations

import pytest

from reverse_oldify.batch import watch
from reverse_oldify.batch.storage import Found, Trouble
from reverse_oldify.batch.watch import Settling


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch):
    now = [100.0]
    monkeypatch.setattr(watch.time, "monotonic", lambda: now[0])
    return now


def test_a_file_is_held_back_while_it_grows(clock: list[float]) -> None:
    settling = Settling(5)
    passed = []
    for second, stamp in enumerate(["1", "2", "2", "3", "3", "3", "3", "3", "3", "3"]):
        clock[0] = 100.0 + second
        if list(settling.settled([Found("a.jpg", stamp)])):
            passed.append(second)
    assert passed == [8], "five seconds after the last change, once"


def test_one_look_proves_nothing(clock: list[float]) -> None:
    assert list(Settling(0).settled([Found("a.jpg", "1")])) == []


def test_a_file_that_went_and_came_starts_anew(clock: list[float]) -> None:
    settling = Settling(5)
    list(settling.settled([Found("a.jpg", "1")]))
    clock[0] += 10
    list(settling.settled([]))
    assert list(settling.settled([Found("a.jpg", "1"), Trouble("b.jpg", "gone")])) == []
