import pytest
from made_photographs import write_photographs

from reverse_oldify.cli.main import main
from reverse_oldify.data import overview
from reverse_oldify.data.cache import PictureCache


@pytest.fixture(autouse=True)
def _no_overview(monkeypatch):
    monkeypatch.setattr(overview, "draw_overview", lambda folder, about: None)


def test_the_command_prepares_a_set_and_reports_it(tmp_path, capsys):
    source = write_photographs(tmp_path / "a", 5)
    flags = ["--kind", "alps", "--short-side", "100", "--val-fraction", "0"]
    assert main(["data", "prepare", str(source), "-o", str(tmp_path / "set"), *flags]) == 0
    entries = PictureCache(tmp_path / "set").entries
    assert {(entry.kind, entry.split, entry.height) for entry in entries} == {
        ("alps", "train", 100)
    }
    told = capsys.readouterr()
    assert "5 pictures" in told.out
    assert "no val pictures: give more, or another val_fraction in the recipe" in told.out
    assert "no train" not in told.out
    assert told.err == "", "a log holds failures and nothing else"


def test_names_of_strangers_command_no_terminal(tmp_path, capsys):
    source = write_photographs(tmp_path / "a\x1b[2J", 2)
    assert main(["data", "prepare", str(source), "-o", str(tmp_path / "set")]) == 0
    told = capsys.readouterr().out
    assert "a\\x1b[2J: " in told
    assert "\x1b" not in told


def test_a_missing_source_is_one_line_and_status_1(tmp_path, capsys):
    assert main(["data", "prepare", str(tmp_path / "no"), "-o", str(tmp_path / "set")]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_an_option_out_of_range_is_status_2(tmp_path):
    source = str(write_photographs(tmp_path / "a", 1))
    assert main(["data", "prepare", source, "-o", str(tmp_path / "s"), "--min-side", "0"]) == 2


def test_existing_output_needs_the_flag(tmp_path):
    arguments = [
        "data",
        "prepare",
        str(write_photographs(tmp_path / "a", 2)),
        "-o",
        str(tmp_path / "s"),
    ]
    assert [main(arguments), main(arguments), main([*arguments, "--overwrite"])] == [0, 1, 0]
