"""What the server does with pictures: plain functions of bytes and options, run in threads."""

from __future__ import annotations

import io
import re
from collections.abc import Generator, Iterable
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import chain, islice

from reverse_oldify.errors import OptionError, TooLargeError, UnreadableError
from reverse_oldify.files.encode import encode_pages
from reverse_oldify.files.formats import FORMATS, OUTPUT_FORMATS, Format, default_format
from reverse_oldify.files.losses import losses, refuse_losses
from reverse_oldify.files.picture import Picture, Raster
from reverse_oldify.files.provenance import Provenance, sha256_of
from reverse_oldify.files.read import read, read_pages
from reverse_oldify.options import Options, Palette
from reverse_oldify.pipeline.colorizer import Colorizer
from reverse_oldify.pipeline.palette import palette_of
from reverse_oldify.pipeline.preview import Preview
from reverse_oldify.pipeline.session import Session
from reverse_oldify.pipeline.toning import has_colours
from reverse_oldify.pipeline.variants import Colouring
from reverse_oldify.sampling import Tile
from reverse_oldify.serve.asked import check_hints
from reverse_oldify.serve.jobs import Stop
from reverse_oldify.serve.opened import Opened

MOST_SCANS = 64
"""Of a JPEG: ten are usual, and each takes the time of the whole picture."""

_LONGEST_NAME = 100
_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f"*/:<>?\\|]+')


@dataclass(frozen=True)
class File:
    """A picture file that goes to a client."""

    data: bytes
    kind: Format


class Studio:
    """Does the work; shared by threads.

    Parameters
    ----------
    colorizer
        With the model.
    pixels : int
        Limit on an upload, all pages together.
    """

    def __init__(self, colorizer: Colorizer, pixels: int) -> None:
        self._colorizer, self._pixels = colorizer, pixels
        self.info = colorizer.info

    def colorize(
        self, data: bytes, options: Options, format: str | None, allow_loss: bool, stop: Stop
    ) -> File:
        """Colour a file: every page, or the first where the format holds one and loss is allowed.

        Raises
        ------
        InputError, OptionError, OutputError
            As `Colorizer.colorize` and `files.write.write`.
        """
        check_scans(data)
        with closing(self._pages(data)) as pages:
            first = next(pages)
            kind = target_format(first, format)
            if not allow_loss:
                refuse_losses(first, kind)
            further = pages if kind.pages else islice(pages, 0)
            sha256 = sha256_of(data)
            done = (
                self._coloured(self._colorizer.open(page), options, sha256, kind, stop)
                for page in chain([first], further)
            )
            return _encoded(done, kind, allow_loss)

    def open(self, data: bytes, name: str, page: int, stop: Stop) -> Opened:
        """Read a picture, one page of a file, and have the network look at it."""
        check_scans(data)
        picture = read(data, max_pixels=self._pixels, page=page)
        stop.check()
        session = self._colorizer.open(picture)
        session.view(Options())
        sha256 = sha256_of(data)
        return Opened(
            session=session,
            preview=Preview(session),
            name=name,
            page=page,
            sha256=sha256,
            uncertainty=session.expected_error(Options()),
            coloured=has_colours(picture),
            losses=self._losses(picture, sha256),
        )

    def render(
        self,
        opened: Opened,
        options: Options,
        format: str | None,
        allow_loss: bool,
        stop: Stop,
    ) -> File:
        """Colour an open picture at full resolution; of several pages it is written alone."""
        kind = target_format(opened.session.picture, format)
        done = self._coloured(opened.session, options, opened.sha256, kind, stop)
        return _encoded([replace(done, page_count=1)], kind, allow_loss)

    def original(self, opened: Opened, size: int, part: Tile | None, stop: Stop) -> File:
        """Show an open picture as it came."""
        return _shown(opened.preview.original(size, part), stop)

    def preview(
        self, opened: Opened, options: Options, size: int, part: Tile | None, stop: Stop
    ) -> File:
        """Show an open picture in colour; as a whole it has to be quick, a part is to be exact."""
        quick = part is None
        return _shown(opened.preview.colorize(options, size, part, quick=quick), stop)

    def uncertainty(self, opened: Opened, options: Options, size: int, stop: Stop) -> File:
        """Show where colour is a guess."""
        return _shown(opened.preview.uncertainty(options, size), stop)

    def variants(
        self, opened: Opened, options: Options, count: int, stop: Stop
    ) -> list[tuple[Options, Colouring]]:
        """Other plausible colourings, and the options that give them."""
        stop.check()
        found = opened.session.colourings(count, options)
        return [(replace(options, variant=n), colouring) for n, colouring in enumerate(found)]

    def palette(self, data: bytes, name: str, stop: Stop) -> Palette:
        """Palette of a reference picture."""
        check_scans(data)
        picture = read(data, max_pixels=self._pixels)
        stop.check()
        return replace(palette_of(picture), name=name)

    def _pages(self, data: bytes) -> Generator[Picture, None, None]:
        """Read the pages of a file, as long as they are within the limit together."""
        left = self._pixels
        with closing(read_pages(data, max_pixels=self._pixels)) as pages:
            for page in pages:
                left -= page.size[0] * page.size[1]
                if left < 0:
                    raise TooLargeError(
                        f"its pages have more pixels than the limit of {self._pixels / 1e6:g} "
                        "million together; send them one by one"
                    )
                yield page

    def _losses(self, picture: Raster, sha256: str) -> dict[str, list[str]]:
        provenance = Provenance.of(self.info, Options(), source_sha256=sha256)
        page = replace(picture, page_count=1)
        told = provenance.written_into(page)  # once: merging XMP is most of the work
        lost = {}
        for kind in (FORMATS[key] for key in OUTPUT_FORMATS):
            result = told if kind.xmp else provenance.written_into(page, kind)
            lost[kind.key] = list(losses(result, kind))
        return {key: phrases for key, phrases in lost.items() if phrases}

    def _coloured(
        self, session: Session, options: Options, sha256: str, kind: Format, stop: Stop
    ) -> Picture:
        """Colour a picture, with its origin written in."""
        stop.check()
        check_hints(options, session.picture.size)
        chroma = session.chroma(options)
        provenance = Provenance.of(
            self.info,
            options,
            source_sha256=sha256,
            mean_uncertainty=session.expected_error(options),
        )
        stop.check()
        coloured = session.recombine(chroma, options).loaded()
        stop.check()
        return provenance.written_into(coloured, kind)


