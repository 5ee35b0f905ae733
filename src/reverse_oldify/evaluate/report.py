"""The report for people: one folder with a page, its pictures, and the numbers behind it.

The page needs nothing from outside the folder: no script, no font, no request.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from html import escape
from importlib.resources import files
from pathlib import Path
from statistics import median
from string import Template

from reverse_oldify.errors import ExistsError, OutputError, reason_of
from reverse_oldify.evaluate.bootstrap import Score
from reverse_oldify.evaluate.charts import Chart, calibration_charts, charts
from reverse_oldify.evaluate.gallery import FOLDER, Group, Panel, choose, paint
from reverse_oldify.evaluate.metrics import METRICS, Metric
from reverse_oldify.evaluate.photographs import Photograph, Skipped
from reverse_oldify.evaluate.scores import (
    PICTURES,
    SCORES,
    Settings,
    to_json,
    write_pictures,
    write_scores,
)
from reverse_oldify.evaluate.suite import Evaluation, Row
from reverse_oldify.files.discover import is_within

PAGE = "report.html"
GALLERY_COUNT = 6
_DRAFT = ".unfinished"


def claim(folder: Path, place: Path, *, overwrite: bool) -> None:
    """Make sure that a report may be written to a folder, before hours are spent on it.

    Parameters
    ----------
    folder : Path
        Is created if missing. May hold something only if that is an earlier report, or what is
        left of one whose making was killed.
    place : Path
        Where the photographs are. The report must not lie among them: the next run would take its
        pictures for photographs.
    overwrite : bool
        Replace an earlier report.

    Raises
    ------
    ExistsError
        The folder holds an earlier report, or something else that is not to be mixed with one.
    OutputError
        The folder cannot be created, or lies among the photographs.
    """
    if is_within(folder, place):
        raise OutputError(f"{folder}: lies among the photographs; choose a folder outside {place}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        content = {path.name for path in folder.iterdir()}
    except OSError as error:
        raise OutputError(
            f"{folder}: cannot be used as the report's folder ({reason_of(error)}); choose another"
        ) from error
    if content and not content & {SCORES, _DRAFT}:
        raise ExistsError(
            f"{folder}: holds other things than a finished report; choose a new folder"
        )
    if SCORES in content and not overwrite:
        raise ExistsError(f"{folder}: holds a report already; add --overwrite to replace it")


def write_report(
    folder: Path,
    evaluation: Evaluation,
    photographs: Iterable[Photograph | Skipped],
    settings: Settings,
    version: str,
) -> Path:
    """Write ``report.html``, ``pictures/``, ``pictures.csv`` and ``scores.json``.

    Parameters
    ----------
    folder : Path
        From `claim`. An earlier report stays until all of the new one is written; then its
        pictures are removed.
    evaluation, photographs
        What was measured, and the same photographs once more for the gallery.
    settings, version
        Are told in the report.

    Returns
    -------
    Path
        The page.
    """
    lead = lead_row(evaluation)
    groups = choose(evaluation, lead, GALLERY_COUNT)
    with _draft(folder) as draft:
        panels = paint(draft, evaluation, photographs, groups)
        page = _page(evaluation, settings, version, lead, groups, panels)
        (draft / PAGE).write_text(page, "utf-8")
        write_pictures(draft, evaluation)
        write_scores(draft, to_json(evaluation, settings, version))
        _replace(draft, folder)
    return folder / PAGE


@contextmanager
def _draft(folder: Path) -> Iterator[Path]:
    """Give a hidden folder in a report's to fill; nothing of it is left after the block."""
    draft = folder / _DRAFT
    shutil.rmtree(draft, ignore_errors=True)  # of a run that was killed
    draft.mkdir()
    try:
        yield draft
    finally:
        shutil.rmtree(draft)


def _replace(draft: Path, folder: Path) -> None:
    """Move a finished report to its place, in that of an earlier one."""
    (folder / FOLDER).mkdir(exist_ok=True)
    for old in (folder / FOLDER).glob("[0-9][0-9][0-9][0-9][0-9]-*.jpg"):
        old.unlink()
    for new in [*(draft / FOLDER).iterdir(), *(draft / name for name in (PAGE, PICTURES, SCORES))]:
        new.replace(folder / new.relative_to(draft))


def _page(
    evaluation: Evaluation,
    settings: Settings,
    version: str,
    lead: int,
    groups: Iterable[Group],
    panels: Mapping[int, tuple[Panel, ...]],
) -> str:
    return Template(files(__package__).joinpath("report.html").read_text("utf-8")).substitute(
        title=f"Colours of {escape(settings.place)}",
        summary=_summary(evaluation, settings, version),
        scores=_score_table(evaluation),
        definitions="".join(
            f"<div><dt>{escape(m.title)}</dt><dd>{escape(m.definition)}</dd></div>" for m in METRICS
        ),
        calibration=_calibration(evaluation),
        plots=_charts(charts(evaluation, lead)),
        lead=escape(evaluation.rows[lead].contender.name),
        gallery="".join(_group(group, evaluation, panels) for group in groups),
        skipped=_skipped(evaluation),
    )


