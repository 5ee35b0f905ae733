"""The engine of many machines: Ray, with an actor for each worker."""

from __future__ import annotations

import logging
import os
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from reverse_oldify.batch.engine import Crew, Member, WorkerLost
from reverse_oldify.batch.task import Outcome, Setup, Task
from reverse_oldify.batch.worker import Worker, use_one_thread
from reverse_oldify.errors import MissingExtraError, ModelError, ReverseOldifyError
from reverse_oldify.files.strips import usable_cores

if TYPE_CHECKING:
    from ray import ObjectRef
    from ray.actor import ActorHandle

_STORE = 100_000_000
"""Bytes of memory for objects of a cluster on this machine: tasks and outcomes are small."""


def ray_engine(
    setup: Setup, *, workers: int | None, time_limit: float, address: str | None = None
) -> Crew:
    """Start workers on a Ray cluster; by default one for each core that it has.

    Parameters
    ----------
    setup : Setup
        What is the same for all files. Its folders must be shared by all machines, or be URLs.
    workers : int or None
        How many; more than the cluster has room for wait for machines to join.
    time_limit : float
        Seconds for a file.
    address : str, optional
        Of the cluster, as Ray takes it; by default one is started on this machine.

    Raises
    ------
    MissingExtraError
        Ray is not installed.
    ReverseOldifyError
        There is no cluster at the address.
    """
    try:
        import ray
    except ImportError as error:
        raise MissingExtraError("the engine ray", "cluster") from error
    use_one_thread()
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nobody is told of this job
    cores = workers or usable_cores()
    try:
        if address is None:
            ray.init(
                address="local",
                num_cpus=cores,
                object_store_memory=_STORE,
                include_dashboard=False,
                log_to_driver=False,
                logging_level=logging.ERROR,
            )
        else:
            ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, RuntimeError, ValueError) as error:
        where = address or "this machine"
        raise ReverseOldifyError(f"no Ray cluster at {where}: {error}; check it") from error
    size = workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
    return Crew(size, lambda: _Actor(setup), _watch, time_limit, ray.shutdown)


class _Actor:
    """A worker somewhere in the cluster; see `engine.Member`.

    Ray's own restarts and retries are off: which file is tried again, and how often, is for the
    journal to say.
    """

    def __init__(self, setup: Setup) -> None:
        import ray

        remote = ray.remote(num_cpus=1, max_restarts=0, max_task_retries=0)(_Remote)
        self._handle: ActorHandle[_Remote] = remote.remote(setup)
        self._started: ObjectRef[str] = self._handle.started.remote()
        self._outcomes: deque[ObjectRef[Outcome]] = deque()
        self._ready = False

    @property
    def ready(self) -> bool:
        """See `Member`."""
        if not self._ready and _has_ended(self._started):
            with suppress(WorkerLost):  # `receive` says so
                trouble = _result(self._started)
                if trouble:
                    raise ModelError(trouble)
                self._ready = True
        return self._ready

    def send(self, task: Task) -> None:
        """See `Member`."""
        self._outcomes.append(self._handle.do.remote(task))

    def receive(self) -> Outcome | None:
        """See `Member`."""
        if not self._ready:
            if _has_ended(self._started):
                _result(self._started)
            return None
        if not self._outcomes or not _has_ended(self._outcomes[0]):
            return None
        outcome: Outcome = _result(self._outcomes.popleft())
        return outcome

    def kill(self) -> None:
        """See `Member`."""
        import ray

        ray.kill(self._handle)

    @property
    def next(self) -> ObjectRef[Any] | None:
        """What it says next."""
        if not self._ready:
            return self._started
        return self._outcomes[0] if self._outcomes else None


class _Remote:
    """The actor itself, in its own process on some machine."""

    def __init__(self, setup: Setup) -> None:
        self._trouble = ""
        try:
            self._worker = Worker(setup)
        except ReverseOldifyError as error:
            self._trouble = str(error)

    def started(self) -> str:
        """Return why it could not start; empty if it did."""
        return self._trouble

    def do(self, task: Task) -> Outcome:
        """See `Worker.do`."""
        return self._worker.do(task)


def _watch(members: Sequence[Member], seconds: float) -> None:
    import ray

    awaited = [member.next for member in members if isinstance(member, _Actor)]
    refs = [ref for ref in awaited if ref is not None]
    if refs:
        ray.wait(refs, num_returns=1, timeout=seconds)


def _has_ended(ref: ObjectRef[Any]) -> bool:
    import ray

    return bool(ray.wait([ref], timeout=0)[0])


def _result(ref: ObjectRef[Any]) -> Any:
    import ray
    from ray.exceptions import RayError

    try:
        return ray.get(ref)
    except RayError as error:  # the actor died, or its machine, or what leads there
        reason = str(error).splitlines()[0]
        raise WorkerLost(f"the worker that read it died ({reason})") from error
