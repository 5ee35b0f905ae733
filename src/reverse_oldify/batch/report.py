"""The account of a job, for people and for programs: what became of every file.

The page needs nothing from outside, and holds its pictures itself: beside a journal there is no
file that could be taken for a photograph.
"""

from __future__ import annotations

import base64
import io
import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from itertools import islice
from pathlib import Path
from string import Template
from typing import Any

from PIL import Image

from reverse_oldify.batch.entry import Entry, State
from reverse_oldify.batch.journal import Journal
from reverse_oldify.batch.storage import Storage
from reverse_oldify.errors import ReverseOldifyError
from reverse_oldify.files.drafts import written
from reverse_oldify.files.json_file import write_json
from reverse_oldify.files.read import open_pages
from reverse_oldify.files.sheet import pair

SAMPLE = 24
"""Pictures of each kind that are shown."""

LISTED = 1000
"""Rows of a table in the page, and of the most uncertain in JSON; failures are all in JSON."""

_WIDTH, _QUALITY = 240, 70  # of a shown picture, in pixels; as JPEG


@dataclass(frozen=True, kw_only=True)
class Report:
    """What is told of a run.

    Attributes
    ----------
    journal : Journal
        What became of every file.
    run : int
        Which run.
    source, output : Storage
        Where files came from, and results are.
    about : dict
        What was asked for, in plain JSON types: goes into the report as it is.
    stopped : str
        Why it ended before everything was done; empty if it did not.
    """

    journal: Journal
    run: int
    source: Storage
    output: Storage
    about: dict[str, Any]
    stopped: str = ""

    def write(self, folder: Path, stem: str = "report") -> Path:
        """Write ``report.json`` and ``report.html``; return the page's path.

        Raises
        ------
        OutputError
            They cannot be written.
        """
        table = self.to_json()
        write_json(folder / f"{stem}.json", table, overwrite=True)
        page = folder / f"{stem}.html"
        with written(page, overwrite=True) as file:
            file.write(self.to_html(table).encode("utf-8", "backslashreplace"))
        return page

    def to_json(self) -> dict[str, Any]:
        """All of it but the pictures, in plain JSON types."""
        counts = self.journal.counts(self.run)
        return {
            "about": self.about,
            "written": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
            "stopped": self.stopped,
            "counts": {state.value: count for state, count in counts.items()},
            "mean_uncertainty": self.journal.mean(self.run, "uncertainty"),
            "mean_seconds": self.journal.mean(self.run, "seconds"),
            "failed": [
                {"path": entry.path, "reason": entry.reason, "tried_again": entry.again}
                for entry in self.journal.entries(self.run, State.FAILED)
            ],
            "left": [
                {"path": entry.path, "reason": entry.reason}
                for entry in self.journal.left(self.run)
            ],
            "coloured": [entry.path for entry in self.journal.entries(self.run, State.COLOURED)],
            "skipped": self.journal.reasons(self.run, State.SKIPPED),
            "most_uncertain": [
                {"path": entry.path, "target": entry.target, "uncertainty": entry.uncertainty}
                for entry in islice(self._most_uncertain(), LISTED)
            ],
        }

    def to_html(self, table: dict[str, Any]) -> str:
        """Return the page, given `to_json`."""
        page = Template(files(__package__).joinpath("report.html").read_text("utf-8"))
        return page.substitute(
            title=f"Colours of {escape(self.source.place)}",
            summary=escape(self._summary(table)),
            counts=_counts(table["counts"]),
            failed=_rows((row["path"], row["reason"]) for row in table["failed"]),
            left=_rows((row["path"], row["reason"]) for row in table["left"]),
            uncertain=self._shown(islice(self._most_uncertain(), SAMPLE)),
            sample=self._shown(self.journal.sample(self.run, SAMPLE)),
            coloured=_rows((path, "") for path in table["coloured"]),
            skipped=_rows((str(count), reason) for reason, count in table["skipped"].items()),
        )

    def _most_uncertain(self) -> Iterable[Entry]:
        done = self.journal.entries(self.run, State.DONE, order="uncertainty DESC, path")
        return (entry for entry in done if entry.uncertainty is not None)

    def _summary(self, table: dict[str, Any]) -> str:
        sentences = [f"Results are in {self.output.place}."]
        if table["stopped"]:
            sentences.append(f"Stopped early: {table['stopped']}. The same command goes on.")
        if table["mean_uncertainty"] is not None:
            sentences.append(f"Mean expected error {table['mean_uncertainty']:.1f} in a*, b*.")
        if table["mean_seconds"] is not None:
            sentences.append(f"{table['mean_seconds']:.2f} s a picture and worker.")
        return " ".join([*sentences, f"Written {table['written']}."])

    def _shown(self, entries: Iterable[Entry]) -> str:
        figures = "".join(self._figure(entry) for entry in entries)
        return f'<div class="pictures">{figures}</div>' if figures else "<p>Nothing.</p>"

    def _figure(self, entry: Entry) -> str:
        try:
            with (
                self.output.reading(entry.target) as path,
                closing(open_pages(path)) as pages,  # by rows, where that can be
            ):
                shown = pair(next(pages), entry.path)
        except (ReverseOldifyError, OSError) as error:
            return f"<figure><figcaption>{escape(str(error))}</figcaption></figure>"
        doubt = "" if entry.uncertainty is None else f" · {entry.uncertainty:.1f}"
        return (
            f"<figure>{_img(shown.before, 'before')}{_img(shown.after, 'after')}"
            f"<figcaption>{escape(entry.path)}{doubt}</figcaption></figure>"
        )


def _img(image: Image.Image, alt: str) -> str:
    image = image.copy()
    image.thumbnail((_WIDTH, _WIDTH))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=_QUALITY)
    data = base64.b64encode(file.getvalue()).decode()
    return f'<img alt="{alt}" loading="lazy" src="data:image/jpeg;base64,{data}">'


def _counts(counts: dict[str, int]) -> str:
    words = {
        "done": "done",
        "failed": "failed",
        "coloured": "in colour already, left alone",
        "skipped": "skipped: no pictures, or excluded",
        "waiting": "not done yet",
        "claimed": "begun, and not heard of since",
    }
    rows = ((words[state], str(count)) for state, count in counts.items() if count)
    return _rows(sorted(rows, key=lambda row: list(words.values()).index(row[0])))


def _rows(rows: Iterable[tuple[str, str]]) -> str:
    """Return a table of two columns; what is too long for a page is in the JSON."""
    rows = iter(rows)
    lines = [
        f"<tr><th>{escape(first)}</th><td>{escape(second)}</td></tr>"
        for first, second in islice(rows, LISTED)
    ]
    more = sum(1 for _ in rows)
    if more:
        lines.append(f"<tr><th>and {more} more</th><td>listed in the JSON report</td></tr>")
    return f"<table>{''.join(lines)}</table>" if lines else "<p>Nothing.</p>"
