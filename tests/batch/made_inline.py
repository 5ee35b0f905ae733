"""The command, with one worker inside this process."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from pathlib import Path

import pytest
from made_workers import open_colorizer

from reverse_oldify.batch import local, worker
from reverse_oldify.batch.task import Outcome, Setup, Task
from reverse_oldify.batch.worker import Worker
from reverse_oldify.cli.main import main

Run = Callable[..., tuple[int, list[str], list[str]]]


class Inline:
    """An engine of one worker that works while it is waited for."""

    def __init__(self, setup: Setup, *, workers: int | None, time_limit: float) -> None:
        self.worker, self.tasks = Worker(setup), deque[Task]()

    @property
    def room(self) -> int:
        return 2 - len(self.tasks)

    @property
    def busy(self) -> int:
        return len(self.tasks)

    def submit(self, task: Task) -> None:
        assert self.room
        self.tasks.append(task)

    def wait(self, seconds: float) -> list[Outcome]:
        return [self.worker.do(self.tasks.popleft())] if self.tasks else []

    def close(self) -> None:
        assert not self.tasks


@pytest.fixture
def inline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Run the command in an empty folder; returns status, lines of stdout, lines of stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(worker, "open_colorizer", open_colorizer)
    monkeypatch.setattr(local, "local_engine", Inline)

    def run_it(*argv: str) -> tuple[int, list[str], list[str]]:
        status = main(["batch", *argv])
        captured = capsys.readouterr()
        return status, captured.out.splitlines(), captured.err.splitlines()

    return run_it
