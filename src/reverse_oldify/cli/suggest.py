"""``reverse-oldify suggest``: which colours a place in a photograph may have."""

from __future__ import annotations

import argparse
from pathlib import Path

from reverse_oldify.cli.arguments import add_model
from reverse_oldify.cli.controls import add_asking
from reverse_oldify.errors import OptionError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("picture", type=Path, metavar="PICTURE", help="a photograph")
    parser.add_argument("x", type=float, metavar="X", help="pixels from the left, from 0")
    parser.add_argument("y", type=float, metavar="Y", help="pixels from the top, from 0")
    parser.add_argument(
        "-k", "--count", type=int, default=5, help="at most so many colours (default: %(default)s)"
    )
    add_asking(parser)
    add_model(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print one colour a line: sRGB, a* and b*, and how likely it is."""
    from reverse_oldify.options import Options
    from reverse_oldify.pipeline.colorizer import Colorizer
    from reverse_oldify.pipeline.palette import find_palette

    palette = None if arguments.palette is None else find_palette(arguments.palette)
    options = Options(palette=palette, working_size=arguments.working_size)
    session = Colorizer(arguments.model).open(arguments.picture)
    try:
        colours = session.suggest(arguments.x, arguments.y, arguments.count, options)
    except OptionError as error:
        raise OptionError(f"{arguments.picture}: {error}") from error
    for colour in colours:
        a, b = colour.ab
        print(f"{colour.hex}  a* {a:6.1f}  b* {b:6.1f}  {colour.probability:4.0%}")
    return 0
