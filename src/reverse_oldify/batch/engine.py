"""What carries tasks to workers, and what became of them back."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from reverse_oldify.batch.task import Ending, Outcome, Task
from reverse_oldify.errors import ReverseOldifyError

_AHEAD = 2  # tasks a worker holds: one in work, and one so that it need not wait for the journal
_MOST_FALSE_STARTS = 10  # workers in a row that die before they have loaded the model


class Engine(Protocol):
    """Workers, wherever they run."""

    @property
    def room(self) -> int:
        """How many tasks it would take now. Nobody else's queue grows: this is back-pressure."""

    @property
    def busy(self) -> int:
        """How many tasks it has."""

    def submit(self, task: Task) -> None:
        """Take a task, while there is room."""

    def wait(self, seconds: float) -> list[Outcome]:
        """Return what has ended; wait for that, but not longer than this.

        Each task that was submitted ends once: see `Ending`.

        Raises
        ------
        ReverseOldifyError
            No worker can be started.
        """

    def close(self) -> None:
        """End the workers, whatever they do."""


class WorkerLost(Exception):  # noqa: N818 (it is what happened, and it is dealt with at once)
    """A worker died; says why."""


class Member(Protocol):
    """One worker, as its crew sees it."""

    def send(self, task: Task) -> None:
        """Queue a task."""

    def receive(self) -> Outcome | None:
        """Return the next outcome; None if there is none yet.

        Raises
        ------
        WorkerLost
            There will be none.
        ReverseOldifyError
            It could not start, and says why.
        """

    @property
    def ready(self) -> bool:
        """Whether it has loaded its model."""

    def kill(self) -> None:
        """End it at once."""


@dataclass
class _Place:
    """One place in the crew: a worker, and what it holds."""

    member: Member
    tasks: deque[Task] = field(default_factory=deque)
    since: float = 0.0  # when the first of them was begun
    was_ready: bool = False

    def take(self, task: Task) -> None:
        """Give the worker a task."""
        if not self.tasks:
            self.since = time.monotonic()
        self.tasks.append(task)
        self.member.send(task)

    def collect(self) -> list[Outcome]:
        """Return what it has done.

        Raises
        ------
        WorkerLost
            It died, and had nothing left to say.
        """
        self.was_ready = self.was_ready or self.member.ready
        outcome = self.member.receive()
        if outcome is None:
            return []
        self.tasks.popleft()
        self.since = time.monotonic()
        return [outcome]


class Crew:
    """An `Engine` of members that are replaced when they die or hang.

    Parameters
    ----------
    size : int
        Workers.
    hire : callable
        Starts one.
    watch : callable
        Waits until one of some members has something to say, but not longer than some seconds.
    time_limit : float
        Seconds for a file; a worker that takes longer is killed.
    dismiss : callable
        Is called last of all.
    """

    def __init__(
        self,
        size: int,
        hire: Callable[[], Member],
        watch: Callable[[Sequence[Member], float], None],
        time_limit: float,
        dismiss: Callable[[], None] = lambda: None,
    ) -> None:
        self._hire, self._watch, self._time_limit = hire, watch, time_limit
        self._dismiss = dismiss
        self._false_starts = 0
        self._places = [_Place(hire()) for _ in range(size)]

    @property
    def room(self) -> int:
        """See `Engine`: workers that have not loaded their model take nothing."""
        return sum(_AHEAD - len(place.tasks) for place in self._places if place.was_ready)

    @property
    def busy(self) -> int:
        """See `Engine`."""
        return sum(len(place.tasks) for place in self._places)

    def submit(self, task: Task) -> None:
        """See `Engine`: the worker that has least to do gets it."""
        ready = [place for place in self._places if place.was_ready]
        min(ready, key=lambda place: len(place.tasks)).take(task)

    def wait(self, seconds: float) -> list[Outcome]:
        """See `Engine`."""
        self._watch([place.member for place in self._places], seconds)
        outcomes: list[Outcome] = []
        for number, place in enumerate(self._places):
            try:
                while some := place.collect():
                    outcomes += some
                if place.tasks and time.monotonic() - place.since > self._time_limit:
                    raise WorkerLost(f"took longer than {self._time_limit:g} s (--time-limit)")
            except WorkerLost as loss:
                outcomes += self._replace(number, str(loss))
        return outcomes

    def _replace(self, number: int, reason: str) -> list[Outcome]:
        """Put a new worker in a place; what the old one had begun is lost, the rest goes on."""
        old = self._places[number]
        old.member.kill()  # also one that is only out of reach: it must not write any more
        self._false_starts = 0 if old.was_ready else self._false_starts + 1
        if self._false_starts >= _MOST_FALSE_STARTS:
            raise ReverseOldifyError(f"no worker can be started: {reason}; try --workers 1")
        self._places[number] = _Place(self._hire())
        outcomes = [Outcome(path=task.path, ending=Ending.UNBEGUN) for task in old.tasks]
        if outcomes:  # the first had been begun
            path, seconds = outcomes[0].path, time.monotonic() - old.since
            outcomes[0] = Outcome(
                path=path, ending=Ending.LOST, reason=f"{path}: {reason}", seconds=seconds
            )
        return outcomes

    def close(self) -> None:
        """See `Engine`."""
        for place in self._places:
            place.member.kill()
        self._dismiss()
