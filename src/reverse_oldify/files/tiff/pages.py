"""The pages of a TIFF file: read by rows where `read` can, by Pillow where it cannot."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from functools import cache, partial
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from PIL import ImageFile

from reverse_oldify.files import codecs
from reverse_oldify.files.formats import FORMATS
from reverse_oldify.files.interpret import Interpretation
from reverse_oldify.files.lazy import LazyPicture
from reverse_oldify.files.metadata.read import Read
from reverse_oldify.files.modes import to_arrays
from reverse_oldify.files.opening import opened
from reverse_oldify.files.picture import Picture, Raster
from reverse_oldify.files.samples import upright
from reverse_oldify.files.source import damage_told, on_page
from reverse_oldify.files.tiff import damage, read, spaces
from reverse_oldify.files.tiff.alone import is_lost_to_pillow, opened_alone
from reverse_oldify.files.tiff.ifd import Directory, read_directories, read_header, sub_directories
from reverse_oldify.files.tiff.kinds import (
    in_order_of_machine,
    kind_told,
    palette_of_8_bits,
    refuse_misread,
)
from reverse_oldify.files.tiff.metadata import from_tags

_Named = Callable[[], AbstractContextManager[None]]
"""Gives a context that names the page in what is complained of inside."""

MAX_PAGES = 10_000
"""Limit on the pages of a file."""


class TiffFile:
    """A TIFF file whose pages are opened one after the other.

    Parameters
    ----------
    file : BinaryIO
        The file.
    reopen : callable
        Opens it once more, for pages that are read by rows: they may outlive ``file``.
    path : Path or None
        Of the file.
    """

    def __init__(self, file: BinaryIO, reopen: Callable[[], BinaryIO], path: Path | None) -> None:
        self._file, self._reopen, self._path = file, reopen, path

    def pages(self, check_size: Callable[[int, int], None]) -> Iterator[Raster]:
        """Open the pages; ``check_size`` is asked about width and height before that.

        Raises
        ------
        UnreadableError, TooLargeError, UnsupportedError
            As `files.read.read`; what is damaged further inside may raise when it is looked at.
        """
        count, number = read.count_pages(self._file, MAX_PAGES), 0
        places: Iterable[tuple[int | None, Directory]] = enumerate(read_directories(self._file))
        below = [] if count else self._below_thumbnails()
        if below:
            places, count = [(None, page) for page in below], len(below)
        with ExitStack() as stack:
            whole = cache(lambda: stack.enter_context(opened(self._file, FORMATS["tif"])))
            for index, page in places:
                if not read.is_page(page) and count:
                    continue
                number += 1
                named = partial(on_page, number, count)
                with named(), damage_told(FORMATS["tif"]):
                    check_size(*read.size(page))
                    picture = self._open(page, index, whole, named)
                yield replace(picture, page_count=max(count, 1))

    def _below_thumbnails(self) -> list[Directory]:
        """Pages in directories below others, where all of those are thumbnails (TIFF/EP)."""
        below = sub_directories(self._file, read_directories(self._file))
        return [page for page in islice(below, MAX_PAGES) if read.is_page(page)]

    def _open(
        self,
        page: Directory,
        index: int | None,
        whole: Callable[[], ImageFile.ImageFile],
        named: _Named,
    ) -> Raster:
        told = from_tags(page)
        if read.is_plain(page) and spaces.is_convertible(page, told.metadata.icc):
            return self._by_rows(page, told, named)
        header = read_header(self._file)
        if index is None or is_lost_to_pillow(page, header):
            with opened_alone(self._file, page) as lone:
                return self._by_pillow(lone, page, header.order, told)
        with kind_told(page):
            whole().seek(index)
            return self._by_pillow(whole(), page, header.order, told)

    def _by_rows(self, page: Directory, told: Read, named: _Named) -> LazyPicture:
        stored = read.StoredPage(self._reopen, page)
        samples = upright(stored.samples, told.orientation)
        height, width, channels = samples.shape
        meaning = Interpretation(
            channels,
            samples.dtype,
            told.metadata.icc,
            associated=stored.associated,
            space=spaces.of(page, told.metadata.icc),
        )

        def make(rows: slice) -> Picture:
            with named(), damage_told(FORMATS["tif"]):
                return meaning.of(samples.rows(rows))

        return LazyPicture(
            shape=(height, width) if meaning.is_gray else (height, width, 3),
            dtype=samples.dtype,
            has_alpha=meaning.has_alpha,
            make=make,
            format="tif",
            metadata=told.metadata,
            source=self._path,
            notes=meaning.notes + stored.notes + told.notes,
        )

    def _by_pillow(
        self, image: ImageFile.ImageFile, page: Directory, order: str, told: Read
    ) -> Picture:
        """Read a page that Pillow decodes, and brings upright itself."""
        refuse_misread(page)
        image.tile = [in_order_of_machine(tile) for tile in image.tile]
        image.info.pop("icc_profile", None)  # may be that of the page before
        if told.metadata.icc is not None:
            image.info["icc_profile"] = told.metadata.icc
        damaged = damage.notes_of(self._file, page, order)
        palette = palette_of_8_bits(page)
        if image.mode == "P" and palette is not None:
            image.load()
            image.putpalette(palette)
        pixels, alpha, notes = to_arrays(image)
        if not spaces.is_convertible(page, told.metadata.icc):
            notes += (f"{codecs.EXTRA} reads all bits of its inks",)
        return Picture(
            pixels=pixels,
            alpha=alpha,
            format="tif",
            metadata=told.metadata,
            source=self._path,
            notes=damaged + notes + told.notes,
        )
