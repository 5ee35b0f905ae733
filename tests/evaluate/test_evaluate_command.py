import errno
import json
import sys
from types import ModuleType

import pytest
from evaluated import FakeColorizer, write_photographs
from PIL import Image

from reverse_oldify.cli.main import main
from reverse_oldify.evaluate import hints, report
from reverse_oldify.evaluate.hints import Point


@pytest.fixture(autouse=True)
def fake_colorizer(monkeypatch):
    module = ModuleType("reverse_oldify.pipeline.colorizer")
    module.Colorizer = FakeColorizer
    monkeypatch.setitem(sys.modules, module.__name__, module)


def rows(folder):
    return [row["name"] for row in json.loads((folder / "scores.json").read_text())["rows"]]


def full_disk(*arguments):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_grey_and_mean_colour_are_always_there(tmp_path, capsys):
    place = write_photographs(tmp_path / "photographs", 5)
    assert main(["evaluate", str(place), "-o", str(tmp_path / "out")]) == 0
    names = ["grey", "mean colour", "fake, vividness 0", "fake, vividness 1"]
    assert rows(tmp_path / "out") == names
    table = capsys.readouterr().out
    assert all(name in table for name in names)
    assert "report.html" in table


def test_models_side_by_side(tmp_path):
    place = write_photographs(tmp_path / "photographs", 3)
    out = tmp_path / "out"
    flags = ["--model", "a", "--model", "b", "--vividness", "1.5", "--limit", "2"]
    assert main(["evaluate", str(place), "-o", str(out), *flags]) == 0
    assert rows(out)[2:] == ["a, vividness 1.5", "b, vividness 1.5"]
    assert json.loads((out / "scores.json").read_text())["set"]["pictures"] == 2


def test_broken_file_is_named_and_the_rest_goes_on(tmp_path, capsys):
    place = write_photographs(tmp_path / "photographs", 3)
    (place / "broken.jpg").write_bytes(b"")
    assert main(["evaluate", str(place), "-o", str(tmp_path / "out")]) == 1
    assert "photographs/broken.jpg: the file is empty" in capsys.readouterr().err
    assert (tmp_path / "out" / "report.html").is_file()


def test_with_a_curve_of_hints_too_what_is_left_out_is_told_once(tmp_path, capsys, monkeypatch):
    place = write_photographs(tmp_path / "photographs", 3)
    (place / "broken.jpg").write_bytes(b"")
    Image.new("RGB", (40, 40), "grey").save(place / "grey.png")

    def curve(photographs, colorizer):
        assert len(list(photographs)) == 5
        return [Point(0, 20.0, 10.0, 8.0)]

    monkeypatch.setattr(hints, "hint_curve", curve)
    assert main(["evaluate", str(place), "-o", str(tmp_path / "out"), "--hints-curve"]) == 1
    told = capsys.readouterr().err
    assert told.count("broken.jpg") == told.count("grey.png") == 1
    assert json.loads((tmp_path / "out" / "hints.json").read_text())[0]["ciede2000"] == 8.0
    command = ["evaluate", str(place), "-o", str(tmp_path / "out"), "--overwrite"]
    with monkeypatch.context() as patch:
        patch.setattr(report, "write_report", full_disk)
        assert main(command) == 1
    assert (tmp_path / "out" / "hints.json").exists()
    assert main(command) == 1
    assert not (tmp_path / "out" / "hints.json").exists()


def test_each_way_through_the_photographs_has_a_bar(tmp_path, capsys, monkeypatch):
    place = write_photographs(tmp_path / "photographs", 2)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert main(["evaluate", str(place), "-o", str(tmp_path / "out")]) == 0
    told = capsys.readouterr().err
    assert "scores: 100%" in told and "pictures: 100%" in told


@pytest.mark.parametrize(
    ("flags", "status", "message"),
    [([], 1, "no pictures"), (["--vividness", "9"], 2, "vividness is 9")],
)
def test_mistakes_are_one_line(tmp_path, capsys, flags, status, message):
    place = write_photographs(tmp_path / "photographs", 1 if flags else 0)
    assert main(["evaluate", str(place), "-o", str(tmp_path / "out"), *flags]) == status
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_second_report_needs_overwrite(tmp_path, capsys):
    place = write_photographs(tmp_path / "photographs", 3)
    command = ["evaluate", str(place), "-o", str(tmp_path / "out")]
    assert main(command) == 0
    assert main(command) == 1
    assert "--overwrite" in capsys.readouterr().err
    assert main([*command, "--overwrite", "--vividness", "2"]) == 0
    assert rows(tmp_path / "out")[2:] == ["fake, vividness 2"]


def test_scores_are_told_even_where_the_report_cannot_be_written(tmp_path, capsys, monkeypatch):
    place = write_photographs(tmp_path / "photographs", 2)
    monkeypatch.setattr(report, "write_report", full_disk)
    assert main(["evaluate", str(place), "-o", str(tmp_path / "out")]) == 1
    told = capsys.readouterr()
    assert "fake, vividness 1" in told.out
    assert "the report cannot be written (no space left" in told.err
