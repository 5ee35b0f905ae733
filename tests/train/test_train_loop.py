import os
import signal
import subprocess
import sys
import time

import pytest
import tiny_run
import torch
from tiny_run import CLASSIC, COLORNET, write_cache, write_recipe

from reverse_oldify.data.dataset import Ticket, TrainingSet
from reverse_oldify.errors import DataError, ModelError, OptionError
from reverse_oldify.train import loop
from reverse_oldify.train.average import MovingAverage
from reverse_oldify.train.checkpoint import load_checkpoint, save_checkpoint
from reverse_oldify.train.loop import train
from reverse_oldify.train.recipe import load_recipe
from reverse_oldify.train.report import read_metrics

pytestmark = [pytest.mark.train, pytest.mark.usefixtures("thin_networks")]


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return write_cache(tmp_path_factory.mktemp("loop") / "cache")


@pytest.fixture(autouse=True)
def _one_thread_and_no_pictures(request, monkeypatch):
    """Bits are the same on one thread; Matplotlib is slow, and only one test looks at it."""
    if "draws" not in request.fixturenames:
        monkeypatch.setattr(loop, "draw_sheet", lambda *arguments: None)
        monkeypatch.setattr(loop, "draw_curves", lambda *arguments: None)
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def draws():
    """Let this test draw for real."""


def run(path, **settings):
    return train(load_recipe(path), quiet=True, **settings)


def state(folder):
    content = load_checkpoint(folder / "checkpoint.pt")
    return {key: content[key] for key in ("weights", "average")}


def assert_same(one, other, tolerance=0.0):
    for part, weights in one.items():
        for key, value in weights.items():
            difference = (value.double() - other[part][key].double()).abs().max()
            assert difference <= tolerance, f"{part} {key} differs by {difference}"


def started(path, *launcher):
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    command = [sys.executable, *launcher, tiny_run.__file__, str(path)]
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)


@pytest.mark.slow
def test_a_killed_run_goes_on_and_ends_with_the_same_weights(cache, tmp_path):
    dropping = COLORNET + "drop = 0.2\n"  # so that chance within the network counts, too
    straight = run(write_recipe(tmp_path / "straight.toml", cache, dropping, steps=40))
    path = write_recipe(tmp_path / "killed.toml", cache, dropping, steps=40)
    path.write_text(path.read_text().replace("checkpoint_minutes = 60", "checkpoint_minutes = 0"))
    checkpoint = tmp_path / "killed" / "checkpoint.pt"
    process = started(path)
    while process.poll() is None and not checkpoint.exists():
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL, process.stderr.read()
    process.stderr.close()
    assert 0 < load_checkpoint(checkpoint)["step"] < 40
    killed = run(path)
    assert_same(state(straight), state(killed))
    logged = [
        [row.get("loss") for row in read_metrics(f / "metrics.jsonl")] for f in (straight, killed)
    ]
    assert logged[0] == logged[1]


@pytest.mark.slow
def test_a_stopped_run_goes_on_and_ends_with_the_same_weights(cache, tmp_path):
    straight = run(write_recipe(tmp_path / "straight.toml", cache))
    path = write_recipe(tmp_path / "stopped.toml", cache)
    assert load_checkpoint(run(path, stop_after=2) / "checkpoint.pt")["step"] == 2
    assert_same(state(straight), state(run(path)))
    again = run(path)  # nothing is left to do
    assert_same(state(straight), state(again))


