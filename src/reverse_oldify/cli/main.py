"""The command ``reverse-oldify``: finds the subcommand, runs it, and turns errors into one line.

Exit status: 0 all was done, 1 something failed, 2 wrong usage; interrupted: 128 and the signal's
number.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from reverse_oldify.errors import OptionError, ReverseOldifyError, reason_of
from reverse_oldify.signals import ending_signals, handled
from reverse_oldify.version import VERSION

PROGRAM = "reverse-oldify"


COMMANDS = {
    "colorize": "colourise photographs",
    "batch": "colourise an archive",
    "suggest": "list likely colours of a place",
    "serve": "serve a page for photographs, and an HTTP API",
    "evaluate": "measure models on colour photographs",
    "data": "prepare photographs for training",
    "train": "train a model from a recipe",
    "export": "turn a checkpoint into a model file",
}
"""What each does, in a line of help. Its module in `cli`, of the same name, has ``add_arguments``
and ``run``.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; ``argv`` without the program's name, by default the process's own."""
    _print_anything()
    try:
        # As an exception, so that temporary files are removed on the way out.
        with handled(ending_signals(), _leave):
            status = _run(sys.argv[1:] if argv is None else list(argv))
        sys.stdout.flush()  # here, so that a reader that has gone is noticed here
    except KeyboardInterrupt:
        complain("interrupted; what was written is whole")
        return 130
    except ReverseOldifyError as error:
        complain(str(error))
        return 2 if isinstance(error, OptionError) else 1
    except OSError as error:
        if error.filename is not None:
            raise
        # Of a stream, then: what concerns a file is told by an error of ours.
        if not isinstance(error, BrokenPipeError):  # for example `| head`: the reader has enough
            complain(f"cannot print ({reason_of(error)}); see where its output goes")
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status


def complain(text: str) -> None:
    """Print one line to stderr, after the program's name."""
    print(f"{PROGRAM}: {one_line(text)}", file=sys.stderr)


def one_line(text: str) -> str:
    """Escape what is not printable: a file's name may hold newlines or terminal commands."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )


def _run(argv: list[str]) -> int:
    wanted = next((word for word in argv if not word.startswith("-")), None)
    parser = argparse.ArgumentParser(
        prog=PROGRAM, description="Black-and-white photographs in colour."
    )
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {VERSION}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, text in COMMANDS.items():
        subparser = commands.add_parser(name, help=text, description=text)
        if name == wanted:  # the others stay unimported
            _module_of(name).add_arguments(subparser)
    arguments = parser.parse_args(argv)
    status: int = _module_of(arguments.command).run(arguments)
    return status


def _module_of(command: str) -> Any:
    return import_module(f"reverse_oldify.cli.{command}")


def _print_anything() -> None:
    """Let names that the terminal's encoding lacks be printed, escaped, instead of raising; and
    anything where nobody listens, for the stream was closed.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115 (to the end)
        reconfigure = getattr(getattr(sys, name), "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _leave(number: int, _frame: object) -> NoReturn:
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
