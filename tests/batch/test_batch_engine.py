"""Workers that are replaced, whatever they are."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from reverse_oldify.batch.engine import Crew, WorkerLost
from reverse_oldify.batch.task import Ending, Outcome, Task
from reverse_oldify.options import Options


@dataclass
class Fake:
    """A worker that does what it is told to."""

    lost: str = ""
    tasks: list[Task] = field(default_factory=list)
    killed: bool = False
    ready: bool = True

    def send(self, task: Task) -> None:
        self.tasks.append(task)

    def receive(self) -> Outcome | None:
        if self.lost:
            raise WorkerLost(self.lost)
        return None

    def kill(self) -> None:
        self.killed = True


@pytest.mark.parametrize("limit", [0.0, 60.0])
def test_who_is_replaced_writes_nothing_any_more(limit: float) -> None:
    hired: list[Fake] = []

    def hire() -> Fake:
        hired.append(Fake())
        return hired[-1]

    crew = Crew(1, hire, lambda members, seconds: None, limit)
    crew.wait(0)
    for path in ("a.png", "b.png"):
        crew.submit(Task(path=path, target=path, options=Options(), overwrite=False))
    hired[0].lost = "out of reach" if limit else ""
    ended = crew.wait(0)
    assert [outcome.ending for outcome in ended] == [Ending.LOST, Ending.UNBEGUN]
    assert ("out of reach" if limit else "--time-limit") in ended[0].reason
    assert [worker.killed for worker in hired] == [True, False]
    assert (crew.busy, len(hired)) == (0, 2)
