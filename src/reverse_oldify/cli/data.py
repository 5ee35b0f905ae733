"""``reverse-oldify data prepare``: make a training set."""

from __future__ import annotations

import argparse
from pathlib import Path

from reverse_oldify.cli.main import one_line


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's sub-commands and their flags."""
    commands = parser.add_subparsers(dest="data_command", metavar="COMMAND", required=True)
    prepare = commands.add_parser(
        "prepare",
        help="verify, screen and decode photographs into a training set",
        description="Decode photographs once into a training set: broken, tiny, grey and toned "
        "ones and near-duplicates are dropped (dropped.csv says which and why), the rest is split "
        "by content.",
    )
    prepare.add_argument(
        "sources",
        nargs="+",
        type=Path,
        metavar="SOURCE",
        help="folder (with everything below it), zip or tar; archives in folders count too",
    )
    prepare.add_argument(
        "-o", "--output", required=True, type=Path, metavar="CACHE", help="folder to make"
    )
    prepare.add_argument(
        "--kind",
        help="label of the pictures, such as 'landscape' (default: the name of their source; an "
        "index.csv beside tar shards comes first)",
    )
    prepare.add_argument(
        "--short-side",
        type=int,
        default=256,
        metavar="PIXELS",
        help="scale larger pictures down to this short side (default: %(default)s)",
    )
    prepare.add_argument(
        "--min-side",
        type=int,
        default=96,
        metavar="PIXELS",
        help="drop pictures with a shorter side (default: %(default)s)",
    )
    prepare.add_argument(
        "--val-fraction",
        type=float,
        default=0.05,
        metavar="SHARE",
        help="share of the pictures kept for validation (default: %(default)s)",
    )
    prepare.add_argument(
        "--overwrite", action="store_true", help="replace CACHE if it is a prepared set"
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command; return the exit status."""
    from reverse_oldify.data.examine import PrepareOptions
    from reverse_oldify.data.prepare import prepare

    about = prepare(
        arguments.sources,
        arguments.output,
        PrepareOptions(
            kind=arguments.kind,
            short_side=arguments.short_side,
            min_side=arguments.min_side,
            val_fraction=arguments.val_fraction,
        ),
        overwrite=arguments.overwrite,
    )
    print(f"{arguments.output}: {about['pictures']:,} pictures")
    for title in ("counts", "dropped"):
        for name, count in about[title].items():
            print(f"  {title} {one_line(name)}: {count:,}")
    for split in ("train", "val"):
        if not any(name.startswith(f"{split}/") for name in about["counts"]):
            print(f"  no {split} pictures: give more, or another val_fraction in the recipe")
    return 0
