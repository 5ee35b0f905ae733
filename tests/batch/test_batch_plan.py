"""What is to be done, given what is there and what is known."""

from __future__ import annotations

import errno
from dataclasses import replace
from pathlib import Path

import pytest
from made_workers import write_scan

from reverse_oldify.batch.entry import Entry, State
from reverse_oldify.batch.journal import Journal
from reverse_oldify.batch.list_file import listed, read_list
from reverse_oldify.batch.plan import Planner, check_places, decide
from reverse_oldify.batch.selection import Selection, Shard
from reverse_oldify.batch.storage import Folder, Found, Trouble
from reverse_oldify.errors import OptionError, UnreadableError

NEW = Entry(path="a.jpg", target="a.jpg", stamp="10 1", settings="s", run=2)
DONE = replace(NEW, state=State.DONE, begun=True, sha256="f" * 64, target_stamp="99 9", run=1)
LEFT = replace(NEW, state=State.FAILED, begun=True, reason="damaged", run=1)


def test_a_new_file_waits() -> None:
    assert decide(NEW, None, {}).state is State.WAITING


def test_a_result_of_others_is_not_replaced_unasked() -> None:
    refused = decide(NEW, None, {"a.jpg": "5 5"})
    assert refused.state is State.FAILED
    assert refused.again
    assert "exists already" in refused.reason
    assert decide(NEW, None, {"a.jpg": "5 5"}, overwrite=True).state is State.WAITING


def test_what_is_done_stays_done() -> None:
    assert decide(NEW, DONE, {"a.jpg": "99 9"}) == replace(DONE, run=2)


def test_a_result_that_is_gone_is_made_again() -> None:
    again = decide(NEW, DONE, {})
    assert (again.state, again.sha256) == (State.WAITING, None)


def test_a_touched_file_waits_but_its_content_decides() -> None:
    touched = decide(replace(NEW, stamp="10 2"), DONE, {"a.jpg": "99 9"})
    assert (touched.state, touched.sha256) == (State.WAITING, DONE.sha256)


def test_other_settings_make_it_anew_whatever_the_content() -> None:
    again = decide(replace(NEW, settings="t"), DONE, {"a.jpg": "99 9"})
    assert (again.state, again.sha256) == (State.WAITING, None)


def test_a_result_changed_by_a_person_is_not_replaced_unasked() -> None:
    kept = decide(replace(NEW, stamp="10 2"), DONE, {"a.jpg": "77 7"})
    assert kept.state is State.DONE
    assert kept.stamp == "10 1", "so the next run sees the change, too"
    assert "a.jpg was made or changed by someone else" in kept.reason
    assert (
        decide(replace(NEW, stamp="10 2"), DONE, {"a.jpg": "77 7"}, overwrite=True).state
        is State.WAITING
    )


def test_a_result_that_is_gone_does_not_count_as_done_for_a_file_beside_it() -> None:
    refused = decide(NEW, DONE, {"a.jpg.json": "7 7"})
    assert (refused.state, refused.again) == (State.FAILED, True)
    assert "a.jpg.json exists already" in refused.reason


def test_failures_are_left_until_told_or_changed_or_mended() -> None:
    assert decide(NEW, LEFT, {}).state is State.FAILED
    assert decide(NEW, LEFT, {}, retry_failed=True).state is State.WAITING
    assert decide(replace(NEW, stamp="10 2"), LEFT, {}).state is State.WAITING
    assert decide(NEW, replace(LEFT, again=True), {}).state is State.WAITING


def test_what_a_killed_job_had_in_work_comes_again_and_after_the_others() -> None:
    claimed = replace(NEW, state=State.CLAIMED, begun=True, attempts=1)
    again = decide(NEW, claimed, {"a.jpg": "5 5"})
    assert (again.state, again.attempts, again.begun) == (State.WAITING, 1, True)


@pytest.mark.parametrize(
    ("selection", "path", "why"),
    [
        (Selection(), "box/a.JPG", ""),
        (Selection(), "box/a.txt", "no picture"),
        (Selection(include=("*.tif",)), "a.jpg", "not included"),
        (Selection(include=("*.tif", "*.jpg")), "deep/er/a.jpg", ""),
        (Selection(include=("box-7/*",)), "box-7/deep/a.jpg", ""),
        (Selection(include=("box-7/*",)), "box-8/a.jpg", "not included"),
        (Selection(exclude=("drafts",)), "box/drafts/a.jpg", "excluded by drafts"),
        (Selection(exclude=("*.tmp.jpg",)), "a.tmp.jpg", "excluded by *.tmp.jpg"),
        (Selection(exclude=("box/[ab].jpg",)), "box/c.jpg", ""),
    ],
)
def test_selection(selection: Selection, path: str, why: str) -> None:
    assert selection.why_not(path).startswith(why)
    assert bool(selection.why_not(path)) == bool(why)


def test_shards_share_everything_and_nothing_twice() -> None:
    targets = [f"box-{n % 7}/{n}.jpg" for n in range(3000)]
    shares = [
        [target for target in targets if Shard(number, 4).holds(target)] for number in (1, 2, 3, 4)
    ]
    assert sorted(target for share in shares for target in share) == sorted(targets)
    assert all(650 < len(share) < 850 for share in shares)
    # The same in every version: else a job that goes on would do things twice.
    assert [n for n in range(6) if Shard(1, 4).holds(f"{n}.jpg")] == [2, 4, 5]


@pytest.mark.parametrize("text", ["", "3", "0/4", "5/4", "1/0", "a/b", "-1/4", "1/4/2"])
def test_no_shard(text: str) -> None:
    with pytest.raises(OptionError, match="write I/N"):
        Shard.parse(text)


