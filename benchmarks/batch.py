"""Measure how many pictures a batch does, and what it takes beside a plain loop.

    python benchmarks/batch.py [--megapixels 1 12] [--workers 1 2] [--pictures N] [--profile]

A *plain loop* is one process that reads, colours and writes one file after the other, with one
thread and a forced write, and knows nothing of a journal. A *batch* is what the command runs:
workers in processes of their own, the journal forced to the disk, each result hashed and forced to
the disk with its folder. Both are measured in fresh processes, after two pictures a worker that
warm them up, alternately, several times; medians are told. The overhead compares processor seconds
of the whole batch (job and one worker) with those of the loop: they mean something on a busy
machine, too. Linux only: it asks /proc.
"""

from __future__ import annotations

import argparse
import contextlib
import cProfile
import multiprocessing
import os
import pstats
import shutil
import statistics
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from speed import write_photograph

if TYPE_CHECKING:
    from reverse_oldify.batch.entry import State
    from reverse_oldify.batch.job import Job
    from reverse_oldify.batch.task import Outcome, Setup

_TICKS = os.sysconf("SC_CLK_TCK")
_WARM = 2  # pictures a worker, before the clock starts


class Cost(NamedTuple):
    """Of some pictures: seconds on the wall and on the processors; peak MB of a worker.

    ``job`` is what journal and engine take of the processor seconds, in the process of the job.
    """

    wall: float
    cpu: float
    memory: float
    job: float = 0.0


