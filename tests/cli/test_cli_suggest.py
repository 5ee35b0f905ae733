"""``reverse-oldify suggest``, with a backend that needs no weights."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1] / "pipeline"))
from fake_backend import FakeBackend

from reverse_oldify.cli.main import main
from reverse_oldify.options import Options
from reverse_oldify.pipeline import colorizer as home
from reverse_oldify.pipeline.colorizer import Colorizer
from reverse_oldify.pipeline.looks import look
from reverse_oldify.pipeline.session import Session


@pytest.fixture
def picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    fake = Colorizer(backend=FakeBackend({(-30.0, 30.0): 0.7, (10.0, -40.0): 0.3}))
    monkeypatch.setattr(home, "Colorizer", lambda model: fake)
    Image.fromarray(np.full((40, 60), 120, np.uint8)).save(tmp_path / "a.png")
    return str(tmp_path / "a.png")


def test_colours_are_listed_with_the_likeliest_first(
    picture: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["suggest", picture, "59", "39", "-k", "2"]) == 0
    rows = capsys.readouterr().out.splitlines()
    shape = r"#[0-9a-f]{6}  a\* +(-?[\d.]+)  b\* +(-?[\d.]+)  +(\d+)%"
    found = [[float(value) for value in re.fullmatch(shape, row).groups()] for row in rows]
    np.testing.assert_allclose(found, [(-30, 30, 70), (10, -40, 30)], atol=2)


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (["60", "3"], "a.png: (60, 3) is outside the picture of 60 x 40 pixels"),
        (["3", "3", "-k", "0"], "a.png: 0 suggestions; ask for 1 or more"),
    ],
)
def test_what_cannot_be_suggested_is_told_with_the_file(
    picture: str, place: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["suggest", picture, *place]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_what_the_network_is_told_counts_as_for_colorize(
    picture: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(Session, "suggest", lambda _, *question: asked.append(question) or [])
    flags = ["--palette", "dawn", "--working-size", "64"]
    assert main(["suggest", picture, "3", "4", *flags]) == 0
    assert asked == [(3.0, 4.0, 5, Options(palette=look("dawn"), working_size=64))]
