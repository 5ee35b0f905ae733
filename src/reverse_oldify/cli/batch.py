"""``reverse-oldify batch``: an archive in colour, however long it takes."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from reverse_oldify.batch.entry import State
from reverse_oldify.cli.archival import read_filing
from reverse_oldify.cli.batch_arguments import add_arguments
from reverse_oldify.cli.batch_summary import complain_of_plan, end_line, plan_line
from reverse_oldify.cli.controls import Controls, read_controls
from reverse_oldify.cli.main import complain, one_line
from reverse_oldify.errors import OptionError, OutputError, UnreadableError

if TYPE_CHECKING:
    from reverse_oldify.batch.engine import Engine
    from reverse_oldify.batch.job import Job, Stop
    from reverse_oldify.batch.journal import Journal
    from reverse_oldify.batch.plan import Planner
    from reverse_oldify.batch.selection import Selection
    from reverse_oldify.batch.storage import Found, Storage, Trouble
    from reverse_oldify.batch.task import Setup
    from reverse_oldify.options import Options

__all__ = ["add_arguments", "run"]


def run(arguments: argparse.Namespace) -> int:
    """Do the job; 0 if all is done, 1 if any failed or was left, 130 or 143 if it was interrupted.

    Raises
    ------
    OptionError, OutputError, ModelError
        What keeps every picture from being done: it is reported once.
    """
    from reverse_oldify.batch.job import copied_journal, open_journal
    from reverse_oldify.batch.plan import check_places
    from reverse_oldify.cli.progress import stopping

    if arguments.watch and str(arguments.list) == "-":
        raise OptionError("--watch reads the list again and again, and stdin ends; name a file")
    controls = read_controls(arguments, dry_run=arguments.dry_run)
    check_places(arguments.source, arguments.output)
    batch = _Batch(arguments, controls, _selection(arguments), _setup(arguments, controls))
    if arguments.dry_run:
        with copied_journal(batch.folder, batch.selection) as journal:
            return batch.tell(journal)
    batch.output.check()
    with open_journal(batch.folder, batch.selection) as journal, stopping(batch.say) as stop:
        return batch.do(journal, stop)


def _selection(arguments: argparse.Namespace) -> Selection:
    from reverse_oldify.batch.selection import Selection, Shard

    return Selection(
        include=tuple(arguments.include),
        exclude=tuple(arguments.exclude),
        shard=Shard.parse(arguments.shard) if arguments.shard else None,
        format=arguments.format,
    )


def _setup(arguments: argparse.Namespace, controls: Controls) -> Setup:
    from reverse_oldify.batch.task import Setup
    from reverse_oldify.batch.worker import open_colorizer
    from reverse_oldify.pipeline.deliver import Order

    info = open_colorizer(arguments.model).info  # one that is damaged is reported here, once
    order = Order(
        filing=read_filing(arguments, info),
        variants=controls.variants,
        uncertainty=controls.uncertainty,
        leave_coloured=not arguments.recolor,
    )
    return Setup(
        source=arguments.source,
        output=arguments.output,
        model=arguments.model,
        weights_hash=info.weights_hash,
        order=order,
        open_colorizer=open_colorizer,
    )


@dataclass
class _Batch:
    """One call of the command."""

    arguments: argparse.Namespace
    controls: Controls
    selection: Selection
    setup: Setup

    def __post_init__(self) -> None:
        from reverse_oldify.batch.storage import open_storage

        self.source: Storage = open_storage(self.arguments.source)
        self.output: Storage = open_storage(self.arguments.output)

    @property
    def folder(self) -> Path:
        """Where journal and report are."""
        from reverse_oldify.batch.job import FOLDER

        folder: Path | None = self.arguments.journal
        if folder is None and "://" in self.arguments.output:
            raise OptionError("a journal needs a folder, not a URL; give --journal DIR")
        return folder or Path(self.arguments.output, FOLDER)

    def tell(self, journal: Journal) -> int:
        """Print what would be done."""
        from reverse_oldify.batch.job import Stop

        run = journal.begin("{}")
        self._planner(journal, run).plan(self._found(Stop()))
        for entry in journal.entries(run, State.WAITING):
            self.say(f"{entry.path} -> {entry.target}")
        self._say_plan(journal, run)
        return 0

    def do(self, journal: Journal, stop: Stop) -> int:
        """Plan, work, and report."""
        from reverse_oldify.batch.job import Job
        from reverse_oldify.batch.report import Report

        age = 0 if self.selection.shard is None else self.arguments.time_limit
        self.output.sweep(journal.interrupted(), age)
        run = journal.begin(json.dumps(self._about()))
        job = Job(
            journal=journal,
            run=run,
            setup=self.setup,
            options_of=self._options,
            most_attempts=self.arguments.attempts,
            stop=stop,
        )
        if self.arguments.watch:
            self._watch(job)
        else:
            self.say(f"looking through {self.arguments.source}")
            self._planner(journal, run).plan(self._found(stop))
            if stop.asked:  # what was found is not all, so nothing is told of it
                complain(f"{stop.reason}; the same command goes on where this one stopped")
                return stop.status
            self._check_hints(journal, run)
            self._say_plan(journal, run)
            self._work(job)
        self.output.sweep(journal.interrupted(), age)
        report = Report(
            journal=journal,
            run=run,
            source=self.source,
            output=self.output,
            about=self._about(),
            stopped=stop.reason,
        )
        unwritten = ""
        try:
            self.say(f"{end_line(journal, run)}; report: {report.write(self.folder, self._stem())}")
            journal.end(run)
        except OutputError:
            if not stop.asked:
                raise
            unwritten = "; no report could be written"  # mostly for the reason why it stopped
        return self._finish(journal, run, stop, unwritten)

    def _about(self) -> dict[str, object]:
        """What was asked for."""
        return {
            "source": self.arguments.source,
            "output": self.arguments.output,
            "options": self.controls.options.to_json(),
            "shard": self.arguments.shard,
            "engine": self.arguments.engine,
        }

    def _stem(self) -> str:
        return f"report-{self.selection.shard.name}" if self.selection.shard else "report"

    def _found(self, stop: Stop) -> Iterator[Found | Trouble]:
        """Every file that is there, or that the list names, until someone asks to stop."""
        from reverse_oldify.batch.list_file import listed, read_list

        if self.arguments.list is None:
            found = self.source.walk(without=self.arguments.output)
        else:
            found = listed(read_list(self.arguments.list), self.source)
        return takewhile(lambda _: not stop.asked, found)

    def _planner(self, journal: Journal, run: int) -> Planner:
        from reverse_oldify.batch.plan import Planner

        return Planner(
            journal=journal,
            run=run,
            source=self.source,
            output=self.output,
            selection=self.selection,
            settings=self._settings,
            targets=self.setup.targets,
            overwrite=self.arguments.overwrite,
            retry_failed=self.arguments.retry_failed,
        )

    def _options(self, path: str) -> Options:
        return self.controls.of(Path(path))

    @property
    def _settings(self) -> Callable[[str], str]:
        """Fingerprint of what is wanted of a file; most are wanted alike."""
        from reverse_oldify.batch.task import fingerprint

        @cache
        def of(options: Options) -> str:
            return fingerprint(self.setup.order, options, self.setup.weights_hash)

        return lambda path: of(self._options(path))

    def _check_hints(self, journal: Journal, run: int) -> None:
        if self.controls.hints:
            seen = [
                Path(entry.path)
                for state in State
                if state is not State.SKIPPED
                for entry in journal.entries(run, state)
            ]
            self.controls.hints.check(seen)

    def _engine(self) -> Engine:
        if self.arguments.engine == "ray":
            from reverse_oldify.batch.cluster import ray_engine

            return ray_engine(
                self.setup,
                workers=self.arguments.workers,
                time_limit=self.arguments.time_limit,
                address=self.arguments.address,
            )
        from reverse_oldify.batch.local import local_engine

        return local_engine(
            self.setup, workers=self.arguments.workers, time_limit=self.arguments.time_limit
        )

    def _work(self, job: Job) -> None:
        from reverse_oldify.cli.progress import Progress

        waiting = job.journal.counts(job.run)[State.WAITING]
        if waiting and not job.stop.asked:
            with (
                closing(self._engine()) as engine,
                Progress(waiting, quiet=self.arguments.quiet) as progress,
            ):
                job.work(engine, progress.update)

    def _watch(self, job: Job) -> None:
        from reverse_oldify.batch.watch import Settling
        from reverse_oldify.cli.progress import Progress

        self.say(f"watching {self.arguments.source}; Ctrl-C ends it")
        settling = Settling(self.arguments.settle)
        planner = self._planner(job.journal, job.run)
        with (
            closing(self._engine()) as engine,
            Progress(None, quiet=self.arguments.quiet) as progress,
        ):
            while not job.stop.asked:
                try:
                    planner.plan(settling.settled(self._found(job.stop)))
                except UnreadableError:  # a place is away, and may come again: look at all anew
                    settling = Settling(self.arguments.settle)
                job.work(engine, progress.update)
                job.stop.wait(1)

    def _say_plan(self, journal: Journal, run: int) -> None:
        complain_of_plan(journal, run)
        self.say(plan_line(journal, run))

    def _finish(self, journal: Journal, run: int, stop: Stop, unwritten: str) -> int:
        counts = journal.counts(run)
        if unwritten or counts[State.WAITING] + counts[State.CLAIMED]:
            complain(f"{stop.reason}{unwritten}; the same command goes on where this one stopped")
            return stop.status
        return int(counts[State.FAILED] > 0 or any(journal.left(run)))

    def say(self, text: str) -> None:
        """Print a line for people."""
        if not self.arguments.quiet:
            print(one_line(text), flush=True)
