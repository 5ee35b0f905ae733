"""Where files are read and written: a folder, or a bucket behind a URL.

A *stamp* is a text that changes when a file does: its size, and its time of change or ETag. It is
compared, never read. Paths are relative to the storage, with ``/`` everywhere.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import NamedTuple, Protocol

from reverse_oldify.errors import OutputError, UnreadableError, reason_of
from reverse_oldify.files.discover import files_below, is_within
from reverse_oldify.files.drafts import check_folder, leftovers, make_folder

Stamp = str

OUTSIDE = "would lie where a link in the output leads; remove the link, or use another folder"


class Found(NamedTuple):
    """A file, and its stamp."""

    path: str
    stamp: Stamp


class Trouble(NamedTuple):
    """A file or folder that cannot be looked at, and why; a folder's path ends with ``/``."""

    path: str
    reason: str


class Storage(Protocol):
    """A place for files."""

    @property
    def place(self) -> str:
        """Folder or URL, for people and for `open_storage`."""

    def walk(self, without: str | None = None) -> Iterator[Found | Trouble]:
        """Every file that is not hidden, to any depth; what lies in the place ``without`` is not.

        Raises
        ------
        UnreadableError
            The storage itself cannot be listed.
        """

    def stamp(self, path: str) -> Stamp | None:
        """Stamp of a file; None if there is none.

        Raises
        ------
        OSError
            It cannot be told.
        """

    def stamps(self) -> Callable[[str], Stamp | None]:
        """The same for many files, as quickly as can be; what it tells may be a while old."""

    def holds(self, folder: str) -> bool:
        """Whether a folder lies within the storage, and not where a link in it leads."""

    def check(self) -> None:
        """See that files can be written, before an hour of work depends on it.

        Raises
        ------
        OutputError
            They cannot.
        """

    def reading(self, path: str) -> AbstractContextManager[Path]:
        """Give a file of the same name and content to read, while the block lasts.

        Raises
        ------
        UnreadableError
            It cannot be brought here.
        """

    def writing(self, path: str, *, overwrite: bool) -> AbstractContextManager[Path]:
        """Give a path to write to, and to others beside it, which are safe when the block ends.

        Files that exist are replaced only with ``overwrite``. Each file becomes visible whole or
        not at all; after the block a power cut does not undo that.

        Raises
        ------
        ExistsError, OutputError
            They cannot be written.
        """

    def sweep(self, paths: Iterable[str], age: float) -> None:
        """Remove what dead workers left beside these files, if it is older than some seconds."""


def stamped(paths: Iterable[str], stamp_of: Callable[[str], Stamp | None]) -> dict[str, Stamp]:
    """Those of some files that are there, with their stamps."""
    stamps = {path: stamp_of(path) for path in paths}
    return {path: stamp for path, stamp in stamps.items() if stamp is not None}


def foreign(there: Mapping[str, Stamp], ours: Mapping[str, Stamp]) -> str | None:
    """The first of some files, with their stamps, that is not as a job wrote it."""
    return next((path for path, stamp in there.items() if ours.get(path) != stamp), None)


def open_storage(place: str) -> Storage:
    """Open a folder, or what a URL names (``s3://bucket/folder``, ``gs://...``, ``file://...``).

    Raises
    ------
    MissingExtraError
        A URL needs the extra ``[cluster]``.
    """
    if "://" in place:
        from reverse_oldify.batch.bucket import Bucket

        return Bucket(place)
    return Folder(place)


class Folder:
    """A folder of this machine, or one that looks so: a network share is one, too."""

    def __init__(self, place: str) -> None:
        self.place = place
        self._root = Path(place)
        self._known: set[Path] = set()

    def walk(self, without: str | None = None) -> Iterator[Found | Trouble]:
        """See `Storage`. Links are followed, and each real folder is entered once."""
        if not self._root.is_dir():
            raise UnreadableError(f"{self.place}: no such folder; check the name")
        troubles: list[Trouble] = []

        def report(error: OSError) -> None:
            folder = Path(error.filename).relative_to(self._root).as_posix()
            troubles.append(Trouble("" if folder == "." else folder + "/", reason_of(error)))

        left_out = Path(without) if without and "://" not in without else None
        for path in files_below(self._root, left_out, report):
            yield self._found(path.relative_to(self._root).as_posix())
        yield from troubles

    def _found(self, path: str) -> Found | Trouble:
        try:
            stamp = self.stamp(path)
        except OSError as error:
            return Trouble(path, reason_of(error))
        return (
            Trouble(path, "no such file; is it a broken link?")
            if stamp is None
            else Found(path, stamp)
        )

    def stamp(self, path: str) -> Stamp | None:
        """See `Storage`: size in bytes, and time of change in ns."""
        try:
            status = Path(self._root, path).stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:  # no file can have it
                return None
            raise
        return f"{status.st_size} {status.st_mtime_ns}"

    def stamps(self) -> Callable[[str], Stamp | None]:
        """See `Storage`: asking the file system is quick."""
        return self.stamp

    def holds(self, folder: str) -> bool:
        """See `Storage`."""
        return is_within(Path(self._root, folder), self._root)

    def check(self) -> None:
        """See `Storage`."""
        check_folder(self._root)

    @contextmanager
    def reading(self, path: str) -> Iterator[Path]:
        """See `Storage`: the file itself."""
        yield Path(self._root, path)

    @contextmanager
    def writing(self, path: str, *, overwrite: bool) -> Iterator[Path]:  # noqa: ARG002
        """See `Storage`: the file itself; afterwards its name, too, is forced to the disk.

        Whoever writes it looks after ``overwrite``, without a gap between looking and writing.
        """
        target = Path(self._root, path)
        if not self.holds(str(PurePosixPath(path).parent)):
            raise OutputError(f"{target}: {OUTSIDE}")
        make_folder(target.parent)
        yield target
        self._sync(target.parent)
        if target.parent not in self._known:  # it may be new: so are the names of its parents
            for folder in target.parent.parents:
                if folder.is_relative_to(self._root):
                    self._sync(folder)
            self._known.add(target.parent)

    def sweep(self, paths: Iterable[str], age: float) -> None:
        """See `Storage`."""
        for folder in {Path(self._root, path).parent for path in paths}:
            for leftover in leftovers(folder):
                with suppress(OSError):  # gone, or not ours to remove: it does no harm
                    if time.time() - leftover.stat().st_mtime >= age:
                        leftover.unlink()

    def _sync(self, folder: Path) -> None:
        if os.name == "nt":  # folders cannot be opened there
            return
        try:
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            reason = f"{folder}: cannot be written ({reason_of(error)}); try again"
            raise OutputError(reason) from error
