"""Write a picture so that there is never half a file, and never one that replaces another unasked.

The bytes go to a temporary file in the same folder, are forced to the disk, and only then get their
name. A hard link gives the name without replacing anything, even if another process takes the same
name at the same moment.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from reverse_oldify.errors import (
    ExistsError,
    LossError,
    OptionError,
    OutputError,
    UnsupportedError,
)
from reverse_oldify.files.encode import encode_pages
from reverse_oldify.files.formats import (
    AS_EVER,
    FORMATS,
    OUTPUT_FORMATS,
    Encoding,
    Format,
    by_suffix,
)
from reverse_oldify.files.picture import Raster

_ADVICE = {
    errno.ENOSPC: "free some space or choose another folder",
    errno.EDQUOT: "free some space or choose another folder",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.ENOENT: "make the folder first",
}
_NO_HARD_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}


def write(
    picture: Raster,
    path: Path | str,
    *,
    format: str | None = None,
    overwrite: bool = False,
    allow_loss: bool = False,
) -> Path:
    """Write a picture to a file: all of it, or nothing.

    Parameters
    ----------
    picture : Picture or LazyPicture
        What to write.
    path : path
        Where to. Its folder must exist.
    format : str, optional
        Key of `formats.FORMATS`. By default the suffix decides, else the picture's own format.
    overwrite : bool
        Whether a file of that name (it may be the picture's source) may be replaced.
    allow_loss : bool
        Whether what the format cannot hold may be left out, or rounded to 8 bits.

    Returns
    -------
    Path
        ``path``.

    Raises
    ------
    ExistsError
        The file exists (or is the source) and ``overwrite`` is false.
    LossError
        The format cannot hold all of the picture, and ``allow_loss`` is false; see `files.losses`.
    OutputError
        It cannot be written: no folder, no permission, disk full, or too large for the format.
    OptionError
        An unknown format.
    """
    page = replace(picture, page_count=1)
    return write_pages([page], path, format=format, overwrite=overwrite, allow_loss=allow_loss)


def write_pages(
    pictures: Iterable[Raster],
    path: Path | str,
    *,
    format: str | None = None,
    overwrite: bool = False,
    encoding: Encoding = AS_EVER,
    allow_loss: bool = False,
) -> Path:
    """Write pictures as the pages of one file: all of them, or nothing.

    Each is written as soon as the iterable gives it, so that no two are in memory at once. What it
    raises leaves no file. ``encoding`` says what is asked of a lossy format. Parameters, result and
    errors are otherwise those of `write`. Pages that a picture's file has and that are not given
    are a loss, too, where the format could not hold them.

    Raises
    ------
    OutputError
        Also for several pages in a format of one.
    """
    path = Path(path)
    pages = iter(pictures)
    try:
        first = next(pages, None)
        if first is None:
            raise OutputError(f"{path}: no page to write; give at least one picture")
        kind = output_format(first, path, format)
        if not kind.pages:
            pages = _none_further(pages, path, kind)
        with written(path, overwrite=overwrite) as file:
            try:
                whole = chain([first], pages)
                encode_pages(whole, kind, file, encoding=encoding, allow_loss=allow_loss)
            except UnsupportedError as error:
                raise OutputError(f"{path}: {error}") from error
    except LossError as error:  # of encoding, or of what gives the pages
        raise LossError(f"{path}: {error}") from error
    return path


def _none_further(pages: Iterator[Raster], path: Path, kind: Format) -> Iterator[Raster]:
    for _ in pages:
        raise OutputError(f"{path}: {kind.name} holds one page only; take --format tif")
    yield from ()


def output_format(picture: Raster, path: Path, key: str | None = None) -> Format:
    """Format that `write` will use.

    Raises
    ------
    OptionError
        ``key`` is not in the table, or there is nothing to decide by.
    """
    if key is not None and key not in OUTPUT_FORMATS:
        raise OptionError(f"format is {key!r}; choose one of {', '.join(OUTPUT_FORMATS)}")
    kind = FORMATS.get(key or "") or by_suffix(path) or FORMATS.get(picture.format or "")
    if kind is None or kind.key not in OUTPUT_FORMATS:
        said = "no format" if kind is None else f"{kind.name}, which is only read"
        raise OptionError(
            f"{path}: its suffix names {said}; give one of {', '.join(OUTPUT_FORMATS)}"
        )
    return kind


@contextmanager
def written(path: Path, *, overwrite: bool = False) -> Iterator[BinaryIO]:
    """Open a file that appears under its name, whole, when the block ends without an error.

    Raises
    ------
    ExistsError, OutputError
        As `write`.
    """
    if not overwrite:
        refuse_existing(path)
    # Short, for the name itself may have all of the 255 bytes that file systems allow.
    temporary = path.parent / f".{secrets.token_hex(6)}.part"
    try:
        with _create(temporary) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if overwrite:
            temporary.replace(path)
        else:
            _name(temporary, path)
    except FileExistsError as error:
        raise _exists(path) from error
    except OSError as error:
        raise _failure(path, error) from error
    finally:  # also after Ctrl-C
        _remove(temporary)


def refuse_existing(path: Path) -> None:
    """Raise `ExistsError` if there is anything at a path, were it a link to nowhere."""
    if os.path.lexists(path):
        raise _exists(path)


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
    probe = folder / f".{secrets.token_hex(6)}.part"
    try:
        _create(probe).close()
    except OSError as error:
        raise _failure(folder, error) from error
    finally:
        _remove(probe)


def leftovers(folder: Path) -> list[Path]:
    """Temporary files in a folder: of those who write now, and of those who were killed."""
    return [path for path in folder.glob(".*.part") if re.fullmatch(r"\.[0-9a-f]{12}", path.stem)]


def _create(path: Path) -> BinaryIO:
    """Create a file that did not exist, with the permissions that the user's umask gives."""
    return path.open("xb")


def _name(temporary: Path, path: Path) -> None:
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


def _remove(temporary: Path) -> None:
    with suppress(OSError):  # its folder is missing, or is none: that is being reported already
        temporary.unlink()


def _exists(path: Path) -> ExistsError:
    return ExistsError(f"{path}: exists already; choose another folder, or allow --overwrite")


def _failure(path: Path, error: OSError) -> OutputError:
    reason = (error.strerror or str(error)).lower()
    advice = _ADVICE.get(error.errno or 0, "choose another folder")
    return OutputError(f"{path}: cannot be written ({reason}); {advice}")
