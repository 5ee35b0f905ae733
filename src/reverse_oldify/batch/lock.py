"""One job per output: a lock that the operating system releases, however the job ends.

It is SQLite's lock on a database that holds nothing: exclusive for a job that does everything,
shared for the shards of a job, each of which has its own exclusive one besides. Beside each lock
lies a file that says who holds it.
"""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from reverse_oldify.errors import OutputError

_PATIENCE = 0.5  # seconds to wait for a job that is just ending


@contextmanager
def locked(folder: Path, shard: str | None = None) -> Iterator[None]:
    """Hold the lock of a job's folder while the block lasts.

    Parameters
    ----------
    folder : Path
        Where the journal lies; must exist.
    shard : str, optional
        Name of the shard that this job does; without it, the job does everything.

    Raises
    ------
    OutputError
        Another job holds it: the message says which. Or there can be no lock.
    """
    with _held(folder / "lock", exclusive=shard is None):
        if shard is None:
            yield
        else:
            with _held(folder / f"lock-{shard}", exclusive=True):
                yield


@contextmanager
def unlocked(folder: Path, shard: str | None = None) -> Iterator[None]:
    """Keep a job from beginning in a folder while the block lasts; nothing is written there.

    Parameters
    ----------
    folder, shard
        As `locked`; other shards may be at work.

    Raises
    ------
    OutputError
        It is at work.
    """
    with ExitStack() as stack:
        for path in sorted(folder.glob("lock*")):
            if path.suffix != ".json" and (not shard or path.name in ("lock", f"lock-{shard}")):
                stack.enter_context(_held(path, exclusive=False, read_only=True))
        yield


@contextmanager
def _held(path: Path, *, exclusive: bool, read_only: bool = False) -> Iterator[None]:
    owner = path.with_name(path.name + ".json")
    name = f"{path.absolute().as_uri()}?mode=ro" if read_only else path
    try:
        base = sqlite3.connect(name, uri=read_only, isolation_level=None, timeout=_PATIENCE)
    except sqlite3.Error as error:
        raise OutputError(f"{path}: cannot be locked ({error}); check the folder") from error
    try:
        try:
            base.execute("BEGIN EXCLUSIVE" if exclusive else "BEGIN DEFERRED")
            base.execute("SELECT * FROM sqlite_schema").fetchall()  # takes the shared lock
        except sqlite3.OperationalError as error:
            raise OutputError(_taken(path, owner, error)) from error
        if not read_only:
            with suppress(OSError):  # for people only: a full disk must not stop the job here
                owner.write_text(json.dumps(_myself()), "utf-8")
        yield
    finally:
        base.close()  # a transaction that is open is dropped, and the lock with it


def _myself() -> dict[str, object]:
    return {
        "pid": os.getpid(),
        "host": platform.node(),
        "since": time.strftime("%Y-%m-%d %H:%M:%S"),
    }


def _taken(path: Path, owner: Path, error: sqlite3.OperationalError) -> str:
    if "locked" not in str(error):
        return f"{path}: cannot be locked ({error}); check the folder"
    try:
        table = json.loads(owner.read_text("utf-8"))
        who = f"process {table['pid']} on {table['host']}, since {table['since']}"
    except (OSError, ValueError, KeyError):
        who = "another process"
    return (
        f"{path.parent.parent}: another job is at work on this output ({who}); "
        "wait for its end, or choose another output"
    )
