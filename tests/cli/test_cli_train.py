import pytest
from tiny_run import CLASSIC, write_cache, write_recipe

from reverse_oldify.cli.main import main

pytestmark = [pytest.mark.train, pytest.mark.usefixtures("thin_networks")]


def test_the_command_trains_and_tells_of_the_best_weights(tmp_path, capsys):
    cache = write_cache(tmp_path / "cache")
    path = write_recipe(tmp_path / "run.toml", cache, CLASSIC, steps=3, lr=0.0)
    path.write_text(path.read_text().replace("validate_every = 1000", "validate_every = 1"))
    assert main(["train", str(path), "--quiet", "--stop-after", "2"]) == 0
    told = capsys.readouterr().out
    assert told.startswith(f"{tmp_path / 'run'}: best weights (step 1, score ")
    (tmp_path / "run" / "best.pt").unlink()
    assert main(["train", str(path), "--quiet"]) == 0
    assert "no best weights" in capsys.readouterr().out


def test_a_misspelt_key_is_one_line_and_status_2(tmp_path, capsys):
    path = write_recipe(tmp_path / "run.toml", tmp_path / "cache", CLASSIC, step=3)
    assert main(["train", str(path)]) == 2
    told = capsys.readouterr().err
    assert "[optim] unknown key 'step'" in told
    assert told.count("\n") == 1
