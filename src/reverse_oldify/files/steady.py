"""A file that must stay as it is while it is read: pictures are read a few rows at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reverse_oldify.errors import ChangedError, UnreadableError


@contextmanager
def unchanged(path: Path) -> Iterator[None]:
    """See that a file is at the end of the block what it was at its start.

    Raises
    ------
    ChangedError
        It was replaced, rewritten or removed; also where it was therefore found to be damaged.
    """
    before = _state(path)
    try:
        yield
    except UnreadableError as error:
        if _state(path) != before:
            raise _changed(path) from error
        raise
    if _state(path) != before:
        raise _changed(path)


def _state(path: Path) -> tuple[int, int, int] | None:
    """Which file it is, its size in bytes, and its time of change in ns; None if there is none."""
    try:
        status = path.stat()
    except (OSError, ValueError):  # reading it says what is wrong
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def _changed(path: Path) -> ChangedError:
    return ChangedError(f"{path}: changed while it was read; give the same command again")
