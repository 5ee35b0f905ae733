"""All that a user orders of one file: its result, other variants, and its map of uncertainty."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from reverse_oldify.errors import ColouredError, OptionError
from reverse_oldify.files.drafts import Drafts, check_name, failures_told
from reverse_oldify.files.steady import unchanged
from reverse_oldify.files.write import encode_file
from reverse_oldify.pipeline.filing import Filed, Filing, file_colour
from reverse_oldify.pipeline.toning import has_colours

if TYPE_CHECKING:
    from reverse_oldify.files.picture import Raster
    from reverse_oldify.options import Options
    from reverse_oldify.pipeline.colorizer import Colorizer
    from reverse_oldify.pipeline.session import Session
    from reverse_oldify.types import ModelInfo


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is to be made of every file.

    Attributes
    ----------
    filing : Filing
        What is written besides the colours.
    variants : int
        In how many ways a picture is coloured; see `variant_of`.
    uncertainty : bool
        Whether to write a map of it, too; see `uncertainty_of`.
    leave_coloured : bool
        Whether a file that is in colour already is refused (`ColouredError`), not coloured anew.
    """

    filing: Filing
    variants: int = 1
    uncertainty: bool = False
    leave_coloured: bool = False

    def targets(self, target: Path) -> list[Path]:
        """Every file that may be written for a result."""
        results = [variant_of(target, variant) for variant in range(self.variants)]
        paths = [path for result in results for path in self.filing.targets(result)]
        return paths + [uncertainty_of(target)] * self.uncertainty


@dataclass(kw_only=True)
class Delivery:
    """What was made of a file.

    Attributes
    ----------
    notes : list of str
        What a person should know of it, one sentence each.
    uncertainty : float or None
        Mean over its pages of the error that the model expects, in a*, b*; None if it cannot tell.
    written : list of Path
        The result, and what is beside it.
    """

    notes: list[str] = field(default_factory=list)
    uncertainty: float | None = None
    written: list[Path] = field(default_factory=list)


def deliver(
    colorizer: Colorizer, source: Path, target: Path, options: Options, order: Order
) -> Delivery:
    """Make all that is ordered of one file.

    All files get their names when all are written: the result last, for it may replace the source.
    Where there are fewer variants than ordered, a note says why.

    Raises
    ------
    ColouredError
        The file is in colour already, and such are to be left alone.
    ChangedError
        It was replaced or rewritten meanwhile.
    InputError, OutputError, OptionError
        As `filing.file_colour` and `Session.colorize`.
    """
    for path in order.targets(target):
        check_name(path, overwrite=order.filing.overwrite)
    pages = _OpenPages(colorizer, order.leave_coloured)
    with Drafts(overwrite=order.filing.overwrite) as drafts, unchanged(source):
        filed = _file(pages, source, target, options, order.filing, drafts)
        made = Delivery(notes=filed.notes, uncertainty=filed.uncertainty)
        for variant in range(1, order.variants):
            path = variant_of(target, variant)
            try:
                wanted = replace(options, variant=variant)
                _file(pages, source, path, wanted, order.filing, drafts)
            except OptionError as error:
                drafts.drop(*order.filing.targets(path))
                made.notes.append(_why_no_more(variant, colorizer.info, error))
                break
        if order.uncertainty:
            assert pages.first is not None  # it is filed
            path, several = uncertainty_of(target), len(filed.uncertainties) > 1
            mean = _map(pages.first, path, options, drafts)
            expected = f"expected error {mean:.1f} in ab" + " on the first page" * several
            made.notes.append(f"{expected}; {path.name} shows where")
        made.written = drafts.paths
    return made


def variant_of(target: Path, variant: int) -> Path:
    """Where a variant is written: ``photo.jpg``, ``photo.variant-2.jpg``, ..."""
    return target.with_stem(f"{target.stem}.variant-{variant + 1}") if variant else target


def uncertainty_of(target: Path) -> Path:
    """``photo.uncertainty.png`` for ``photo.jpg``."""
    return target.with_name(target.stem + ".uncertainty.png")


def _file(
    pages: _OpenPages,
    source: Path,
    target: Path,
    options: Options,
    filing: Filing,
    drafts: Drafts,
) -> Filed:
    if filing.provenance is not None:
        provenance = replace(filing.provenance, options=options.to_json())
        filing = replace(filing, provenance=provenance)
    return file_colour(pages.colour(options), source, target, filing, drafts)


def _why_no_more(variants: int, info: ModelInfo, error: OptionError) -> str:
    if info.output != "distribution":
        return f"no variants were made: {error}"
    only = f"only {variants} colourings look different"
    return only if variants > 1 else "no other colouring looks different"


def _map(session: Session, path: Path, options: Options, drafts: Drafts) -> float:
    """Write the map of uncertainty of a page; return its mean, in ab."""
    found = session.uncertainty(options)
    picture = found.to_picture(session.picture.lazy_lightness)
    file = drafts.open(path)
    with failures_told(path):
        encode_file(file, [picture], path)
    return found.mean


@dataclass
class _OpenPages:
    """The pages of one file; the first, mostly the only one, is opened once for all variants."""

    colorizer: Colorizer
    leave_coloured: bool
    first: Session | None = None

    def colour(self, options: Options) -> Callable[[Raster], tuple[Raster, float | None]]:
        """Return what colours page after page, from the first; see `pipeline.filing.Colour`."""
        numbers = count()

        def colour_page(page: Raster) -> tuple[Raster, float | None]:
            session = self._open(page) if next(numbers) == 0 else self.colorizer.open(page)
            return session.paint(options), session.expected_error(options)

        return colour_page

    def _open(self, page: Raster) -> Session:
        if self.first is None:
            if self.leave_coloured and has_colours(page):
                raise ColouredError(f"{page.source}: is in colour already; nothing was done")
            self.first = self.colorizer.open(page)
        return self.first
