"""``reverse-oldify train RECIPE.toml``: train a network, or go on with a run that was stopped."""

from __future__ import annotations

import argparse
from pathlib import Path

from reverse_oldify.cli.arguments import positive
from reverse_oldify.errors import MissingExtraError

EPILOG = """\
The run's folder receives best.pt, checkpoint.pt, metrics.jsonl, curves.png and samples.png.
The same command goes on where a killed run left off. On several processors or graphics cards:
  torchrun --nproc-per-node N -m reverse_oldify train RECIPE.toml
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.epilog = EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("recipe", metavar="RECIPE.toml", help="what to train, on what, and how")
    parser.add_argument(
        "--stop-after", type=positive, metavar="STEPS", help="stop once this many steps are done"
    )
    parser.add_argument("--quiet", action="store_true", help="no progress bar")


def run(arguments: argparse.Namespace) -> int:
    """Train."""
    try:
        from reverse_oldify.train.loop import train
    except ModuleNotFoundError as error:
        raise MissingExtraError("training", "train") from error
    from reverse_oldify.train.recipe import load_recipe

    folder = train(
        load_recipe(arguments.recipe), stop_after=arguments.stop_after, quiet=arguments.quiet
    )
    print(f"{folder}: {_best(folder)}, curves in curves.png, pictures in samples.png")
    return 0


def _best(folder: Path) -> str:
    """What best.pt holds; a run whose scores are no numbers has none."""
    from reverse_oldify.train.checkpoint import BEST, load_checkpoint

    if not (folder / BEST).exists():
        return "no best weights"
    best = load_checkpoint(folder / BEST)
    return f"best weights (step {best['step']}, score {best['scores']['score']:.4f}) in {BEST}"
