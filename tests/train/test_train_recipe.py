import json
import re
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import get_type_hints

import pytest
from tiny_run import CLASSIC, write_recipe

from reverse_oldify.errors import OptionError
from reverse_oldify.train.recipe import Recipe, load_recipe, parse_recipe

pytestmark = pytest.mark.train

ROOT = Path(__file__).parents[2]
RECIPES = sorted((ROOT / "recipes").glob("*.toml"))
NAN = float("nan")


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


def test_going_on_begins_with_weights_that_are_there():
    assert (ROOT / load_recipe(ROOT / "recipes/finetune.toml").model.start_from).is_file()


@pytest.mark.parametrize(
    ("section", "key", "value", "complaint"),
    [
        ("run", "folders", "x", "unknown key 'folders'; known are name, folder"),
        ("run", "seed", "one", "seed is 'one': must be a whole number"),
        ("run", "seed", True, "seed is True: must be a whole number"),
        ("run", "seed", 1.5, "seed is 1.5: must be a whole number"),
        ("run", "seed", -1, "seed is -1: must be 0 or more"),
        ("run", "seed", 2**63, "seed is 9223372036854775808: must be below 2**63"),
        ("run", "folder", 3, "folder is 3: must be text"),
        ("run", "folder", "~/r", "folder is '~/r': must be written out, for only shells know ~"),
        ("optim", "teachers", ["a", "~b"], r"teachers[1] is '~b': must be written out"),
        ("run", "threads", -1, "threads is -1: must be 0 to 1024"),
        ("run", "workers", -1, "workers is -1: must be 0 to 1024"),
        ("run", "checkpoint_minutes", NAN, "checkpoint_minutes is nan: must be a finite number"),
        ("run", "validate_every", 0, "validate_every is 0: must be 1 or more"),
        ("run", "validate_pictures", 0, "validate_pictures is 0: must be 1 or more"),
        ("run", "validate_size", -96, "validate_size is -96: must be 1 or more"),
        ("data", "kinds", "landscape", "kinds is 'landscape': must be a list"),
        ("data", "val_fraction", 1.0, "val_fraction is 1.0: must be 0 to below 1"),
        ("model", "kind", "gan", "kind is 'gan': must be one of colornet, classic"),
        ("model", "widths", [8, 8, 8], "widths is (8, 8, 8): must be four of them"),
        ("model", "widths", [48, 0, 24, 16], "widths[1] is 0: must be 1 or more"),
        ("model", "blocks", -1, "blocks is -1: must be 0 or more"),
        ("model", "heads", 0, "heads is 0: must be 1 or more"),
        ("model", "heads", 5, "heads is 5: must be a divisor of 192"),
        ("model", "refinements", [-1, 1, 1], "refinements[0] is -1: must be 0 or more"),
        ("model", "drop", 1.0, "drop is 1.0: must be 0 to below 1"),
        ("model", "frozen_stages", 8, "frozen_stages is 8: must be 0 to 7"),
        ("optim", "steps", 0, "steps is 0: must be 1 or more"),
        ("optim", "batch", 0, "batch is 0: must be 1 or more"),
        ("optim", "lr", -1.0, "lr is -1.0: must be 0 or more"),
        ("optim", "lr", NAN, "lr is nan: must be a finite number"),
        ("optim", "lr", float("inf"), "lr is inf: must be a finite number"),
        ("optim", "lr", 10**400, "must be below 2**63"),
        ("optim", "encoder_lr_factor", -1, "encoder_lr_factor is -1.0: must be 0 or more"),
        ("optim", "weight_decay", -0.1, "weight_decay is -0.1: must be 0 or more"),
        ("optim", "warmup", -5, "warmup is -5: must be 0 or more"),
        ("optim", "clip", -1.0, "clip is -1.0: must be 0 or more"),
        ("optim", "ema", 1.0, "ema is 1.0: must be 0 to below 1"),
        ("optim", "patience", 0, "patience is 0: must be 1 or more"),
        ("optim", "positions", 0.0, "positions is 0.0: must be above 0, up to 1"),
        ("optim", "regression", -1, "regression is -1.0: must be 0 or more"),
        ("optim", "picture_error", -1, "picture_error is -1.0: must be 0 or more"),
        ("optim", "rebalance", 1.5, "rebalance is 1.5: must be 0 to 1"),
        ("optim", "taught", 1.5, "taught is 1.5: must be 0 to 1"),
        ("optim", "sizes", [], "sizes is (): must be shares that start at 0"),
        ("optim", "sizes", [[0.1, 64]], "must be shares that start at 0"),
        ("optim", "sizes", [[0.0, 64], [0.9, 64], [0.5, 64]], "must be shares that start at 0"),
        ("optim", "sizes", [[0.0, 64], [NAN, 96]], "sizes[1][0] is nan: must be a finite number"),
        ("optim", "sizes", [[0.0, 64], [1.5, 96]], "sizes[1][0] is 1.5: must be 0 to 1"),
        ("optim", "sizes", [[0.0, 100]], "sizes[0][1] is 100: must be a multiple of 32"),
        ("optim", "sizes", [[0.0, 64, 1]], "sizes[0] is [0.0, 64, 1]: must be a list of 2 values"),
        ("augmentation", "crop", 2, "crop is 2.0: must be above 0, up to 1"),
        ("augmentation", "stretch", -5, "stretch is -5.0: must be 0 to 1"),
        ("augmentation", "palette", 7, "palette is 7.0: must be 0 to 1"),
        ("augmentation", "framed", NAN, "framed is nan: must be a finite number"),
        ("augmentation", "erased", -1, "erased is -1.0: must be 0 to 1"),
        ("augmentation", "pasted", 2, "pasted is 2.0: must be 0 to 1"),
        ("augmentation.degradation", "share", 5, "share is 5.0: must be 0 to 1"),
        ("augmentation.degradation", "tone", -1, "tone is -1.0: must be 0 or more"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_right(table, section, key, value, complaint):
    place = table
    for name in section.split("."):
        place = place.setdefault(name, {})
    place[key] = value
    with pytest.raises(OptionError, match=re.escape(f"recipe: [{section}] ")) as caught:
        parse_recipe(table)
    assert complaint in str(caught.value)


def numbers(kind):
    """Whole and other numbers, and lists of them, among the fields of a section and below."""
    for item in fields(kind):
        hint = get_type_hints(kind, include_extras=True)[item.name]
        if is_dataclass(hint):
            yield from numbers(hint)
        elif "int" in str(hint) or "float" in str(hint):
            yield f"{kind.__name__}.{item.name}", hint


@pytest.mark.parametrize(("name", "hint"), list(numbers(Recipe)))
def test_every_number_says_its_bounds(name, hint):
    assert "Bound(" in str(hint)


def test_a_missing_key_is_named(table):
    del table["optim"]["steps"]
    with pytest.raises(OptionError, match=r"recipe: \[optim\] missing .*'steps'"):
        parse_recipe(table)
    del table["optim"]
    with pytest.raises(OptionError, match=r"recipe: missing .*'optim'"):
        parse_recipe(table)


def test_a_value_in_place_of_a_section(table):
    table["run"] = "x"
    with pytest.raises(OptionError, match=r"recipe: \[run\] is 'x': must be a section"):
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
