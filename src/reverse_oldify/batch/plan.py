"""What is to be done: every file below the source, and what the journal knows of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from pathlib import Path, PurePosixPath

from reverse_oldify.batch.entry import UNKNOWN, Entry, State
from reverse_oldify.batch.journal import Journal
from reverse_oldify.batch.selection import Selection
from reverse_oldify.batch.storage import OUTSIDE, Found, Stamp, Storage, Trouble, foreign, stamped
from reverse_oldify.errors import OptionError, UnreadableError, reason_of
from reverse_oldify.files.discover import is_within

_AT_ONCE = 2000  # files a transaction


@dataclass(frozen=True, kw_only=True)
class Planner:
    """Compares what is there with what the journal knows.

    Attributes
    ----------
    journal : Journal
        Is brought up to date.
    run : int
        Number of this run.
    source, output : Storage
        Where files come from, and where results go.
    selection : Selection
        Which files are meant.
    settings : callable
        Fingerprint of what is wanted of a file.
    targets : callable
        Every file that may be written for a result: see `Setup.targets`.
    overwrite : bool
        Whether results may be replaced that are not of this job.
    retry_failed : bool
        Whether files that failed are to be tried again.
    """

    journal: Journal
    run: int
    source: Storage
    output: Storage
    selection: Selection
    settings: Callable[[str], str]
    targets: Callable[[str], list[str]]
    overwrite: bool = False
    retry_failed: bool = False

    def plan(self, seen: Iterable[Found | Trouble]) -> None:
        """Enter all that was found into the journal."""
        stamp_of, holds = self.output.stamps(), cache(self.output.holds)
        found = iter(seen)
        while some := list(islice(found, _AT_ONCE)):
            with self.journal.transaction():
                for each in some:
                    entry = (
                        self._trouble(each)
                        if isinstance(each, Trouble)
                        else self._file(each, stamp_of, holds)
                    )
                    if entry is not None:
                        self.journal.put(entry)

    def _trouble(self, trouble: Trouble) -> Entry | None:
        if not self.selection.holds(trouble.path) or self.selection.leaves_out(trouble.path):
            return None
        return replace(
            self.journal.entry(trouble.path) or Entry(path=trouble.path),
            state=State.FAILED,
            again=True,
            reason=f"{trouble.path or self.source.place}: {trouble.reason}; check it",
            run=self.run,
        )

    def _file(
        self,
        found: Found,
        stamp_of: Callable[[str], str | None],
        holds: Callable[[str], bool],
    ) -> Entry | None:
        target = self.selection.target(found.path)
        if not self.selection.holds(target):
            return None
        new = Entry(
            path=found.path,
            target=target,
            stamp=found.stamp,
            settings=self.settings(found.path),
            run=self.run,
        )
        known = self.journal.entry(found.path)
        if known is not None and (known.target != target or not known.begun):
            new, known = new.with_ours(known.ours), None  # what had another format is ours, too
        why_not = self.selection.why_not(found.path)
        if why_not:  # what is known of it may be wanted in another run
            return None if known else replace(new, state=State.SKIPPED, reason=why_not)
        if known is None:
            new = new.with_ours(self.journal.bequest(new, self._is_gone))
        entry = new if known is None else _brought_up(known, new)
        targets = self.targets(target)
        rival = self.journal.rival(new, targets)
        if rival is not None:
            files = " or a file beside it" if len(targets) > 1 else ""
            reason = f"its result {target}{files} would replace that of {rival}; rename one"
            return _refused(entry, reason)
        self.journal.note_beside(new, [path for path in targets if path != target])
        if not holds(str(PurePosixPath(target).parent)):
            return _refused(entry, f"its result {target} {OUTSIDE}")
        try:
            there = stamped(targets, stamp_of)
        except OSError as error:
            return _refused(entry, f"its result {target}: {reason_of(error)}; check the output")
        return decide(new, known, there, overwrite=self.overwrite, retry_failed=self.retry_failed)

    def _is_gone(self, path: str) -> bool:
        try:
            return self.source.stamp(path) is None
        except OSError:
            return False


def decide(
    new: Entry,
    known: Entry | None,
    there: Mapping[str, Stamp],
    *,
    overwrite: bool = False,
    retry_failed: bool = False,
) -> Entry:
    """What becomes of a file, given what is known of it, and what is at its targets.

    Parameters
    ----------
    new : Entry
        As it is now.
    known : Entry or None
        What the journal says, if its target is this job's.
    there : mapping of str to str
        Stamps of the files that lie where its result, and what is beside that, would be written.
    overwrite, retry_failed
        As `Planner`.
    """
    now = new if known is None else _brought_up(known, new)
    attempts, made_of = 0, None
    if known is not None:
        same = (known.stamp, known.settings) == (new.stamp, new.settings)
        match known.state:
            case State.DONE if same and new.target in there:
                return replace(now, reason="")
            case State.COLOURED if same:
                return now
            case State.FAILED if same and not (known.again or retry_failed):
                return now
            case State.CLAIMED:  # the job was killed: what lies there may be by its worker
                now = now.with_ours(there)
        if known.beside == UNKNOWN:  # then it is taken for ours, as it was
            beside = {path: stamp for path, stamp in there.items() if path != new.target}
            now = now.with_ours(beside)
        attempts = known.attempts if known.state in (State.CLAIMED, State.WAITING) else 0
        made_of = known.sha256 if _still_good(known, new, there) else None
    taken = foreign(there, now.ours)
    if taken is None or overwrite:
        return replace(now, state=State.WAITING, sha256=made_of, attempts=attempts, reason="")
    if known is not None and known.state is State.DONE and new.target in there:
        return _left(known, new, taken)
    return _refused(
        now,
        f"its result {taken} exists already, and is not of this job; choose another folder, or "
        "allow --overwrite",
    )


def _brought_up(known: Entry, new: Entry) -> Entry:
    return replace(known, stamp=new.stamp, settings=new.settings, run=new.run)


def _left(known: Entry, new: Entry, taken: str) -> Entry:
    """Keep it as it is, stamp and all, so that the next run sees the change, too."""
    return replace(
        known,
        run=new.run,
        reason=f"{new.path}: not brought up to date: {taken} was made or changed by someone "
        "else since; remove that, or allow --overwrite",
    )


def _still_good(known: Entry, new: Entry, there: Mapping[str, Stamp]) -> bool:
    """Whether the result is right if the source's content is what it was."""
    return (
        known.state is State.DONE
        and known.settings == new.settings
        and new.target in there
        and there[new.target] == known.target_stamp
    )


def _refused(entry: Entry, reason: str) -> Entry:
    return replace(entry, state=State.FAILED, again=True, reason=f"{entry.path}: {reason}")


def check_places(source: str, output: str) -> None:
    """See that results cannot become sources, or replace them.

    Raises
    ------
    OptionError
        The output is the source, or holds it.
    UnreadableError
        The source is no folder.
    """
    if "://" in source or "://" in output:
        inside = f"{source.rstrip('/')}/".startswith(f"{output.rstrip('/')}/")
    else:
        if not Path(source).is_dir():
            raise UnreadableError(f"{source}: no such folder; check the name")
        inside = is_within(source, output)
    if inside:
        raise OptionError(f"{output}: holds the source {source}; choose another output")
