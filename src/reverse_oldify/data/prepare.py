"""``reverse-oldify data prepare``: pictures from anywhere -> one verified, memory-mapped set.

Every picture is decoded once, screened, fingerprinted and appended to a spool; then duplicates go,
and what is left is written in index order. The result depends on what the sources hold, not on
the order in which they are given or read.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from tqdm import tqdm

from reverse_oldify.data.cache import ABOUT, DROPPED, INDEX, PIXELS, Entry, write_index
from reverse_oldify.data.duplicates import find_near_duplicates
from reverse_oldify.data.examine import Candidate, PrepareOptions, examine
from reverse_oldify.data.folder import new_folder
from reverse_oldify.data.screen import Reason, Unfit
from reverse_oldify.data.sources import Source, find_sources
from reverse_oldify.errors import DataError
from reverse_oldify.files.discover import is_within
from reverse_oldify.files.formats import FORMATS
from reverse_oldify.version import VERSION

_SPOOL = "spool"


@dataclass(frozen=True, kw_only=True)
class Dropped:
    """A picture that did not make it: where it is, why, and a detail for a human."""

    source: str
    name: str
    reason: Reason
    detail: str = ""


def prepare(
    paths: Iterable[Path | str],
    output: Path | str,
    options: PrepareOptions | None = None,
    *,
    overwrite: bool = False,
) -> dict[str, Any]:
    """Prepare a training set, with a progress bar on stderr if that is a terminal.

    Parameters
    ----------
    paths : iterable of Path or str
        Folders, zips and tars; see `data.sources.find_sources`.
    output : Path or str
        Folder to make. It appears only when everything in it is complete.
    options : PrepareOptions, optional
        Sizes, split and kind; the defaults if not given.
    overwrite : bool
        Replace ``output`` if it is a prepared set.

    Returns
    -------
    dict
        What ``about.json`` holds: counts, options and hashes.

    Raises
    ------
    DataError
        A source cannot be used, or nothing is left after screening.
    OutputError
        ``output`` exists and may not be replaced (`errors.ExistsError`), or cannot be written.
    MissingExtraError
        Matplotlib, which draws the overview, is not installed.
    """
    from reverse_oldify.data.overview import draw_overview  # fails before the work, not after it

    options = options or PrepareOptions()
    output = Path(output)
    sources = find_sources([Path(path) for path in paths], options.kind)
    _check_apart(output, sources)
    with new_folder(output, overwrite=overwrite, marker=ABOUT) as folder:
        spool = folder / _SPOOL
        candidates, dropped = _read_all(sources, spool, options)
        kept, repeated = _drop_duplicates(candidates)
        dropped += repeated
        if not kept:
            raise DataError(_nothing_left(sources, dropped))
        entries = _write_pixels(spool, folder / PIXELS, kept)
        spool.unlink()
        write_index(folder / INDEX, entries)
        _write_dropped(folder / DROPPED, dropped)
        about = _describe(folder / INDEX, entries, dropped, options)
        draw_overview(folder, about)
        (folder / ABOUT).write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
    return about


def _check_apart(output: Path, sources: list[Source]) -> None:
    """Refuse to write where pictures are looked for: the next run would read its own overview."""
    for source in sources:
        if is_within(output, source.path):
            raise DataError(f"{output}: inside the source {source.path}; choose a folder outside")


def _read_all(
    sources: list[Source], spool: Path, options: PrepareOptions
) -> tuple[list[Candidate], list[Dropped]]:
    """Examine every file; the pixels of the fit ones go to the spool, one after the other."""
    candidates: list[Candidate] = []
    dropped: list[Dropped] = []
    total = sum(source.count() for source in sources)
    files = ((source, file) for source in sources for file in source.files())
    with spool.open("wb") as pixels:
        for source, file in tqdm(files, total=total, unit="pic", disable=None):
            try:
                candidate, packed = examine(source, file, pixels.tell(), options)
            except Unfit as unfit:
                dropped.append(
                    Dropped(
                        source=source.label,
                        name=file.name,
                        reason=unfit.reason,
                        detail=unfit.detail,
                    )
                )
            else:
                candidates.append(candidate)
                pixels.write(packed.tobytes())
    return candidates, dropped


def _drop_duplicates(candidates: list[Candidate]) -> tuple[list[Candidate], list[Dropped]]:
    """Keep the preferred one of each set of duplicates, in index order."""
    candidates = sorted(candidates, key=lambda candidate: candidate.preference)
    repeats = find_near_duplicates([candidate.fingerprint for candidate in candidates])
    dropped = [
        _repetition(candidates[repeat].entry, candidates[original].entry)
        for repeat, original in repeats.items()
    ]
    kept = [candidate for n, candidate in enumerate(candidates) if n not in repeats]
    kept.sort(key=lambda candidate: candidate.index_order)
    return kept, dropped


def _repetition(repeat: Entry, original: Entry) -> Dropped:
    same = repeat.id == original.id
    return Dropped(
        source=repeat.source,
        name=repeat.name,
        reason=Reason.DUPLICATE if same else Reason.NEAR_DUPLICATE,
        detail=f"{repeat.split}; {original.split} has {original.source}: {original.name}",
    )


def _write_pixels(spool: Path, path: Path, kept: list[Candidate]) -> list[Entry]:
    """Copy the kept pictures from the spool in the given order; return their final entries."""
    entries = []
    with spool.open("rb") as source, path.open("wb") as pixels:
        for candidate in kept:
            entry = candidate.entry
            source.seek(entry.offset)
            entries.append(replace(entry, offset=pixels.tell()))
            pixels.write(source.read(entry.height * entry.width * 3))
    return entries


def _write_dropped(path: Path, dropped: list[Dropped]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Dropped)])
        writer.writeheader()
        for one in sorted(dropped, key=lambda one: (one.source, one.name, one.reason)):
            writer.writerow(asdict(one))


def _describe(
    index: Path, entries: list[Entry], dropped: list[Dropped], options: PrepareOptions
) -> dict[str, Any]:
    counts = Counter(f"{entry.split}/{entry.kind}" for entry in entries)
    reasons = Counter(str(one.reason) for one in dropped)
    return {
        "version": VERSION,
        "pictures": len(entries),
        "pixels": sum(entry.width * entry.height for entry in entries),
        "counts": dict(sorted(counts.items())),
        "dropped": dict(sorted(reasons.items())),
        "options": asdict(options),
        "index_hash": hashlib.sha256(index.read_bytes()).hexdigest(),
    }


def _nothing_left(sources: list[Source], dropped: list[Dropped]) -> str:
    places = ", ".join(str(source.path) for source in sources)
    if not dropped:
        return f"{places}: no pictures found; give folders, zips or tars of {', '.join(FORMATS)}"
    reasons = Counter(str(one.reason) for one in dropped)
    listed = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()))
    return f"{places}: no picture is fit to learn from ({listed}); give colour photographs"
