"""What is said of a job: what it is going to do, and what has become of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reverse_oldify.batch.entry import State
from reverse_oldify.cli.main import complain

if TYPE_CHECKING:
    from reverse_oldify.batch.journal import Journal


def complain_of_plan(journal: Journal, run: int) -> None:
    """Name what cannot be done as things are: each in a line on stderr."""
    for entry in journal.entries(run, State.FAILED):
        if entry.again:
            complain(entry.reason)
    for entry in journal.left(run):
        complain(entry.reason)


def plan_line(journal: Journal, run: int) -> str:
    """What a run is going to do."""
    counts = journal.counts(run)
    return (
        f"{counts[State.WAITING]} to do, {counts[State.DONE]} done already"
        + _left(journal, run)
        + _and(counts[State.COLOURED], "in colour already")
        + _and(counts[State.FAILED], "failed (--retry-failed tries those of earlier runs again)")
        + _and(counts[State.SKIPPED], "other files skipped")
    )


def end_line(journal: Journal, run: int) -> str:
    """What has become of it."""
    counts = journal.counts(run)
    return (
        f"{counts[State.DONE]} done"
        + _left(journal, run)
        + _and(counts[State.COLOURED], "in colour already")
        + _and(counts[State.FAILED], "failed")
        + _and(counts[State.WAITING] + counts[State.CLAIMED], "not done yet")
    )


def _left(journal: Journal, run: int) -> str:
    count = sum(1 for _ in journal.left(run))
    return f" ({count} of them not brought up to date)" if count else ""


def _and(count: int, words: str) -> str:
    return f", {count} {words}" if count else ""
