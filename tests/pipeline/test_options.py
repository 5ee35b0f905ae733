from __future__ import annotations

import json

import pytest

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
