"""The same job on a Ray cluster of this machine."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from made_jobs import entries, prove, scans, started, wait_for_results, workers_of
from made_workers import write_scan

from reverse_oldify.batch.entry import State

pytestmark = pytest.mark.slow
START = 400  # seconds: a cluster has a dozen processes to start


def test_a_job_on_ray_survives_its_workers(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="the engine ray needs the extra [cluster]")
    source, out = tmp_path / "in", tmp_path / "out"
    scans(source, 40)
    for name in ("crash", "hang", "once"):
        write_scan(source / f"last/{name}.png")
    argv = ("--engine", "ray", "--workers", 2, "--time-limit", 8)
    with started(source, "-o", out, *argv) as job:
        wait_for_results(job, out, 4, START)
        workers = workers_of(job, b"ray::_Remote")
        assert workers
        os.kill(workers[0], signal.SIGKILL)
        _, err = job.communicate(timeout=START)
    assert job.returncode == 1
    assert sum(line.startswith("reverse-oldify: ") for line in err.splitlines()) == 2
    failed = {"last/crash.png": "died", "last/hang.png": "took longer than 8 s"}
    prove(source, out, failed)
    assert entries(out)["last/once.png"].state is State.DONE
