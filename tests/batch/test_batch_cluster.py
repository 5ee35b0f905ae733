"""The same job on a Ray cluster of this machine."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from made_jobs import entries, prove, results, scans, started, wait_until, workers_of
from made_workers import write_scan

from reverse_oldify.batch.entry import State

pytestmark = pytest.mark.slow
START = 180  # seconds: a cluster has a dozen processes to start


def test_a_job_on_ray_survives_its_workers(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="the engine ray needs the extra [cluster]")
    source, out = tmp_path / "in", tmp_path / "out"
    scans(source, 40)
    for name in ("crash", "hang", "once"):
        write_scan(source / f"box-0/{name}.png")
    argv = ("--engine", "ray", "--workers", 2, "--time-limit", 8)
    with started(source, "-o", out, *argv) as job:
        wait_until(lambda: len(results(out)) > 3, "results", START)
        workers = workers_of(job, b"ray::_Remote")
        assert workers
        os.kill(workers[0], signal.SIGKILL)
        _, err = job.communicate(timeout=START)
    assert job.returncode == 1
    assert sum(line.startswith("reverse-oldify: ") for line in err.splitlines()) == 2
    failed = {"box-0/crash.png": "died", "box-0/hang.png": "took longer than 8 s"}
    prove(source, out, failed)
    assert entries(out)["box-0/once.png"].state is State.DONE
