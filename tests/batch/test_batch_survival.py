"""What an archive's job must survive, done to it; and then every file is accounted for.

The job is a process of its own, `made_workers`, with worker processes below it.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from made_jobs import (
    PATIENCE,
    below,
    entries,
    finished,
    prove,
    results,
    scans,
    started,
    wait_for_results,
    workers_of,
)
from made_workers import expected, write_scan

from reverse_oldify.batch.entry import State
from reverse_oldify.files.read import read

pytestmark = pytest.mark.slow


def test_bad_files_fail_alone(tmp_path: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    scans(source, 6, "good")
    for name in ("crash", "hang", "once"):
        write_scan(source / f"box-0/{name}.png")
    (source / "box-1/damaged.png").write_bytes((source / "box-0/crash.png").read_bytes()[:60])
    (source / "notes.txt").touch()
    status, _, err = finished(source, "-o", out, "--workers", 2, "--time-limit", 2, "--attempts", 2)
    assert status == 1
    failed = {
        "box-0/crash.png": "died (SIGABRT)",
        "box-0/hang.png": "took longer than 2 s",
        "box-1/damaged.png": "damaged",
    }
    prove(source, out, failed)
    assert len(err.splitlines()) == 3
    known = entries(out)
    assert known["box-0/crash.png"].attempts == 2
    assert known["box-0/once.png"].state is State.DONE, "the second attempt did it"

    status, said, _ = finished(source, "-o", out)
    assert status == 1
    assert "0 to do, 7 done already, 3 failed" in said, "failures are left alone"
    shutil.copy(source / "box-0/good-000.png", source / "box-1/damaged.png")
    (source / "box-0/crash.png").unlink()
    (source / "box-0/hang.png").unlink()
    status, said, _ = finished(source, "-o", out)
    assert status == 0
    assert "1 to do, 7 done already" in said, "what was mended is done"


def test_workers_are_killed_all_the_time(tmp_path: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    scans(source, 60)
    chance, kills = random.Random(), 0
    with started(source, "-o", out, "--workers", 2, "--attempts", 99) as job:
        while job.poll() is None:
            time.sleep(chance.uniform(0.1, 0.6))
            for pid in workers_of(job)[:1]:
                if kills < 6 and results(out):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                        kills += 1
        out_text, err = job.communicate(timeout=PATIENCE)
    assert kills > 1
    assert (job.returncode, err) == (0, ""), out_text
    prove(source, out, {})


def test_the_job_is_killed_again_and_again(tmp_path: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    names = scans(source, 60)
    chance = random.Random()
    stamps: dict[str, str] = {}
    for _ in range(3):
        before = len(results(out))
        with started(source, "-o", out, "--workers", 2) as job:
            wait_for_results(job, out, before + 1)
            time.sleep(chance.uniform(0, 0.4))
            job.kill()
            job.communicate(timeout=PATIENCE)  # ends when the last worker has let go of the pipe
        partly = results(out)
        for name in partly:  # what has a name is whole
            np.testing.assert_array_equal(read(out / name).pixels, expected(source / name))
        done = {name: e for name, e in entries(out).items() if e.state is State.DONE}
        assert done.keys() <= partly, "what the journal says is true"
        for name, entry in done.items():
            assert stamps.setdefault(name, entry.target_stamp) == entry.target_stamp
    assert 0 < len(stamps) < len(names)
    status, _, err = finished(source, "-o", out, "--workers", 2)
    assert (status, err) == (0, "")
    prove(source, out, {})
    now = entries(out)
    assert all(now[name].target_stamp == stamp for name, stamp in stamps.items()), "done once"
    written = {name: (out / name).stat().st_mtime_ns for name in names}
    assert "0 to do, 60 done already" in finished(source, "-o", out)[1]
    assert written == {name: (out / name).stat().st_mtime_ns for name in names}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_in_order(tmp_path: Path, number: signal.Signals) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    scans(source, 60)
    with started(source, "-o", out, "--workers", 2, start_new_session=True) as job:
        wait_for_results(job, out, 1)
        os.killpg(job.pid, number)  # as a terminal does: the workers get it, too
        _, err = job.communicate(timeout=PATIENCE)
    assert job.returncode == 128 + number
    assert err == "reverse-oldify: interrupted; the same command goes on where this one stopped\n"
    states = [entry.state for entry in entries(out).values()]
    assert set(states) == {State.DONE, State.WAITING}, "nothing is left in between"
    assert states.count(State.DONE) == len(below(out))
    assert finished(source, "-o", out)[0] == 0
    prove(source, out, {})


def test_two_jobs_on_one_output(tmp_path: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    scans(source, 60)
    with started(source, "-o", out, "--workers", 1) as job:
        wait_for_results(job, out, 1)
        status, said, err = finished(source, "-o", out)
        assert (status, said) == (1, "")
        assert f"another job is at work on this output (process {job.pid} on " in err
        assert len(err.splitlines()) == 1
        assert job.poll() is None, "the first goes on"
        job.kill()
        job.communicate(timeout=PATIENCE)
    assert finished(source, "-o", out)[0] == 0, "the dead one is in nobody's way"
    prove(source, out, {})


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, of 700 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=700k", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root may mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_the_disk_is_full(tmp_path: Path, small_disk: Path) -> None:
    source, out = tmp_path / "in", small_disk / "out"
    scans(source, 30, "good")
    ballast = small_disk / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb") as file:
        file.write(bytes(480_000))
        file.flush()
    status, _, err = finished(source, "-o", out, "--workers", 2, "--sidecar")
    assert status == 1
    assert "space" in err or "full" in err
    assert len(err.splitlines()) == 1, err
    for name in below(out):
        if name.endswith(".png") and not Path(name).name.startswith("."):
            np.testing.assert_array_equal(read(out / name).pixels, expected(source / name))
    assert len(below(out)) < 60, "the disk was full"
    ballast.unlink()
    subprocess.run(["mount", "-o", "remount,size=20m", str(small_disk)], check=True)
    assert finished(source, "-o", out, "--sidecar")[0] == 0
    done = [entry for entry in entries(out).values() if entry.state is State.DONE]
    assert len(done) == 30
    assert below(out) == {name for e in done for name in (e.path, e.path + ".json")}


def unprivileged() -> None:
    """Take from root, in the process to be, the right to read everything."""
    drop, rights = 24, (1, 2)  # PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
    for right in rights:
        ctypes.CDLL(None).prctl(drop, right, 0, 0, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="root's rights are taken as Linux does it")
def test_a_folder_that_cannot_be_read(tmp_path: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    scans(source, 6, "good")
    (source / "box-1").chmod(0)
    try:
        status, _, err = finished(source, "-o", out, preexec_fn=unprivileged)
        known = entries(out)
    finally:
        (source / "box-1").chmod(0o755)
    assert status == 1
    assert err == "reverse-oldify: box-1/: permission denied; check it\n"
    assert known["box-1/"].state is State.FAILED
    assert sum(entry.state is State.DONE for entry in known.values()) == 4
    assert finished(source, "-o", out)[0] == 0
    prove(source, out, {})
