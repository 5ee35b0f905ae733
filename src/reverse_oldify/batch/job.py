"""The job: from the journal to the workers and back, until nothing waits."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event

from reverse_oldify.batch.engine import Engine
from reverse_oldify.batch.entry import Entry, State
from reverse_oldify.batch.journal import Journal
from reverse_oldify.batch.lock import locked, unlocked
from reverse_oldify.batch.selection import Selection
from reverse_oldify.batch.storage import open_storage, stamped
from reverse_oldify.batch.task import Ending, Outcome, Setup, Task
from reverse_oldify.errors import OutputError, reason_of
from reverse_oldify.files.drafts import check_folder
from reverse_oldify.options import Options

FOLDER = "reverse-oldify-batch"
"""Name of the folder, inside the output, that holds journal, lock and report; no pictures."""

_TICK = 1.0  # seconds after which a request to stop is noticed at the latest


@dataclass
class Stop:
    """Whether to begin nothing more, why, and the exit status that says so."""

    reason: str = ""
    status: int = 0
    _asked: Event = field(default_factory=Event)

    @property
    def asked(self) -> bool:
        """Whether someone asked."""
        return self._asked.is_set()

    def ask(self, reason: str, status: int = 1) -> None:
        """Ask; the first reason stands."""
        if not self.asked:
            self.reason, self.status = reason, status
            self._asked.set()

    def wait(self, seconds: float) -> None:
        """Sleep, but not longer than until someone asks."""
        self._asked.wait(seconds)


@contextmanager
def open_journal(folder: Path, selection: Selection) -> Iterator[Journal]:
    """Lock a job's folder, and open its journal, for this job alone.

    What the journals of other ways to divide the work know is taken over: the job that does
    everything knows what its shards did, and the reverse.

    Raises
    ------
    OutputError
        Another job is at work there, or it cannot be written.
    """
    check_folder(folder)
    shard = selection.shard
    with locked(folder, shard.name if shard else None):
        journal = Journal(folder / _journal_name(shard.name if shard else None))
        with closing(journal), journal.explained():
            whole = folder / _journal_name(None)
            others = [whole] if shard else sorted(folder.glob(_journal_name("*")))
            for other in others:
                if other.exists():
                    Journal(other).close()  # which brings one of an earlier version up to date
                    journal.adopt(other, selection.holds)
            yield journal


@contextmanager
def copied_journal(folder: Path, selection: Selection) -> Iterator[Journal]:
    """Open a copy of the journal, to see what would be done; nothing is written in the folder.

    Raises
    ------
    OutputError
        A job is at work there, or the temporary folder cannot take the copy.
    """
    shard = selection.shard.name if selection.shard else None
    with tempfile.TemporaryDirectory(prefix="reverse-oldify-") as copy, unlocked(folder, shard):
        for name in (_journal_name(shard or "*"), _journal_name(None)):
            for path in (*folder.glob(name), *folder.glob(f"{name}-wal")):
                try:
                    shutil.copyfile(path, Path(copy, path.name))  # which may be written
                except OSError as error:
                    raise OutputError(
                        f"{path}: cannot be copied to {copy} ({reason_of(error)}); free some space "
                        "there, or name another folder in TMPDIR"
                    ) from error
        with open_journal(Path(copy), selection) as journal:
            yield journal


def _journal_name(shard: str | None) -> str:
    return f"journal-{shard}.sqlite" if shard else "journal.sqlite"


@dataclass(frozen=True, kw_only=True)
class Job:
    """One run over a journal.

    Attributes
    ----------
    journal : Journal
        Knows what waits.
    run : int
        Number of this run.
    setup : Setup
        What is the same for all files.
    options_of : callable
        Options of a picture, by its path below the source.
    most_attempts : int
        How often a file is tried whose worker dies or hangs.
    stop : Stop
        Is looked at between tasks.
    """

    journal: Journal
    run: int
    setup: Setup
    options_of: Callable[[str], Options]
    most_attempts: int
    stop: Stop

    def work(self, engine: Engine, report: Callable[[Outcome, State], None]) -> None:
        """Do what waits, until nothing does, or someone asks to stop; tasks in work are finished.

        What becomes of some files, and which are begun next, is one commit: forced to the disk
        before the workers hear of it.

        Parameters
        ----------
        engine : Engine
            Has the workers.
        report : callable
            Is told what became of each task, and the state of its file.

        Raises
        ------
        OutputError
            The journal cannot be written.
        ReverseOldifyError
            No worker can be started.
        """
        while True:
            ended = engine.wait(_TICK) if engine.busy or not engine.room else []
            outcomes = [self._seen(each) for each in ended]
            with self.journal.transaction():
                states = [self.journal.record(each, self.most_attempts) for each in outcomes]
                for full in (each for each in outcomes if each.ending is Ending.FULL):
                    self.stop.ask(full.reason)
                begun = [] if self.stop.asked else self.journal.claim(self.run, engine.room)
            for entry in begun:
                engine.submit(self._task(entry))
            for outcome, state in zip(outcomes, states, strict=True):
                report(outcome, state)
            if not engine.busy and (self.stop.asked or not self.journal.waits(self.run)):
                return

    def _seen(self, outcome: Outcome) -> Outcome:
        """Add what a worker that died has left: when it was sent, nothing of others was there."""
        if outcome.ending is not Ending.LOST:
            return outcome
        entry = self.journal.entry(outcome.path)
        assert entry is not None  # it was claimed
        try:
            stamp_of = open_storage(self.setup.output).stamp
            return replace(outcome, written=stamped(self.setup.targets(entry.target), stamp_of))
        except Exception:  # drivers raise errors of many kinds; then nothing there counts as ours
            return outcome

    def _task(self, entry: Entry) -> Task:
        return Task(
            path=entry.path,
            target=entry.target,
            options=self.options_of(entry.path),
            overwrite=self.setup.order.filing.overwrite,
            ours=entry.ours,
            made_of=entry.sha256 if entry.state is State.WAITING else None,
        )