@pytest.fixture
def planned(tmp_path: Path):
    journal = Journal(tmp_path / "journal.sqlite")

    def plan(*found: Found | Trouble, **settings: object) -> dict[str, Entry]:
        run = journal.begin("{}")
        planner = Planner(
            journal=journal,
            run=run,
            source=Folder(str(tmp_path / "in")),
            output=Folder(str(tmp_path / "out")),
            settings=lambda path: "s",
            **{"selection": Selection(), "targets": lambda target: [target], **settings},
        )
        planner.plan(found)
        return {e.path: e for state in State for e in journal.entries(run, state)}

    yield plan
    journal.close()


def test_two_sources_of_one_result_do_not_replace_each_other(planned, tmp_path: Path) -> None:
    for name in ("a.jpg", "a.png"):
        write_scan(tmp_path / "in" / name)
    one, other = Found("a.jpg", "1"), Found("a.png", "1")
    for _ in range(2):  # and so in every run
        entries = planned(one, other, selection=Selection(format="png"))
        assert entries["a.jpg"].state is State.WAITING
        assert entries["a.png"].state is State.FAILED
        assert "would replace that of a.jpg" in entries["a.png"].reason


def test_files_beside_results_do_not_replace_each_other_either(planned) -> None:
    def targets(target: str) -> list[str]:
        stem, dot, suffix = target.rpartition(".")
        return [target, f"{stem}.variant-2{dot}{suffix}", f"{stem}.uncertainty.png"]

    names = ["a.jpg", "a.png", "a.variant-2.jpg", "b.variant-2.jpg", "c\udc80.jpg"]
    found = [Found(name, "1") for name in [*names, "b.jpg"]]
    for _ in range(2):  # and so in every run
        entries = planned(*found, targets=targets)
        failed = {path: e.reason for path, e in entries.items() if e.state is State.FAILED}
        assert failed.keys() == {"a.png", "a.variant-2.jpg", "b.jpg"}
        assert "a file beside it would replace that of a.jpg" in failed["a.png"]
    assert entries["c\udc80.jpg"].state is State.WAITING


def test_an_output_that_cannot_be_looked_at_is_told(planned, monkeypatch) -> None:
    def stamp(self: Folder, path: str) -> str:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Folder, "stamp", stamp)
    entry = planned(Found("a.jpg", "1"))["a.jpg"]
    assert (entry.state, entry.again) == (State.FAILED, True)
    assert entry.reason == "a.jpg: its result a.jpg: permission denied; check the output"


def test_every_file_is_accounted_for(planned) -> None:
    entries = planned(Found("a.jpg", "1"), Found("b.txt", "1"), Trouble("c/", "permission denied"))
    assert {path: entry.state for path, entry in entries.items()} == {
        "a.jpg": State.WAITING,
        "b.txt": State.SKIPPED,
        "c/": State.FAILED,
    }
    assert entries["c/"].reason == "c/: permission denied; check it"


def test_a_folder_that_can_be_read_again_is_no_failure(planned) -> None:
    planned(Trouble("c/", "permission denied"))
    assert planned(Found("c/a.jpg", "1")).keys() == {"c/a.jpg"}


def test_names_that_are_no_unicode(planned) -> None:
    name = "two\nlines \udc80.jpg"
    assert planned(Found(name, "1")).keys() == {name}


NAMED = ["box/a.jpg", "b.jpg", "b.jpg"]


def test_list_names_files_below_the_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("in/box").mkdir(parents=True)
    for name in ("in/box/a.jpg", "in/b.jpg", "other.jpg"):
        Path(name).touch()
    names = ["box/a.jpg", str(tmp_path / "in/b.jpg"), "in/b.jpg", "gone.jpg", "other.jpg", "", ".."]
    found = list(listed(names, Folder("in")))
    assert [each.path for each in found if isinstance(each, Found)] == NAMED
    assert {each.path: each.reason for each in found if isinstance(each, Trouble)} == {
        "gone.jpg": "no such file",
        "other.jpg": "no such file",
        "..": "lies outside in",
    }


@pytest.mark.parametrize(
    ("data", "names"),
    [
        (b"a.jpg\nb c.jpg\n", ["a.jpg", "b c.jpg", ""]),
        (b"a.jpg\r\nb.jpg", ["a.jpg", "b.jpg"]),
        ("a\u2028\x85\v\f\x1c.jpg\nb.jpg".encode(), ["a\u2028\x85\v\f\x1c.jpg", "b.jpg"]),
        (b"two\nlines.jpg\0b.jpg\0", ["two\nlines.jpg", "b.jpg", ""]),
        (b"\x80.jpg\n", ["\udc80.jpg", ""]),
        (b"\xef\xbb\xbfa.jpg\r\n", ["a.jpg", ""]),
    ],
)
def test_lists_of_lines_and_of_find_print0(tmp_path: Path, data: bytes, names: list[str]) -> None:
    path = tmp_path / "list"
    path.write_bytes(data)
    assert read_list(path) == names


def test_a_list_that_is_missing_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="no such file"):
        read_list(tmp_path / "list")


def test_output_never_holds_the_source(tmp_path: Path) -> None:
    inside = tmp_path / "in" / "scans"
    inside.mkdir(parents=True)
    for output in (inside, tmp_path / "in", inside / ".." / "scans"):
        with pytest.raises(OptionError, match="holds the source"):
            check_places(str(inside), str(output))
    check_places(str(inside), str(inside / "out"))
    with pytest.raises(OptionError):
        check_places("s3://b/scans", "s3://b/scans/")
    check_places("s3://b/scans", "s3://b/scans-colour")
    with pytest.raises(UnreadableError):
        check_places(str(tmp_path / "none"), str(tmp_path / "out"))
