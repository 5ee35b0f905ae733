"""Arguments that several commands take."""

from __future__ import annotations

import pytest

from reverse_oldify.cli.main import main


@pytest.mark.parametrize("number", ["0", "-3", "2.5", "many", ""])
@pytest.mark.parametrize(
    "argv",
    [
        ["evaluate", "photographs", "-o", "report", "--size"],
        ["train", "recipe.toml", "--stop-after"],
        ["export", "best.pt", "-o", "model", "--working-size"],
    ],
    ids=lambda argv: argv[0],
)
def test_what_must_be_positive_is(
    argv: list[str], number: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main([*argv[:-1], f"{argv[-1]}={number}"])
    assert caught.value.code == 2
    assert f"{number!r} is not a whole number above 0" in capsys.readouterr().err
