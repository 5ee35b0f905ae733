"""Worker processes of one machine."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from made_workers import open_colorizer

from reverse_oldify.batch import local
from reverse_oldify.batch.task import Setup
from reverse_oldify.pipeline.deliver import Order
from reverse_oldify.pipeline.filing import Filing


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    return Setup(
        source=str(tmp_path / "in"),
        output=str(tmp_path / "out"),
        model=None,
        order=Order(filing=Filing(provenance=None)),
        open_colorizer=open_colorizer,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_the_group_does_not_end_a_worker_that_is_starting(
    setup: Setup, number: signal.Signals, capfd: pytest.CaptureFixture[str]
) -> None:
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    member = local._Process(setup)
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == mask
    try:
        assert member._process.pid is not None
        patience = time.monotonic() + 60
        while not member.ready and time.monotonic() < patience:
            os.kill(member._process.pid, number)
            time.sleep(0.01)
        assert member.ready
        assert member._process.is_alive()
    finally:
        member.kill()
    assert capfd.readouterr().err == ""


def test_a_worker_that_cannot_be_ended_yet_is_not_waited_for(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = local._Process(setup)
    with monkeypatch.context() as patch:  # as one that waits for a dead share
        patch.setattr(member._process, "kill", lambda: None)
        patch.setattr(local, "_GRACE", 0.1)
        before = time.monotonic()
        member.kill()
    assert time.monotonic() - before < 5
    assert member._process.is_alive()
    member._process.kill()
    member._process.join()
