"""Hints as a JSON file: of one picture, or of several by their file names.

::

    {"version": 1, "hints": [{"points": [[120, 80]], "color": "#a03020"}]}
    {"version": 1, "pictures": {"aunt.jpg": [{"points": [[9, 8], [40, 8]], "color": "neutral"}]}}
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reverse_oldify.errors import OptionError
from reverse_oldify.files.json_file import read_json
from reverse_oldify.options import Hints

_VERSION = 1


@dataclass(frozen=True)
class HintFile:
    """Hints by the names of pictures; the name None stands for the only picture there is."""

    pictures: dict[str | None, Hints]

    def of(self, picture: Path) -> Hints:
        """Hints of a picture, by its file name; none if the file does not mention it."""
        return self.pictures.get(None) or self.pictures.get(picture.name) or Hints()

    def check(self, pictures: Sequence[Path]) -> None:
        """See that hints without a name have one picture, and names have a picture each.

        Raises
        ------
        OptionError
            If not.
        """
        if None in self.pictures and len(pictures) != 1:
            raise OptionError(
                f"the hints are for one picture, but there are {len(pictures)}; "
                'name the pictures: {"version": 1, "pictures": {"name.jpg": [...]}}'
            )
        missing = {name for name in self.pictures if name} - {path.name for path in pictures}
        if missing:
            raise OptionError(
                f"there are hints for {min(missing)!r}, but no such picture; check it"
            )


def read_hints(path: Path | str) -> HintFile:
    """Read a file of hints.

    Raises
    ------
    OptionError
        If it cannot be read, is not JSON, or not of this form.
    """
    table = read_json(path)
    try:
        return _parse(table)
    except OptionError as error:
        raise OptionError(f"{path}: {error}") from error


def _parse(table: Any) -> HintFile:
    if not isinstance(table, dict) or table.get("version") != _VERSION:
        raise OptionError(f'not hints: expected {{"version": {_VERSION}, "hints": [...]}}')
    keys = set(table) - {"version"}
    if keys == {"hints"}:
        return HintFile({None: Hints.from_json(table["hints"])})
    if keys == {"pictures"} and isinstance(table["pictures"], dict):
        rows = table["pictures"].items()
        return HintFile({name: Hints.from_json(hints) for name, hints in rows})
    raise OptionError("hints need either 'hints' (a list) or 'pictures' (lists by file name)")