def interrupted(path, part, name, turn):
    """Run a recipe until a function is called for the turn-th time, when Ctrl-C is pressed."""
    work, turns = getattr(part, name), iter(range(1, turn + 1))

    def pressed(*arguments):
        if next(turns, None) == turn:
            raise KeyboardInterrupt
        return work(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(part, name, pressed)
        with pytest.raises(KeyboardInterrupt):
            run(path)


def test_a_run_that_is_interrupted_keeps_what_it_has_done(cache, tmp_path):
    straight = run(write_recipe(tmp_path / "straight.toml", cache))
    path = write_recipe(tmp_path / "interrupted.toml", cache)
    interrupted(path, TrainingSet, "__getitem__", 8)  # in the fourth batch of two
    assert load_checkpoint(tmp_path / "interrupted" / "checkpoint.pt")["step"] == 3
    assert_same(state(straight), state(run(path)))


def test_a_run_that_is_interrupted_while_it_is_saved_is_saved(cache, tmp_path):
    path = write_recipe(tmp_path / "saved.toml", cache)
    interrupted(path, loop.Run, "_save", 1)
    assert load_checkpoint(tmp_path / "saved" / "checkpoint.pt")["step"] == 6


def test_no_half_change_is_kept(cache, tmp_path):
    path = write_recipe(tmp_path / "half.toml", cache)
    checkpoint = run(path, stop_after=2) / "checkpoint.pt"
    before = checkpoint.read_bytes()
    interrupted(path, MovingAverage, "update", 1)
    assert checkpoint.read_bytes() == before


def test_a_run_that_is_interrupted_while_its_best_weights_are_written_is_judged_again(
    cache, tmp_path
):
    path = write_recipe(tmp_path / "run.toml", cache)
    path.write_text(path.read_text().replace("validate_every = 1000", "validate_every = 3"))
    interrupted(path, loop, "save_checkpoint", 1)
    assert not (tmp_path / "run" / "best.pt").exists()
    assert load_checkpoint(tmp_path / "run" / "checkpoint.pt")["step"] == 3
    folder = run(path, stop_after=3)
    assert load_checkpoint(folder / "best.pt")["step"] == 3
    assert [row["step"] for row in read_metrics(folder / "metrics.jsonl")] == [3]


def test_a_start_is_judged_and_kept_while_nothing_is_better(cache, tmp_path):
    start = run(write_recipe(tmp_path / "start.toml", cache, steps=1)) / "best.pt"
    path = write_recipe(tmp_path / "run.toml", cache, steps=2, lr=0.0, ema=0.0)
    path.write_text(
        path.read_text().replace("[model]", f"[model]\nstart_from = '{start.as_posix()}'")
    )
    folder = run(path)
    scores = [row for row in read_metrics(folder / "metrics.jsonl") if "score" in row]
    assert [row["step"] for row in scores] == [0, 2]
    assert scores[0]["score"] == scores[1]["score"]
    best = load_checkpoint(folder / "best.pt")
    assert best["step"] == 0
    assert_same({"": best["weights"]}, {"": load_checkpoint(start)["weights"]})


def test_a_loss_that_is_no_number_ends_a_run(cache, tmp_path):
    path = write_recipe(tmp_path / "run.toml", cache, steps=9, lr=1e30, warmup=0)
    with pytest.raises(DataError, match=r"loss became nan at step \d; lower the learning rate"):
        run(path)
    assert not (tmp_path / "run" / "checkpoint.pt").exists()


def test_small_learning_rates_are_logged(cache, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "_LOG_EVERY", 1)
    settings = {"schedule": '"plateau"', "lr": 1.23456e-8}
    folder = run(write_recipe(tmp_path / "run.toml", cache, CLASSIC, steps=1, **settings))
    assert read_metrics(folder / "metrics.jsonl")[0]["lr"] == 1.23456e-8


def test_a_validation_that_was_interrupted_is_done_when_the_run_goes_on(cache, tmp_path):
    path = write_recipe(tmp_path / "run.toml", cache, CLASSIC, schedule='"plateau"', lr=0.0)
    path.write_text(path.read_text().replace("validate_every = 1000", "validate_every = 2"))
    interrupted(path, loop, "validate", 2)
    checkpoint = tmp_path / "run" / "checkpoint.pt"
    assert load_checkpoint(checkpoint)["step"] == 4
    rows = read_metrics(run(path) / "metrics.jsonl")
    assert [row["step"] for row in rows if "score" in row] == [2, 4, 6]
    assert load_checkpoint(checkpoint)["schedule"]["stalled"] == 2


@pytest.mark.parametrize(
    ("old", "new", "unchanged"),
    [
        ("lr = 0.01", "lr = 0.0", ""),
        ("encoder_lr_factor = 1.0", "encoder_lr_factor = 0.0", "encoder."),
        ("weight_decay = 0.0", "weight_decay = 0.5", None),
        ('optimizer = "adamw"', 'optimizer = "adam"', None),
    ],
)
def test_a_run_goes_on_at_what_the_recipe_says_now(cache, tmp_path, old, new, unchanged):
    settings = {"lr": 0.01, "encoder_lr_factor": 1.0, "weight_decay": 0.0}
    if "adam" in new:
        settings["weight_decay"] = 0.5  # else the two are the same
    settings |= {"optimizer": '"adamw"', "schedule": '"plateau"', "steps": 2}
    path = write_recipe(tmp_path / "changed.toml", cache, **settings)
    before = state(run(path, stop_after=1))["weights"]
    as_it_was = write_recipe(tmp_path / "straight.toml", cache, **settings)
    straight = state(run(as_it_was))["weights"]
    path.write_text(path.read_text().replace(old, new))
    after = state(run(path))["weights"]
    assert any((after[key] != straight[key]).any() for key in after)
    if unchanged is not None:
        kept = [key for key in after if key.startswith(unchanged)]
        assert kept and all(torch.equal(after[key], before[key]) for key in kept)


def test_with_another_batch_a_run_goes_on_from_the_samples_it_has_seen(
    cache, tmp_path, monkeypatch
):
    monkeypatch.setattr(loop, "_LOG_EVERY", 1)
    settings = {"steps": 5, "sizes": "[[0.0, 32], [0.6, 64]]"}
    path = write_recipe(tmp_path / "batch.toml", cache, CLASSIC, batch=4, **settings)
    run(path, stop_after=2)
    path.write_text(path.read_text().replace("batch = 4", "batch = 1"))
    tickets, make = [], TrainingSet.__getitem__
    monkeypatch.setattr(
        TrainingSet,
        "__getitem__",
        lambda self, ticket: tickets.append(ticket) or make(self, ticket),
    )
    folder = run(path)
    assert tickets == [Ticket(8, 32), Ticket(9, 64), Ticket(10, 64)]
    seen = [row["samples"] for row in read_metrics(folder / "metrics.jsonl") if "loss" in row]
    assert seen == [4, 8, 9, 10, 11]
    assert load_checkpoint(folder / "checkpoint.pt")["samples"] == 11


@pytest.mark.slow
def test_two_processes_are_one_with_twice_the_batch(cache, tmp_path):
    """Not ColorNet: its attention keys have a bias without effect, whose noise Adam makes large."""
    settings = {"steps": 4, "optimizer": '"adam"', "ema": 0.5, "lr": 1e-3}
    alone = run(write_recipe(tmp_path / "alone.toml", cache, CLASSIC, batch=4, **settings))
    path = write_recipe(tmp_path / "pair.toml", cache, CLASSIC, batch=2, **settings)
    process = started(path, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2")
    assert process.wait(120) == 0, process.stderr.read()
    process.stderr.close()
    pair = load_checkpoint(tmp_path / "pair" / "checkpoint.pt")
    assert (pair["world"], pair["step"], pair["samples"]) == (2, 4, 16)
    assert_same(state(alone), state(tmp_path / "pair"), tolerance=1e-5)
    ranks = [torch.load(tmp_path / f"pair.rank{rank}.pt") for rank in (0, 1)]
    assert_same({"": ranks[0]}, {"": ranks[1]})
    assert_same({"": ranks[0]}, {"": pair["weights"]})
    with pytest.raises(OptionError, match="number of processes"):
        run(path)


@pytest.mark.slow
@pytest.mark.parametrize("model", [COLORNET, CLASSIC], ids=["colornet", "classic"])
def test_the_loss_falls(tmp_path, model):
    one_picture = write_cache(tmp_path / "cache", count=2)  # the other is for validation
    settings = {"steps": 60, "batch": 4, "lr": 0.01, "positions": 1.0}
    folder = run(write_recipe(tmp_path / "falls.toml", one_picture, model, **settings))
    losses = [row["loss"] for row in read_metrics(folder / "metrics.jsonl") if "loss" in row]
    assert len(losses) == 3
    assert losses[-1] < 0.95 * losses[0]


@pytest.mark.parametrize("model", [COLORNET, CLASSIC], ids=["colornet", "classic"])
def test_a_run_leaves_weights_a_log_and_pictures(cache, tmp_path, draws, model):
    if model == CLASSIC:
        model += "frozen_stages = 5\n"
    folder = run(write_recipe(tmp_path / "run.toml", cache, model, steps=2))
    assert {path.name for path in folder.iterdir()} == {
        "best.pt",
        "checkpoint.pt",
        "curves.png",
        "metrics.jsonl",
        "samples.png",
    }
    best = load_checkpoint(folder / "best.pt")
    assert best["scores"]["score"] > 0
    assert best["recipe"] == load_recipe(tmp_path / "run.toml").to_dict()
    assert read_metrics(folder / "metrics.jsonl")[-1]["alps/ratio"] > 0


def test_plateaus_end_a_run(cache, tmp_path):
    path = write_recipe(
        tmp_path / "plateau.toml",
        cache,
        CLASSIC,
        schedule='"plateau"',
        patience=1,
        steps=50,
        lr=0.0,
        ema=0.0,
    )
    path.write_text(path.read_text().replace("validate_every = 1000", "validate_every = 2"))
    folder = run(path)
    content = load_checkpoint(folder / "checkpoint.pt")
    assert content["step"] == 8  # the first is the best; three more bring nothing
    assert content["schedule"]["halvings"] == 3
    assert load_checkpoint(folder / "best.pt")["step"] == 2
    assert load_checkpoint(run(path) / "checkpoint.pt")["step"] == 8  # over is over


def test_growing_sizes_and_a_redrawn_split(cache, tmp_path):
    path = write_recipe(
        tmp_path / "grow.toml", cache, CLASSIC, steps=4, sizes="[[0.0, 32], [0.5, 64]]"
    )
    path.write_text(path.read_text().replace("[data]", "[data]\nval_fraction = 0.5"))
    sides = []
    loop_to = loop._to

    def noting(batch, device):
        sides.append(batch.lightness.shape[-1])
        return loop_to(batch, device)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "_to", noting)
        folder = run(path)
    assert sides == [32, 32, 64, 64]
    assert {"alps/ratio", "lakes/ratio"} < read_metrics(folder / "metrics.jsonl")[-1].keys()


def test_a_checkpoint_that_does_not_tell_was_judged_when_it_was_written(cache, tmp_path):
    path = write_recipe(tmp_path / "run.toml", cache)
    path.write_text(path.read_text().replace("validate_every = 1000", "validate_every = 2"))
    folder = run(path, stop_after=2)
    content = load_checkpoint(folder / "checkpoint.pt")
    del content["judged"]
    save_checkpoint(folder / "checkpoint.pt", content)
    rows = read_metrics(run(path, stop_after=3) / "metrics.jsonl")
    assert [row["step"] for row in rows if "score" in row] == [2, 3]


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("[data]", "[data]\nval_fraction = 0.5", "another prepared set, split or number"),
        ("widths = [16, 12, 8, 8]", "widths = [16, 12, 8, 4]", "another network"),
    ],
)
def test_a_checkpoint_of_another_recipe_is_refused(cache, tmp_path, old, new, complaint):
    path = write_recipe(tmp_path / "run.toml", cache)
    run(path, stop_after=1)
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(OptionError, match=complaint):
        run(path)


