"""The training loop: one run, from a recipe to a folder of weights, logs and pictures.

On a laptop::

    reverse-oldify data prepare photos/ -o cache
    reverse-oldify train recipes/lite2.toml

On several processes or machines, each with its own graphics card or processor::

    torchrun --nproc-per-node 2 -m reverse_oldify train recipes/lite2.toml

Killed at any moment, the same command goes on from the last checkpoint, and (on the same number
of threads) ends with the same weights as a run that was never killed. Ctrl-C and SIGTERM write one
first, unless they come in the middle of a change or, with several processes, of an exchange. If the
recipe was changed meanwhile, what it says now counts from there on.
"""

from __future__ import annotations

import copy
import math
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel
from tqdm import tqdm

from reverse_oldify.data.batches import load_batches
from reverse_oldify.data.cache import PictureCache
from reverse_oldify.data.dataset import Sample, TicketSampler, TrainingSet
from reverse_oldify.data.prior import ab_prior
from reverse_oldify.errors import DataError, OptionError, reason_of
from reverse_oldify.files.drafts import leftovers
from reverse_oldify.train.average import MovingAverage
from reverse_oldify.train.build import build_objective
from reverse_oldify.train.checkpoint import BEST, LATEST, load_checkpoint, save_checkpoint
from reverse_oldify.train.optimizer import build_optimizer, restore_optimizer
from reverse_oldify.train.recipe import Recipe
from reverse_oldify.train.report import (
    add_metrics,
    draw_curves,
    draw_sheet,
    forget_later_metrics,
    read_metrics,
)
from reverse_oldify.train.schedule import Schedule
from reverse_oldify.train.split import one_pass, pictures_of
from reverse_oldify.train.validate import predict_full, validate, validation_pictures

METRICS, CURVES, SHEET = "metrics.jsonl", "curves.png", "samples.png"
_LOG_EVERY = 20
_SHEET_COLUMNS = 10


def train(recipe: Recipe, *, stop_after: int | None = None, quiet: bool = False) -> Path:
    """Run a recipe to its end, or go on with it where its folder's checkpoint left off.

    Parameters
    ----------
    recipe
    stop_after : int, optional
        Stop (with a checkpoint) once this many steps of the whole run are done.
    quiet : bool
        No progress bar.

    Returns
    -------
    Path
        The run's folder: ``best.pt``, ``checkpoint.pt``, ``metrics.jsonl``, ``curves.png``,
        ``samples.png``.
    """
    world, rank = int(os.environ.get("WORLD_SIZE", 1)), int(os.environ.get("RANK", 0))
    if world > 1:
        distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    try:
        return Run(recipe, rank, world).go(stop_after, quiet=quiet)
    finally:
        if world > 1:
            distributed.destroy_process_group()


