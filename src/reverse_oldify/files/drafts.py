"""Files that appear whole, and together: never half a file, nor one that replaces another unasked.

The bytes go to temporary files in the same folder, are forced to the disk, and only then get their
names. A hard link gives a name without replacing anything, even if another process takes the same
name at the same moment; another keeps what is replaced, until nothing can fail any more.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Self

from reverse_oldify.errors import ExistsError, OutputError, reason_of

_ADVICE = {
    errno.ENOSPC: "free some space or choose another folder",
    errno.EDQUOT: "free some space or choose another folder",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.ENOENT: "make the folder first",
}
_NO_HARD_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}


class Drafts:
    """Files that are written side by side; when the block ends without an error, they get names.

    All of them do, or none: if one cannot, what the others replaced is brought back. The one that
    was opened first is named last, so that nothing can fail after it.

    Parameters
    ----------
    overwrite : bool
        Whether files of those names may be replaced.
    """

    def __init__(self, *, overwrite: bool = False) -> None:
        self._overwrite = overwrite
        self._files: dict[Path, tuple[Path, BinaryIO]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        try:
            if error is None:
                self._name()
        finally:  # also after Ctrl-C
            self.drop(*self._files)

    @property
    def paths(self) -> list[Path]:
        """The names to be, in the order in which they were opened."""
        return list(self._files)

    def open(self, path: Path) -> BinaryIO:
        """Begin a file.

        Raises
        ------
        ExistsError, OutputError
            As `check_name`; or its folder takes no file.
        """
        check_name(path, overwrite=self._overwrite)
        temporary = _temporary(path.parent)
        with failures_told(path):
            file = _create(temporary)
        self._files[path] = temporary, file
        return file

    def drop(self, *paths: Path) -> None:
        """Leave out some, whether they were begun or not."""
        for path in [path for path in paths if path in self._files]:
            temporary, file = self._files.pop(path)
            with suppress(OSError):  # a full disk: that is being reported already
                file.close()
            _remove(temporary)

    def _name(self) -> None:
        made = {}
        for path, (_, file) in self._files.items():
            with failures_told(path):
                file.flush()
                os.fsync(file.fileno())
                made[path] = _identity(os.fstat(file.fileno()))
                file.close()
        new = {path for path in self._files if not os.path.lexists(path)}
        olds = {path: _temporary(path.parent) for path in self._files}
        try:
            for path in reversed(self._files):
                with failures_told(path):
                    self._give(path, olds[path])
        except BaseException:  # also Ctrl-C, wherever it comes
            for path, old in olds.items():
                with suppress(OSError):
                    if os.path.lexists(old):
                        old.replace(path)
                    elif path in new and _identity(path.lstat()) == made[path]:
                        path.unlink()
            raise
        finally:
            for old in olds.values():
                _remove(old)

    def _give(self, path: Path, old: Path) -> None:
        """Give a file its name; what it replaces is kept under another."""
        temporary = self._files[path][0]
        if not self._overwrite:
            _name_new(temporary, path)
            return
        with suppress(OSError):  # nothing is there, or no hard links: then it cannot be kept
            old.hardlink_to(path)
        temporary.replace(path)


@contextmanager
def written(path: Path, *, overwrite: bool = False) -> Iterator[BinaryIO]:
    """Open a file that appears under its name, whole, when the block ends without an error.

    Raises
    ------
    ExistsError, OutputError
        It exists and may not be replaced; it cannot be written.
    """
    with Drafts(overwrite=overwrite) as drafts, failures_told(path):
        yield drafts.open(path)


@contextmanager
def failures_told(path: Path) -> Iterator[None]:
    """Turn what the system says of a file that is written into one of our errors."""
    try:
        yield
    except FileExistsError as error:
        raise _exists(path) from error
    except OSError as error:
        raise _failure(path, error) from error


def check_name(path: Path, *, overwrite: bool = False) -> None:
    """See that a file may have a name, before an hour of work depends on it.

    Raises
    ------
    ExistsError
        There is anything at it, were it a link to nowhere, that may not be replaced.
    OutputError
        It is too long, or that of a folder.
    """
    try:
        mode = path.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise _failure(path, error) from error
    except ValueError as error:
        raise OutputError(f"{str(path)!r}: no name that a file can have; choose another") from error
    if not overwrite:
        raise _exists(path)
    if stat.S_ISDIR(mode):
        raise OutputError(f"{path}: is a folder, not a file; rename it, or choose another folder")


def make_folder(folder: Path) -> None:
    """Make a folder, with its parents, unless it is there.

    Raises
    ------
    OutputError
        It cannot be made, or there is a file of that name.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise OutputError(f"{folder}: is a file, not a folder; choose another folder") from error
    except OSError as error:
        raise _failure(folder, error) from error


def check_folder(folder: Path) -> None:
    """Make a folder and see that files can be made in it, before an hour of work depends on it.

    Raises
    ------
    OutputError
        As `make_folder`, and when it is not writable.
    """
    make_folder(folder)
    probe = _temporary(folder)
    try:
        _create(probe).close()
    except OSError as error:
        raise _failure(folder, error) from error
    finally:
        _remove(probe)


def leftovers(folder: Path) -> list[Path]:
    """Temporary files in a folder: of those who write now, and of those who were killed."""
    return [path for path in folder.glob(".*.part") if re.fullmatch(r"\.[0-9a-f]{12}", path.stem)]


def _temporary(folder: Path) -> Path:
    """A name for now; short, for the true one may have all 255 bytes that file systems allow."""
    return folder / f".{secrets.token_hex(6)}.part"


def _create(path: Path) -> BinaryIO:
    """Create a file that did not exist, with the permissions that the user's umask gives."""
    return path.open("xb")


def _name_new(temporary: Path, path: Path) -> None:
    """Give a finished file its name, replacing nothing."""
    try:
        path.hardlink_to(temporary)
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        _create(path).close()  # file systems such as FAT: take the name first, then fill it
        try:
            temporary.replace(path)
        except BaseException:
            path.unlink(missing_ok=True)
            raise


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def _remove(temporary: Path) -> None:
    with suppress(OSError):  # its folder is missing, or is none: that is being reported already
        temporary.unlink()


def _exists(path: Path) -> ExistsError:
    return ExistsError(f"{path}: exists already; choose another folder, or allow --overwrite")


def _failure(path: Path, error: OSError) -> OutputError:
    advice = _ADVICE.get(error.errno or 0, "choose another folder")
    return OutputError(f"{path}: cannot be written ({reason_of(error)}); {advice}")
