"""``reverse-oldify colorize``: photographs in, colour photographs out."""

from __future__ import annotations

import argparse
import os
import sys
import time
import warnings
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from reverse_oldify.cli.archival import add_archival, read_filing
from reverse_oldify.cli.arguments import add_format, add_model
from reverse_oldify.cli.controls import Controls, add_controls, read_controls
from reverse_oldify.cli.main import PROGRAM, one_line
from reverse_oldify.errors import InputError, OptionError, OutputError, ReverseOldifyError
from reverse_oldify.files.formats import OUTPUT_FORMATS, by_suffix

if TYPE_CHECKING:
    from reverse_oldify.files.discover import Discovery, Task
    from reverse_oldify.files.sheet import Pair
    from reverse_oldify.pipeline.colorizer import Colorizer
    from reverse_oldify.pipeline.deliver import Order


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument(
        "inputs",
        nargs="+",
        metavar="INPUT",
        help="picture, folder (searched to any depth) or quoted pattern such as 'scans/*.tif'; "
        "JPEG, PNG, TIFF, WebP, AVIF, JPEG 2000, BMP, GIF; with extras HEIC, JPEG XL, camera RAW",
    )
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="OUT_DIR", help="folder for the results"
    )
    add_format(parser)
    add_model(parser)
    parser.add_argument("--overwrite", action="store_true", help="replace files that exist")
    parser.add_argument("--quiet", action="store_true", help="print failures only")
    parser.add_argument(
        "--sheet", type=Path, metavar="FILE", help="also write a sheet of all, before and after"
    )
    add_controls(parser)
    add_archival(parser)


def run(arguments: argparse.Namespace) -> int:
    """Colourise every input; 0 if all went well, 1 if any failed.

    Raises
    ------
    OptionError, OutputError, ModelError
        What keeps every picture from being done: it is reported once.
    """
    from reverse_oldify.files.discover import discover
    from reverse_oldify.files.drafts import check_folder

    controls = read_controls(arguments)
    order = _order(arguments, controls)
    found = discover(
        arguments.inputs, arguments.output, format=arguments.format, files_of=order.targets
    )
    if controls.hints:
        controls.hints.check([task.source for task in found.tasks])
    job = _Job(
        controls=controls,
        order=order,
        overwrite=arguments.overwrite,
        quiet=arguments.quiet,
        sheet=arguments.sheet,
    )
    if job.sheet is not None and found.tasks:
        _check_sheet(job.sheet, found, order, job.overwrite)
    for problem in found.problems:
        job.fail(str(problem))
    if found.tasks:
        from reverse_oldify.pipeline.colorizer import Colorizer

        check_folder(arguments.output)
        colorizer = Colorizer(arguments.model)
        info = colorizer.info  # loads it: one that is damaged is reported once, not per picture
        job.order = replace(order, filing=read_filing(arguments, info))
        job.do(found.tasks, colorizer)
    return job.finish(arguments.output, found.skipped)


def _order(arguments: argparse.Namespace, controls: Controls) -> Order:
    """What is written for each picture, but for what the model says in it."""
    from reverse_oldify.pipeline.deliver import Order
    from reverse_oldify.pipeline.filing import Filing

    filing = Filing(provenance=None, sidecar=arguments.sidecar, layers=arguments.layers)
    return Order(filing=filing, variants=controls.variants, uncertainty=controls.uncertainty)


def _check_sheet(sheet: Path, found: Discovery, order: Order, overwrite: bool) -> None:
    """See that the sheet can be written, before the work and not after it."""
    from reverse_oldify.files.drafts import check_folder, check_name

    kind = by_suffix(sheet)
    if kind is None or kind.key not in OUTPUT_FORMATS:
        suffixes = ", ".join("." + key for key in OUTPUT_FORMATS)
        raise OptionError(f"{sheet}: no format for a sheet; choose one of {suffixes}")
    files = (path for task in found.tasks for path in [task.source, *order.targets(task.target)])
    if os.path.realpath(sheet) in map(os.path.realpath, files):
        raise OptionError(f"{sheet}: the sheet would replace a picture; choose another name")
    check_name(sheet, overwrite=overwrite)
    check_folder(sheet.parent)


