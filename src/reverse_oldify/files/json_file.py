"""JSON files: read with a sentence for what is wrong, written whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from reverse_oldify.errors import OptionError, reason_of
from reverse_oldify.files.drafts import written

MOST_BYTES = 64 << 20
"""More than anyone writes by hand."""


def read_json(path: Path | str) -> Any:
    """Read a JSON file that a user named; whatever is wrong with it becomes an `OptionError`."""
    try:
        with Path(path).open("rb") as file:
            data = file.read(MOST_BYTES + 1)  # of a device there is no end
    except OSError as error:
        raise OptionError(f"{path}: cannot be read ({reason_of(error)}); check the name") from error
    if len(data) > MOST_BYTES:
        raise OptionError(f"{path}: longer than {MOST_BYTES >> 20} MB; give less")
    try:
        # Some programs on Windows begin with a mark of byte order.
        return json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise OptionError(f"{path}: not JSON ({error}); see docs/controls.md") from error


def write_json(
    path: Path | str, value: object, *, indent: int | None = 2, overwrite: bool = False
) -> None:
    """Write plain JSON types to a file.

    Raises
    ------
    ExistsError, OutputError
        As `files.write.write`.
    """
    with written(Path(path), overwrite=overwrite) as file:
        file.write(to_json_bytes(value, indent=indent))


def to_json_bytes(value: object, *, indent: int | None = 2) -> bytes:
    """Plain JSON types as a file holds them: in ASCII, for names that are no Unicode."""
    return json.dumps(value, indent=indent).encode() + b"\n"
