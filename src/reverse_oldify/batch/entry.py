"""What is known of one file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

UNKNOWN = "null"
"""`Entry.beside` of journals of version 1, which did not say what lies beside a result."""


class State(StrEnum):
    """What is known of a file."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    """Given to a worker: if the job is killed now, its result may or may not be there."""
    DONE = "done"
    COLOURED = "coloured"
    FAILED = "failed"
    SKIPPED = "skipped"
    """No picture, or excluded."""


@dataclass(kw_only=True)
class Entry:
    """A file in the journal: a row; the schema says what the fields are."""

    path: str
    target: str = ""
    state: State = State.WAITING
    stamp: str = ""
    settings: str = ""
    begun: bool = False
    attempts: int = 0
    again: bool = False
    reason: str = ""
    sha256: str | None = None
    uncertainty: float | None = None
    seconds: float | None = None
    notes: str = "[]"
    target_stamp: str | None = None
    beside: str = "{}"
    finished: float | None = None
    run: int = 0

    @property
    def told(self) -> list[str]:
        """The notes."""
        return list(json.loads(self.notes))

    @property
    def ours(self) -> dict[str, str]:
        """Stamps, by path below the output, of all files of its result as this job wrote them."""
        result = {} if self.target_stamp is None else {self.target: self.target_stamp}
        return {**result, **(json.loads(self.beside) or {})}

    def with_ours(self, written: Mapping[str, str]) -> Self:
        """The same, with files that this job wrote anew."""
        ours = {**self.ours, **written}
        stamp = ours.pop(self.target, None)
        return replace(self, target_stamp=stamp, beside=json.dumps(ours))