def check_scans(data: bytes) -> None:
    """Refuse a JPEG that would keep a worker busy for minutes.

    Raises
    ------
    UnreadableError
        It has more than `MOST_SCANS` scans.
    """
    # Within compressed data 0xFF is followed by 0: what is found are markers, or metadata.
    if data.startswith(b"\xff\xd8") and data.count(b"\xff\xda") > MOST_SCANS:
        raise UnreadableError("a JPEG of far too many scans; open it in an editor and save it anew")


def target_format(picture: Raster, key: str | None) -> Format:
    """Format of a result: the one asked for, else that of the source.

    Raises
    ------
    OptionError
        If it is not written.
    """
    if key is None:
        return default_format(FORMATS[picture.format or "png"])
    if key not in OUTPUT_FORMATS:
        raise OptionError(f"format is {key!r}; choose one of {', '.join(OUTPUT_FORMATS)}")
    return FORMATS[key]


def result_name(name: str, kind: Format) -> str:
    """Name for a result that is safe on every system: ``scan-colour.jpg`` for ``../scan.tif``."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    stem = last.rsplit(".", 1)[0] if "." in last[1:] else last
    stem = _NOT_IN_NAMES.sub("_", stem)[:_LONGEST_NAME].strip(" .")
    return f"{stem or 'picture'}-colour{kind.suffixes[0]}"


def _encoded(pages: Iterable[Picture], kind: Format, allow_loss: bool) -> File:
    buffer = io.BytesIO()
    encode_pages(pages, kind, buffer, allow_loss=allow_loss)
    return File(buffer.getvalue(), kind)


def _shown(picture: Picture, stop: Stop) -> File:
    stop.check()
    return _encoded([picture], FORMATS[picture.format or "png"], allow_loss=True)  # for looking
