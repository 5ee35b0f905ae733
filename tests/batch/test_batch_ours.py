"""Only what the journal knows to be its own is replaced unasked."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_inline import Run, inline
from made_workers import write_scan
from PIL import Image

from reverse_oldify.batch.entry import UNKNOWN, Entry, State
from reverse_oldify.batch.job import FOLDER
from reverse_oldify.batch.plan import decide
from reverse_oldify.files.json_file import read_json
from reverse_oldify.files.picture import Picture

run = inline
NOTES = "made by hand"
BESIDE = ["a.png.json", "a.png.layers.tif", "a.uncertainty.png", "a.variant-2.png"]
ALL = ["--sidecar", "--layers", "--uncertainty", "--variants", "2"]


def by_hand(name: str) -> Path:
    path = Path("out", name)
    path.write_text(NOTES)
    return path


@pytest.mark.parametrize("name", BESIDE)
def test_a_file_beside_a_result_that_the_job_never_wrote(run: Run, name: str) -> None:
    write_scan(Path("in/a.png"))
    run("in", "-o", "out")
    notes, before = by_hand(name), Path("out/a.png").stat().st_mtime_ns
    run("in", "-o", "out", *ALL)
    assert notes.read_text() == NOTES
    assert Path("out/a.png").stat().st_mtime_ns == before
    assert run("in", "-o", "out", *ALL, "--overwrite")[0] == 0
    assert notes.read_bytes() != NOTES.encode()


def test_what_the_job_wrote_beside_a_result_is_its_own(run: Run) -> None:
    write_scan(Path("in/a.png"))
    run("in", "-o", "out", *ALL)
    before = {name: Path("out", name).stat().st_mtime_ns for name in BESIDE}
    run("in", "-o", "out")
    assert run("in", "-o", "out", *ALL, "--vividness", "0.5")[0] == 0
    assert all(Path("out", name).stat().st_mtime_ns != before[name] for name in BESIDE)


def test_a_result_made_by_hand_while_its_source_was_damaged(run: Run) -> None:
    source = Path("in/a.png")
    source.parent.mkdir()
    source.write_bytes(b"no picture")
    run("in", "-o", "out")
    result = by_hand("a.png")
    write_scan(source)
    status, _, err = run("in", "-o", "out")
    assert status == 1
    assert "a.png exists already, and is not of this job" in err[0]
    assert result.read_text() == NOTES


def test_a_picture_in_colour_that_someone_has_copied_over(run: Run) -> None:
    pixels = np.full((40, 60, 3), (200, 60, 60), np.uint8)
    pixels[:20] = 60, 60, 200
    Path("in").mkdir()
    Image.fromarray(pixels).save("in/a.png")
    run("in", "-o", "out")
    shutil.copy("in/a.png", "out/a.png")
    assert run("in", "-o", "out")[0] == 0, "left alone, as before"
    assert run("in", "-o", "out", "--recolor")[0] == 1
    assert Path("out/a.png").read_bytes() == Path("in/a.png").read_bytes()


def test_a_result_made_by_hand_where_a_loss_was_refused(run: Run) -> None:
    Path("in").mkdir()
    Picture(pixels=np.full((40, 50), 30_000, np.uint16)).save("in/a.tif")
    argv = ["in", "-o", "out", "--format", "jpg"]
    assert run(*argv)[0] == 1
    result = by_hand("a.jpg")
    assert run(*argv, "--allow-loss")[0] == 1
    assert result.read_text() == NOTES
    result.unlink()
    assert run(*argv, "--allow-loss")[0] == 0


def test_the_result_of_another_source(run: Run) -> None:
    argv = ["in", "-o", "out", "--format", "png"]
    write_scan(Path("in/b.png"), 2).rename("in/a.tif")  # whatever its name says
    Path("in/a.jpg").write_bytes(b"no picture")
    run(*argv)
    run(*argv)
    made = Path("out/a.png").read_bytes()
    write_scan(Path("in/b.png"), 3).rename("in/a.jpg")
    status, _, err = run(*argv)
    assert status == 1
    assert "a.jpg: its result a.png exists already" in err[0]
    assert Path("out/a.png").read_bytes() == made


def test_a_scan_that_was_renamed_to_another_suffix_finds_its_own_result(run: Run) -> None:
    argv = ["in", "-o", "out", "--format", "png", "--sidecar"]
    one, other = Path("in/a.tif"), Path("in/a.jpg")
    write_scan(Path("in/b.png"), 2).rename(one)
    run(*argv)
    one.rename(other)
    assert run(*argv)[::2] == (0, [])
    assert read_json(Path("out/a.png.json"))["source"] == "a.jpg"
    other.rename(one)
    by_hand("a.png")
    assert run(*argv)[0] == 1
    assert Path("out/a.png").read_text() == NOTES


def test_another_scan_of_the_same_name_takes_no_result_of_one_that_is_gone(run: Run) -> None:
    argv = ["in", "-o", "out", "--format", "png"]
    write_scan(Path("in/b.png"), 2).rename("in/a.tif")
    run(*argv)
    made = Path("out/a.png").read_bytes()
    Path("in/a.tif").unlink()
    write_scan(Path("in/b.png"), 3).rename("in/a.jpg")
    assert run(*argv)[0] == 1
    assert Path("out/a.png").read_bytes() == made


def test_results_of_a_format_that_was_asked_for_before(run: Run) -> None:
    write_scan(Path("in/a.png"))
    argv = ["in", "-o", "out", "--sidecar"]
    run(*argv)
    run(*argv, "--format", "tif")
    run(*argv, "--format", "jpg", "--exclude", "*")
    before = Path("out/a.png").stat().st_mtime_ns
    assert run(*argv)[::2] == (0, [])
    assert Path("out/a.png").stat().st_mtime_ns != before
    by_hand("a.tif")
    assert run(*argv, "--format", "tif")[0] == 1
    assert Path("out/a.tif").read_text() == NOTES


def test_a_killed_job_owns_what_it_may_have_written_but_a_failed_file_owns_nothing() -> None:
    new = Entry(path="a.tif", target="a.jpg", stamp="10 1", settings="s", run=2)
    there = {"a.jpg": "5 5", "a.jpg.json": "6 6"}
    claimed = replace(new, state=State.CLAIMED, begun=True, attempts=1, run=1)
    again = decide(new, claimed, there)
    assert (again.state, again.ours) == (State.WAITING, there)
    failed = replace(claimed, state=State.FAILED, again=True)
    assert decide(new, failed, there).state is State.FAILED
    mine = failed.with_ours(there)
    assert decide(new, mine, there).state is State.WAITING
    edited = decide(new, mine, there | {"a.jpg.json": "7 7"})
    assert edited.state is State.FAILED
    assert "a.jpg.json exists already" in edited.reason
    assert edited.ours == there, "what is known is not forgotten"


def test_what_an_earlier_version_did_not_say_is_taken_for_ours() -> None:
    new = Entry(path="a.tif", target="a.jpg", stamp="10 1", settings="other", run=2)
    there = {"a.jpg": "5 5", "a.jpg.json": "6 6"}
    known = replace(new, state=State.DONE, settings="s", target_stamp="5 5", beside=UNKNOWN, run=1)
    assert decide(new, known, there).state is State.WAITING
    assert "a.jpg was made or changed" in decide(new, known, there | {"a.jpg": "7 7"}).reason


def test_nothing_of_others_is_in_the_way_of_what_is_given_to_a_worker() -> None:
    """For if it is killed there, all that lies there is taken for its own."""
    new = Entry(path="a.tif", target="a.jpg", stamp="10 2", settings="s", run=2)
    there = {"a.jpg": "5 5", "a.jpg.json": "6 6"}
    known = replace(new, state=State.DONE, begun=True, stamp="10 1", sha256="f" * 64)
    assert decide(new, known.with_ours(there), there).state is State.WAITING
    left = decide(new, known.with_ours({"a.jpg": "5 5"}), there)
    assert left.state is State.DONE
    assert "a.jpg.json was made or changed by someone else" in left.reason


def test_what_is_left_is_named_until_nothing_would_replace_it(run: Run) -> None:
    for name in ("a.png", "b.png"):
        write_scan(Path("in", name))
    run("in", "-o", "out")
    by_hand("a.png")
    assert run("in", "-o", "out")[0] == 0, "nothing is to be done"
    reason = (
        "a.png: not brought up to date: a.png was made or changed by someone else since; "
        "remove that, or allow --overwrite"
    )
    for _ in range(2):
        status, out, err = run("in", "-o", "out", "--vividness", "0.5")
        assert (status, err) == (1, [f"reverse-oldify: {reason}"])
        assert "done already (1 of them not brought up to date)" in out[1]
        assert out[-1].startswith("2 done (1 of them not brought up to date); report")
        told = read_json(Path("out", FOLDER, "report.json"))
        assert told["left"] == [{"path": "a.png", "reason": reason}]
        assert reason in Path("out", FOLDER, "report.html").read_text("utf-8")
    assert run("in", "-o", "out", "--vividness", "0.5", "--dry-run")[2] == err
    status, _, err = run("in", "-o", "out", "--include", "a.png")
    assert (status, err) == (0, []), "what was asked for first is there"


def test_a_result_stays_where_its_name_is_too_long_for_a_sidecar(run: Run) -> None:
    name = "n" * 248 + ".png"
    write_scan(Path("in", name))
    assert run("in", "-o", "out")[0] == 0
    before = Path("out", name).read_bytes()
    for _ in range(2):
        status, _, err = run("in", "-o", "out", "--sidecar")
        assert (status, len(err)) == (1, 1)
        assert "choose a shorter name" in err[0]
    assert Path("out", name).read_bytes() == before