def lead_row(evaluation: Evaluation) -> int:
    """Row that the gallery is ordered by: the first model, or else the last row."""
    models = [n for n, row in enumerate(evaluation.rows) if row.contender.info is not None]
    return models[0] if models else len(evaluation.rows) - 1


def _summary(evaluation: Evaluation, settings: Settings, version: str) -> str:
    kind = f" of kind {settings.kind}" if settings.kind else ""
    return escape(
        f"{len(evaluation.pictures)} photographs{kind}, short side at most {settings.size} "
        f"pixels, set {evaluation.set_hash()[:12]}. Measured by reverse-oldify {version} on what "
        f"a user gets: each photograph was reduced to its lightness and coloured anew. "
        f"The numbers are in {SCORES} and, picture by picture, in {PICTURES}."
    )


def _score_table(evaluation: Evaluation) -> str:
    head = "".join(f"<th>{escape(m.heading)}</th>" for m in METRICS)
    marks = zip(*(evaluation.marks(m) for m in METRICS), strict=True)
    body = "".join(
        _score_line(row, scores, marked)
        for row, scores, marked in zip(evaluation.rows, evaluation.scores, marks, strict=True)
    )
    return (
        f"<table><thead><tr><th>row</th>{head}<th>ms a picture</th></tr></thead>"
        f"<tbody>{body}</tbody></table>"
    )


def _score_line(row: Row, scores: Mapping[str, Score], marks: Iterable[str]) -> str:
    cells = "".join(
        _score_cell(m, scores[m.key], mark) for m, mark in zip(METRICS, marks, strict=True)
    )
    name = escape(row.contender.name)
    return f"<tr><th>{name}</th>{cells}<td>{1000 * median(row.seconds):.0f}</td></tr>"


def _score_cell(metric: Metric, score: Score, mark: str) -> str:
    interval = ""
    if score.low is not None and score.high is not None:
        interval = f"<small>{metric.format(score.low)} – {metric.format(score.high)}</small>"
    return f'<td class="{mark}">{escape(metric.format(score.value))}{interval}</td>'


def _calibration(evaluation: Evaluation) -> str:
    judged = [row for row in evaluation.rows if not row.calibration.empty]
    if not judged:
        return "<p>No row predicts a distribution over colours, so there is nothing to judge.</p>"
    lines = "".join(
        f"<tr><th>{escape(row.contender.name)}</th>"
        f"<td>{100 * row.calibration.expected_error():.2f} %</td>"
        f"<td>{100 * row.calibration.spread_error():.1f} %</td></tr>"
        for row in judged
    )
    return (
        "<p>Of the distribution as the network predicts it, whatever the vividness. Expected "
        "calibration error: how far the probability of the likeliest colour lies from its true "
        "share, on average. Spread error: how far the predicted spread lies from the error that "
        "was made, relative to the error. 0 is perfect in both; on the dashed line a model knows "
        "what it does not know. A dot is as large as the share of cells that it is of.</p>"
        "<div class='wide'><table><thead><tr><th>row</th><th>expected calibration error</th>"
        f"<th>spread error</th></tr></thead><tbody>{lines}</tbody></table></div>"
        f"<div class='plots'>{_charts(calibration_charts(evaluation))}</div>"
    )


def _charts(drawn: Iterable[Chart]) -> str:
    return "".join(f"<div><h3>{escape(chart.title)}</h3>{chart.html}</div>" for chart in drawn)


def _group(group: Group, evaluation: Evaluation, panels: Mapping[int, tuple[Panel, ...]]) -> str:
    shown = [number for number in group.pictures if number in panels]
    if not shown:
        return ""
    pictures = "".join(
        f'<div class="picture"><small>{escape(evaluation.pictures[number].name)}</small>'
        f'<div class="panels">{"".join(_panel(panel) for panel in panels[number])}</div></div>'
        for number in shown
    )
    return f"<h3>{escape(group.title)}</h3>{pictures}"


def _panel(panel: Panel) -> str:
    title = escape(panel.title)
    error = "" if panel.ciede2000 is None else f" · {panel.ciede2000:.1f}"
    return (
        f'<figure><img src="{escape(panel.file)}" alt="{title}" loading="lazy">'
        f"<figcaption>{title}{error}</figcaption></figure>"
    )


def _skipped(evaluation: Evaluation) -> str:
    if not evaluation.skipped:
        return "<p>Nothing.</p>"
    lines = "".join(
        f"<li>{escape(skipped.name)}: {escape(skipped.reason)}</li>"
        for skipped in evaluation.skipped
    )
    return f"<ul>{lines}</ul>"
