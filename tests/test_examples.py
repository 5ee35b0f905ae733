"""The photographs that ship, and the README's first command on them."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reverse_oldify import Colorizer
from reverse_oldify.cli.main import main
from reverse_oldify.color.lab import srgb_to_lab
from reverse_oldify.files.formats import by_suffix
from reverse_oldify.files.read import read

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
PHOTOGRAPHS = sorted(path for path in EXAMPLES.iterdir() if by_suffix(path))
LANDSCAPES = ["aizkorri.jpg", "estuary.jpg", "forest-stream.jpg", "picos-de-europa.jpg"]

SKY = {"estuary.jpg": np.s_[:100, :200], "picos-de-europa.jpg": np.s_[:60, :150]}
GRASS = {"aizkorri.jpg": np.s_[450:, :], "picos-de-europa.jpg": np.s_[600:, 600:]}


def test_every_photograph_has_its_source_and_licence() -> None:
    table = (EXAMPLES / "SOURCES.md").read_text("utf-8")
    rows = re.findall(r"^\| `(.+?)` \|.+?\|.+?\| (.+?) \|.+?\|", table, re.MULTILINE)
    assert {name for name, _ in rows} == {path.name for path in PHOTOGRAPHS}
    assert all(re.match(r"\[?CC|public domain", licence) for _, licence in rows)


def test_the_photographs_are_grey_and_small() -> None:
    assert len(PHOTOGRAPHS) >= 8
    assert sum(path.stat().st_size for path in PHOTOGRAPHS) < 2_000_000
    for path in PHOTOGRAPHS:
        picture = read(path)
        assert picture.pixels.ndim == 2, path
        assert max(picture.size) <= 1024, path


def test_among_them_are_a_deep_one_and_one_lying_on_its_side() -> None:
    assert read(EXAMPLES / "sunrise.tif").pixels.dtype == np.uint16
    with Image.open(EXAMPLES / "dogs.jpg") as stored:
        assert stored.width > stored.height
    height, width = read(EXAMPLES / "dogs.jpg").size
    assert height > width


@pytest.fixture(scope="module")
def colorizer() -> Colorizer:
    return Colorizer(threads=1)


@pytest.mark.model
@pytest.mark.parametrize("path", PHOTOGRAPHS, ids=lambda path: path.stem)
def test_lightness_stays(path: Path, colorizer: Colorizer) -> None:
    before, after = read(path), colorizer.colorize(path)
    assert after.size == before.size
    assert after.pixels.dtype == before.pixels.dtype
    np.testing.assert_allclose(after.lightness, before.lightness, atol=0.75)


def mean_ab(name: str, colorizer: Colorizer, region: tuple[slice, slice]) -> np.ndarray:
    """Mean a*, b* that part of an example gets."""
    srgb = colorizer.colorize(EXAMPLES / name).srgb[region]
    return np.asarray(srgb_to_lab(srgb)[..., 1:].mean((0, 1)))


@pytest.mark.model
@pytest.mark.parametrize("name", LANDSCAPES)
def test_landscapes_get_colour(name: str, colorizer: Colorizer) -> None:
    ab = srgb_to_lab(colorizer.colorize(EXAMPLES / name).srgb)[..., 1:]
    assert np.linalg.norm(ab, axis=-1).mean() > 5


@pytest.mark.model
@pytest.mark.parametrize("name", SKY)
def test_a_clear_sky_is_blue(name: str, colorizer: Colorizer) -> None:
    assert mean_ab(name, colorizer, SKY[name])[1] < -8


@pytest.mark.model
@pytest.mark.parametrize("name", GRASS)
def test_grass_is_green_or_yellow(name: str, colorizer: Colorizer) -> None:
    a, b = mean_ab(name, colorizer, GRASS[name])
    assert b > 8
    assert a < b / 2, "redder than dry grass"


@pytest.mark.model
def test_the_first_command_of_the_readme(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    line = next(line for line in readme.splitlines() if line.startswith("python3 -m venv"))
    program, *arguments = shlex.split(line.split("&&")[-1])
    assert Path(program).name == "reverse-oldify"
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").symlink_to(EXAMPLES)
    assert main(arguments) == 0
    assert capsys.readouterr().err == ""
    results = {path.name for path in (tmp_path / "colour").iterdir()}
    assert results == {path.name for path in PHOTOGRAPHS} | {"before-after.jpg"}
