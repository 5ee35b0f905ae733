"""Where a picture comes from: a file or its bytes, and what is said when they are no good."""

from __future__ import annotations

import io
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from PIL import UnidentifiedImageError

from reverse_oldify.errors import (
    DAMAGED,
    InputError,
    ReverseOldifyError,
    TooLargeError,
    UnreadableError,
)
from reverse_oldify.files.formats import Format

_UNNAMED = "the data"


class Source:
    """A file, or the bytes of one.

    Attributes
    ----------
    path : Path or None
        Of the file.
    """

    def __init__(self, source: Path | str | bytes) -> None:
        self._bytes = source if isinstance(source, bytes) else None
        self.path = None if isinstance(source, bytes) else Path(source)

    def open(self) -> BinaryIO:
        """Open it from its start; several times, if need be.

        Raises
        ------
        UnreadableError
            There is no such file, or it is none; the message does not name it.
        """
        if self.path is None:
            return io.BytesIO(self._bytes or b"")
        try:
            mode = self.path.stat().st_mode
            if stat.S_ISDIR(mode):
                raise UnreadableError("a folder, not a picture; name a file")
            if not stat.S_ISREG(mode):  # a pipe would wait for ever
                raise UnreadableError("not a regular file; name a picture file")
            return self.path.open("rb")
        except FileNotFoundError as error:
            raise UnreadableError("no such file; check the name") from error
        except (OSError, ValueError) as error:  # ValueError: a null character in the name
            reason = getattr(error, "strerror", None) or error
            raise UnreadableError(f"cannot be opened ({reason}); check the file") from error

    @contextmanager
    def named(self) -> Iterator[None]:
        """Put the name before what is complained of inside."""
        try:
            yield
        except InputError as error:
            name = _UNNAMED if self.path is None else self.path
            raise type(error)(f"{name}: {error}") from error.__cause__


def reason_alone(error: Exception) -> str:
    """What an error says of data, without what they are called for having no name."""
    return str(error).removeprefix(f"{_UNNAMED}: ")


@contextmanager
def damage_told(kind: Format | None = None) -> Iterator[None]:
    """Turn whatever a damaged file, of a format if it is known, raises into one of our errors."""
    try:
        yield
    except UnidentifiedImageError as error:
        name = "picture" if kind is None else kind.name
        raise UnreadableError(
            f"damaged, or a rare kind of {name}; open it in an editor and save it anew"
        ) from error
    except MemoryError as error:
        raise TooLargeError("it does not fit into memory; make it smaller") from error
    except ReverseOldifyError:
        raise
    except Exception as error:  # damaged files raise nearly anything: OSError, SyntaxError, ...
        raise UnreadableError(DAMAGED) from error


@contextmanager
def on_page(number: int, count: int) -> Iterator[None]:
    """Put the number of a page before what is complained of inside, if there are several."""
    try:
        yield
    except InputError as error:
        if count < 2:
            raise
        raise type(error)(f"page {number}: {error}") from error.__cause__
