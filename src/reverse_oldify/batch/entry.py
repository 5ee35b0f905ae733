"""What is known of one file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum


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
    finished: float | None = None
    run: int = 0

    @property
    def told(self) -> list[str]:
        """The notes."""
        return list(json.loads(self.notes))
