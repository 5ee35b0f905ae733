import csv
import errno
import json
import re
from html.parser import HTMLParser

import pytest
from evaluated import evaluated, photograph, write_photographs
from PIL import Image

from reverse_oldify.errors import ExistsError, OutputError
from reverse_oldify.evaluate import report as report_module
from reverse_oldify.evaluate.gallery import choose
from reverse_oldify.evaluate.metrics import METRICS
from reverse_oldify.evaluate.photographs import PhotographSet
from reverse_oldify.evaluate.report import claim, write_report
from reverse_oldify.evaluate.scores import Settings

HOSTILE = "<script>alert('x')</script>&.png"
REPORT = {"report.html", "pictures", "pictures.csv", "scores.json"}


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.links, self.text = set(), [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.links += [value for name, value in attributes if name in ("src", "href")]

    def handle_data(self, data):
        self.text += data


def report(place, folder):
    evaluation = evaluated(place)
    settings = Settings(place=place.name, size=256, limit=None, kind=None)
    write_report(folder, evaluation, PhotographSet(place, size=256), settings, "1.2.3")
    return evaluation


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    root = tmp_path_factory.mktemp("report")
    place = write_photographs(root / "a <b> & c")
    hostile = place / HOSTILE.replace("/", "\u2215")
    Image.fromarray(photograph(77)).save(hostile)
    Image.new("L", (64, 64), 99).save(place / "<i>grey.png")
    folder = root / "out"
    folder.mkdir()
    return report(place, folder), folder


def test_page_shows_every_row_metric_and_definition(made):
    evaluation, folder = made
    page = Page((folder / "report.html").read_text("utf-8"))
    for row in evaluation.rows:
        assert row.contender.name in page.text
    for metric in METRICS:
        assert metric.heading in page.text
        assert metric.definition in page.text
    assert "<i>grey.png: black and white" in page.text


def test_page_marks_the_best_of_each_column(made):
    evaluation, folder = made
    text = (folder / "report.html").read_text("utf-8")
    marks = [mark for metric in METRICS for mark in evaluation.marks(metric)]
    assert text.count('<td class="best">') == marks.count("best") >= len(METRICS)
    assert text.count('<td class="tied">') == marks.count("tied")


def test_page_is_complete_and_asks_for_nothing_outside(made):
    _, folder = made
    text = (folder / "report.html").read_text("utf-8")
    page = Page(text)
    assert page.links
    assert all((folder / link).is_file() for link in page.links)
    assert not re.search(r"https?:|//\w|url\(|@import", text)
    assert not page.tags & {"script", "link", "iframe", "i>grey.png:"}
    assert "$" not in text


def test_names_are_escaped(made):
    _, folder = made
    page = Page((folder / "report.html").read_text("utf-8"))
    assert "script" not in page.tags
    assert "alert('x')" in page.text


def test_scores_are_machine_readable(made):
    evaluation, folder = made
    document = json.loads((folder / "scores.json").read_text("utf-8"))
    assert document["format"] == 1
    assert document["version"] == "1.2.3"
    assert document["set"]["pictures"] == 10
    assert document["set"]["hash"] == evaluation.set_hash()
    names = [row["name"] for row in document["rows"]]
    assert names == ["grey", "mean colour", "fake, vividness 0.5", "fake, vividness 1"]
    model = document["rows"][2]
    assert model["model"] == {"name": "fake", "version": "1", "weights_hash": ""}
    assert model["scores"]["rms_ab"]["value"] == evaluation.scores[2]["rms_ab"].value
    assert model["scores"]["psnr"]["low"] < model["scores"]["psnr"]["high"]
    assert 0 < model["calibration"]["expected_calibration_error"] < 1


def test_scores_but_not_times_are_the_same_again(made, tmp_path):
    _, folder = made
    place = next(p for p in folder.parent.iterdir() if p.name.startswith("a"))
    report(place, tmp_path)
    texts = [(f / "scores.json").read_text("utf-8") for f in (folder, tmp_path)]
    first, second = (re.sub(r'"median": [^\n]*', "", text) for text in texts)
    assert first == second
    assert (folder / "pictures.csv").read_bytes() == (tmp_path / "pictures.csv").read_bytes()


def test_table_of_pictures_has_every_picture_and_row(made):
    evaluation, folder = made
    with (folder / "pictures.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 10 * 4
    errors = [float(row["rms_ab"]) for row in rows if row["row"] == "grey"]
    assert errors == pytest.approx(evaluation.values(0, "rms_ab"), rel=1e-5)


def test_gallery_shows_no_picture_twice_and_the_extremes_first(made):
    evaluation, _ = made
    groups = {group.title: group.pictures for group in choose(evaluation, 2, 6)}
    shown = [number for numbers in groups.values() for number in numbers]
    assert len(shown) == len(set(shown))
    ranking = evaluation.ranking(2)
    assert groups["Best"][0] == ranking[0]
    assert groups["Worst"][0] == ranking[-1]


def test_folder_with_other_things_is_never_touched(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    for overwrite in (False, True):
        with pytest.raises(ExistsError, match="other things"):
            claim(tmp_path, tmp_path / "photographs", overwrite=overwrite)


def test_report_is_replaced_only_when_asked(tmp_path):
    (tmp_path / "scores.json").write_text("{}")
    with pytest.raises(ExistsError, match="--overwrite"):
        claim(tmp_path, tmp_path / "photographs", overwrite=False)
    claim(tmp_path, tmp_path / "photographs", overwrite=True)


def test_pictures_of_an_earlier_report_go_and_others_stay(made, tmp_path):
    _, folder = made
    (tmp_path / "pictures").mkdir()
    for name in ("99999-truth.jpg", "mine.jpg"):
        (tmp_path / "pictures" / name).write_bytes(b"")
    report(next(p for p in folder.parent.iterdir() if p.name.startswith("a")), tmp_path)
    assert not (tmp_path / "pictures" / "99999-truth.jpg").exists()
    assert (tmp_path / "pictures" / "mine.jpg").exists()


def test_report_that_fails_leaves_the_folder_as_it_was(tmp_path, monkeypatch):
    place, folder = write_photographs(tmp_path / "photographs", 2), tmp_path / "out"
    claim(folder, place, overwrite=False)

    def full(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(report_module, "write_pictures", full)
    with pytest.raises(OSError, match="No space"):
        report(place, folder)
    assert not any(folder.iterdir())
    monkeypatch.undo()
    report(place, folder)
    before = {path: path.read_bytes() for path in folder.rglob("*.*")}
    monkeypatch.setattr(report_module, "write_pictures", full)
    claim(folder, place, overwrite=True)
    with pytest.raises(OSError, match="No space"):
        report(write_photographs(tmp_path / "others", 1), folder)
    assert {path: path.read_bytes() for path in folder.rglob("*.*")} == before


def test_what_a_killed_report_left_is_no_hindrance(tmp_path):
    place, folder = write_photographs(tmp_path / "photographs", 2), tmp_path / "out"
    for left in (folder / ".unfinished" / "pictures", folder / "pictures"):
        left.mkdir(parents=True)
        (left / "00009-truth.jpg").write_bytes(b"")
    claim(folder, place, overwrite=False)
    report(place, folder)
    assert {path.name for path in folder.iterdir()} == REPORT
    assert not (folder / "pictures" / "00009-truth.jpg").exists()


def test_report_among_the_photographs_is_refused(tmp_path):
    with pytest.raises(OutputError, match="among the photographs"):
        claim(tmp_path / "report", tmp_path, overwrite=True)
    assert not (tmp_path / "report").exists()
