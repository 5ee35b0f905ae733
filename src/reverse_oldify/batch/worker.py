"""Does one file after the other, in a process of its own, and tells what became of each."""

from __future__ import annotations

import errno
import os
import time
import warnings
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from reverse_oldify.batch.storage import foreign, open_storage, stamped
from reverse_oldify.batch.task import Ending, Outcome, Setup, Task, below
from reverse_oldify.errors import (
    ChangedError,
    ColouredError,
    ExistsError,
    InputError,
    OutputError,
    ReverseOldifyError,
    reason_of,
)
from reverse_oldify.files.provenance import sha256_of
from reverse_oldify.pipeline.colorizer import Colorizer
from reverse_oldify.pipeline.deliver import deliver

_NO_SPACE = {errno.ENOSPC, errno.EDQUOT}


def open_colorizer(model: str | None) -> Colorizer:
    """Load a model for one thread: the parallelism is that of the workers."""
    colorizer = Colorizer(model, threads=1)
    _ = colorizer.info
    return colorizer


def use_one_thread() -> None:
    """Keep the libraries beneath from starting threads; before they are loaded."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")


class Worker:
    """Colourises files as it is told to; loads its model once.

    Parameters
    ----------
    setup : Setup
        What is the same for all files.

    Raises
    ------
    ModelError, MissingExtraError
        It cannot start.
    """

    def __init__(self, setup: Setup) -> None:
        warnings.filterwarnings("ignore", module="PIL")  # what matters of it becomes a note
        self._setup, self._order = setup, setup.order
        self._source, self._output = open_storage(setup.source), open_storage(setup.output)
        self._colorizer = setup.open_colorizer(setup.model)

    def do(self, task: Task) -> Outcome:
        """Do a file; whatever is wrong with it becomes part of the outcome."""
        started = time.perf_counter()
        before: dict[str, str] | None = None
        sha256: str | None = None
        try:
            before = self._there(task)
            with self._source.reading(task.path) as source:
                sha256 = sha256_of(source)
                outcome = self._do(task, before, source, sha256)
        except Exception as error:  # a fault of ours must not cost the user the other pictures
            outcome = Outcome(
                path=task.path,
                # What did not come here whole is no fault of the file.
                ending=_ending(error) if sha256 else Ending.REFUSED,
                reason=_reason(error, task),
                written=self._written_by(error, task, before),
            )
        return replace(outcome, seconds=time.perf_counter() - started)

    def _do(self, task: Task, before: Mapping[str, str], source: Path, sha256: str) -> Outcome:
        if sha256 == task.made_of:
            return Outcome(path=task.path, ending=Ending.UNCHANGED, sha256=sha256)
        taken = foreign(before, task.ours)
        if taken is not None and not task.overwrite:
            raise ExistsError(
                f"{self._output.place}/{taken}: exists already, and is not of this job; "
                "choose another folder, or allow --overwrite"
            )
        overwrite = task.overwrite or bool(before)
        order = replace(self._order, filing=replace(self._order.filing, overwrite=overwrite))
        with self._output.writing(task.target, overwrite=overwrite) as target:
            made = deliver(self._colorizer, source, target, task.options, order)
        return Outcome(
            path=task.path,
            ending=Ending.DONE,
            sha256=sha256,
            uncertainty=made.uncertainty,
            notes=tuple(made.notes),
            written=stamped(below(task.target, made.written), self._output.stamp),
        )

    def _there(self, task: Task) -> dict[str, str]:
        """What lies where its files go."""
        return stamped(self._setup.targets(task.target), self._output.stamp)

    def _written_by(
        self, error: Exception, task: Task, before: Mapping[str, str] | None
    ) -> dict[str, str]:
        """What work that failed has left, mostly nothing: a bucket may take one file of two."""
        if before is None or isinstance(error, ExistsError):
            return {}
        with suppress(Exception):  # drivers raise errors of many kinds
            return dict(self._there(task).items() - before.items())
        return {}


def _ending(error: Exception) -> Ending:
    match error:
        case ColouredError():
            return Ending.COLOURED
        case ExistsError():
            return Ending.TAKEN
        case ChangedError():
            return Ending.REFUSED
        case InputError() if _is_full(error):  # the temporary folder, not the output
            return Ending.REFUSED
        case OutputError():
            return Ending.FULL if _is_full(error) else Ending.REFUSED
        case OSError():  # nothing of the file itself: that is an InputError
            return Ending.FULL if _is_full(error) else Ending.REFUSED
        case _:
            return Ending.FAILED


def _is_full(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, OSError) and error.errno in _NO_SPACE:
            return True
        error = error.__cause__
    return False


def _reason(error: Exception, task: Task) -> str:
    match error:
        case InputError() | OutputError():
            return str(error)
        case ReverseOldifyError():
            return f"{task.path}: {error}"
        case MemoryError():
            return f"{task.path}: it does not fit into memory; make it smaller"
        case OSError():
            return f"{task.path}: {reason_of(error)}; give the same command again"
        case _:
            kind = type(error).__name__
            return f"{task.path}: unexpected {kind}: {error}; please report this"
