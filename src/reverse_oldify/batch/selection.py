"""Which of the files below the source are meant, and where their results go."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from reverse_oldify.errors import OptionError
from reverse_oldify.files.discover import result_name
from reverse_oldify.files.formats import FORMATS, by_suffix


@dataclass(frozen=True)
class Shard:
    """Part ``number`` (from 1) of ``count``: what one job of an array does."""

    number: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Read ``"2/8"``.

        Raises
        ------
        OptionError
            If it is none.
        """
        number, _, count = text.partition("/")
        if number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count):
            return cls(int(number), int(count))
        raise OptionError(f"shard is {text!r}; write I/N, for example 2/8, I from 1 to N")

    @property
    def name(self) -> str:
        """For files of its own."""
        return f"{self.number}-of-{self.count}"

    def holds(self, target: str) -> bool:
        """Whether a result belongs to it: the same on every machine, whatever else is there.

        By result, not by source: two sources with the same result must meet.
        """
        digest = hashlib.blake2b(os.fsencode(target), digest_size=8).digest()
        return int.from_bytes(digest, "big") % self.count == self.number - 1


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which files are meant.

    Attributes
    ----------
    include, exclude : tuple of str
        Patterns (``*``, ``?``, ``[...]``). One with a ``/`` is held against the whole path below
        the source, where ``*`` matches ``/``, too; one without, against its name and against each
        of its folders. Without ``include`` all are meant.
    shard : Shard or None
        Only these.
    format : str or None
        Key of `formats.FORMATS` for every result; by default each follows its source.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    shard: Shard | None = None
    format: str | None = None

    def why_not(self, path: str) -> str:
        """Why a file is left out; empty if it is not."""
        if self.include and not _matching(path, self.include):
            return "not included"
        pattern = _matching(path, self.exclude)
        if pattern:
            return f"excluded by {pattern}"
        return "" if by_suffix(Path(path)) else "no picture, by its suffix"

    def leaves_out(self, path: str) -> bool:
        """Whether a file, or all of a folder (``a/``), is left out."""
        if path.endswith("/"):
            return bool(_matching(path.rstrip("/"), self.exclude))
        return bool(path and self.why_not(path))

    def target(self, path: str) -> str:
        """Where the result of a file goes, below the output."""
        name = result_name(Path(path), FORMATS.get(self.format or ""))
        return PurePosixPath(path).with_name(name).as_posix()

    def holds(self, target: str) -> bool:
        """Whether a result belongs to the shard."""
        return self.shard is None or self.shard.holds(target)


def _matching(path: str, patterns: Iterable[str]) -> str:
    parts = path.split("/")
    for pattern in patterns:
        if any(fnmatchcase(name, pattern) for name in ([path] if "/" in pattern else parts)):
            return pattern
    return ""
