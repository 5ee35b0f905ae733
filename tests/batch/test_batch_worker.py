"""What becomes of a file, whatever is wrong with it."""

from __future__ import annotations

import errno
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_workers import open_colorizer, write_scan

from reverse_oldify.batch import worker as room
from reverse_oldify.batch.task import Ending, Outcome, Setup, Task, fingerprint
from reverse_oldify.batch.worker import Worker
from reverse_oldify.errors import ChangedError, OptionError, OutputError, TooLargeError
from reverse_oldify.files.picture import Picture
from reverse_oldify.files.provenance import Provenance, sha256_of
from reverse_oldify.options import Options
from reverse_oldify.pipeline.deliver import Order
from reverse_oldify.pipeline.filing import Filing

ORDER = Order(filing=Filing(provenance=None))


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    return Setup(
        source=str(tmp_path / "in"),
        output=str(tmp_path / "out"),
        model=None,
        order=ORDER,
        open_colorizer=open_colorizer,
    )


@pytest.fixture
def worker(setup: Setup, tmp_path: Path) -> Worker:
    write_scan(tmp_path / "in" / "a.png")
    return Worker(setup)


def do(worker: Worker, path: str = "a.png", **settings: object) -> Outcome:
    values = {"target": path, "options": Options(), "overwrite": False, **settings}
    return worker.do(Task(path=path, **values))


def test_a_file_is_done(worker: Worker, tmp_path: Path) -> None:
    outcome = do(worker)
    assert (outcome.ending, outcome.reason) == (Ending.DONE, "")
    assert outcome.sha256 == sha256_of(tmp_path / "in" / "a.png")
    assert outcome.uncertainty > 5
    assert outcome.seconds > 0
    status = (tmp_path / "out" / "a.png").stat()
    assert outcome.written == {"a.png": f"{status.st_size} {status.st_mtime_ns}"}


def test_what_a_format_cannot_hold_is_refused_and_tried_again_when_it_may_be_lost(
    worker: Worker, setup: Setup, tmp_path: Path
) -> None:
    Picture(pixels=np.full((40, 50), 30_000, np.uint16)).save(tmp_path / "in" / "deep.tif")
    outcome = do(worker, "deep.tif", target="deep.jpg")
    assert outcome.ending is Ending.REFUSED, "which the next run tries again"
    assert "deep.jpg: JPEG cannot hold its 16 bits per channel" in outcome.reason
    assert "--allow-loss" in outcome.reason
    order = Order(filing=Filing(provenance=None, allow_loss=True))
    worker = Worker(replace(setup, order=order))
    outcome = do(worker, "deep.tif", target="deep.jpg")
    assert outcome.ending is Ending.DONE
    assert outcome.notes[-1] == "JPEG cannot hold its 16 bits per channel (rounded to 8)"


def test_the_same_content_is_not_done_again(worker: Worker, tmp_path: Path) -> None:
    first = do(worker)
    before = (tmp_path / "out" / "a.png").stat().st_mtime_ns
    again = do(worker, overwrite=True, made_of=first.sha256)
    assert (again.ending, again.written) == (Ending.UNCHANGED, {})
    assert (tmp_path / "out" / "a.png").stat().st_mtime_ns == before
    write_scan(tmp_path / "in" / "a.png", seed=3)
    assert do(worker, overwrite=True, made_of=first.sha256).ending is Ending.DONE


def test_what_lies_there_is_not_replaced_unasked(worker: Worker, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.png").write_text("precious")
    assert do(worker).ending is Ending.TAKEN
    assert (tmp_path / "out" / "a.png").read_text() == "precious"
    assert do(worker, overwrite=True).ending is Ending.DONE


def full() -> OutputError:
    error = OutputError("out/a.png: cannot be written (no space left on device); free some")
    error.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    return error


def no_room() -> TooLargeError:
    error = TooLargeError("in/a.png: lies on its side, and to turn it /tmp cannot be written")
    error.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    return error


@pytest.mark.parametrize(
    ("error", "ending", "reason"),
    [
        (full(), Ending.FULL, "no space left"),
        (no_room(), Ending.REFUSED, "in/a.png: lies on its side"),
        (OSError(errno.EDQUOT, "quota"), Ending.FULL, "quota"),
        (OutputError("out/a.png: permission denied; choose"), Ending.REFUSED, "permission denied"),
        (OptionError("a hint lies outside"), Ending.FAILED, "a.png: a hint lies outside"),
        (ChangedError("in/a.png: changed while it"), Ending.REFUSED, "changed while it"),
        (MemoryError(), Ending.FAILED, "a.png: it does not fit into memory"),
        (ZeroDivisionError("oh"), Ending.FAILED, "unexpected ZeroDivisionError: oh; please report"),
    ],
)
def test_endings(
    worker: Worker, monkeypatch: pytest.MonkeyPatch, error: Exception, ending: Ending, reason: str
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(room, "deliver", fail)
    outcome = do(worker)
    assert outcome.ending is ending
    assert reason in outcome.reason


def test_a_file_that_cannot_be_opened_is_tried_again_by_the_next_run(worker: Worker) -> None:
    outcome = do(worker, "none.png")
    assert outcome.ending is Ending.REFUSED, "it may be the fault of what leads there"
    assert "none.png" in outcome.reason


def test_settings_that_matter_have_a_fingerprint_of_their_own() -> None:
    provenance = Provenance(software="p 1", model="m", model_version="1", weights_sha256="a")
    orders = [
        ORDER,
        Order(filing=Filing(provenance=None, sidecar=True)),
        Order(filing=Filing(provenance=None, layers=True)),
        Order(filing=Filing(provenance=None), variants=2),
        Order(filing=Filing(provenance=None), uncertainty=True),
        Order(filing=Filing(provenance=None), leave_coloured=True),
    ]
    prints = {fingerprint(order, Options()) for order in orders}
    prints |= {fingerprint(ORDER, Options(vividness=0.5))}
    assert len(prints) == len(orders) + 1
    other = Provenance(software="p 2", model="m", model_version="1", weights_sha256="a")
    weights = Provenance(software="p 1", model="m", model_version="1", weights_sha256="b")
    told = [
        fingerprint(Order(filing=Filing(provenance=each)), Options())
        for each in (provenance, other, weights)
    ]
    assert told[0] == told[1], "an update of the program does nothing anew"
    assert told[0] != told[2], "another model does"
