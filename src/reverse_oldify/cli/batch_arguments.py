"""The arguments of ``reverse-oldify batch``."""

from __future__ import annotations

import argparse
from pathlib import Path
from urllib.parse import unquote

from reverse_oldify.cli.archival import add_archival
from reverse_oldify.cli.arguments import add_format, add_model, positive
from reverse_oldify.cli.controls import add_controls

_FOLDERS = ("file", "local")  # schemes of URLs that name folders of this machine


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument(
        "source",
        type=_place,
        metavar="SOURCE",
        help="folder, searched to any depth, or URL such as s3://bucket/scans",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=_place,
        required=True,
        metavar="OUT",
        help="folder or URL for the results, with the same folders as below SOURCE",
    )
    add_format(parser)
    add_model(parser)
    parser.add_argument(
        "--overwrite", action="store_true", help="replace files that are not of this job, too"
    )
    parser.add_argument("--quiet", action="store_true", help="print failures only")
    _add_selection(parser)
    _add_workers(parser)
    add_controls(parser)
    add_archival(parser)


def _place(text: str) -> str:
    """A folder or URL; a folder that is written as a URL is a folder."""
    scheme, mark, path = text.partition("://")
    return unquote(path) if mark and scheme.lower() in _FOLDERS else text


def _add_selection(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("which files")
    group.add_argument(
        "--list",
        type=Path,
        metavar="FILE",
        help="only the files below SOURCE that FILE names, one a line ('-': from stdin)",
    )
    group.add_argument(
        "--include",
        action="append",
        default=[],
        metavar="PATTERN",
        help="only files that match, such as '*.tif' or 'box-7/*'; may be repeated",
    )
    group.add_argument(
        "--exclude",
        action="append",
        default=[],
        metavar="PATTERN",
        help="no files or folders that match; may be repeated",
    )
    group.add_argument(
        "--recolor",
        action="store_true",
        help="colour anew what is in colour already (default: such files are left alone)",
    )
    group.add_argument(
        "--shard", metavar="I/N", help="only part I of N, for N jobs that share the work"
    )
    group.add_argument(
        "--retry-failed", action="store_true", help="try files again that failed before"
    )
    group.add_argument("--dry-run", action="store_true", help="only say what would be done")


def _add_workers(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("how it is done")
    group.add_argument(
        "--workers", type=positive, metavar="N", help="files at a time (default: one a core)"
    )
    group.add_argument(
        "--time-limit",
        type=positive,
        default=600,
        metavar="S",
        help="seconds for a file, after which it has failed (default: %(default)s)",
    )
    group.add_argument(
        "--attempts",
        type=positive,
        default=2,
        metavar="N",
        help="times that a file is tried on which a worker died (default: %(default)s)",
    )
    group.add_argument(
        "--engine", choices=("local", "ray"), default="local", help="what runs the workers"
    )
    group.add_argument(
        "--address", help="of a Ray cluster (default: Ray is started on this machine)"
    )
    group.add_argument(
        "--journal",
        type=Path,
        metavar="DIR",
        help="folder for journal and report (default: OUT/reverse-oldify-batch)",
    )
    group.add_argument(
        "--watch", action="store_true", help="go on and take what arrives, until interrupted"
    )
    group.add_argument(
        "--settle",
        type=positive,
        default=5,
        metavar="S",
        help="with --watch: seconds without a change before a file is taken (default: %(default)s)",
    )
