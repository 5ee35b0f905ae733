"""The pages of a TIFF file: read by rows where `tiff_read` can, by Pillow where it cannot."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from PIL import Image

from reverse_oldify.files import codecs, tiff_read, tiff_spaces
from reverse_oldify.files.deep import Interpretation
from reverse_oldify.files.formats import FORMATS
from reverse_oldify.files.ifd import Directory, read_directories
from reverse_oldify.files.lazy import LazyPicture
from reverse_oldify.files.metadata import Read
from reverse_oldify.files.modes import to_arrays
from reverse_oldify.files.opening import opened
from reverse_oldify.files.picture import Picture, Raster
from reverse_oldify.files.samples import upright
from reverse_oldify.files.tiff_metadata import from_tags

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
        count = tiff_read.count_pages(self._file, MAX_PAGES)
        with ExitStack() as stack:
            image: Image.Image | None = None
            for index, page in enumerate(read_directories(self._file)):
                if not tiff_read.is_page(page) and count:
                    continue
                check_size(*tiff_read.size(page))
                told = from_tags(page)
                if tiff_read.is_plain(page) and tiff_spaces.is_convertible(page, told.metadata.icc):
                    picture: Raster = self._by_rows(page, told)
                else:
                    image = image or stack.enter_context(opened(self._file, FORMATS["tif"]))
                    picture = self._by_pillow(image, index, page, told)
                yield replace(picture, page_count=max(count, 1))

    def _by_rows(self, page: Directory, told: Read) -> LazyPicture:
        stored = tiff_read.StoredPage(self._reopen, page)
        samples = upright(stored.samples, told.orientation)
        height, width, channels = samples.shape
        meaning = Interpretation(
            channels,
            samples.dtype,
            told.metadata.icc,
            associated=stored.associated,
            space=tiff_spaces.of(page, told.metadata.icc),
        )
        return LazyPicture(
            shape=(height, width) if meaning.is_gray else (height, width, 3),
            dtype=samples.dtype,
            has_alpha=meaning.has_alpha,
            make=lambda rows: meaning.of(samples.rows(rows)),
            format="tif",
            metadata=told.metadata,
            source=self._path,
            notes=meaning.notes + stored.notes + told.notes,
        )

    def _by_pillow(self, image: Image.Image, index: int, page: Directory, told: Read) -> Picture:
        """Read a page that Pillow decodes, and brings upright itself."""
        image.seek(index)
        image.info.pop("icc_profile", None)  # may be that of the page before
        if told.metadata.icc is not None:
            image.info["icc_profile"] = told.metadata.icc
        pixels, alpha, notes = to_arrays(image)
        if not tiff_spaces.is_convertible(page, told.metadata.icc):
            notes += (f"{codecs.EXTRA} reads all bits of its inks",)
        return Picture(
            pixels=pixels,
            alpha=alpha,
            format="tif",
            metadata=told.metadata,
            source=self._path,
            notes=notes + told.notes,
        )
