"""Write a picture: in a format that can hold it, all of it or nothing; see `files.drafts`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from reverse_oldify.errors import LossError, OptionError, OutputError, UnsupportedError
from reverse_oldify.files.drafts import written
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
    with written(path, overwrite=overwrite) as file:
        encode_file(file, pictures, path, format=format, encoding=encoding, allow_loss=allow_loss)
    return path


def encode_file(
    file: BinaryIO,
    pictures: Iterable[Raster],
    path: Path,
    *,
    format: str | None = None,
    encoding: Encoding = AS_EVER,
    allow_loss: bool = False,
) -> None:
    """Write pictures as the pages of a file that is open; ``path`` is the name that it will have.

    Parameters and errors are otherwise those of `write_pages`, but for what the system says.
    """
    pages = iter(pictures)
    try:
        first = next(pages, None)
        if first is None:
            raise OutputError(f"{path}: no page to write; give at least one picture")
        kind = output_format(first, path, format)
        if not kind.pages:
            pages = _none_further(pages, path, kind)
        try:
            whole = chain([first], pages)
            encode_pages(whole, kind, file, encoding=encoding, allow_loss=allow_loss)
        except UnsupportedError as error:
            raise OutputError(f"{path}: {error}") from error
    except LossError as error:  # of encoding, or of what gives the pages
        raise LossError(f"{path}: {error}") from error


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
