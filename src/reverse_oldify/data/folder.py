"""A folder that appears complete or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reverse_oldify.errors import ExistsError, OutputError, reason_of


@contextmanager
def new_folder(path: Path, *, marker: str, overwrite: bool = False) -> Iterator[Path]:
    """Give a hidden folder beside ``path`` to fill; at the end it becomes ``path``.

    After an error or an interrupt nothing is left, and what was there before is untouched.

    Parameters
    ----------
    path : Path
        Folder to make.
    marker : str
        File that an existing ``path`` must hold to be replaced: guards a mistyped path against
        losing something else.
    overwrite : bool
        Whether ``path`` may be replaced.

    Raises
    ------
    ExistsError
        ``path`` exists and may not be replaced.
    OutputError
        It cannot be written.
    """
    _check_free(path, marker, overwrite)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _work_folder(path) as work:
            new = work / "new"
            new.mkdir()
            yield new
            _check_free(path, marker, overwrite)  # again: someone else may have been faster
            _replace(path, new, work / "old")
    except OSError as error:
        raise OutputError(
            f"{path}: cannot be written ({reason_of(error)}); check the disk and the folder"
        ) from error


@contextmanager
def _work_folder(path: Path) -> Iterator[Path]:
    work = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    try:
        yield work
    finally:
        shutil.rmtree(work)


def _replace(path: Path, new: Path, old: Path) -> None:
    """Move ``new`` to ``path``; what is there goes to ``old``, or stays if that fails."""
    try:
        if path.exists():
            path.rename(old)
        new.rename(path)
    finally:
        if old.exists() and not path.exists():
            old.rename(path)


def _check_free(path: Path, marker: str, overwrite: bool) -> None:
    if not path.exists():
        return
    if not overwrite:
        raise ExistsError(f"{path}: exists already; choose another folder or add --overwrite")
    if not (path / marker).is_file():
        raise ExistsError(
            f"{path}: exists and is not a prepared set (no {marker}), so it is not replaced; "
            "choose another folder"
        )
