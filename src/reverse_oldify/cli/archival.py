"""The flags that say what is written besides the colours: provenance, sidecar, layers."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from reverse_oldify.files.formats import SUBSAMPLINGS, Encoding

if TYPE_CHECKING:
    from reverse_oldify.pipeline.filing import Filing
    from reverse_oldify.types import ModelInfo


def add_archival(parser: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    group = parser.add_argument_group("for archives")
    group.add_argument(
        "--no-provenance",
        action="store_true",
        help="do not write into the results that their colours are estimated, and how",
    )
    group.add_argument(
        "--source-type",
        metavar="TERM",
        help="IPTC digital source type (default: compositeWithTrainedAlgorithmicMedia)",
    )
    group.add_argument(
        "--sidecar", action="store_true", help="also write RESULT.json: provenance and notes"
    )
    group.add_argument(
        "--quality",
        type=int,
        metavar="N",
        help="of JPEG, WebP and AVIF, 1 to 100 (default: JPEG as the source, else 95; AVIF 90)",
    )
    group.add_argument(
        "--subsampling",
        choices=SUBSAMPLINGS,
        help="of the colour in JPEG and AVIF (default: 4:4:4, none)",
    )
    group.add_argument(
        "--allow-loss",
        action="store_true",
        help="also write what a format cannot hold whole (16 bits, opacity, pages, metadata)",
    )
    group.add_argument(
        "--layers",
        action="store_true",
        help="also write RESULT.layers.tif: the scan, and its colour alone at 16 bits",
    )


def read_filing(arguments: argparse.Namespace, info: ModelInfo) -> Filing:
    """What is written besides the colour pictures; `deliver` adds the options of each."""
    from reverse_oldify.files.provenance import SOURCE_TYPES, Provenance
    from reverse_oldify.options import Options
    from reverse_oldify.pipeline.filing import Filing

    source_type = arguments.source_type or SOURCE_TYPES[0]
    provenance = Provenance.of(info, Options(), source_type=source_type)
    return Filing(
        provenance=None if arguments.no_provenance else provenance,
        sidecar=arguments.sidecar,
        layers=arguments.layers,
        overwrite=arguments.overwrite,
        encoding=Encoding(quality=arguments.quality, subsampling=arguments.subsampling),
        allow_loss=arguments.allow_loss,
    )
