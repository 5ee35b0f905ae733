import json
from pathlib import Path

import pytest
from tiny_run import CLASSIC, write_recipe

from reverse_oldify.errors import OptionError
from reverse_oldify.train.recipe import load_recipe, parse_recipe

pytestmark = pytest.mark.train

RECIPES = sorted((Path(__file__).parents[2] / "recipes").glob("*.toml"))


@pytest.fixture
def table():
    return {
        "run": {"name": "n", "folder": "f"},
        "data": {"cache": "c"},
        "model": {},
        "optim": {"steps": 5},
    }


def test_a_recipe_comes_back_from_plain_types(table):
    table["optim"]["sizes"] = [[0, 64], [0.5, 96]]
    table["augmentation"] = {"crop": 1, "degradation": {"share": 0.25}}
    recipe = parse_recipe(table)
    assert recipe.optim.sizes == ((0.0, 64), (0.5, 96))
    assert recipe.augmentation.degradation.share == 0.25
    assert parse_recipe(json.loads(json.dumps(recipe.to_dict()))) == recipe


@pytest.mark.parametrize("path", RECIPES, ids=[path.stem for path in RECIPES])
def test_the_recipes_of_the_repo_are_recipes(path):
    assert load_recipe(path).run.folder.startswith("runs/")


@pytest.mark.parametrize(
    ("section", "key", "value", "complaint"),
    [
        ("run", "folders", "x", "unknown key 'folders'; known are name, folder"),
        ("run", "seed", "one", "seed must be of type int, not 'one'"),
        ("run", "seed", True, "seed must be of type int"),
        ("run", "seed", 1.5, "seed must be of type int"),
        ("data", "kinds", "landscape", "kinds must be a list"),
        ("data", "val_fraction", 1.0, "val_fraction is 1.0; choose 0 to below 1"),
        ("model", "kind", "gan", "kind must be one of colornet, classic, not 'gan'"),
        ("model", "widths", [8, 8, 8], "widths is .*; choose four"),
        ("model", "heads", 5, "heads is 5; choose a divisor of 192"),
        ("model", "frozen_stages", 8, "frozen_stages is 8; choose 0 to 7"),
        ("optim", "steps", 0, "steps is 0; choose 1 or more"),
        ("optim", "ema", 1.0, "ema is 1.0; choose 0 to below 1"),
        ("optim", "positions", 0.0, "positions is 0.0; choose above 0"),
        ("optim", "taught", 1.5, "taught is 1.5; choose 0 to 1"),
        ("optim", "sizes", [], "sizes"),
        ("optim", "sizes", [[0.1, 64]], "start at 0"),
        ("optim", "sizes", [[0.0, 64], [0.9, 64], [0.5, 64]], "rise"),
        ("optim", "sizes", [[0.0, 100]], "100; choose a multiple of 32"),
        ("optim", "sizes", [[0.0, 64, 1]], "sizes must have 2 values, not 3"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_right(table, section, key, value, complaint):
    table[section][key] = value
    with pytest.raises(OptionError, match=rf"recipe: {section}.*{complaint}"):
        parse_recipe(table)


def test_a_missing_key_is_named(table):
    del table["optim"]["steps"]
    with pytest.raises(OptionError, match=r"recipe: optim: missing .*'steps'"):
        parse_recipe(table)
    del table["optim"]
    with pytest.raises(OptionError, match=r"recipe: missing .*'optim'"):
        parse_recipe(table)


def test_a_value_in_place_of_a_section(table):
    table["run"] = "x"
    with pytest.raises(OptionError, match="run must be a section"):
        parse_recipe(table)


@pytest.mark.parametrize("content", [None, b"[run", b"\xff\xfe", b"name = "])
def test_an_unreadable_file_is_named(tmp_path, content):
    path = tmp_path / "recipe.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(OptionError, match=r"recipe\.toml: not a readable recipe"):
        load_recipe(path)


def test_the_classic_network_has_five_widths(tmp_path):
    path = write_recipe(tmp_path / "classic.toml", "cache", CLASSIC)
    assert load_recipe(path).model.widths == (8,) * 5
    path.write_text(path.read_text().replace("[8, 8, 8, 8, 8]", "[8, 8, 8, 8]"))
    with pytest.raises(OptionError, match="five"):
        load_recipe(path)
