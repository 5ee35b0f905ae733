"""One job per output; and a dead one never stands in the way."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from reverse_oldify.batch.lock import locked, unlocked
from reverse_oldify.errors import OutputError


def test_a_second_job_is_told_who_is_there(tmp_path: Path) -> None:
    folder = tmp_path / "out" / "batch"
    folder.mkdir(parents=True)
    with (
        locked(folder),
        pytest.raises(OutputError, match=rf"out: another job .*process {os.getpid()} on "),
        locked(folder),
    ):
        pytest.fail("both are in")
    with locked(folder):
        pass


def test_shards_work_side_by_side_but_each_once(tmp_path: Path) -> None:
    with locked(tmp_path, "1-of-2"), locked(tmp_path, "2-of-2"):
        with pytest.raises(OutputError, match="another job"), locked(tmp_path, "2-of-2"):
            pytest.fail("the same shard twice")
        with pytest.raises(OutputError, match="another job"), locked(tmp_path):
            pytest.fail("everything, beside a shard")
    with (
        locked(tmp_path),
        pytest.raises(OutputError, match="another job"),
        locked(tmp_path, "1-of-2"),
    ):
        pytest.fail("a shard, beside everything")


HOLDER = """
import sys, time
from pathlib import Path
from reverse_oldify.batch.lock import locked, unlocked
with locked(Path(sys.argv[1])):
    print("locked", flush=True)
    time.sleep(600)
"""


def test_a_killed_holder_lets_go(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout.readline() == "locked\n"
        with pytest.raises(OutputError, match=f"process {holder.pid} on"), locked(tmp_path):
            pytest.fail("both are in")
        holder.kill()
        holder.wait()
        with locked(tmp_path):
            pass


def test_looking_keeps_jobs_away_and_writes_nothing(tmp_path: Path) -> None:
    with unlocked(tmp_path / "none"), unlocked(tmp_path):
        assert list(tmp_path.iterdir()) == []
    for shard in (None, "1-of-2"):
        with (
            locked(tmp_path, shard),
            pytest.raises(OutputError, match="another job is at work"),
            unlocked(tmp_path),
        ):
            pytest.fail("looked")
        before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
        with (
            unlocked(tmp_path),
            unlocked(tmp_path),
            pytest.raises(OutputError, match="another job"),
            locked(tmp_path),
        ):
            pytest.fail("began")
        assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before


def test_looking_at_a_shard_lets_the_others_work(tmp_path: Path) -> None:
    with locked(tmp_path, "1-of-2"), unlocked(tmp_path, "2-of-2"):
        pass
    with (
        locked(tmp_path, "2-of-2"),
        pytest.raises(OutputError, match="another job is at work"),
        unlocked(tmp_path, "2-of-2"),
    ):
        pytest.fail("looked")