def test_a_checkpoint_that_froze_other_stages_is_not_called_another_network(cache, tmp_path):
    path = write_recipe(tmp_path / "run.toml", cache)
    start = run(path, stop_after=1) / "best.pt"
    frozen = f"blocks = 1\nstart_from = '{start.as_posix()}'\nfrozen_stages = 2"
    path.write_text(path.read_text().replace("blocks = 1", frozen))
    with pytest.raises(OptionError, match=r"froze other stages; .* start_from its best\.pt"):
        run(path)


@pytest.mark.parametrize(("size", "best"), [(64, 1), (32, 2)])
def test_scores_of_other_pictures_are_not_compared(cache, tmp_path, size, best):
    path = write_recipe(tmp_path / "run.toml", cache)
    folder = run(path, stop_after=1)
    content = load_checkpoint(folder / "checkpoint.pt")
    content["schedule"]["best"] = 0.0  # nothing can be better
    save_checkpoint(folder / "checkpoint.pt", content)
    path.write_text(path.read_text().replace("validate_size = 64", f"validate_size = {size}"))
    run(path, stop_after=2)
    assert load_checkpoint(folder / "best.pt")["step"] == best


def test_what_a_checkpoints_recipe_says_wrong_today_is_mended_in_the_file(cache, tmp_path):
    path = write_recipe(tmp_path / "run.toml", cache, clip="1.0")
    checkpoint = run(path, stop_after=1) / "checkpoint.pt"
    content = load_checkpoint(checkpoint)
    content["recipe"]["optim"]["clip"] = float("inf")  # as was allowed once
    save_checkpoint(checkpoint, content)
    path.write_text(path.read_text().replace("clip = 1.0", "clip = inf"))
    with pytest.raises(OptionError, match=r"run\.toml: \[optim\] clip is inf: must be a finite"):
        run(path)
    path.write_text(path.read_text().replace("clip = inf", "clip = 0.0"))
    run(path, stop_after=2)
    content = load_checkpoint(checkpoint)
    assert (content["step"], content["recipe"]["optim"]["clip"]) == (2, 0.0)


