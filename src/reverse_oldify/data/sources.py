"""Where training pictures come from: folders, zips and tar shards, all read as a stream of files.

Nothing is ever extracted to disk, and the names inside archives serve as labels only, never as
paths.
"""

from __future__ import annotations

import csv
import os
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, NoReturn

from reverse_oldify.data.cache import INDEX, is_prepared
from reverse_oldify.errors import DataError, UnreadableError, reason_of
from reverse_oldify.files.formats import by_suffix
from reverse_oldify.files.source import Source as SourceFile

TAR_SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
MAX_FILE_BYTES = 256 * 2**20  # a photograph is far smaller; guards memory against archive bombs

_SHARD_COLUMNS = {"shard", "name", "split", "kind"}


@dataclass(frozen=True, kw_only=True)
class PictureFile:
    """One file that is a picture by its name.

    Attributes
    ----------
    name : str
        Its place inside its source, with forward slashes. A label, not to be opened.
    open : callable
        Opens the content; valid only until the source moves on to its next file.
    """

    name: str
    open: Callable[[], IO[bytes]]

    def read(self) -> bytes:
        """Return the content.

        Raises
        ------
        UnreadableError
            It is missing, no regular file, damaged, encrypted, or larger than `MAX_FILE_BYTES`;
            the message does not name it.
        """
        try:
            with self.open() as file:
                content = file.read(MAX_FILE_BYTES + 1)
        except UnreadableError:
            raise
        except Exception as error:  # damaged archives raise nearly anything
            reason = str(error) or type(error).__name__
            raise UnreadableError(f"cannot be read ({reason}); check the file") from error
        if len(content) > MAX_FILE_BYTES:
            raise UnreadableError(f"larger than {MAX_FILE_BYTES >> 20} MB; make it smaller")
        return content


@dataclass(frozen=True, kw_only=True)
class Source:
    """A folder of loose pictures, or one archive.

    Attributes
    ----------
    path : Path
        The folder or archive.
    label : str
        How the index names it: relative to where the user pointed, so that it does not depend
        on the machine.
    kind : str
        Kind of the pictures that ``labels`` does not mention.
    labels : dict
        ``(split, kind)`` by file name, from an ``index.csv`` beside tar shards.
    """

    path: Path
    label: str
    kind: str
    labels: dict[str, tuple[str, str]] = field(default_factory=dict)

    def files(self) -> Iterator[PictureFile]:
        """Yield the picture files, in the source's own order; nothing is read yet.

        Raises
        ------
        DataError
            The archive itself is damaged, or no file.
        """
        if self.path.is_dir():
            return _folder_files(self.path)
        if not self.path.is_file():  # a pipe would be waited for
            raise DataError(f"{self.path}: no regular file; mend it, or leave it out")
        return _zip_files(self.path) if _is_zip(self.path) else _tar_files(self.path)

    def count(self) -> int:
        """How many files `files` yields."""
        return sum(1 for _ in self.files())


def find_sources(paths: list[Path], kind: str | None = None) -> list[Source]:
    """Find the folders of pictures and the archives that the given paths stand for.

    Parameters
    ----------
    paths : list of Path
        Folders, searched with everything below them, and zip or tar archives.
    kind : str, optional
        Kind of every picture that no ``index.csv`` labels; without it the name of the given
        folder, or of the given archive without its suffix.

    Raises
    ------
    DataError
        A path is missing, is of another sort, or is a prepared set.
    """
    return [source for path in paths for source in _sources_at(path, kind)]


def _sources_at(path: Path, kind: str | None) -> Iterator[Source]:
    if not path.exists():
        raise DataError(f"{path}: not found; give a folder, a zip or a tar of pictures")
    top = path.resolve().name
    if path.is_file():
        if not _is_archive(path):
            raise DataError(
                f"{path}: neither a folder nor a zip or tar archive; "
                "to take single pictures, give the folder that holds them"
            )
        yield _archive(path, top, kind or top.split(".")[0])
        return
    if is_prepared(path):
        raise DataError(f"{path}: is a prepared set already; give the pictures it was made from")
    yield Source(path=path, label=top, kind=kind or top)
    for file in filter(_is_archive, _walk(path)):
        yield _archive(file, f"{top}/{file.relative_to(path).as_posix()}", kind or top)


