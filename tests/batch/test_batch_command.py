"""The command, with one worker inside this process."""

from __future__ import annotations

import errno
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest
from made_inline import Run, inline
from made_workers import MIXTURE, FakeBackend, expected, write_scan
from PIL import Image

from reverse_oldify.batch import job, watch, worker
from reverse_oldify.batch.entry import Entry, State
from reverse_oldify.batch.job import FOLDER
from reverse_oldify.batch.journal import Journal
from reverse_oldify.batch.report import Report
from reverse_oldify.batch.storage import Folder, Found, Trouble
from reverse_oldify.errors import OutputError, UnreadableError
from reverse_oldify.files.json_file import read_json
from reverse_oldify.files.lazy import LazyPicture
from reverse_oldify.files.picture import Picture
from reverse_oldify.files.read import read
from reverse_oldify.pipeline.colorizer import Colorizer

run = inline


@pytest.fixture
def scans(run: Run) -> list[str]:
    names = ["a.png", "box/b.png", "box/deep/c.jpg"]
    for number, name in enumerate(names):
        write_scan(Path("in", name), number)
    return names


def below(folder: str) -> list[str]:
    found = (path for path in Path(folder).rglob("*") if path.is_file())
    names = (path.relative_to(folder).as_posix() for path in found)
    return sorted(name for name in names if not name.startswith(FOLDER))


def report() -> dict:
    return read_json(Path("out", FOLDER, "report.json"))


def stamps() -> dict[str, int]:
    return {name: Path("out", name).stat().st_mtime_ns for name in below("out")}


