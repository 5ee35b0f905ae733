"""The photographs that ship, and the README's first command on them."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reverse_oldify import Colorizer, Options
from reverse_oldify.cli.main import main
from reverse_oldify.color.difference import ciede2000
from reverse_oldify.color.lab import srgb_to_lab
from reverse_oldify.files.formats import by_suffix
from reverse_oldify.files.read import read
from reverse_oldify.runtime.catalogue import find_model

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


def block(language: str) -> str:
    """The longest code of a language in docs/research.md."""
    page = (ROOT / "docs/research.md").read_text("utf-8")
    return max(re.findall(rf"^```{language}\n(.*?)^```", page, re.MULTILINE | re.DOTALL), key=len)


@pytest.mark.model
@pytest.mark.parametrize("name", ["picos-de-europa.jpg", "forest-stream.jpg"])
def test_the_network_can_be_used_without_this_package(
    name: str, colorizer: Colorizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("skimage")
    monkeypatch.chdir(tmp_path)
    shutil.copytree(find_model(), "my-model")
    shutil.copy(EXAMPLES / name, "scan.jpg")
    exec(compile(block("python"), "research.md", "exec"), {})
    with Image.open("colour.png") as image:
        plain = srgb_to_lab(np.asarray(image))
    ours = srgb_to_lab(colorizer.colorize(EXAMPLES / name, Options(vividness=0)).srgb)
    assert np.hypot(*plain[..., 1:].T).mean() > 10
    assert ciede2000(plain, ours).mean() < 1.5


@pytest.mark.train
def test_the_recipe_for_going_on_is_a_recipe(tmp_path: Path) -> None:
    from reverse_oldify.train.recipe import load_recipe

    path = tmp_path / "finetune.toml"
    path.write_text(block("toml"), "utf-8")
    recipe = load_recipe(path)
    assert (ROOT / recipe.model.start_from).is_file()