@dataclass
class _Job:
    """The pictures of one call, and what has become of them."""

    controls: Controls
    order: Order
    overwrite: bool
    quiet: bool
    sheet: Path | None
    done: int = 0
    failed: int = 0
    pairs: list[Pair] = field(default_factory=list)
    started: float = field(default_factory=time.perf_counter)

    def do(self, tasks: Iterable[Task], colorizer: Colorizer) -> None:
        """Colourise pictures one after the other; a failure does not stop the others."""
        from tqdm import tqdm

        tasks = list(tasks)
        # None: no bar where stderr is no terminal, so that a log holds failures and nothing else.
        hidden = True if self.quiet or len(tasks) < 2 else None
        warnings.filterwarnings("ignore", module="PIL")  # what matters of it becomes a note
        for task in tqdm(tasks, unit="picture", disable=hidden, leave=False):
            try:
                notes = self._do_one(task, colorizer)
            except (InputError, OutputError) as error:
                self.fail(str(error))
            except ReverseOldifyError as error:
                self.fail(f"{task.source}: {error}")
            except MemoryError:
                self.fail(f"{task.source}: it does not fit into memory; make it smaller")
            except Exception as error:  # a fault of ours must not cost the user the other pictures
                kind = type(error).__name__
                self.fail(f"{task.source}: unexpected {kind}: {error}; please report this")
            else:
                self.done += 1
                for note in notes:
                    self.say(f"{task.source}: {note}")

    def _do_one(self, task: Task, colorizer: Colorizer) -> list[str]:
        from reverse_oldify.files.drafts import make_folder
        from reverse_oldify.pipeline.deliver import deliver

        make_folder(task.target.parent)
        options = self.controls.of(task.source)
        made = deliver(colorizer, task.source, task.target, options, self.order)
        if self.sheet is not None:
            self._remember(task)
        return made.notes

    def _remember(self, task: Task) -> None:
        from reverse_oldify.files.read import open_pages
        from reverse_oldify.files.sheet import MOST_PAIRS, pair

        if len(self.pairs) < MOST_PAIRS:
            with closing(open_pages(task.target)) as pages:
                self.pairs.append(pair(next(pages), task.source.name))

    def finish(self, out_dir: Path, skipped: int) -> int:
        """Write the sheet and the summary; return the exit status."""
        if self.sheet is not None and self.pairs:
            self._write_sheet(self.sheet)
        seconds = time.perf_counter() - self.started
        line = f"{self.done} {_plural('picture', self.done)} colourised into {out_dir}"
        line += f", {self.failed} failed" if self.failed else ""
        line += f", {skipped} other {_plural('file', skipped)} skipped" if skipped else ""
        self.say(f"{line} ({seconds:.1f} s)")
        return 1 if self.failed else 0

    def _write_sheet(self, sheet: Path) -> None:
        from reverse_oldify.files.sheet import contact_sheet

        contact_sheet(self.pairs).save(sheet, overwrite=self.overwrite)
        if self.done > len(self.pairs):
            self.say(f"{sheet}: shows the first {len(self.pairs)} pictures only")

    def say(self, text: str) -> None:
        """Print a line for people to stdout, above the progress bar."""
        if not self.quiet:
            _print(one_line(text), error=False)

    def fail(self, text: str) -> None:
        """Count a failure, and print it as one line to stderr."""
        self.failed += 1
        _print(f"{PROGRAM}: {one_line(text)}", error=True)


def _print(line: str, *, error: bool) -> None:
    from tqdm import tqdm

    tqdm.write(line, file=sys.stderr if error else sys.stdout)


def _plural(noun: str, count: int) -> str:
    return noun if count == 1 else noun + "s"