def test_what_a_killed_run_left_half_written_is_removed(cache, tmp_path):
    path = write_recipe(tmp_path / "run.toml", cache)
    folder = run(path, stop_after=1)
    (folder / ".0123456789ab.part").touch()
    (folder / "notes.part").touch()
    run(path, stop_after=2)
    assert [file.name for file in folder.glob("*.part")] == ["notes.part"]


def test_a_damaged_checkpoint_is_told_with_what_to_do(cache, tmp_path):
    path = write_recipe(tmp_path / "run.toml", cache)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "checkpoint.pt").touch()
    with pytest.raises(ModelError, match=r"checkpoint\.pt: .*damaged.*remove it to start"):
        run(path)


def test_a_folder_that_is_a_file_is_refused(cache, tmp_path):
    path = write_recipe(tmp_path / "run.toml", cache)
    (tmp_path / "run").write_text("notes")
    with pytest.raises(OptionError, match=r"run: cannot be the folder of a run .*choose another"):
        run(path)
    assert (tmp_path / "run").read_text() == "notes"


def test_a_checkpoint_of_another_set_is_refused(cache, tmp_path):
    path = write_recipe(tmp_path / "run.toml", cache)
    run(path, stop_after=1)
    write_recipe(path, write_cache(tmp_path / "other", count=9))
    with pytest.raises(OptionError, match="another prepared set"):
        run(path)
