"""The flags that steer colour, through the command, with a backend that needs no weights."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1] / "pipeline"))
from fake_backend import FakeBackend

from reverse_oldify.cli.main import main
from reverse_oldify.color.lab import srgb_to_lab
from reverse_oldify.pipeline import colorizer as home
from reverse_oldify.pipeline.colorizer import Colorizer
from reverse_oldify.pipeline.looks import LOOKS

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    mixture = {(5.0, 10.0): 0.5, (-30.0, 30.0): 0.3, (10.0, -40.0): 0.2}
    fake = Colorizer(backend=FakeBackend(mixture))
    monkeypatch.setattr(home, "Colorizer", lambda model: fake)
    Image.fromarray(np.full((40, 60), 120, np.uint8)).save("a.png")
    Image.fromarray(np.full((40, 60), 90, np.uint8)).save("b.png")

    def run_it(*argv: str) -> tuple[int, str, str]:
        status = main(["colorize", *argv, "-o", "out"])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run_it


def ab(path: str) -> np.ndarray:
    with Image.open(path) as image:
        return srgb_to_lab(np.asarray(image.convert("RGB")))[..., 1:]


def test_variants_are_written_beside_each_other(run: Run) -> None:
    status, _, err = run("a.png", "--variants", "3", "--seed", "5")
    assert (status, err) == (0, "")
    names = ["a.png", "a.variant-2.png", "a.variant-3.png"]
    assert sorted(path.name for path in Path("out").iterdir()) == names
    means = [ab(f"out/{name}").mean((0, 1)) for name in names]
    assert min(np.linalg.norm(means[i] - means[j]) for i, j in [(0, 1), (0, 2), (1, 2)]) > 4


def test_hints_of_each_picture(run: Run) -> None:
    hint = [{"points": [[10, 10]], "color": "neutral"}]
    Path("hints.json").write_text(json.dumps({"version": 1, "pictures": {"b.png": hint}}))
    assert run("a.png", "b.png", "--hints", "hints.json")[0] == 0
    assert np.abs(ab("out/b.png")[10, 10]).max() < 1
    assert np.abs(ab("out/a.png")[10, 10]).max() > 5


def test_hints_outside_the_picture_fail_that_picture_only(run: Run) -> None:
    hint = [{"points": [[100, 10]], "color": "neutral"}]
    Path("hints.json").write_text(json.dumps({"version": 1, "pictures": {"b.png": hint}}))
    status, _, err = run("a.png", "b.png", "--hints", "hints.json")
    assert status == 1
    assert "b.png: (100, 10) is outside the picture of 60 x 40 pixels" in err
    assert Path("out/a.png").exists()
    assert not Path("out/b.png").exists()


def test_uncertainty_is_written_and_printed(run: Run) -> None:
    status, out, _ = run("a.png", "--uncertainty")
    assert status == 0
    assert "expected error" in out
    with Image.open("out/a.uncertainty.png") as image:
        assert image.mode == "L"
        assert image.size == (60, 40)
    status, _, err = run("b.png", "a.png", "--uncertainty")
    assert status == 1
    assert "a.uncertainty.png" in err or "a.png" in err


def test_palette_of_a_picture_can_be_saved_and_used(run: Run) -> None:
    blue = np.zeros((20, 20, 3), np.uint8)
    blue[...] = 60, 110, 200
    Image.fromarray(blue).save("blue.png")
    assert run("a.png", "--palette", "blue.png", "--save-palette", "blue.json")[0] == 0
    assert ab("out/a.png")[..., 1].mean() < -10
    assert run("a.png", "--palette", "blue.json", "--overwrite")[0] == 0
    assert ab("out/a.png")[..., 1].mean() < -10


def test_help_names_every_look(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["colorize", "--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert f"or a look: {', '.join(LOOKS)}" in said


def test_a_saved_palette_replaces_nothing_unasked(run: Run) -> None:
    Path("mine.json").write_text("precious")
    status, _, err = run("a.png", "--palette", "dawn", "--save-palette", "mine.json")
    assert (status, err.count("\n")) == (1, 1)
    assert "mine.json: exists already" in err
    assert Path("mine.json").read_text() == "precious"
    assert run("a.png", "--palette", "dawn", "--save-palette", "none/mine.json")[0] == 1
    assert run("a.png", "--palette", "dawn", "--save-palette", "mine.json", "--overwrite")[0] == 0
    assert '"dawn"' in Path("mine.json").read_text()


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--variants", "0"], "from 1 to 10"),
        (["--seed", "-1"], "seed"),
        (["--palette", "mauve"], "choose amber"),
        (["--save-palette", "x.json"], "give --palette"),
        (["--hints", "none.json"], "none.json"),
        (["--vividness", "3"], "0 to 2"),
    ],
)
def test_wrong_values_are_reported_once(run: Run, argv: list[str], said: str) -> None:
    status, _, err = run("a.png", "b.png", *argv)
    assert status == 2
    assert said in err
    assert err.count("\n") == 1


def test_provenance_holds_each_pictures_own_options(run: Run) -> None:
    hint = [{"points": [[10, 10]], "color": "neutral"}]
    Path("hints.json").write_text(json.dumps({"version": 1, "pictures": {"b.png": hint}}))
    run("a.png", "b.png", "--hints", "hints.json", "--sidecar", "--variants", "2")
    told = {path.name: json.loads(path.read_text()) for path in Path("out").glob("*.json")}
    assert told["a.png.json"]["options"]["hints"] == []
    assert told["b.png.json"]["options"]["hints"][0]["color"] == "neutral"
    assert told["a.variant-2.png.json"]["options"]["variant"] == 1
    assert told["a.png.json"]["mean_uncertainty"] > 1
