"""How far a long job is, and how it is asked to stop."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from reverse_oldify.batch.entry import State
from reverse_oldify.cli.main import PROGRAM, one_line
from reverse_oldify.signals import ending_signals, handled

if TYPE_CHECKING:
    from reverse_oldify.batch.job import Stop
    from reverse_oldify.batch.task import Outcome

_LOG_EVERY = 60.0  # seconds between lines where there is no terminal


@contextmanager
def stopping(say: Callable[[str], None]) -> Iterator[Stop]:
    """Turn the first signal to stop into a request; the second ends at once."""
    from reverse_oldify.batch.job import Stop

    stop = Stop()

    def ask(number: int, _frame: object) -> None:
        if stop.asked:
            raise KeyboardInterrupt
        stop.ask("interrupted", 128 + number)
        if number in (signal.SIGINT, signal.SIGTERM):  # else the terminal has gone
            say("finishing the pictures in work; once more to leave at once")

    with handled([signal.SIGINT, *ending_signals()], ask):
        yield stop


class Progress:
    """A bar with rate and time left; where stderr is no terminal, a line a minute.

    Parameters
    ----------
    total : int or None
        Files to do; None if nobody knows.
    quiet : bool
        Print failures only.
    """

    def __init__(self, total: int | None, *, quiet: bool) -> None:
        from tqdm import tqdm

        self._quiet, self._log = quiet, not quiet and not sys.stderr.isatty()
        self._bar = tqdm(total=total, unit="picture", disable=quiet or self._log, smoothing=0.05)
        self._total, self._ended, self._failed = total, 0, 0
        self._started = self._logged = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def update(self, outcome: Outcome, state: State) -> None:
        """Count a file, and print why it failed, if it did."""
        if state is State.WAITING:  # once more, later
            return
        self._ended += 1
        self._bar.update()
        if state is State.FAILED:
            self._failed += 1
            self._bar.set_postfix(failed=self._failed, refresh=False)
            self._print(f"{PROGRAM}: {one_line(outcome.reason)}", sys.stderr)
        for note in outcome.notes if not self._quiet else ():
            self._print(one_line(f"{outcome.path}: {note}"), sys.stdout)
        now = time.monotonic()
        if self._log and now - self._logged > _LOG_EVERY:
            self._logged = now
            print(self._line(now - self._started), flush=True)

    def _line(self, seconds: float) -> str:
        rate = self._ended / seconds
        line = f"{self._ended} ended, {self._failed} of them failed, {rate:.2f} pictures/s"
        if self._total is None:
            return line
        left = (self._total - self._ended) / rate / 60
        return f"{line}, {self._total - self._ended} to go: about {left:.0f} minutes"

    def _print(self, line: str, file: object) -> None:
        self._bar.write(line, file=file)