class Run:
    """State of a run: built from its recipe, then overwritten from its checkpoint, if any."""

    def __init__(self, recipe: Recipe, rank: int, world: int) -> None:
        self.recipe, self.rank, self.world = recipe, rank, world
        if recipe.run.threads:
            torch.set_num_threads(recipe.run.threads)
        torch.manual_seed(recipe.run.seed)
        self.device = _device()
        self.folder = Path(recipe.run.folder)
        self.cache = PictureCache(recipe.data.cache)
        self.train_numbers = pictures_of(self.cache, "train", recipe.data)
        self.prior = ab_prior(self.cache, self.train_numbers)
        self.objective = build_objective(recipe, self.prior).to(self.device)
        self.objective.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.network = self.objective.network
        self.val_pictures = validation_pictures(
            self.cache, recipe.data, recipe.run, self.network.multiple
        )
        self.average = MovingAverage(self.network, recipe.optim.ema)
        self.averaged = copy.deepcopy(self.objective).eval()  # carries the average's weights
        self.optimizer = build_optimizer(self.network, recipe.optim)
        self.schedule = Schedule(recipe.optim)
        self.per_step = recipe.optim.batch * world
        self.step, self.samples, self.seconds = 0, 0, 0.0
        # The step that was validated last; a run that starts from another's weights tells how good
        # these are, and keeps them as the best until it has better ones.
        self.judged = -1 if recipe.model.start_from else 0
        self._whole = True  # not in the middle of a change
        if (self.folder / LATEST).exists():
            self._restore(load_checkpoint(self.folder / LATEST, remedy="remove it to start anew"))

    def go(self, stop_after: int | None, *, quiet: bool) -> Path:
        """Train to the end of the recipe (or to ``stop_after``)."""
        if self.rank == 0:
            self._make_folder()
            forget_later_metrics(self.folder / METRICS, self.step)
        end = min(self.recipe.optim.steps, stop_after or self.recipe.optim.steps)
        try:
            self._advance(end, quiet=quiet)
            self._save()
        except (KeyboardInterrupt, SystemExit):  # Ctrl-C; SIGTERM
            if self._whole:
                self._save()
            raise
        return self.folder

    def _advance(self, end: int, *, quiet: bool) -> None:
        parallel = self._parallel()
        batches = self._batches(end)
        last_save = time.monotonic()
        with tqdm(total=end, initial=self.step, disable=quiet or self.rank > 0, unit="step") as bar:
            self._validate_if_due(end)
            while self.step < end and not self.schedule.exhausted:
                started = time.monotonic()
                logs = self._train_step(parallel, next(batches))
                self.seconds += time.monotonic() - started
                self.step, self.samples = self.step + 1, self.samples + self.per_step
                self._whole = True
                bar.update()
                if self.step % _LOG_EVERY == 0:
                    self._log(logs)
                    bar.set_postfix(loss=f"{logs['loss']:.3f}")
                self._validate_if_due(end)
                if time.monotonic() - last_save > 60 * self.recipe.run.checkpoint_minutes:
                    self._save()
                    last_save = time.monotonic()

    def _train_step(self, parallel: nn.Module, batch: Sample) -> dict[str, float]:
        optim = self.recipe.optim
        factor = self.schedule.factor(self.step)
        for group in self.optimizer.param_groups:
            group["lr"] = group["full_lr"] * factor
        self.objective.train()
        torch.manual_seed(_seed(self.recipe.run.seed, self.step, self.rank))  # a resumed run's, too
        losses = parallel(_to(batch, self.device), seed=self.step)
        self.optimizer.zero_grad(set_to_none=True)
        losses["loss"].backward()
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), optim.clip or float("inf"))
        if not torch.isfinite(norm):
            raise DataError(
                f"the loss became {losses['loss'].item()} at step {self.step}; lower the learning "
                "rate in the recipe: the same command goes on from the last checkpoint, if any"
            )
        self._whole = False
        self.optimizer.step()
        self.average.update(self.network)
        logs = {key: value.item() for key, value in losses.items()}
        return logs | {"gradient_norm": norm.item(), "lr": optim.lr * factor}

    def _batches(self, end: int) -> Iterator[Sample]:
        """From the present step to ``end``; sizes change by step, whatever batches were before."""
        recipe, optim = self.recipe, self.recipe.optim
        samples = TrainingSet(
            self.cache,
            one_pass(self.cache, self.train_numbers, recipe.data),
            recipe.augmentation,
            self.network.stride,
            recipe.run.seed,
        )

        def first(step: int) -> int:
            return self.samples + (step - self.step) * self.per_step

        sizes = [(first(round(share * optim.steps)), side) for share, side in optim.sizes]
        tickets = TicketSampler(self.samples, first(end), sizes, self.rank, self.world)
        return load_batches(samples, tickets, optim.batch, recipe.run.workers)

    def _parallel(self) -> nn.Module:
        if self.world == 1:
            return self.objective
        return DistributedDataParallel(
            self.objective, device_ids=[self.device] if self.device.type == "cuda" else None
        )

    # -- looking

    def _validate_if_due(self, end: int) -> None:
        """Look at every so many steps and at the end, also where that was interrupted before."""
        due = self.step % self.recipe.run.validate_every == 0 or self.step == end
        if due and self.step > self.judged:
            self._validate()

    def _validate(self) -> None:
        """Score the averaged weights; keep them if they are the best so far."""
        if self.rank == 0:
            self.averaged.network.load_state_dict(self.average.state)
            scores = validate(self.averaged, self.val_pictures, self.device)
            schedule = replace(self.schedule)
            if schedule.judge(scores["score"]):
                self._keep_best(scores)  # takes a while; interrupted, it is judged again
            self._whole, self.schedule = False, schedule
            self._log(scores)
        if self.world > 1:  # every process must agree on the schedule
            state = [self.schedule.state()]
            distributed.broadcast_object_list(state)
            self.schedule.restore(state[0])
        self.judged, self._whole = self.step, True
        if self.rank == 0:
            self._draw()

    def _draw(self) -> None:
        kinds = list(self.val_pictures.values())[:_SHEET_COLUMNS]
        labs = [lab for kind in kinds for lab in kind[: _SHEET_COLUMNS // len(kinds)]]
        predictions = [predict_full(self.averaged, lab, self.device) for lab in labs]
        draw_sheet(labs, predictions, self.folder / SHEET)
        draw_curves(read_metrics(self.folder / METRICS), self.folder / CURVES)

    def _log(self, values: dict[str, float]) -> None:
        if self.rank == 0:
            row = {"step": self.step, "samples": self.samples, "seconds": round(self.seconds, 1)}
            row |= {key: float(f"{value:.6g}") for key, value in values.items()}
            add_metrics(self.folder / METRICS, row)

    def _make_folder(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for path in leftovers(self.folder):  # of a run that was killed; checkpoints are large
                path.unlink()
        except OSError as error:
            raise OptionError(
                f"{self.folder}: cannot be the folder of a run ({reason_of(error)}); choose "
                "another in the recipe"
            ) from error

    # -- keeping

    def _content(self) -> dict[str, Any]:
        return {
            "recipe": self.recipe.to_dict(),
            "index_hash": self.cache.index_hash,
            "prior": torch.from_numpy(self.prior),
            "step": self.step,
            "samples": self.samples,
            "seconds": self.seconds,
        }

    def _keep_best(self, scores: dict[str, float]) -> None:
        content = self._content() | {"weights": self.average.state, "scores": scores}
        save_checkpoint(self.folder / BEST, content)

    def _save(self) -> None:
        if self.rank == 0:
            state = {
                "weights": self.network.state_dict(),
                "average": self.average.state,
                "average_updates": self.average.updates,
                "optimizer": self.optimizer.state_dict(),
                "schedule": self.schedule.state(),
                "judged": self.judged,
                "world": self.world,
            }
            save_checkpoint(self.folder / LATEST, self._content() | state)

    def _restore(self, content: dict[str, Any]) -> None:
        made = content["recipe"]["data"]  # all else of that recipe is of the past, right or wrong
        if (
            content.get("world") != self.world
            or content["index_hash"] != self.cache.index_hash
            or made.get("val_fraction", 0.0) != self.recipe.data.val_fraction
        ):
            raise OptionError(
                f"{self.folder}: its checkpoint was made with another prepared set, split or "
                "number of processes; choose another folder in the recipe, or start_from its "
                "best.pt"
            )
        try:
            self.network.load_state_dict(content["weights"])
            restore_optimizer(self.optimizer, content["optimizer"])
        except RuntimeError as error:
            raise OptionError(
                f"{self.folder}: its checkpoint is of another network; choose another folder in "
                "the recipe"
            ) from error
        except ValueError as error:
            raise OptionError(
                f"{self.folder}: its checkpoint is of a run that froze other stages; choose "
                "another folder in the recipe, and start_from its best.pt"
            ) from error
        self.average.restore(content["average"], content["average_updates"])
        self.schedule.restore(content["schedule"])
        if _judged_by(content["recipe"]) != _judged_by(self.recipe.to_dict()):
            self.schedule.best = math.inf  # of other pictures, it is no measure of these
        self.step, self.samples, self.seconds = (
            content[key] for key in ("step", "samples", "seconds")
        )
        self.judged = content.get("judged", self.step)


def _seed(*numbers: int) -> int:
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])


def _judged_by(recipe: dict[str, Any]) -> list[Any]:
    """What a recipe, as plain types, says of the pictures that scores are of."""
    run, data = recipe["run"], recipe["data"]
    return [run.get("validate_pictures"), run.get("validate_size"), list(data.get("kinds", ()))]


def _device() -> torch.device:
    if torch.cuda.is_available():
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)))
        torch.cuda.set_device(device)  # where processes exchange what is not a gradient
        return device
    return torch.device("cpu")


def _to(batch: Sample, device: torch.device) -> Sample:
    move = {key: value.to(device) for key, value in vars(batch).items()}
    move["lightness"] = move["lightness"].contiguous(memory_format=torch.channels_last)
    return Sample(**move)