def test_another_model_does_all_again_where_results_do_not_tell_of_it(
    run: Run, scans: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    argv = ("in", "-o", "out", "--no-provenance")
    assert run(*argv)[1][1] == "3 to do, 0 done already"
    assert run(*argv)[1][1] == "0 to do, 3 done already"

    def open_other(model: str | None) -> Colorizer:
        backend = FakeBackend(MIXTURE)
        backend.info = replace(backend.info, weights_hash="other")
        return Colorizer(backend=backend)

    monkeypatch.setattr(worker, "open_colorizer", open_other)
    assert run(*argv)[1][1] == "3 to do, 0 done already"


@pytest.mark.parametrize("scheme", ["file", "local", "FILE"])
def test_a_folder_named_by_a_url_is_that_folder(run: Run, scans: list[str], scheme: str) -> None:
    Path("in").rename("my scans")
    url = Path("my scans").absolute().as_uri().replace("file:", f"{scheme}:")
    status, _, err = run(url, "-o", "my scans", "--overwrite")
    assert status == 2, "results would replace the scans"
    assert "choose another output" in err[0]
    assert run(url, "-o", "my scans/out")[1][1] == "3 to do, 0 done already"
    assert run(url, "-o", "my scans/out")[1][1] == "0 to do, 3 done already", "results are no scans"


def test_the_tree_is_mirrored(run: Run, scans: list[str]) -> None:
    Path("in/notes.txt").touch()
    status, out, err = run("in", "-o", "out", "--sidecar")
    assert (status, err) == (0, [])
    assert below("out") == sorted([*scans, *(name + ".json" for name in scans)])
    assert (read(Path("out/a.png")).pixels == expected(Path("in/a.png"))).all()
    assert out[1] == "3 to do, 0 done already, 1 other files skipped"
    assert out[-1] == f"3 done; report: out/{FOLDER}/report.html"


def test_only_what_changed_is_done_again(run: Run, scans: list[str]) -> None:
    run("in", "-o", "out")
    before = stamps()
    assert run("in", "-o", "out")[1][1].startswith("0 to do, 3 done already")
    os.utime("in/a.png")  # touched: looked at, and left
    write_scan(Path("in/box/b.png"), 5)
    write_scan(Path("in/new.png"))
    Path("out/box/deep/c.jpg").unlink()
    status, out, _ = run("in", "-o", "out")
    assert status == 0
    assert out[1].startswith("4 to do, 0 done already")
    after = stamps()
    assert after["a.png"] == before["a.png"]
    assert after["box/b.png"] != before["box/b.png"]
    assert (read(Path("out/box/b.png")).pixels == expected(Path("in/box/b.png"))).all()
    assert below("out") == sorted([*scans, "new.png"])
    assert run("in", "-o", "out")[1][1].startswith("0 to do, 4 done already")
    assert run("in", "-o", "out", "--vividness", "0.5")[1][1].startswith("4 to do")


def test_a_file_that_is_gone_is_no_longer_counted(run: Run, scans: list[str]) -> None:
    run("in", "-o", "out")
    Path("in/a.png").unlink()
    run("in", "-o", "out")
    assert report()["counts"]["done"] == 2
    assert Path("out/a.png").exists()


def test_failures_wait_for_being_told(run: Run, scans: list[str]) -> None:
    Path("in/damaged.png").write_bytes(b"no picture")
    status, _, err = run("in", "-o", "out")
    assert status == 1
    assert len(err) == 1
    assert err[0].startswith("reverse-oldify: in/damaged.png: ")
    assert run("in", "-o", "out")[1][1].startswith("0 to do, 3 done already, 1 failed")
    status, out, err = run("in", "-o", "out", "--retry-failed")
    assert out[1].startswith("1 to do, 3 done already")
    assert len(err) == 1
    assert [row["path"] for row in report()["failed"]] == ["damaged.png"]


def test_a_dry_run_says_what_and_writes_nothing(run: Run, scans: list[str]) -> None:
    status, out, _ = run("in", "-o", "out", "--format", "jpg", "--dry-run")
    assert status == 0
    assert out[:3] == [
        "a.png -> a.jpg",
        "box/b.png -> box/b.jpg",
        "box/deep/c.jpg -> box/deep/c.jpg",
    ]
    assert not Path("out").exists()
    run("in", "-o", "out")
    assert run("in", "-o", "out", "--vividness", "2", "--dry-run")[1][-1].startswith("3 to do")
    assert run("in", "-o", "out")[1][1].startswith("0 to do, 3 done already")


def everything() -> dict[str, tuple[int, bytes]]:
    files = (path for path in Path().rglob("*") if path.is_file())
    return {str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


def test_a_dry_run_writes_nothing_whatever_is_there(run: Run, scans: list[str]) -> None:
    argv = ("in", "-o", "out", "--palette", "faded", "--save-palette", "p.json", "--dry-run")
    run("in", "-o", "out", "--shard", "1/2")
    for _ in range(2):
        before = everything()
        status, out, err = run(*argv)
        assert (status, err) == (0, [])
        assert out[-1].startswith("3 to do")
        assert everything() == before
        run("in", "-o", "out")


def test_a_dry_run_may_write_its_copy_of_a_journal_that_is_read_only(
    run: Run, scans: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run("in", "-o", "out")
    for path in Path("out", FOLDER).iterdir():
        path.chmod(0o444)
    opened: list[int] = []

    class Watched(Journal):
        def __init__(self, path: Path) -> None:
            opened.append(path.stat().st_mode & 0o200)
            super().__init__(path)

    monkeypatch.setattr(job, "Journal", Watched)
    assert run("in", "-o", "out", "--dry-run")[0] == 0
    assert opened == [0o200], "root could write it anyway"


def test_a_dry_run_knows_what_a_killed_job_had_committed_last(run: Run, scans: list[str]) -> None:
    run("in", "-o", "out")
    journal, kept = Path("out", FOLDER, "journal.sqlite"), Path("kept")
    kept.mkdir()
    write_scan(Path("in/new.png"))
    with closing(Journal(journal)) as killed, killed.transaction():
        killed.put(Entry(path="a.png", target="a.png", state=State.CLAIMED, begun=True))
    with closing(Journal(journal)) as killed:
        with killed.transaction():
            killed.put(Entry(path="box/b.png", target="box/b.png", state=State.CLAIMED, begun=True))
        for path in journal.parent.glob("journal*"):
            shutil.copy(path, kept)  # as a power cut would leave it
    for path in kept.iterdir():
        shutil.copy(path, journal.parent)
    assert (journal.parent / "journal.sqlite-wal").stat().st_size > 0
    before = everything()
    assert run("in", "-o", "out", "--dry-run")[1][:3] == [
        "a.png -> a.png",
        "box/b.png -> box/b.png",
        "new.png -> new.png",
    ]
    assert everything() == before


def test_a_selection(run: Run, scans: list[str]) -> None:
    run("in", "-o", "out", "--include", "box/*", "--exclude", "deep")
    assert below("out") == ["box/b.png"]
    assert report()["skipped"] == {"excluded by deep": 1, "not included": 1}
    Path("list").write_text("a.png\nin/box/b.png\ngone.png\n")
    status, _, err = run("in", "-o", "out", "--list", "list")
    assert status == 1
    assert err == ["reverse-oldify: gone.png: no such file; check it"]
    assert below("out") == ["a.png", "box/b.png"]


def test_what_is_left_out_or_missing_for_once_is_not_forgotten(run: Run, scans: list[str]) -> None:
    run("in", "-o", "out")
    before = stamps()
    assert run("in", "-o", "out", "--exclude", "box")[1][1].startswith("0 to do, 1 done already")
    Path("in/a.png").rename("elsewhere.png")
    Path("list").write_text("a.png\n")
    assert run("in", "-o", "out", "--list", "list")[0] == 1
    Path("elsewhere.png").rename("in/a.png")
    status, _, err = run("in", "-o", "out")
    assert (status, err) == (0, [])
    assert stamps().keys() == before.keys()
    assert {name for name in scans if stamps()[name] != before[name]} <= {"a.png"}


def test_shards_do_it_together_and_the_whole_knows(run: Run) -> None:
    for number in range(12):
        write_scan(Path(f"in/{number}.png"), number)
    assert run("in", "-o", "out", "--shard", "1/2")[0] == 0
    first = below("out")
    assert 0 < len(first) < 12
    assert run("in", "-o", "out", "--shard", "2/2")[0] == 0
    before = stamps()
    assert len(before) == 12
    status, out, _ = run("in", "-o", "out")
    assert status == 0
    assert out[1].startswith("0 to do, 12 done already")
    assert stamps() == before
    assert report()["counts"]["done"] == 12
    assert Path("out", FOLDER, "report-1-of-2.json").exists()
    assert run("in", "-o", "out", "--shard", "1/3")[1][1].startswith("0 to do, ")


def test_files_of_others_are_kept_unless_told(run: Run, scans: list[str]) -> None:
    Path("out").mkdir()
    Path("out/a.png").write_text("precious")
    status, _, err = run("in", "-o", "out")
    assert status == 1
    assert err == [
        "reverse-oldify: a.png: its result a.png exists already, and is not of this job; "
        "choose another folder, or allow --overwrite"
    ]
    assert Path("out/a.png").read_text() == "precious"
    assert run("in", "-o", "out", "--overwrite")[0] == 0
    assert read(Path("out/a.png")).size == (24, 32)


def test_colour_is_left_alone_unless_told(run: Run, scans: list[str]) -> None:
    pixels = np.full((40, 60, 3), (200, 60, 60), np.uint8)
    pixels[:20] = 60, 60, 200
    Image.fromarray(pixels).save("in/colour.png")
    status, out, _ = run("in", "-o", "out")
    assert status == 0
    assert out[-1].startswith("3 done, 1 in colour already; report")
    assert "colour.png" not in below("out")
    assert report()["coloured"] == ["colour.png"]
    assert run("in", "-o", "out")[1][1].startswith("0 to do, 3 done already, 1 in colour already")
    run("in", "-o", "out", "--recolor")
    assert "colour.png" in below("out")


def test_the_report_accounts_for_everything(run: Run, scans: list[str]) -> None:
    Path("in/<b>damaged.png").write_bytes(b"no picture")
    Path("in/notes.txt").touch()
    run("in", "-o", "out")
    table = report()
    assert table["counts"] == {
        "waiting": 0, "claimed": 0, "done": 3, "coloured": 0, "failed": 1, "skipped": 1
    }  # fmt: skip
    doubts = [row["uncertainty"] for row in table["most_uncertain"]]
    assert len(doubts) == 3
    assert doubts == sorted(doubts, reverse=True)
    assert table["mean_uncertainty"] == pytest.approx(np.mean(doubts))
    assert table["skipped"] == {"no picture, by its suffix": 1}
    page = Path("out", FOLDER, "report.html").read_text("utf-8")
    assert page.count("data:image/jpeg;base64,") == 2 * (3 + 3)
    assert "&lt;b&gt;damaged.png" in page
    assert "<b>" not in page
    assert "http" not in page
    suffixes = {path.suffix for path in Path("out", FOLDER).iterdir()}
    assert not suffixes & {".png", ".jpg"}, "nothing there is a picture"


def test_the_report_holds_no_large_picture_whole(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Picture(pixels=np.arange(40 * 60, dtype=np.uint16).reshape(40, 60)).save(Path("a.tif"))
    Path("in").mkdir()
    Path("a.tif").rename("in/a.tif")

    def whole(self: LazyPicture) -> NoReturn:
        raise UnreadableError(f"{self.source}: loaded")

    write = Report.write

    def written(self: Report, *to: Any) -> Path:
        monkeypatch.setattr(LazyPicture, "loaded", whole)
        return write(self, *to)

    monkeypatch.setattr(Report, "write", written)
    run("in", "-o", "out")
    page = Path("out", FOLDER, "report.html").read_text("utf-8")
    assert page.count("data:image/jpeg;base64,") == 2 * (1 + 1)


def test_names_that_are_no_unicode(run: Run) -> None:
    name = "two\nlines \udc80.png"
    write_scan(Path("in", name))
    assert run("in", "-o", "out", "--sidecar")[0] == 0
    assert Path("out", name).exists()
    assert run("in", "-o", "out", "--sidecar")[1][1].startswith("0 to do, 1 done already")


def test_a_list_that_can_be_read_only_once_is_not_watched(run: Run, scans: list[str]) -> None:
    status, _, err = run("in", "-o", "out", "--watch", "--list", "-")
    assert (status, below("out")) == (2, [])
    assert err[-1].endswith("--watch reads the list again and again, and stdin ends; name a file")


def test_watching_takes_what_arrives_and_settles(
    run: Run, scans: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(watch.time, "monotonic", lambda: now[0])
    seen: list[list[str]] = []

    def pause(self: job.Stop, seconds: float) -> None:
        now[0] += 3
        seen.append(below("out") if Path("out").exists() else [])
        if len(seen) == 4:
            write_scan(Path("in/late.png"))
        if len(seen) == 8:
            self.ask("interrupted", 130)

    monkeypatch.setattr(job.Stop, "wait", pause)
    status, _, err = run("in", "-o", "out", "--watch", "--settle", "5")
    assert (status, err) == (0, [])
    assert [len(names) for names in seen] == [0, 0, 3, 3, 3, 3, 4, 4]
    assert report()["counts"]["done"] == 4


@pytest.mark.parametrize("begin", [0, 4096])
@pytest.mark.parametrize("dry", [False, True])
def test_a_damaged_journal_is_one_line(run: Run, scans: list[str], begin: int, dry: bool) -> None:
    run("in", "-o", "out")
    journal = Path("out", FOLDER, "journal.sqlite")
    data = journal.read_bytes()
    journal.write_bytes(data[:begin] + b"\xff" * 4096 + data[begin + 4096 :])
    status, _, err = run("in", "-o", "out", *["--dry-run"] * dry)
    assert (status, len(err)) == (1, 1)
    assert "journal.sqlite: the journal cannot be used (" in err[0]
    assert err[0].endswith(
        "restore it from a copy, or move it away and give the command with "
        "--overwrite, which does all again"
    )
    journal.unlink()
    assert run("in", "-o", "out", "--overwrite")[0] == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("watched", [False, True])
def test_a_signal_while_the_source_is_looked_through(
    run: Run,
    scans: list[str],
    monkeypatch: pytest.MonkeyPatch,
    number: signal.Signals,
    watched: bool,
) -> None:
    run("in", "-o", "out", "--exclude", "deep")
    walk, before = Folder.walk, everything()

    def interrupted(self: Folder, without: str | None = None) -> Iterator[Found | Trouble]:
        for found in walk(self, without):
            yield found
            os.kill(os.getpid(), number)

    monkeypatch.setattr(Folder, "walk", interrupted)
    status, out, err = run("in", "-o", "out", *["--watch"] * watched)
    if watched:  # that is how it ends
        assert (status, err) == (0, [])
        assert "report: out" in out[-1]
        return
    assert status == 128 + number
    assert err == ["reverse-oldify: interrupted; the same command goes on where this one stopped"]
    page = f"out/{FOLDER}/report.html"
    assert everything()[page] == before[page], "it tells of all, still"


def test_a_watched_source_that_is_away_comes_again(
    run: Run, scans: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(watch.time, "monotonic", lambda: now[0])
    walk, looks = Folder.walk, 0

    def unsteady(self: Folder, without: str | None = None) -> Iterator[Found | Trouble]:
        nonlocal looks
        looks += 1
        yield from walk(self, without)  # which raises while the folder has another name
        if looks == 4:  # the look that takes them
            raise UnreadableError("in: cannot be listed (gone)")

    def pause(self: job.Stop, seconds: float) -> None:
        now[0] += 3
        if looks in (1, 2):
            Path("in" if looks == 1 else "away").rename("away" if looks == 1 else "in")
        if looks == 10:
            self.ask("interrupted", 130)

    monkeypatch.setattr(Folder, "walk", unsteady)
    monkeypatch.setattr(job.Stop, "wait", pause)
    status, _, err = run("in", "-o", "out", "--watch", "--settle", "3")
    assert (status, err) == (0, [])
    assert below("out") == sorted(scans)


@pytest.mark.parametrize(
    "argv",
    [
        ["in", "-o", "out", "--shard", "0/3"],
        ["in", "-o", "in"],
        ["in", "-o", "."],
        ["in", "-o", "out", "--vividness", "3"],
        ["in", "-o", "out", "--list", "none"],
    ],
)
def test_wrong_usage_is_2(run: Run, scans: list[str], argv: list[str]) -> None:
    status, _, err = run(*argv)
    assert status == 2
    assert len(err) == 1


def test_hints_of_pictures_that_are_not_there_are_told(run: Run, scans: list[str]) -> None:
    Path("hints.json").write_text('{"version": 1, "pictures": {"none.png": []}}')
    status, _, err = run("in", "-o", "out", "--hints", "hints.json")
    assert status == 2
    assert "no such picture" in err[0]


def test_a_missing_source_is_told(run: Run) -> None:
    status, _, err = run("none", "-o", "out")
    assert status == 1
    assert err == ["reverse-oldify: none: no such folder; check the name"]
    assert not Path("out").exists()


@pytest.mark.parametrize("with_report", [True, False])
def test_a_full_disk_is_one_sentence_and_the_same_command_goes_on(
    run: Run, scans: list[str], monkeypatch: pytest.MonkeyPatch, with_report: bool
) -> None:
    def full(*_: object, **__: object) -> NoReturn:
        reason = "out/x: cannot be written (no space left on device); free some space"
        raise OutputError(reason) from OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(worker, "deliver", full)
        if not with_report:
            patch.setattr(Report, "write", full)
        status, _, err = run("in", "-o", "out")
    assert status == 1
    assert err == [
        "reverse-oldify: out/x: cannot be written (no space left on device); free some space"
        + ("" if with_report else "; no report could be written")
        + "; the same command goes on where this one stopped"
    ]
    status, out, err = run("in", "-o", "out")
    assert (status, err) == (0, [])
    assert out[1].startswith("3 to do")


@pytest.mark.parametrize("to", ["in/box", "elsewhere"])
def test_a_link_in_the_output_leads_no_result_out_of_it(
    run: Run, scans: list[str], to: str
) -> None:
    Path("out").mkdir()
    Path("elsewhere").mkdir()
    Path("out/box").symlink_to(Path(to).absolute())
    before = {path: path.read_bytes() for path in Path("in").rglob("*.*")}
    status, _, err = run("in", "-o", "out", "--overwrite")
    assert status == 1
    assert len(err) == 2
    assert err[0].startswith(
        "reverse-oldify: box/b.png: its result box/b.png would lie where a link"
    )
    assert {path: path.read_bytes() for path in Path("in").rglob("*.*")} == before
    assert list(Path("elsewhere").iterdir()) == []
    assert Path("out/a.png").exists()


def test_what_is_left_out_may_be_broken(run: Run, scans: list[str]) -> None:
    Path("in/notes.txt").symlink_to("nowhere")
    Path("in/box/old.png").symlink_to("nowhere")
    status, _, err = run("in", "-o", "out", "--exclude", "old.*")
    assert (status, err) == (0, [])
    assert run("in", "-o", "out")[0] == 1


def test_a_line_that_is_no_name_does_not_end_a_list(run: Run, scans: list[str]) -> None:
    Path("list").write_text("x" * 300 + ".png\na.png\n")
    status, _, err = run("in", "-o", "out", "--list", "list")
    assert status == 1
    assert len(err) == 1
    assert below("out") == ["a.png"]
