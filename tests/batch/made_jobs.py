"""Jobs as processes of their own, and what must be true when they have ended."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
from made_workers import expected, write_scan

from reverse_oldify.batch.entry import Entry, State
from reverse_oldify.batch.job import FOLDER
from reverse_oldify.batch.journal import Journal
from reverse_oldify.files.json_file import read_json
from reverse_oldify.files.read import read

PROGRAM = [sys.executable, str(Path(__file__).with_name("made_workers.py"))]
PATIENCE = 120  # seconds, on a busy machine


@contextmanager
def started(*argv: object, **settings: object) -> Iterator[subprocess.Popen[str]]:
    """A job that is at work."""
    with subprocess.Popen(
        [*PROGRAM, *map(str, argv)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **settings,
    ) as job:
        try:
            yield job
        finally:
            job.kill()


def finished(*argv: object, **settings: object) -> tuple[int, str, str]:
    """Status, stdout and stderr of a job."""
    with started(*argv, **settings) as job:
        out, err = job.communicate(timeout=PATIENCE)
    return job.returncode, out, err


def scans(folder: Path, count: int, prefix: str = "slow") -> list[str]:
    """Write pictures into three folders, and name them below the source."""
    names = [f"box-{n % 3}/{prefix}-{n:03}.png" for n in range(count)]
    for n, name in enumerate(names):
        write_scan(folder / name, n)
    return names


def entries(out: Path) -> dict[str, Entry]:
    """The journal of a job that has ended, by path: what its last run saw."""
    with closing(Journal(out / FOLDER / "journal.sqlite")) as journal:
        last = next(run for run in range(50, 0, -1) if any(journal.counts(run).values()))
        return {entry.path: entry for state in State for entry in journal.entries(last, state)}


def below(folder: Path) -> set[str]:
    """Every file, hidden ones too, but for the journal's folder."""
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and FOLDER not in path.parts
    }


def results(out: Path) -> set[str]:
    """Every file that has its name."""
    return {name for name in below(out) if not name.endswith(".part")} if out.exists() else set()


def prove(source: Path, out: Path, failed: dict[str, str]) -> None:
    """Every file is done, and rightly, or listed as failed with a reason; nothing else is there.

    Parameters
    ----------
    failed
        Words of the reason, by path.
    """
    known = entries(out)
    pictures = {name for name in below(source) if not name.endswith((".tried", ".txt"))}
    assert pictures <= known.keys()
    done = {path for path, entry in known.items() if entry.state is State.DONE}
    assert done == pictures - failed.keys()
    assert below(out) == done
    for path in done:
        np.testing.assert_array_equal(read(out / path).pixels, expected(source / path))
    report = read_json(out / FOLDER / "report.json")
    told = {row["path"]: row["reason"] for row in report["failed"]}
    assert told.keys() == failed.keys()
    for path, words in failed.items():
        assert words in told[path]
    assert report["counts"]["done"] == len(done)
    assert report["counts"]["waiting"] == report["counts"]["claimed"] == 0


def wait_for_results(
    job: subprocess.Popen[str], out: Path, count: int, patience: float = PATIENCE
) -> None:
    """Wait until a job has made so many results."""
    deadline = time.monotonic() + patience
    while len(results(out)) < count:
        assert job.poll() is None, job.communicate()[1]
        assert time.monotonic() < deadline, "waited in vain for results"
        time.sleep(0.01)


def below_process(pid: int) -> list[int]:
    """Process ids of all that a process started, and what that started."""
    found: list[int] = []
    for thread in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in thread.read_text().split():
                found += [int(child), *below_process(int(child))]
    return found


def workers_of(job: subprocess.Popen[str], mark: bytes = b"spawn_main") -> list[int]:
    """Process ids of a job's workers, whose command line holds a mark."""
    found = []
    for pid in below_process(job.pid):
        with contextlib.suppress(OSError):
            if mark in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.append(pid)
    return found
