"""Arguments that several commands take."""

from __future__ import annotations

import argparse

from reverse_oldify.files.formats import OUTPUT_FORMATS


def add_model(parser: argparse.ArgumentParser) -> None:
    """Declare the model to use."""
    parser.add_argument(
        "--model",
        help='a model\'s name, or what "reverse-oldify export" wrote (default: the shipped one)',
    )


def add_format(parser: argparse.ArgumentParser) -> None:
    """Declare the format of the results."""
    parser.add_argument(
        "--format", choices=OUTPUT_FORMATS, help="format of the results (default: as the input)"
    )


def positive(text: str) -> int:
    """Whole number above 0: a type for argparse."""
    if not (text.isdecimal() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)
