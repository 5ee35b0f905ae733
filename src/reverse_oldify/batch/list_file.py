"""Files that a list names, instead of all that are there."""

from __future__ import annotations

import codecs
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from reverse_oldify.batch.storage import Found, Storage, Trouble
from reverse_oldify.errors import OptionError, reason_of


def listed(file: Iterable[str], source: Storage) -> Iterator[Found | Trouble]:
    """The files that a list names, each once: paths below the source, or whole ones.

    Parameters
    ----------
    file : iterable of str
        Names, one each, from the source or from the working folder; empty ones are passed over.
    source : Storage
        Where they are.
    """
    for name in dict.fromkeys(line for line in file if line.strip()):
        path = _below(name, source.place)
        if path is None:
            yield Trouble(name, f"lies outside {source.place}")
            continue
        try:
            stamp = source.stamp(path)
        except OSError as error:
            yield Trouble(path, reason_of(error))
            continue
        yield Trouble(path, "no such file") if stamp is None else Found(path, stamp)


def _below(name: str, place: str) -> str | None:
    if "://" in place:
        name = name.removeprefix(place.rstrip("/") + "/")
        return None if "://" in name else name
    root = Path(os.path.normpath(Path(place).absolute()))
    paths = [Path(os.path.normpath(Path(parent, name).absolute())) for parent in (place, ".")]
    inside = [path for path in paths if path.is_relative_to(root)]
    there = (path for path in inside if os.path.exists(path))  # noqa: PTH110 (that of Path raises)
    best = next(there, inside[0] if inside else None)
    return None if best is None else best.relative_to(root).as_posix()


def read_list(path: Path) -> Sequence[str]:
    """Names in a list: one a line; or between null characters, as ``find -print0`` writes them.

    Parameters
    ----------
    path : Path
        ``-`` is stdin.

    Raises
    ------
    OptionError
        It cannot be read.
    """
    try:
        data = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as error:
        reason = f"{path}: cannot be read ({reason_of(error)}); check the name"
        raise OptionError(reason) from error
    text = os.fsdecode(data.removeprefix(codecs.BOM_UTF8))
    if "\0" in text:
        return text.split("\0")
    # Not `splitlines`: names may hold what Unicode has besides to end a line.
    return [line.removesuffix("\r") for line in text.split("\n")]