def _archive(path: Path, label: str, kind: str) -> Source:
    return Source(path=path, label=label, kind=kind, labels=_read_labels(path))


def _read_labels(archive: Path) -> dict[str, tuple[str, str]]:
    """Split and kind by file name, from the rows about this archive in the index beside it."""
    index = archive.parent / INDEX
    if not index.is_file():
        return {}
    try:
        with index.open(newline="", encoding="utf-8-sig") as file:  # spreadsheets put a mark first
            rows = csv.DictReader(file)
            columns = set(rows.fieldnames or ())
            if not columns >= _SHARD_COLUMNS:
                return _no_labels(index, columns)
            mine = [row for row in rows if row["shard"] == archive.name]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{index}: cannot be read ({error}); mend or remove it") from error
    for row in mine:
        if row["split"] not in ("train", "val") or not row["kind"]:
            raise DataError(
                f"{index}: {row['name']} has split {row['split']!r} and kind {row['kind']!r}; "
                "the split must be 'train' or 'val', the kind any word"
            )
    return {row["name"]: (row["split"], row["kind"]) for row in mine}


def _no_labels(index: Path, columns: set[str]) -> dict[str, tuple[str, str]]:
    """Refuse an index of shards without all columns: its split would be lost."""
    if any("shard" in column for column in columns):
        raise DataError(
            f"{index}: its columns are {', '.join(sorted(columns))}; it must have "
            f"{', '.join(sorted(_SHARD_COLUMNS))}, parted by commas: mend or remove it"
        )
    return {}


def _walk(folder: Path) -> Iterator[Path]:
    """Every file below a folder, sorted; hidden ones and links to folders are left out."""
    for root, folders, names in os.walk(folder, onerror=_refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(root, name) for name in sorted(names) if not name.startswith("."))


def _refuse(error: OSError) -> NoReturn:
    raise DataError(f"{error.filename}: {reason_of(error)}; make it readable or leave it out")


def _folder_files(folder: Path) -> Iterator[PictureFile]:
    for path in _walk(folder):
        name = path.relative_to(folder).as_posix()
        if _is_picture(name):
            yield PictureFile(name=_label(name), open=SourceFile(path).open)


def _zip_files(path: Path) -> Iterator[PictureFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                if not info.is_dir() and _is_picture(info.filename):
                    yield PictureFile(name=_label(info.filename), open=partial(archive.open, info))
    except Exception as error:  # as above
        raise DataError(f"{path}: unreadable zip ({error}); copy or download it again") from error


def _tar_files(path: Path) -> Iterator[PictureFile]:
    try:
        with tarfile.open(path) as archive:
            for info in archive:
                if info.isreg() and _is_picture(info.name):
                    yield PictureFile(
                        name=_label(info.name), open=partial(_open_member, archive, info)
                    )
    except Exception as error:  # as above
        raise DataError(f"{path}: unreadable tar ({error}); copy or download it again") from error


def _open_member(archive: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    file = archive.extractfile(info)
    assert file is not None  # only regular members get here
    return file


def _label(name: str) -> str:
    """The name in plain Unicode: bytes that were no UTF-8 (surrogates) are spelt out."""
    return name.removeprefix("./").encode("utf-8", "backslashreplace").decode()


def _is_picture(name: str) -> bool:
    path = PurePosixPath(name)
    hidden = path.name.startswith(".") or "__MACOSX" in path.parts
    return by_suffix(path) is not None and not hidden


def _is_zip(path: Path) -> bool:
    return path.suffix.lower() == ".zip"


def _is_archive(path: Path) -> bool:
    return _is_zip(path) or path.name.lower().endswith(TAR_SUFFIXES)
