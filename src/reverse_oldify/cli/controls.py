"""The flags that steer colour, and what they mean for each picture."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from reverse_oldify.errors import OptionError

if TYPE_CHECKING:
    from reverse_oldify.files.picture import Picture
    from reverse_oldify.options import Options
    from reverse_oldify.pipeline.colorizer import Colorizer
    from reverse_oldify.pipeline.hint_file import HintFile
    from reverse_oldify.pipeline.session import Session


def add_controls(parser: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    group = parser.add_argument_group("to steer the colours")
    group.add_argument(
        "--vividness",
        type=float,
        default=1.0,
        metavar="X",
        help="0 (safest) to 2 (bold) (default: %(default)s)",
    )
    group.add_argument(
        "--hints", type=Path, metavar="FILE", help="colours for places, as JSON (docs/controls.md)"
    )
    group.add_argument(
        "--palette",
        metavar="REFERENCE",
        help="a picture in colour, a saved palette (.json), or a look: "
        "amber, dawn, faded, forest, slide, sunset",
    )
    group.add_argument(
        "--save-palette",
        type=Path,
        metavar="FILE",
        help="save the palette, as JSON, for another time",
    )
    group.add_argument(
        "--variants",
        type=int,
        default=1,
        metavar="N",
        help="colour each picture in N ways, the likeliest first (default: %(default)s)",
    )
    group.add_argument(
        "--seed", type=int, default=0, metavar="S", help="of the variants (default: %(default)s)"
    )
    group.add_argument(
        "--uncertainty",
        action="store_true",
        help="also write NAME.uncertainty.png, where white is a guess, and print the mean",
    )
    group.add_argument(
        "--working-size",
        type=int,
        metavar="N",
        help="side in pixels at which the network looks at the picture (default: the model's)",
    )


@dataclass(frozen=True)
class Controls:
    """What the flags say, for all pictures."""

    options: Options
    hints: HintFile | None
    variants: int
    uncertainty: bool

    def of(self, picture: Path) -> Options:
        """Options of one picture, with its hints."""
        return replace(self.options, hints=self.hints.of(picture)) if self.hints else self.options


def read_controls(arguments: argparse.Namespace) -> Controls:
    """Read the flags, and the files they name.

    Raises
    ------
    OptionError, InputError
        If one is out of its range, or cannot be read.
    """
    from reverse_oldify.options import LAST_VARIANT, Options
    from reverse_oldify.pipeline.hint_file import read_hints
    from reverse_oldify.pipeline.palette import find_palette, save_palette

    most = LAST_VARIANT + 1
    if not 1 <= arguments.variants <= most:
        raise OptionError(f"variants is {arguments.variants}; choose a number from 1 to {most}")
    palette = find_palette(arguments.palette) if arguments.palette else None
    if arguments.save_palette:
        if palette is None:
            raise OptionError("--save-palette has nothing to save; give --palette, too")
        save_palette(palette, arguments.save_palette, overwrite=arguments.overwrite)
    options = Options(
        vividness=arguments.vividness,
        working_size=arguments.working_size,
        palette=palette,
        seed=arguments.seed,
    )
    hints = read_hints(arguments.hints) if arguments.hints else None
    return Controls(options, hints, arguments.variants, arguments.uncertainty)


@dataclass
class OpenPages:
    """The pages of one file; the first, mostly the only one, is opened once for all variants."""

    colorizer: Colorizer
    first: Session | None = None

    def colour(self, options: Options) -> Callable[[Picture], tuple[Picture, float | None]]:
        """Return what colours page after page, from the first; see `pipeline.filing.Colour`."""
        numbers = count()

        def colour_page(page: Picture) -> tuple[Picture, float | None]:
            session = self._open(page) if next(numbers) == 0 else self.colorizer.open(page)
            return session.colorize(options), self._doubt(session, options)

        return colour_page

    def uncertainty(self, options: Options) -> tuple[Picture, float]:
        """Uncertainty of the first page, as a picture and as a number."""
        assert self.first is not None  # after `colour`
        found = self.first.uncertainty(options)
        return found.to_picture(self.first.picture.lightness), found.mean

    def _open(self, page: Picture) -> Session:
        if self.first is None:
            self.first = self.colorizer.open(page)
        return self.first

    def _doubt(self, session: Session, options: Options) -> float | None:
        if self.colorizer.info.output != "distribution":
            return None
        return session.uncertainty(options).mean


def variant_of(target: Path, variant: int) -> Path:
    """Where a variant is written: ``photo.jpg``, ``photo.variant-2.jpg``, ..."""
    return target.with_stem(f"{target.stem}.variant-{variant + 1}") if variant else target


def uncertainty_of(target: Path) -> Path:
    """``photo.uncertainty.png`` for ``photo.jpg``."""
    return target.with_name(target.stem + ".uncertainty.png")