def main() -> None:
    """Measure every size, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--megapixels", type=float, nargs="+", default=[1.0, 12.0])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--pictures", type=int, default=24, help="of 1 megapixel; fewer of more")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--profile", action="store_true", help="say what takes the time, instead")
    arguments = parser.parse_args()
    fresh = multiprocessing.get_context("spawn")
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    with tempfile.TemporaryDirectory() as folder:
        for megapixels in arguments.megapixels:
            count = max(6, round(arguments.pictures / megapixels**0.5))
            source = Path(folder, f"{megapixels:g}-mp")
            fill(source, megapixels, count)
            if arguments.profile:
                profile(source, count)
            else:
                compare(fresh, source, count, arguments.workers, arguments.rounds)


def compare(
    fresh: multiprocessing.context.SpawnContext,
    source: Path,
    count: int,
    crews: list[int],
    rounds: int,
) -> None:
    """Measure one size and print its rows."""
    costs: dict[str, list[Cost]] = {}
    for _ in range(rounds):
        costs.setdefault("plain loop", []).append(in_process(fresh, plain, source))
        for workers in crews:
            name = f"batch, {workers} workers" if workers > 1 else "batch, 1 worker"
            costs.setdefault(name, []).append(in_process(fresh, batch, source, workers))
    plain_cpu = statistics.median(cost.cpu for cost in costs["plain loop"])
    print(f"{source.name}, {count} pictures, {rounds} rounds\n")
    print("| | pictures/s | CPU s a picture | to the loop | of it the job, ms | peak MB a worker |")
    print("|---|---:|---:|---:|---:|---:|")
    for name, rows in costs.items():
        wall = statistics.median(cost.wall for cost in rows)
        cpu = statistics.median(cost.cpu for cost in rows)
        job = statistics.median(cost.job for cost in rows)
        memory = max(cost.memory for cost in rows)
        print(
            f"| {name} | {count / wall:.2f} | {cpu / count:.3f} | {cpu / plain_cpu:.3f} | "
            f"{1000 * job / count:.1f} | {memory:.0f} |",
            flush=True,
        )
    print()


def in_process(fresh: multiprocessing.context.SpawnContext, work: object, *values: object) -> Cost:
    """Run a measurement in a new process, which may start others."""
    ours, theirs = fresh.Pipe()
    process = fresh.Process(target=_answer, args=(theirs, work, values))
    process.start()
    theirs.close()  # or it would be waited for when it has failed
    cost: Cost = ours.recv()
    process.join()
    return cost


def _answer(pipe: object, work: object, values: tuple[object, ...]) -> None:
    pipe.send(work(*values))  # type: ignore[attr-defined, operator]


def fill(source: Path, megapixels: float, count: int) -> None:
    """Write one picture under many names: ``warm/`` and ``all/``."""
    (source / "all").mkdir(parents=True)
    (source / "warm").mkdir()
    first = source / "all" / "0.jpg"
    write_photograph(first, megapixels)
    for number in range(1, count):
        shutil.copy(first, source / "all" / f"{number}.jpg")
    for number in range(_WARM * (os.cpu_count() or 1)):
        shutil.copy(first, source / "warm" / f"{number}.jpg")


def made_setup(source: Path, out: Path) -> Setup:
    """As the command makes it."""
    from reverse_oldify.batch.task import Setup
    from reverse_oldify.batch.worker import open_colorizer
    from reverse_oldify.files.provenance import Provenance
    from reverse_oldify.options import Options
    from reverse_oldify.pipeline.deliver import Order
    from reverse_oldify.pipeline.filing import Filing

    provenance = Provenance.of(open_colorizer(None).info, Options())
    order = Order(filing=Filing(provenance=provenance), leave_coloured=True)
    return Setup(
        source=str(source), output=str(out), model=None, order=order, open_colorizer=open_colorizer
    )


def plain(source: Path) -> Cost:
    """Do all pictures in a loop."""
    from reverse_oldify.batch.worker import use_one_thread

    use_one_thread()
    with tempfile.TemporaryDirectory(dir=source.parent) as folder:
        setup = made_setup(source, Path(folder))
        loop(setup, sorted((source / "warm").iterdir())[:_WARM])
        wall, cpu = time.perf_counter(), time.process_time()
        loop(setup, sorted((source / "all").iterdir()))
        return Cost(time.perf_counter() - wall, time.process_time() - cpu, peak(os.getpid()))


def loop(setup: Setup, paths: list[Path]) -> None:
    """Colour files one after the other."""
    from reverse_oldify.options import Options
    from reverse_oldify.pipeline.deliver import deliver

    colorizer = setup.open_colorizer(None)
    for path in paths:
        target = Path(setup.output, path.parent.name + "-" + path.name)
        deliver(colorizer, path, target, Options(), setup.order)


def batch(source: Path, workers: int) -> Cost:
    """Do all pictures as the command does."""
    from reverse_oldify.batch.local import local_engine

    with tempfile.TemporaryDirectory(dir=source.parent) as folder, contextlib.ExitStack() as stack:
        setup = made_setup(source, Path(folder))
        job = made_job(setup, stack)
        engine = stack.enter_context(closing(local_engine(setup, workers=workers, time_limit=600)))
        plan(job, "warm/*")
        job.work(engine, check)
        plan(job, "all/*")
        wall, own, others = time.perf_counter(), time.process_time(), used()
        job.work(engine, check)
        wall, own = time.perf_counter() - wall, time.process_time() - own
        memory = max(peak(pid) for pid in children())
        return Cost(wall, own + used() - others, memory, own)


def made_job(setup: Setup, stack: contextlib.ExitStack) -> Job:
    """A job with a journal beside its results."""
    from reverse_oldify.batch.job import FOLDER, Job, Stop, open_journal
    from reverse_oldify.batch.selection import Selection
    from reverse_oldify.options import Options

    journal = stack.enter_context(open_journal(Path(setup.output, FOLDER), Selection()))
    return Job(
        journal=journal,
        run=journal.begin("{}"),
        setup=setup,
        options_of=lambda _: Options(),
        most_attempts=1,
        stop=Stop(),
    )


def check(outcome: Outcome, state: State) -> None:
    """End at the first failure: a rate of failures means nothing."""
    if state != "done":
        sys.exit(outcome.reason)


def plan(job: Job, include: str) -> None:
    """Enter some files into the journal."""
    from reverse_oldify.batch.plan import Planner
    from reverse_oldify.batch.selection import Selection
    from reverse_oldify.batch.storage import open_storage

    source = open_storage(job.setup.source)
    planner = Planner(
        journal=job.journal,
        run=job.run,
        source=source,
        output=open_storage(job.setup.output),
        selection=Selection(include=(include,)),
        settings=lambda _: "",
        targets=job.setup.targets,
    )
    planner.plan(source.walk())


def children() -> list[int]:
    """Worker processes of this one."""
    pids = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return [int(p) for p in pids if b"spawn_main" in Path(f"/proc/{p}/cmdline").read_bytes()]


def used() -> float:
    """Processor seconds of the workers so far."""
    stats = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in children()]
    return sum(int(fields[11]) + int(fields[12]) for fields in stats) / _TICKS


def peak(pid: int) -> float:
    """Most memory that a process had, in MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1e3


def profile(source: Path, count: int) -> None:
    """Say in which functions a worker spends its time."""
    from reverse_oldify.batch.task import Task
    from reverse_oldify.batch.worker import Worker, use_one_thread
    from reverse_oldify.options import Options

    use_one_thread()
    with tempfile.TemporaryDirectory(dir=source.parent) as folder:
        worker = Worker(made_setup(source, Path(folder)))
        names = [
            f"{part}/{n}.jpg" for part, n in [("warm", 0), *(("all", n) for n in range(count))]
        ]
        tasks = [Task(path=n, target=n, options=Options(), overwrite=False) for n in names]
        worker.do(tasks[0])
        profiler = cProfile.Profile(time.process_time)
        outcomes = profiler.runcall(lambda: [worker.do(task) for task in tasks[1:]])
    assert all(outcome.ending == "done" for outcome in outcomes)
    print(f"{source.name}, {count} pictures")
    pstats.Stats(profiler).strip_dirs().sort_stats("tottime").print_stats(22)


if __name__ == "__main__":
    main()
