"""What travels between a job and its workers, which may be on other machines."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from reverse_oldify.options import Options
from reverse_oldify.pipeline.deliver import Order

if TYPE_CHECKING:
    from reverse_oldify.pipeline.colorizer import Colorizer


@dataclass(frozen=True, kw_only=True)
class Setup:
    """What is the same for all files of a job.

    Attributes
    ----------
    source, output : str
        Folders or URLs; see `batch.storage`.
    model : str or None
        As `Colorizer` takes it.
    weights_hash : str
        Of that model, see `ModelInfo`.
    order : Order
        What is made of every file. Whether files may be replaced is said by each `Task`.
    open_colorizer : callable
        Loads a model, inside the worker; must be importable there.
    """

    source: str
    output: str
    model: str | None
    weights_hash: str = ""
    order: Order
    open_colorizer: Callable[[str | None], Colorizer]

    def targets(self, target: str) -> list[str]:
        """Every file that may be written for a result, below the output."""
        return below(target, self.order.targets(Path(target)))


def below(target: str, files: Iterable[Path]) -> list[str]:
    """Where files that lie in one folder with a result are below the output."""
    result = PurePosixPath(target)
    return [result.with_name(path.name).as_posix() for path in files]


@dataclass(frozen=True, kw_only=True)
class Task:
    """One file to do.

    Attributes
    ----------
    path, target : str
        Of the file, below the source; of its result, below the output. With ``/`` everywhere.
    options : Options
        Of this picture.
    overwrite : bool
        Whether whatever is there may be replaced.
    ours : mapping of str to str
        What may be replaced in any case: stamps by path, see `Entry.ours`.
    made_of : str or None
        SHA-256 of the content that a whole result was made of; the same content is not done again.
    """

    path: str
    target: str
    options: Options
    overwrite: bool
    ours: Mapping[str, str] = field(default_factory=dict)
    made_of: str | None = None


class Ending(StrEnum):
    """How the work on a file ended."""

    DONE = "done"
    UNCHANGED = "unchanged"
    """Touched, but its content is what the result was made of."""
    COLOURED = "coloured"
    """In colour already, and left alone."""
    FAILED = "failed"
    """It cannot be read or coloured; only another file or other options change that."""
    REFUSED = "refused"
    """Not written, or it changed meanwhile; that may have been mended before the next run."""
    TAKEN = "taken"
    """Something else lies where its result would go."""
    FULL = "full"
    """No space was left: so it will be for every other file."""
    UNBEGUN = "unbegun"
    """Given back: its worker died before it came to it."""
    LOST = "lost"
    """The worker died or hung: by the fault of the file, or of the machine."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What has become of a task.

    Attributes
    ----------
    path : str
        See `Task`.
    ending : Ending
        How it ended.
    reason : str
        Why it was not done, in a sentence; else empty.
    sha256 : str or None
        Of the source's content.
    uncertainty : float or None
        See `Delivery`.
    seconds : float
        That the work took.
    notes : tuple of str
        See `Delivery`.
    written : mapping of str to str
        Stamps, by path below the output, of all files that were written.
    """

    path: str
    ending: Ending
    reason: str = ""
    sha256: str | None = None
    uncertainty: float | None = None
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    written: Mapping[str, str] = field(default_factory=dict)


def fingerprint(order: Order, options: Options, weights_hash: str = "") -> str:
    """Short hash of all that decides what a result is, but for the source: 16 hexadecimal digits.

    Model (its weights, of which the provenance tells already), options, and which files are
    written. Not the version of the program: an archive is not done anew because of an update.
    """
    filing = order.filing
    told = (
        None if filing.provenance is None else replace(filing.provenance, software="", options={})
    )
    table = {
        "options": options.to_json(),
        "provenance": weights_hash if told is None else told.to_json(),
        "sidecar": filing.sidecar,
        "layers": filing.layers,
        "encoding": asdict(filing.encoding),
        "variants": order.variants,
        "uncertainty": order.uncertainty,
        "leave_coloured": order.leave_coloured,
    }
    return hashlib.sha256(json.dumps(table, sort_keys=True).encode()).hexdigest()[:16]
