"""From one file to another: every page in colour, with its origin written in and beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from reverse_oldify.errors import UnreadableError, reason_of
from reverse_oldify.files.drafts import Drafts, failures_told
from reverse_oldify.files.formats import AS_EVER, Encoding, Format
from reverse_oldify.files.json_file import to_json_bytes
from reverse_oldify.files.layers import LayerWriter
from reverse_oldify.files.losses import listed, losses, refuse_losses
from reverse_oldify.files.picture import Raster
from reverse_oldify.files.provenance import Provenance, sha256_of
from reverse_oldify.files.read import open_pages
from reverse_oldify.files.write import encode_file, output_format

Colour = Callable[[Raster], tuple[Raster, float | None]]
"""Colourises one page; also gives its mean uncertainty, where the model knows it."""

_HELD = 1 << 28
"""Bytes up to which a picture is held that is written twice."""


@dataclass(frozen=True, kw_only=True)
class Filing:
    """What is written besides the colour picture.

    Attributes
    ----------
    provenance : Provenance or None
        Written into every page; None for nothing. `deliver` adds the picture's options,
        `file_colour` the source's hash.
    sidecar : bool
        The provenance, and all notes, as JSON beside the result; see `sidecar_of`.
    layers : bool
        The scan and its colour alone as TIFF beside the result; see `files.layers`.
    overwrite : bool
        Whether files that exist may be replaced.
    encoding : Encoding
        What is asked of a lossy format.
    allow_loss : bool
        Whether what the target's format cannot hold may be left out, or rounded; with a note.
    """

    provenance: Provenance | None
    sidecar: bool = False
    layers: bool = False
    overwrite: bool = False
    encoding: Encoding = AS_EVER
    allow_loss: bool = False

    def targets(self, target: Path) -> list[Path]:
        """Every file that is written for a result."""
        beside = [sidecar_of(target)] * self.sidecar + [layers_of(target)] * self.layers
        return [target, *beside]


@dataclass(frozen=True)
class Filed:
    """What is to be told of a file.

    Attributes
    ----------
    notes : list of str
        A sentence for all that was lost.
    uncertainties : list of float
        Error to expect of each page, in a*, b*; of a model that cannot tell, none.
    """

    notes: list[str] = field(default_factory=list)
    uncertainties: list[float] = field(default_factory=list)

    @property
    def uncertainty(self) -> float | None:
        """Mean over the pages."""
        known = self.uncertainties
        return sum(known) / len(known) if known else None


def sidecar_of(target: Path) -> Path:
    """``photo.tif.json`` for ``photo.tif``."""
    return target.with_name(target.name + ".json")


def layers_of(target: Path) -> Path:
    """``photo.jpg.layers.tif`` for ``photo.jpg``."""
    return target.with_name(target.name + ".layers.tif")


def file_colour(
    colour: Colour, source: Path, target: Path, filing: Filing, drafts: Drafts
) -> Filed:
    """Colourise every page of a file into another, which gets its name with all other drafts.

    No more than one page is open at a time; what can be is decoded, coloured and written by rows,
    and is never whole in memory. Of a file of several pages only the first is done where the
    target's format holds one, if ``filing.allow_loss``.

    Parameters
    ----------
    colour : callable
        See `Colour`.
    source, target : Path
        What is read, and what is written; the target's folder must exist.
    filing : Filing
        What else is written.
    drafts : Drafts
        Takes the files; what has failed is to be dropped.

    Raises
    ------
    InputError, OutputError
        As `files.read.read` and `files.write.write`; `LossError` before a page is coloured.
    """
    pages = _Pages(colour, source, target, filing)
    files = {path: drafts.open(path) for path in filing.targets(target)}
    if filing.layers:
        pages.layers = LayerWriter(files[layers_of(target)])
    with failures_told(target):
        encode_file(
            files[target],
            pages.done(),
            target,
            encoding=filing.encoding,
            allow_loss=filing.allow_loss,
        )
        if filing.sidecar:
            files[sidecar_of(target)].write(to_json_bytes(pages.told()))
    return pages.filed


def _pages_of(source: Path) -> Iterator[Raster]:
    """Open the pages; what the system says of the source is not taken for a word on the result."""
    try:
        yield from open_pages(source)
    except OSError as error:
        reason = f"{source}: cannot be read ({reason_of(error)}); check the file"
        raise UnreadableError(reason) from error


class _Pages:
    """Colourises pages as they are asked for, and remembers what is to be told of them."""

    def __init__(self, colour: Colour, source: Path, target: Path, filing: Filing) -> None:
        self._colour, self._source, self._target = colour, source, target
        self._provenance, self._allow_loss = filing.provenance, filing.allow_loss
        self.layers: LayerWriter | None = None
        self.filed = Filed()

    def done(self) -> Iterator[Raster]:
        """Yield the pages in colour."""
        with ThreadPoolExecutor(1) as beside:
            if self._provenance is not None:  # while the first page is decoded
                hashed = beside.submit(sha256_of, self._source)
            for number, page in enumerate(_pages_of(self._source)):
                if number == 0 and self._provenance is not None:
                    told = replace(self._provenance, source_sha256=hashed.result())
                    self._provenance = told
                kind = output_format(page, self._target)
                if not self._allow_loss:
                    refuse_losses(page, kind)
                coloured = self._coloured(page, kind)
                lost = list(losses(coloured, kind))
                self._note([*coloured.notes, *([listed(lost, kind)] if lost else [])], number)
                yield coloured
                if not kind.pages:
                    return

    def _coloured(self, page: Raster, kind: Format) -> Raster:
        deep = page if self.layers is None else page.at_16_bits()
        coloured, uncertainty = self._colour(deep)
        if uncertainty is not None:
            self.filed.uncertainties.append(uncertainty)
        if self._provenance is not None:
            told = replace(self._provenance, mean_uncertainty=uncertainty)
            coloured = told.written_into(coloured, kind)
        if self.layers is not None:
            if coloured.nbytes < _HELD:
                coloured = coloured.loaded()  # or it would be painted twice
            self.layers.add(page, coloured)
        return coloured if page.dtype == np.uint16 else coloured.at_8_bits()

    def _note(self, notes: list[str], number: int) -> None:
        page = f"page {number + 1}: " if number else ""
        self.filed.notes.extend(page + note for note in notes)

    def told(self) -> dict[str, object]:
        """What the sidecar holds."""
        table: dict[str, object] = {"source": self._source.name, "result": self._target.name}
        if self._provenance is not None:
            mean = self.filed.uncertainty
            table |= replace(self._provenance, mean_uncertainty=mean).to_json()
        return table | {"notes": self.filed.notes}
