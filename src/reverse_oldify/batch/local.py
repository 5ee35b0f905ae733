"""The engine of one machine: a process for each worker, so that none can take the job with it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.connection import wait as wait_for
from typing import Any

from reverse_oldify.batch.engine import Crew, Member, WorkerLost
from reverse_oldify.batch.task import Outcome, Setup, Task
from reverse_oldify.batch.worker import Worker, use_one_thread
from reverse_oldify.errors import ModelError, ReverseOldifyError
from reverse_oldify.files.strips import usable_cores
from reverse_oldify.signals import OF_THE_GROUP

# A new interpreter for each: a fork would share locks, ONNX Runtime's threads, and the journal.
_FRESH = multiprocessing.get_context("spawn")

_GRACE = 5.0
"""Seconds to wait for the end of a killed process: one that waits for a dead share ends later."""


def local_engine(setup: Setup, *, workers: int | None, time_limit: float) -> Crew:
    """Start workers on this machine; by default one for each core.

    Parameters
    ----------
    setup : Setup
        What is the same for all files.
    workers : int or None
        How many.
    time_limit : float
        Seconds for a file.
    """
    use_one_thread()  # new processes have this environment
    return Crew(workers or usable_cores(), lambda: _Process(setup), _watch, time_limit)


class _Process:
    """A worker process at the other end of a pipe; see `engine.Member`."""

    def __init__(self, setup: Setup) -> None:
        self._pipe, theirs = _FRESH.Pipe()
        self._process = _FRESH.Process(target=_work, args=(setup, theirs), daemon=True)
        with _signals_kept_from_children():
            self._process.start()
        theirs.close()
        self._ready = False

    @property
    def ready(self) -> bool:
        """See `Member`: the first thing that it says."""
        if not self._ready and self._pipe.poll():
            with suppress(EOFError, OSError):  # it died: `receive` says so
                said = self._pipe.recv()
                if isinstance(said, ReverseOldifyError):
                    raise said
                self._ready = True
        return self._ready

    def send(self, task: Task) -> None:
        """See `Member`."""
        with suppress(OSError):  # it died: `receive` says so
            self._pipe.send(task)

    def receive(self) -> Outcome | None:
        """See `Member`: first what it said, then that it died."""
        alive = self._process.is_alive()  # before looking into the pipe: nothing comes after
        try:
            if self._ready and self._pipe.poll():
                outcome: Outcome = self._pipe.recv()
                return outcome
        except (EOFError, OSError):
            self._process.join(1)
            alive = False
        if alive:
            return None
        raise WorkerLost(f"the process that read it died ({_cause(self._process.exitcode)})")

    def kill(self) -> None:
        """See `Member`."""
        self._process.kill()
        self._process.join(_GRACE)
        self._pipe.close()

    @property
    def waitables(self) -> list[Any]:
        """What becomes readable when it speaks or dies."""
        return [self._pipe, self._process.sentinel]


@contextmanager
def _signals_kept_from_children() -> Iterator[None]:
    """Start processes that a signal finds deaf from the first: imports take them half a second.

    They inherit the mask; this process gets what was meant for it a moment later.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    resource_tracker.ensure_running()  # the first process starts it, and it ends with no mask
    before = signal.pthread_sigmask(signal.SIG_BLOCK, OF_THE_GROUP)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _watch(members: Sequence[Member], seconds: float) -> None:
    waitables = [
        each for member in members if isinstance(member, _Process) for each in member.waitables
    ]
    wait_for(waitables, seconds)


def _cause(exitcode: int | None) -> str:
    if exitcode is None:
        return "its pipe closed"
    if exitcode >= 0:
        return f"exit status {exitcode}"
    name = signal.Signals(-exitcode).name if -exitcode in signal.valid_signals() else -exitcode
    return f"{name}; perhaps out of memory" if name == "SIGKILL" else str(name)


def _work(setup: Setup, pipe: Connection) -> None:
    """What the process does: says that it is ready, then answers each task with an outcome."""
    for number in OF_THE_GROUP:
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_die_with_parent, daemon=True).start()
    try:
        worker = Worker(setup)
    except ReverseOldifyError as error:
        pipe.send(ModelError(str(error)))
        return
    pipe.send(None)
    with suppress(EOFError, OSError):  # the job has gone
        while True:
            pipe.send(worker.do(pipe.recv()))


def _die_with_parent() -> None:
    """Leave nobody behind who writes files, when the job is killed."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
