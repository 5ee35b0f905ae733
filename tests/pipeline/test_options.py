from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reverse_oldify import Hint, Hints, OptionError, Options, Palette

FULL = Options(
    vividness=1.5,
    working_size=320,
    hints=Hints(
        (
            Hint(points=((3.0, 4.5), (9.0, 4.0)), color="#a03020", radius=2, strength=0.5),
            Hint(points=((1.0, 1.0),), ab=(-20.0, 30.5)),
            Hint(points=((8.0, 8.0),), color="neutral"),
        )
    ),
    palette=Palette(colors=((0.0, 10.0, 0.7), (20.0, 30.0, 0.3)), name="aunt"),
    variant=2,
    seed=7,
)


@pytest.mark.parametrize("options", [Options(), FULL, Options(palette="amber")])
def test_options_survive_json(options: Options) -> None:
    assert Options.from_json(json.loads(json.dumps(options.to_json()))) == options


def test_options_can_be_keys() -> None:
    assert len({FULL, Options.from_json(FULL.to_json()), Options()}) == 2


def test_what_is_missing_has_its_default() -> None:
    assert Options.from_json({}) == Options()
    assert Options.from_json({"vividness": 0}) == Options(vividness=0)


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        {"vivid": 1},
        {"vividness": "1"},
        {"vividness": None},
        {"vividness": True},
        {"vividness": 3},
        {"working_size": 12.5},
        {"working_size": 5},
        {"hints": {}},
        {"hints": [1]},
        {"palette": 5},
        {"palette": {"colors": []}},
        {"palette": {"colors": [[1, 2]]}},
        {"palette": {"colors": [[1, 2, 0]]}},
        {"palette": {"colors": [[1, 2, -1], [1, 2, 3]]}},
        {"palette": {"colors": [[999, 2, 1]]}},
        {"palette": {"name": "x"}},
        {"variant": 10},
        {"variant": -1},
        {"variant": 1.5},
        {"seed": -1},
    ],
)
def test_wrong_options(wrong: object) -> None:
    with pytest.raises(OptionError):
        Options.from_json(wrong)


def test_numbers_of_numpy_are_plain_ones() -> None:
    half, two = np.float32(0.5), np.int64(2)
    points = np.array([[1, 2], [3, 4]])
    options = Options(
        vividness=half,
        working_size=two * 100,
        variant=two,
        seed=np.uint8(2),
        hints=Hints([Hint(points=points, ab=np.array([half, half]), radius=two, strength=half)]),
        palette=Palette(colors=np.ones((4, 3), np.float32)),
    )
    assert Options.from_json(json.loads(json.dumps(options.to_json()))) == options
    assert hash(options) == hash(Options.from_json(options.to_json()))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Options(vividness="1"),
        lambda: Options(variant=1.0),
        lambda: Options(seed=True),
        lambda: Options(hints=[Hint(points=((1, 1),), color="neutral")]),
        lambda: Hints((1,)),
        lambda: Hint(points=3, color="neutral"),
        lambda: Hint(points=((1, 1),), ab=(1, None)),
        lambda: Palette(colors=((1, 2), (1, 2, 3))),
    ],
)
def test_wrong_types_are_told(wrong) -> None:
    with pytest.raises(OptionError):
        wrong()


@pytest.mark.parametrize(
    "palette",
    [Path("market.jpg"), 5, [[1, 2, 1]], {"colors": [[1, 2, 1]]}, b"dawn", Image.new("L", (2, 2))],
)
def test_what_is_no_palette_is_told_at_once(palette: object) -> None:
    kind = type(palette).__name__
    with pytest.raises(OptionError, match=f"of type {kind}; give the name of a look, or a Palette"):
        Options(palette=palette)
