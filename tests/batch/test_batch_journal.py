"""The journal survives what it must, and forgets nothing."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from reverse_oldify.batch.entry import Entry, State
from reverse_oldify.batch.journal import Journal
from reverse_oldify.batch.task import Ending, Outcome
from reverse_oldify.errors import OutputError

ODD = "Фото ☃ \udc80\n.jpg"


@pytest.fixture
def journal(tmp_path: Path):
    journal = Journal(tmp_path / "journal.sqlite")
    yield journal
    journal.close()


def wait_for(journal: Journal, *paths: str, run: int = 1) -> None:
    with journal.transaction():
        for path in paths:
            journal.put(Entry(path=path, target=path, run=run))


def claim(journal: Journal, count: int = 9) -> list[Entry]:
    with journal.transaction():
        return journal.claim(1, count)


def record(journal: Journal, path: str, ending: Ending, **told: object) -> State:
    with journal.transaction():
        return journal.record(Outcome(path=path, ending=ending, **told), most_attempts=2)


def test_an_entry_comes_back_as_it_was(journal: Journal) -> None:
    entry = Entry(
        path=ODD,
        target=ODD,
        state=State.DONE,
        stamp="1 2",
        settings="s",
        begun=True,
        attempts=3,
        again=True,
        reason=f"{ODD}: why",
        sha256="0" * 64,
        uncertainty=7.5,
        seconds=0.5,
        notes='["one"]',
        target_stamp="3 4",
        finished=5.0,
        run=6,
        beside='{"b": "5 6"}',
    )
    with journal.transaction():
        journal.put(entry)
    assert journal.entry(ODD) == entry
    assert entry.told == ["one"]
    assert entry.ours == {ODD: "3 4", "b": "5 6"}


def test_each_file_is_claimed_once_and_the_least_tried_first(journal: Journal) -> None:
    wait_for(journal, "a", "b", "c")
    assert [entry.path for entry in claim(journal, 2)] == ["a", "b"]
    assert record(journal, "a", Ending.LOST) is State.WAITING
    assert [entry.path for entry in claim(journal)] == ["c", "a"]
    assert claim(journal) == []


def test_a_lost_file_is_tried_so_often_and_no_more(journal: Journal) -> None:
    wait_for(journal, "a")
    claim(journal)
    assert record(journal, "a", Ending.LOST, reason="a: died") is State.WAITING
    claim(journal)
    assert record(journal, "a", Ending.LOST, reason="a: died") is State.FAILED
    entry = journal.entry("a")
    assert (entry.reason, entry.again) == ("a: died", False)


def test_what_was_cut_short_is_remembered_even_when_it_is_done(journal: Journal) -> None:
    wait_for(journal, "smooth", "lost", "waiting")
    claim(journal)
    record(journal, "smooth", Ending.DONE)
    record(journal, "lost", Ending.LOST)
    assert sorted(journal.interrupted()) == ["lost", "waiting"]
    claim(journal)
    record(journal, "lost", Ending.DONE)
    record(journal, "waiting", Ending.DONE)
    assert journal.interrupted() == ["lost"]


def test_what_was_not_begun_costs_no_attempt(journal: Journal) -> None:
    wait_for(journal, "a")
    for _ in range(5):
        claim(journal)
        assert record(journal, "a", Ending.UNBEGUN) is State.WAITING
    assert journal.entry("a").attempts == 0


@pytest.mark.parametrize(
    ("ending", "state", "again"),
    [
        (Ending.DONE, State.DONE, False),
        (Ending.UNCHANGED, State.DONE, False),
        (Ending.COLOURED, State.COLOURED, False),
        (Ending.FAILED, State.FAILED, False),
        (Ending.REFUSED, State.FAILED, True),
        (Ending.FULL, State.WAITING, False),
        (Ending.TAKEN, State.FAILED, True),
    ],
)
def test_endings(journal: Journal, ending: Ending, state: State, again: bool) -> None:
    wait_for(journal, "a")
    claim(journal)
    assert record(journal, "a", ending) is state
    entry = journal.entry("a")
    assert (entry.state, entry.again, entry.ours) == (state, again, {})


def test_a_touched_file_keeps_what_is_known_of_its_result(journal: Journal) -> None:
    wait_for(journal, "a")
    claim(journal)
    record(
        journal,
        "a",
        Ending.DONE,
        uncertainty=8.0,
        notes=("n",),
        sha256="1",
        written={"a": "t", "a.json": "u"},
    )
    with journal.transaction():
        journal.put(replace(journal.entry("a"), state=State.WAITING))
    claim(journal)
    record(journal, "a", Ending.UNCHANGED, sha256="1")
    entry = journal.entry("a")
    assert (entry.uncertainty, entry.told, entry.target_stamp) == (8.0, ["n"], "t")
    assert entry.ours == {"a": "t", "a.json": "u"}


def test_a_transaction_that_fails_changes_nothing(journal: Journal) -> None:
    with pytest.raises(ZeroDivisionError), journal.transaction():
        journal.put(Entry(path="a"))
        raise ZeroDivisionError
    assert journal.entry("a") is None
    wait_for(journal, "a")  # and the journal goes on


def test_another_journal_is_adopted_where_it_knows_more(journal: Journal, tmp_path: Path) -> None:
    other = Journal(tmp_path / "other.sqlite")
    wait_for(other, "done", "failed", "waiting", "not ours", "known better", "newer")
    for path in ("done", "failed", "not ours", "known better", "newer"):
        with other.transaction():
            other.put(replace(other.entry(path), state=State.CLAIMED, begun=True))
        ending = Ending.FAILED if path == "failed" else Ending.DONE
        record(other, path, ending, sha256="other")
    wait_for(journal, "known better", "newer")
    with journal.transaction():
        mine = Entry(path="known better", sha256="mine", begun=True, finished=9e9, run=1)
        journal.put(mine)
    other.close()
    journal.adopt(tmp_path / "other.sqlite", lambda target: target != "not ours")
    states = {path: journal.entry(path) for path in ("done", "failed", "known better", "newer")}
    assert states["done"].state is State.DONE
    assert states["failed"].state is State.FAILED
    assert states["known better"].sha256 == "mine"
    assert states["newer"].sha256 == "other"
    assert journal.entry("waiting") is None
    assert journal.entry("not ours") is None
    assert journal.counts(1) == journal.counts(7), "no file counts as seen by a run of this journal"


def test_names_that_are_no_unicode_are_adopted(journal: Journal, tmp_path: Path) -> None:
    other = Journal(tmp_path / "other.sqlite")
    with other.transaction():
        other.put(Entry(path=ODD, target=ODD, state=State.DONE, begun=True, finished=1.0))
    other.close()
    journal.adopt(tmp_path / "other.sqlite", lambda target: target == ODD)
    known = journal.entry(ODD)
    assert known is not None
    assert known.state is State.DONE


def test_what_is_no_journal_is_told(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    path.write_bytes(b"a letter, not a database" * 100)
    with pytest.raises(OutputError, match="not a database"):
        Journal(path)


def test_a_later_version_is_refused_and_let_go_of(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    with closing(sqlite3.connect(path)) as base:
        base.execute("PRAGMA user_version = 99")
    with pytest.raises(OutputError, match="later version") as refused:
        Journal(path)
    with closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as base:
        base.execute("PRAGMA user_version = 1")  # would be locked if it were still open
    assert refused.tb is not None, "so that what it refers to is not collected earlier"


def test_a_journal_of_the_first_version_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    with closing(Journal(path)) as journal:
        wait_for(journal, "a")
    with closing(sqlite3.connect(path, isolation_level=None)) as base:
        base.execute("ALTER TABLE files DROP COLUMN beside")
        base.execute("PRAGMA user_version = 1")
    for _ in range(2):
        with closing(Journal(path)) as journal:
            assert journal.entry("a").ours == {}
