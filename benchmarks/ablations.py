"""What limits the network: short training runs that differ in one thing each.

    python benchmarks/ablations.py CACHE -o RUNS [--only NAME...]

Runs named ``on-*`` go on from checkpoints/lite2.pt, ``new-*`` start from the encoder of ImageNet.
Each is scored on the same validation pictures, clean and aged; its line goes to
RUNS/ablations.jsonl. A run that has its line already is left out, so the command may be stopped and
given again.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from reverse_oldify.data.degrade import Degradation
from reverse_oldify.train.loop import Run
from reverse_oldify.train.recipe import Recipe, load_recipe
from reverse_oldify.train.validate import predict_full
from reverse_oldify.types import FloatArray

START = "checkpoints/lite2.pt"
LIGHT = {"palette": 0.05, "crop": 0.75}
Change = dict[str, dict[str, Any]]
VARIANTS: dict[str, Change] = {
    "on-base": {},
    "on-thawed": {"model": {"frozen_stages": 0}, "optim": {"encoder_lr_factor": 0.25}},
    "on-192px": {"optim": {"sizes": ((0.0, 192),)}},
    "on-light": {
        "augmentation": LIGHT | {"degradation": Degradation(share=0.15, tone=0.12)},
    },
    "on-fewer-palettes": {"augmentation": {"palette": 0.05}},
    "on-no-ageing": {"augmentation": {"degradation": Degradation(share=0.0, tone=0.0)}},
    "on-no-regression": {"optim": {"regression": 0.0}},
    "on-more-regression": {"optim": {"regression": 1.0}},
    "on-rebalanced": {"optim": {"rebalance": 0.5}},
    "on-landscapes": {"data": {"kinds": ("landscape",)}},
    "new-base": {},
    "new-128px": {"optim": {"sizes": ((0.0, 128),)}},
    "new-no-regression": {"optim": {"regression": 0.0}},
    "new-rebalanced": {"optim": {"rebalance": 0.5}},
    "new-no-ageing": {"augmentation": {"degradation": Degradation(share=0.0, tone=0.0)}},
    "new-no-palettes": {"augmentation": {"palette": 0.0}},
    "new-lite0": {"model": {"encoder": "lite0"}},
    "new-frozen": {"model": {"frozen_stages": 7}},
    "new-thawed": {"model": {"frozen_stages": 0}, "optim": {"encoder_lr_factor": 0.25}},
    "new-no-context": {"model": {"blocks": 0}},
    "new-4-blocks": {"model": {"blocks": 4}},
    "new-wide": {"model": {"widths": (288, 192, 128, 96)}},
    "new-every-cell": {"optim": {"positions": 1.0}},
    "new-landscapes": {"data": {"kinds": ("landscape",)}},
}


def recipe_of(name: str, base: Recipe, cache: str, folder: Path, steps: int, side: int) -> Recipe:
    """The recipe of a variant."""
    goes_on = name.startswith("on-")
    sections: Change = {
        "run": {"folder": str(folder), "validate_pictures": 1, "validate_every": 10**6},
        "data": {"cache": cache},
        "model": {"start_from": START if goes_on else ""},
        "optim": {
            "steps": steps,
            "warmup": steps // 8,
            "lr": 4e-4 if goes_on else 1e-3,
            "sizes": ((0.0, side),),
            "ema": 0.98,
        },
        "augmentation": {},
    }
    sections["run"] |= {"threads": 1, "workers": 0}
    for section, values in VARIANTS[name].items():
        sections[section] |= values
    return replace(
        base, **{key: replace(getattr(base, key), **values) for key, values in sections.items()}
    )


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cache")
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--only", nargs="+", choices=list(VARIANTS), default=list(VARIANTS))
    parser.add_argument("--steps", type=int, default=250)
    parser.add_argument("--side", type=int, default=128, help="of the samples, in pixels")
    parser.add_argument("--look", type=int, default=192, help="working size of the scoring")
    parser.add_argument("--pictures", type=int, default=150, help="of each kind, to score")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    lines = arguments.out / "ablations.jsonl"
    known = [json.loads(line) for line in lines.read_text().splitlines()] if lines.exists() else []
    base = load_recipe("recipes/lite2.toml")
    judge = replace(
        base,
        run=replace(
            base.run,
            validate_pictures=arguments.pictures,
            validate_size=arguments.look,
            threads=1,
            folder="none",
        ),
        data=replace(base.data, cache=arguments.cache),
    )
    pictures = Run(judge, 0, 1).val_pictures
    pictures |= {f"aged {kind}": [aged(lab) for lab in labs] for kind, labs in pictures.items()}
    for name in arguments.only:
        if any(line["name"] == name and line["steps"] == arguments.steps for line in known):
            continue
        folder = arguments.out / name
        shutil.rmtree(folder, ignore_errors=True)
        recipe = recipe_of(name, base, arguments.cache, folder, arguments.steps, arguments.side)
        run = Run(recipe, 0, 1)
        started = time.process_time()
        run.go(None, quiet=True)
        line = {"name": name, "steps": arguments.steps, "cpu_s": time.process_time() - started}
        run.averaged.network.load_state_dict(run.average.state)
        line |= score(run, pictures)
        with lines.open("a") as file:
            file.write(json.dumps(line) + "\n")
        print(line, flush=True)


def aged(lab: FloatArray) -> FloatArray:
    """The picture (H, W, 3) as an old scan of it: its lightness aged, its true colour kept."""
    seed = int(lab.sum(dtype=np.float64))
    old = Degradation(share=1.0)(lab[..., 0], lab[..., 1:], np.random.default_rng(seed))
    return np.concatenate([old[..., None], lab[..., 1:]], -1)


def score(run: Run, pictures: dict[str, list[FloatArray]]) -> dict[str, float]:
    """RMS ab error over grey's: mean over pictures, and pooled."""
    scores: dict[str, float] = {}
    for kind, labs in pictures.items():
        truth = [lab[..., 1:] for lab in labs]
        ab = [predict_full(run.averaged, lab, torch.device("cpu")) for lab in labs]
        error = np.array([np.square(p - t).mean() for p, t in zip(ab, truth, strict=True)])
        grey = np.array([np.square(t).mean() for t in truth])
        scores[f"{kind}/mean"] = float(np.sqrt(error).mean() / np.sqrt(grey).mean())
        scores[f"{kind}/pooled"] = float(np.sqrt(error.sum() / grey.sum()))
    return scores


if __name__ == "__main__":
    main()
