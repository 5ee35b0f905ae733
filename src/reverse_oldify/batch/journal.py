"""The job's memory: what is known of every file, in one SQLite database.

One process writes it: the job; workers only tell it what became of their files. It is in
write-ahead mode and forced to the disk at each commit, so that after a crash or a power cut it is
as it was at the last one. It keeps its lock for as long as it is open, which lets it lie on a
network share.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import Literal

from reverse_oldify.batch.entry import UNKNOWN, Entry, State
from reverse_oldify.batch.task import Ending, Outcome
from reverse_oldify.errors import OutputError

_VERSION = 2
_SCHEMA = """
CREATE TABLE IF NOT EXISTS files (
    path TEXT PRIMARY KEY,       -- below the source, with "/"; of a folder, with "/" last
    target TEXT NOT NULL,        -- below the output
    state TEXT NOT NULL,         -- see State
    stamp TEXT NOT NULL,         -- of the source when it was last looked at
    settings TEXT NOT NULL,      -- fingerprint of options, model and what is written
    begun INTEGER NOT NULL,      -- 1: a worker has had it
    attempts INTEGER NOT NULL,   -- how often it was begun
    again INTEGER NOT NULL,      -- 1: failed for a reason that the next run may not meet
    reason TEXT NOT NULL,        -- why it was not done
    sha256 TEXT,                 -- of the content that the result was made of
    uncertainty REAL,            -- mean expected error, in ab
    seconds REAL,                -- that it took
    notes TEXT NOT NULL,         -- JSON list
    target_stamp TEXT,           -- of the result as it was written
    finished REAL,               -- seconds since 1970
    run INTEGER NOT NULL,        -- the last run that saw the file
    beside TEXT NOT NULL         -- JSON object: other files of the result, and their stamps
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS files_by_state ON files (state, attempts, path);
CREATE INDEX IF NOT EXISTS files_by_target ON files (target);
CREATE TABLE IF NOT EXISTS runs (
    number INTEGER PRIMARY KEY,
    started REAL NOT NULL,
    ended REAL,
    command TEXT NOT NULL        -- what was asked for, as JSON
);
"""
_BESIDE = "CREATE TEMP TABLE beside (target, path, PRIMARY KEY (target, path)) WITHOUT ROWID"
_FROM_1 = f"ALTER TABLE files ADD COLUMN beside TEXT NOT NULL DEFAULT '{UNKNOWN}'"

_COLUMNS = [field.name for field in fields(Entry)]
# Names of files need not be Unicode. As bytes they are; cast to text, SQLite does not check them.
_VALUES = ", ".join(
    f"CAST(:{name} AS TEXT)" if name in ("path", "target", "reason") else f":{name}"
    for name in _COLUMNS
)
_UPSERT = f"INSERT OR REPLACE INTO files ({', '.join(_COLUMNS)}) VALUES ({_VALUES})"


class Journal:
    """An open journal.

    Parameters
    ----------
    path : Path
        Of the database; created if missing.

    Raises
    ------
    OutputError
        It cannot be opened or written, is none, or is of a later version; also from what writes.
        What reads is for blocks that are `explained`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with self.explained(), ExitStack() as on_failure:
            self._base = sqlite3.connect(path, isolation_level=None, timeout=60)
            on_failure.callback(self._base.close)
            self._base.text_factory = os.fsdecode
            self._base.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._base.execute("PRAGMA journal_mode = WAL")
            self._base.execute("PRAGMA synchronous = FULL")
            (version,) = self._base.execute("PRAGMA user_version").fetchone()
            if version > _VERSION:
                raise OutputError(f"{path}: journal of a later version; update reverse-oldify")
            if version < _VERSION:
                upgrade = _FROM_1 if version == 1 else _SCHEMA
                self._base.executescript(
                    f"BEGIN; {upgrade}; PRAGMA user_version = {_VERSION}; COMMIT"
                )
            self._base.execute(_BESIDE)
            on_failure.pop_all()

    def close(self) -> None:
        """Close it; the write-ahead file is merged into it."""
        with self.explained():
            self._base.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything in the block is in the journal when it ends, or nothing."""
        with self.explained():
            self._base.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._base.execute("COMMIT")
            except BaseException:
                if self._base.in_transaction:  # a full disk has rolled back already
                    self._base.execute("ROLLBACK")
                raise

    def begin(self, command: str) -> int:
        """Note that a run begins; return its number."""
        with self.transaction():
            row = self._base.execute(
                "INSERT INTO runs (started, command) VALUES (?, ?) RETURNING number",
                (time.time(), command),
            ).fetchone()
            return int(row[0])

    def end(self, run: int) -> None:
        """Note that a run ended in order."""
        with self.transaction():
            self._base.execute("UPDATE runs SET ended = ? WHERE number = ?", (time.time(), run))

    def entry(self, path: str) -> Entry | None:
        """What is known of a file."""
        return next(self._select("path = CAST(? AS TEXT)", (os.fsencode(path),)), None)

    def rival(self, entry: Entry, targets: Sequence[str]) -> str | None:
        """Another file of the same run that one of these targets belongs to."""
        names = [os.fsencode(target) for target in targets]
        any_of = ", ".join(["CAST(? AS TEXT)"] * len(names))
        row = self._base.execute(
            f"SELECT path FROM files WHERE (target IN ({any_of}) OR path IN "
            f"(SELECT path FROM beside WHERE target IN ({any_of}))) "
            "AND run = ? AND path != CAST(? AS TEXT) AND state NOT IN ('skipped', 'failed')",
            (*names, *names, entry.run, os.fsencode(entry.path)),
        ).fetchone()
        return None if row is None else str(row[0])

    def bequest(self, entry: Entry, is_gone: Callable[[str], bool]) -> dict[str, str]:
        """Stamps of what was written for a file when it had another name, with the same target.

        That is one with the same stamp, which is gone; it is forgotten. Within a transaction.
        """
        found: dict[str, str] = {}
        others = self._select(
            "target = CAST(? AS TEXT) AND path != CAST(? AS TEXT) AND stamp = ?",
            (os.fsencode(entry.target), os.fsencode(entry.path), entry.stamp),
        )
        for other in list(others):
            if is_gone(other.path):
                found |= other.ours
                self._base.execute(
                    "DELETE FROM files WHERE path = CAST(? AS TEXT)", (os.fsencode(other.path),)
                )
        return found

    def note_beside(self, entry: Entry, targets: Sequence[str]) -> None:
        """Remember, for `rival` and as long as it is open, what is written beside a result."""
        self._base.executemany(
            "INSERT OR IGNORE INTO beside VALUES (CAST(? AS TEXT), CAST(? AS TEXT))",
            [(os.fsencode(target), os.fsencode(entry.path)) for target in targets],
        )

    def put(self, entry: Entry) -> None:
        """Write an entry; within a transaction."""
        values = {name: getattr(entry, name) for name in _COLUMNS}
        for name in ("path", "target", "reason"):
            values[name] = os.fsencode(values[name])
        self._base.execute(_UPSERT, values)

    def claim(self, run: int, count: int) -> list[Entry]:
        """Take the next files of a run that wait, those tried least often first.

        Within a transaction. They are returned as they were; from now on the journal says that
        their results may be there.
        """
        where = "state = 'waiting' AND run = ? ORDER BY attempts, path LIMIT ?"
        entries = list(self._select(where, (run, count)))
        for entry in entries:
            claimed = replace(entry, state=State.CLAIMED, attempts=entry.attempts + 1, begun=True)
            self.put(claimed)
        return entries

    def record(self, outcome: Outcome, most_attempts: int) -> State:
        """Write down what became of a file; return its state. Within a transaction.

        A file whose worker was lost waits again, until it has been tried ``most_attempts`` times.
        So does one for which there was no space, after those that have been tried less often.
        """
        entry = self.entry(outcome.path)
        assert entry is not None  # it was claimed
        if outcome.ending is Ending.UNBEGUN:
            entry.state, entry.attempts = State.WAITING, entry.attempts - 1
            self.put(entry)
            return entry.state
        entry.reason, entry.finished, entry.seconds = outcome.reason, time.time(), outcome.seconds
        entry.again = outcome.ending in (Ending.REFUSED, Ending.TAKEN)
        entry.state = _state_after(outcome, entry.attempts, most_attempts)
        if outcome.sha256 is not None:
            entry.sha256 = outcome.sha256
        if outcome.ending is Ending.DONE:
            entry.uncertainty, entry.notes = outcome.uncertainty, json.dumps(outcome.notes)
        self.put(entry.with_ours(outcome.written))
        return entry.state

    def entries(self, run: int, state: State, *, order: str = "path") -> Iterator[Entry]:
        """Files of a run in some state, in the order of a column (or ``"column DESC"``)."""
        return self._select(f"run = ? AND state = ? ORDER BY {order}", (run, state))

    def left(self, run: int) -> Iterator[Entry]:
        """Files of a run that are done, but not as this run was to do them; they tell why."""
        return self._select("run = ? AND state = 'done' AND reason != '' ORDER BY path", (run,))

    def counts(self, run: int) -> dict[State, int]:
        """How many files of a run are in each state."""
        rows = self._base.execute(
            "SELECT state, COUNT(*) FROM files WHERE run = ? GROUP BY state", (run,)
        )
        found = {State(state): int(count) for state, count in rows}
        return {state: found.get(state, 0) for state in State}

    def reasons(self, run: int, state: State) -> dict[str, int]:
        """Reasons of files in some state, and how many files have each; the commonest first."""
        return dict(
            self._base.execute(
                "SELECT reason, COUNT(*) AS number FROM files WHERE run = ? AND state = ? "
                "GROUP BY reason ORDER BY number DESC, reason",
                (run, state),
            )
        )

    def mean(self, run: int, column: Literal["uncertainty", "seconds"]) -> float | None:
        """Mean of a column over the files of a run that are done; None if there is no value."""
        (mean,) = self._base.execute(
            f"SELECT AVG({column}) FROM files WHERE run = ? AND state = 'done'", (run,)
        ).fetchone()
        return None if mean is None else float(mean)

    def sample(self, run: int, count: int) -> list[Entry]:
        """Some files that are done: always the same for the same content."""
        return list(
            self._select("run = ? AND state = 'done' ORDER BY sha256, path LIMIT ?", (run, count))
        )

    def waits(self, run: int) -> bool:
        """Whether a file of a run waits."""
        return next(self._select("state = 'waiting' AND run = ? LIMIT 1", (run,)), None) is not None

    def interrupted(self) -> list[str]:
        """Targets of files whose work was ever cut short, also if they were done since.

        That is where `Storage.sweep` looks.
        """
        rows = self._base.execute(
            "SELECT target FROM files WHERE begun "
            "AND (attempts > 1 OR state IN ('claimed', 'waiting', 'failed'))"
        )
        return [str(target) for (target,) in rows]

    def adopt(self, other: Path, holds: Callable[[str], bool]) -> None:
        """Take over what another journal (of a shard) knows, and this one does not.

        Parameters
        ----------
        other : Path
            Journal that no job has open.
        holds : callable
            Whether a result belongs to this job.
        """
        columns = ", ".join(_COLUMNS)
        news = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS)
        with self.explained():
            decoded = lambda target: holds(os.fsdecode(target))  # noqa: E731
            self._base.create_function("holds", 1, decoded, deterministic=True)
            self._base.execute("ATTACH DATABASE ? AS other", (str(other),))
            try:
                self._base.execute(
                    f"INSERT INTO files ({columns}) SELECT {columns} FROM other.files "
                    "WHERE begun AND holds(CAST(target AS BLOB)) ON CONFLICT (path) DO UPDATE SET "
                    f"{news} WHERE excluded.finished > COALESCE(files.finished, 0)"
                )
                self._base.execute("UPDATE files SET run = 0 WHERE run != 0")  # of other runs
            finally:
                self._base.execute("DETACH DATABASE other")

    def _select(self, where: str, values: tuple[object, ...]) -> Iterator[Entry]:
        columns = ", ".join(_COLUMNS)
        for row in self._base.execute(f"SELECT {columns} FROM files WHERE {where}", values):
            entry = Entry(**dict(zip(_COLUMNS, row, strict=True)))
            entry.state = State(entry.state)
            yield entry

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turn what SQLite says in the block into one of our errors."""
        try:
            yield
        except sqlite3.Error as error:
            advice = (
                "restore it from a copy, or move it away and give the command with --overwrite, "
                "which does all again"
                if type(error) is sqlite3.DatabaseError  # it is damaged, or none
                else "free some space, or see that the folder can be written; then run the same "
                "command again"
            )
            raise OutputError(
                f"{self._path}: the journal cannot be used ({error}); {advice}"
            ) from error


def _state_after(outcome: Outcome, attempts: int, most_attempts: int) -> State:
    match outcome.ending:
        case Ending.DONE | Ending.UNCHANGED:
            return State.DONE
        case Ending.COLOURED:
            return State.COLOURED
        case Ending.LOST if attempts < most_attempts:
            return State.WAITING
        case Ending.FULL:
            return State.WAITING
        case _:
            return State.FAILED
