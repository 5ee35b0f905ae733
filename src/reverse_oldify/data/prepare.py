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
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tqdm import tqdm

from reverse_oldify.data.cache import ABOUT, DROPPED, INDEX, PIXELS, Entry, encode_lab, write_index
from reverse_oldify.data.duplicates import Fingerprint, find_near_duplicates, fingerprint
from reverse_oldify.data.folder import new_folder
from reverse_oldify.data.screen import Reason, Unfit, decode, judge_colour, shrink
from reverse_oldify.data.sources import PictureFile, Source, find_sources
from reverse_oldify.errors import DataError, OptionError, UnreadableError
from reverse_oldify.files.formats import FORMATS
from reverse_oldify.types import ByteArray

_SPOOL = "spool"


@dataclass(frozen=True, kw_only=True)
class PrepareOptions:
    """How a set is prepared.

    Attributes
    ----------
    kind : str or None
        Kind of the pictures that no ``index.csv`` labels; None: the name of their top folder.
    short_side : int
        Larger pictures are scaled down to this many pixels on the short side.
    min_side : int
        Pictures whose short side is smaller are dropped.
    val_fraction : float
        Share of the unlabelled pictures that goes to validation, chosen by content.
    """

    kind: str | None = None
    short_side: int = 256
    min_side: int = 96
    val_fraction: float = 0.05

    def __post_init__(self) -> None:
        if not 0.0 <= self.val_fraction < 1.0:
            raise OptionError(
                f"validation fraction is {self.val_fraction}; choose a number from 0 to below 1"
            )
        if not 1 <= self.min_side <= self.short_side:
            raise OptionError(
                f"short side is {self.short_side}, smallest side {self.min_side}; "
                "choose 1 <= smallest side <= short side"
            )


@dataclass(frozen=True, kw_only=True)
class Dropped:
    """A picture that did not make it: where it is, why, and a detail for a human."""

    source: str
    name: str
    reason: Reason
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class _Candidate:
    """A picture that passed screening; the offset of its entry is that in the spool."""

    entry: Entry
    area: int
    fingerprint: Fingerprint

    @property
    def preference(self) -> tuple[bool, int, str, str, str]:
        """Of near-duplicates the smallest is kept: validation first, then the largest picture."""
        entry = self.entry
        return (entry.split != "val", -self.area, entry.id, entry.source, entry.name)

    @property
    def index_order(self) -> tuple[str, str, str, str]:
        """By kind, then place; the id decides where an archive holds a name twice."""
        entry = self.entry
        return (entry.kind, entry.source, entry.name, entry.id)


def prepare(
    paths: Iterable[Path | str],
    output: Path | str,
    options: PrepareOptions | None = None,
    *,
    overwrite: bool = False,
    progress: bool = False,
) -> dict[str, Any]:
    """Prepare a training set.

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
    progress : bool
        Show a progress bar on stderr.

    Returns
    -------
    dict
        What ``about.json`` holds: counts, options and hashes.

    Raises
    ------
    DataError
        A source cannot be used, or nothing is left after screening.
    ExistsError
        ``output`` exists and may not be replaced.
    """
    from reverse_oldify.data.overview import draw_overview  # fails before the work, not after it

    options = options or PrepareOptions()
    output = Path(output)
    sources = find_sources([Path(path) for path in paths], options.kind)
    _check_apart(output, sources)
    with new_folder(output, overwrite=overwrite, marker=ABOUT) as folder:
        spool = folder / _SPOOL
        candidates, dropped = _read_all(sources, spool, options, progress)
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


def split_of(picture_id: str, val_fraction: float) -> str:
    """Return ``"val"`` for about the given fraction of ids (64-bit hex), ``"train"`` otherwise."""
    return "val" if int(picture_id, 16) < val_fraction * 2**64 else "train"


def _check_apart(output: Path, sources: list[Source]) -> None:
    """Refuse to write where pictures are looked for: the next run would read its own overview."""
    for source in sources:
        if output.resolve().is_relative_to(source.path.resolve()):
            raise DataError(f"{output}: inside the source {source.path}; choose a folder outside")


def _read_all(
    sources: list[Source], spool: Path, options: PrepareOptions, progress: bool
) -> tuple[list[_Candidate], list[Dropped]]:
    """Examine every file; the pixels of the fit ones go to the spool, one after the other."""
    candidates: list[_Candidate] = []
    dropped: list[Dropped] = []
    total = sum(source.count() for source in sources)
    files = ((source, file) for source in sources for file in source.files())
    with spool.open("wb") as pixels:
        for source, file in tqdm(files, total=total, unit="pic", disable=not progress):
            try:
                candidate, packed = _examine(source, file, pixels.tell(), options)
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


def _examine(
    source: Source, file: PictureFile, offset: int, options: PrepareOptions
) -> tuple[_Candidate, ByteArray]:
    """Decode, screen and fingerprint one picture; raise `Unfit` if it is to be dropped."""
    srgb = _decode(file)
    height, width = srgb.shape[:2]
    if min(height, width) < options.min_side:
        raise Unfit(Reason.TINY, f"{width} x {height} pixels")
    packed = encode_lab(shrink(srgb, options.short_side))
    reason = judge_colour(packed)
    if reason is not None:
        raise Unfit(reason)
    picture_id = _content_id(srgb)
    split, kind = source.labels.get(
        file.name, (split_of(picture_id, options.val_fraction), source.kind)
    )
    entry = Entry(
        id=picture_id,
        source=source.label,
        name=file.name,
        kind=kind,
        split=split,
        width=packed.shape[1],
        height=packed.shape[0],
        offset=offset,
    )
    area = height * width
    return _Candidate(entry=entry, area=area, fingerprint=fingerprint(packed)), packed


def _decode(file: PictureFile) -> ByteArray:
    try:
        return decode(file.read())
    except UnreadableError as error:
        raise Unfit(Reason.BROKEN, str(error)) from error


def _content_id(srgb: ByteArray) -> str:
    """First 64 bits, in hex, of the SHA-256 of the size and the pixels."""
    height, width = srgb.shape[:2]
    digest = hashlib.sha256(f"{width}x{height}:".encode())
    digest.update(srgb.tobytes())
    return digest.hexdigest()[:16]


def _drop_duplicates(candidates: list[_Candidate]) -> tuple[list[_Candidate], list[Dropped]]:
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


def _write_pixels(spool: Path, path: Path, kept: list[_Candidate]) -> list[Entry]:
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
        "version": version("reverse-oldify"),
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
