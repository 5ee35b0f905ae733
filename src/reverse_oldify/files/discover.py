"""Find the pictures behind what a user typed, and say where the result of each one goes."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from reverse_oldify.errors import ExistsError, InputError, OutputError, UnreadableError, reason_of
from reverse_oldify.files.formats import FORMATS, Format, by_suffix, default_format, sniff

_LONGEST_NAME = 255  # bytes, on every common file system


@dataclass(frozen=True)
class Task:
    """One picture to do: where it is read from, and where its result is written."""

    source: Path
    target: Path


@dataclass
class Discovery:
    """What was found.

    Attributes
    ----------
    tasks : list of Task
        In the order of the inputs; within a folder sorted by path.
    problems : list of ReverseOldifyError
        Inputs that cannot be used; results that would replace another's, or lie outside.
    skipped : int
        Files inside folders that are no pictures; hidden ones are not counted.
    """

    tasks: list[Task] = field(default_factory=list)
    problems: list[InputError | OutputError] = field(default_factory=list)
    skipped: int = 0


def discover(
    inputs: Sequence[str],
    out_dir: Path,
    *,
    format: str | None = None,
    files_of: Callable[[Path], list[Path]] = lambda target: [target],
) -> Discovery:
    """Find pictures, and name their results.

    A file's result goes directly into ``out_dir``. A folder is searched to any depth, links
    included, and its structure is kept below ``out_dir``; hidden files and ``out_dir`` itself are
    left out. A pattern (``*``, ``?``, ``[...]``, ``**``) that names no file itself is expanded.

    Names stay as they are; a suffix changes only with the format. Two pictures that would be
    written to the same file are a problem, and only the first is done. So is one that would be
    written over another that is to be read, and a result that a link in ``out_dir`` would lead out
    of it.

    Parameters
    ----------
    inputs : sequence of str
        Files, folders and patterns.
    out_dir : Path
        Where results go; it need not exist.
    format : str, optional
        Key of `formats.FORMATS` for every result; by default each follows its source.
    files_of : callable
        Every file that may be written for a result, itself among them.
    """
    found = Discovery()
    sources = list(_walk_inputs(inputs, out_dir, found))
    # Both are asked of folders, of which there are few.
    real, within = cache(os.path.realpath), cache(lambda folder: is_within(folder, out_dir))
    owner = {_place(source, real): source for source, _ in sources}
    done: set[Path] = set()
    for source, relative in sources:
        target = out_dir / relative.parent / result_name(source, FORMATS.get(format or ""))
        places = {_place(path, real): path for path in files_of(target)}
        replaced = next((at for at in places if not _same(owner.get(at, source), source)), None)
        if not within(target.parent):
            found.problems.append(
                OutputError(
                    f"{source}: its result {target} would be outside of {out_dir}, where a link "
                    "leads; remove the link, or use another folder"
                )
            )
        elif replaced is not None:
            rival = owner[replaced]
            what = rival if _place(rival, real) == replaced else f"that of {rival}"
            found.problems.append(
                ExistsError(
                    f"{source}: its result {places[replaced]} would replace {what}; "
                    "rename one, or use another folder"
                )
            )
        elif target not in done:
            done.add(target)
            owner |= dict.fromkeys(places, source)
            found.tasks.append(Task(source, target))
    return found


def _walk_inputs(
    inputs: Sequence[str], out_dir: Path, found: Discovery
) -> Iterator[tuple[Path, Path]]:
    """Yield source and path below the output folder; note problems in ``found``."""
    for name in inputs:
        paths = _expand(name)
        if not paths:
            found.problems.append(
                UnreadableError(f"{name}: no file matches this pattern; check its spelling")
            )
        for path in paths:
            if _is_folder(path):
                yield from _walk_folder(path, out_dir, found)
            else:
                yield path, Path(path.name)


def _expand(name: str) -> list[Path]:
    if not os.path.lexists(name) and glob.has_magic(name):
        matches = glob.glob(name, recursive=True)  # noqa: PTH207 (Path.glob takes no absolute one)
        return [Path(match) for match in sorted(matches)]
    return [Path(name)]


def _walk_folder(folder: Path, out_dir: Path, found: Discovery) -> Iterator[tuple[Path, Path]]:
    def report(error: OSError) -> None:
        told = f"{error.filename}: {reason_of(error)}; check the folder"
        found.problems.append(UnreadableError(told))

    empty = True
    for path in sorted(files_below(folder, out_dir, report)):
        if by_suffix(path) is None:
            found.skipped += 1
            continue
        empty = False
        yield path, path.relative_to(folder)
    if empty:
        found.problems.append(
            UnreadableError(f"{folder}: no picture in this folder; check that it is the right one")
        )


def is_within(folder: Path | str, root: Path | str) -> bool:
    """Whether a folder is another, or lies below it, wherever links lead."""
    return Path(os.path.realpath(folder)).is_relative_to(os.path.realpath(root))


def files_below(
    folder: Path, without: Path | None, report: Callable[[OSError], None]
) -> Iterator[Path]:
    """Yield every file below a folder that is not hidden; each real folder is entered once.

    Parameters
    ----------
    folder : Path
        Is searched to any depth; links are followed.
    without : Path or None
        A folder that is left out.
    report : callable
        Is told of folders that cannot be listed.
    """
    entered = {os.path.realpath(path) for path in (folder, without) if path is not None}
    for parent, folders, names in os.walk(folder, followlinks=True, onerror=report):
        real = {name: os.path.realpath(Path(parent, name)) for name in sorted(folders)}
        folders[:] = [
            name for name in real if not name.startswith(".") and real[name] not in entered
        ]
        entered.update(real[name] for name in folders)
        yield from (Path(parent, name) for name in sorted(names) if not name.startswith("."))


def result_name(source: Path, wanted: Format | None = None) -> str:
    """Name of a result: the source's, with another suffix only where the format demands it."""
    own = by_suffix(source)
    found = own or _sniff(source)
    kind = wanted or (found and default_format(found))
    if kind is None or kind == own:
        return source.name
    stem = source.stem if own else source.name
    suffix = kind.suffixes[0]
    while len(os.fsencode(stem + suffix)) > _LONGEST_NAME:
        stem = stem[:-1]
    return stem + suffix


def _sniff(source: Path) -> Format | None:
    """Format of a file whose suffix says nothing; None also when reading it will fail later."""
    try:
        if not source.is_file():
            return None
        with source.open("rb") as file:
            return sniff(file.read(32))
    except (OSError, ValueError, InputError):
        return None


def _place(path: Path, real: Callable[[Path], str]) -> tuple[str, str]:
    """Which entry of which folder a path is, by whatever links it was named."""
    return real(path.parent), path.name


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):  # a name that cannot be: reading it will say so
        return False


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except (OSError, ValueError):
        return one == other
