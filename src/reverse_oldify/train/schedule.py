"""Learning rate over a run, and when to stop."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from reverse_oldify.train.recipe import OptimSection


@dataclass
class Schedule:
    """Learning-rate factor by step; for plateaus also by what validation has said so far.

    ``cosine``: linear warm-up, then half a cosine to zero at the last step (Loshchilov and Hutter
    2017). ``plateau``: 1, halved whenever ``patience`` validations in a row bring no better score.
    """

    optim: OptimSection
    best: float = math.inf
    stalled: int = 0
    halvings: int = 0

    def factor(self, step: int) -> float:
        """Learning rate of a step (counted from 0) as a share of the recipe's."""
        if self.optim.schedule == "plateau":
            return float(0.5**self.halvings)
        if step < self.optim.warmup:
            return (step + 1) / self.optim.warmup
        done = (step - self.optim.warmup) / max(1, self.optim.steps - self.optim.warmup)
        return 0.5 * (1 + math.cos(math.pi * min(done, 1.0)))

    def judge(self, score: float) -> bool:
        """Take note of a validation score (lower is better); True if it is the best so far."""
        if score < self.best:
            self.best, self.stalled = score, 0
            return True
        self.stalled += 1
        if self.stalled % self.optim.patience == 0:
            self.halvings += 1
        return False

    @property
    def exhausted(self) -> bool:
        """Whether early stopping is due."""
        return self.optim.schedule == "plateau" and self.stalled >= 3 * self.optim.patience

    def state(self) -> dict[str, Any]:
        """What a checkpoint must keep."""
        return {"best": self.best, "stalled": self.stalled, "halvings": self.halvings}

    def restore(self, state: dict[str, Any]) -> None:
        """Undo `state`."""
        self.best, self.stalled = state["best"], state["stalled"]
        self.halvings = state["halvings"]
