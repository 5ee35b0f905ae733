"""Checkpoints: written whole or not at all, read without running anything in them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from reverse_oldify.errors import ModelError, reason_of
from reverse_oldify.files.drafts import written

LATEST, BEST = "checkpoint.pt", "best.pt"


def save_checkpoint(path: Path, content: dict[str, Any]) -> None:
    """Write plain types and tensors; a kill at any moment leaves the old file or the new one.

    Raises
    ------
    OutputError
        It cannot be written; the old file stays.
    """
    with written(path, overwrite=True) as file:
        try:
            torch.save(content, file)
        except RuntimeError as error:  # PyTorch closes its archive, and complains of that only
            if isinstance(error.__context__, OSError):
                raise error.__context__ from error
            raise


def averaged(content: dict[str, Any]) -> dict[str, torch.Tensor]:
    """The weights that a checkpoint is worth having for: their moving average, if it has one."""
    weights: dict[str, torch.Tensor] = content.get("average", content["weights"])
    return weights


def slim(content: dict[str, Any]) -> dict[str, Any]:
    """Reduce a checkpoint to what another run can start from: averaged weights, half precision."""
    halved = {
        key: value.half() if value.is_floating_point() else value
        for key, value in averaged(content).items()
    }
    kept = ("recipe", "index_hash", "prior", "scores", "step", "samples", "seconds")
    return {key: content[key] for key in kept if key in content} | {"weights": halved}


def load_checkpoint(
    path: Path | str, *, remedy: str = "give the best.pt or checkpoint.pt of a run"
) -> dict[str, Any]:
    """Read what `save_checkpoint` wrote.

    Parameters
    ----------
    path
    remedy : str
        What the error tells the user to do.

    Raises
    ------
    ModelError
        If the file is missing, damaged, or not a checkpoint of this project.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise ModelError(
            f"{path}: not a readable checkpoint ({reason_of(error)}); {remedy}"
        ) from error
    except Exception as error:  # many kinds; of the text, some advises to run what is in the file
        raise ModelError(
            f"{path}: not a readable checkpoint (damaged, or of another kind); {remedy}"
        ) from error
    if not isinstance(content, dict) or not {"weights", "recipe"} <= content.keys():
        raise ModelError(f"{path}: not a checkpoint of this project; {remedy}")
    return content


def load_mean(paths: Sequence[Path | str]) -> dict[str, Any]:
    """Read the checkpoints of several runs as one, of the mean of their weights.

    Runs from the same start end in one basin, and the mean of their weights is about as good as the
    mean of what they say, for the price of one (Wortsman et al. 2022, "Model soups"). All else is
    the first run's; scores, which none of them has measured, are left out.

    Raises
    ------
    ModelError
        See `load_checkpoint`; or if they are not of one network.
    """
    first, *others = (load_checkpoint(path) for path in paths)
    if not others:
        return first
    states = [averaged(content) for content in (first, *others)]
    shapes = [{key: value.shape for key, value in state.items()} for state in states]
    for path, shape in zip(paths, shapes, strict=True):
        if shape != shapes[0]:
            raise ModelError(f"{path}: not of the same network as {paths[0]}; export it alone")
    mean = {
        key: torch.stack([state[key].float() for state in states]).mean(0)
        if value.is_floating_point()
        else value
        for key, value in states[0].items()
    }
    kept = {key: value for key, value in first.items() if key not in ("average", "scores")}
    return kept | {"weights": mean}
