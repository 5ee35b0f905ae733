"""``reverse-oldify export CHECKPOINT... -o FOLDER``: write a trained network as ONNX."""

from __future__ import annotations

import argparse
from pathlib import Path

from reverse_oldify.cli.arguments import positive
from reverse_oldify.errors import MissingExtraError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "checkpoints",
        nargs="+",
        type=Path,
        metavar="CHECKPOINT",
        help="best.pt or checkpoint.pt of a run; of several runs from one start, the mean of their "
        "weights is taken",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="FOLDER",
        help="new folder for the model",
    )
    parser.add_argument(
        "--weights",
        type=Path,
        metavar="FILE.pt",
        help="also write the bare weights in half precision, to a new file, for other runs to "
        "start_from",
    )
    parser.add_argument(
        "--calibrate",
        type=Path,
        metavar="CACHE",
        help="bring convolutions to 8 bits, by photographs of this prepared set",
    )
    parser.add_argument("--name", help="name of the model (default: the recipe's)")
    parser.add_argument("--licence", default="Apache-2.0", help="licence of the weights")
    parser.add_argument("--data", default="", help="what it was trained on, in words")
    parser.add_argument(
        "--working-size",
        type=positive,
        default=256,
        metavar="PIXELS",
        help="side at which the network looks at pictures (default: %(default)s)",
    )
    parser.add_argument(
        "--decoding",
        nargs=5,
        type=float,
        metavar=("TEMPERATURE", "PRIOR_EXPONENT", "RESTORED", "KNEE", "SPREAD_SCALE"),
        help="decoding at vividness 1, and correction of the uncertainty",
    )


def run(arguments: argparse.Namespace) -> int:
    """Export, and say what was proved."""
    try:
        from reverse_oldify.export.model import DEFAULT_DECODING, export_checkpoint
    except ModuleNotFoundError as error:
        raise MissingExtraError("exporting a model", "train") from error

    decoding = arguments.decoding and dict(zip(DEFAULT_DECODING, arguments.decoding, strict=True))
    result = export_checkpoint(
        arguments.checkpoints,
        arguments.output,
        name=arguments.name,
        licence=arguments.licence,
        data=arguments.data,
        working_size=arguments.working_size,
        decoding=decoding,
        calibrate=arguments.calibrate,
        weights=arguments.weights,
    )
    print(
        f"{result.folder}: {result.size / 1e6:.1f} MB, differs from PyTorch by at most "
        f"{result.difference:.1e}"
        + ("" if result.drift is None else f"; in 8 bits {result.drift:.1%} of the shares differ")
    )
    return 0
