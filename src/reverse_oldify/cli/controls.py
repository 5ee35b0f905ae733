"""The flags that steer colour, and what they mean for each picture."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from reverse_oldify.errors import OptionError

if TYPE_CHECKING:
    from reverse_oldify.options import Options
    from reverse_oldify.pipeline.hint_file import HintFile


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
        "--hints",
        type=Path,
        metavar="FILE",
        help="colours for places, as JSON (docs/controls.md): "
        '{"version": 1, "hints": [{"points": [[x, y], ...], "color": "#rrggbb"}, ...]}',
    )
    add_asking(group)
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
        help="colour each picture in N ways, up to 10, the likeliest first (default: %(default)s)",
    )
    group.add_argument(
        "--seed", type=int, default=0, metavar="S", help="of the variants (default: %(default)s)"
    )
    group.add_argument(
        "--uncertainty",
        action="store_true",
        help="also write NAME.uncertainty.png, white is a guess; print the expected error",
    )


def add_asking(group: argparse._ActionsContainer) -> None:
    """Declare the flags that change what the network says of a picture."""
    group.add_argument(
        "--palette",
        metavar="REFERENCE",
        help="a picture in colour, a saved palette (.json), or a look: "
        "amber, dawn, faded, forest, slide, sunset",
    )
    group.add_argument(
        "--working-size",
        type=int,
        metavar="N",
        help="side in pixels, 32 to 2048, at which the network looks at the picture "
        "(default: the model's)",
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


def read_controls(arguments: argparse.Namespace, *, dry_run: bool = False) -> Controls:
    """Read the flags, and the files they name; save a palette that is to be saved, if in earnest.

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
    palette = None if arguments.palette is None else find_palette(arguments.palette)
    if arguments.save_palette:
        if palette is None:
            raise OptionError("--save-palette has nothing to save; give --palette, too")
        if not dry_run:
            save_palette(palette, arguments.save_palette, overwrite=arguments.overwrite)
    options = Options(
        vividness=arguments.vividness,
        working_size=arguments.working_size,
        palette=palette,
        seed=arguments.seed,
    )
    hints = read_hints(arguments.hints) if arguments.hints else None
    return Controls(options, hints, arguments.variants, arguments.uncertainty)
