"""A training run small enough for tests: a made set of pictures, and networks of a few channels.

As a program, ``python tiny_run.py RECIPE.toml`` trains a recipe with these networks; tests start
it to kill it, or under torchrun.
"""

import os
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from reverse_oldify.data.cache import Entry, encode_lab, write_index
from reverse_oldify.models import classic, encoder
from reverse_oldify.train import loop
from reverse_oldify.train.recipe import load_recipe

STAGES = (
    encoder.Stage(1, 3, 1, 1, 8),
    encoder.Stage(1, 3, 2, 2, 8),
    encoder.Stage(2, 3, 2, 2, 8),
    encoder.Stage(1, 5, 2, 2, 8),
    encoder.Stage(1, 3, 1, 1, 8),
    encoder.Stage(1, 3, 2, 2, 8),
    encoder.Stage(1, 3, 1, 1, 8),
)

COLORNET = """
encoder = "tiny"
encoder_weights = "random"
widths = [16, 12, 8, 8]
blocks = 1
heads = 2
refinements = [1, 2, 1]
"""
CLASSIC = """
kind = "classic"
encoder = "vgg16"
encoder_weights = "random"
widths = [8, 8, 8, 8, 8]
"""


def shrink_networks(set_item=dict.__setitem__, set_attribute=setattr):
    """Add the encoder "tiny" and make VGG-16 thin."""
    set_item(encoder._STAGES, "tiny", STAGES)
    set_attribute(classic, "_STAGES", ((4,), (4,), (4, 4), (8,), (8,)))


def picture(seed, height=80, width=96):
    """Blocks of colour, smoothed; sRGB uint8 (H, W, 3)."""
    coarse = np.random.default_rng(seed).integers(0, 256, (4, 5, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))


def write_cache(folder, count=8):
    """A prepared set of ``count`` pictures, every fourth for validation."""
    folder.mkdir()
    entries, pixels = [], bytearray()
    for seed in range(count):
        packed = encode_lab(picture(seed, 72 + 4 * seed, 96 - 2 * seed))
        entry = Entry(
            id=f"{seed * 2**64 // count:016x}",
            source="made",
            name=f"{seed}",
            kind="lakes" if seed % 2 else "alps",
            split="val" if seed % 4 == 0 else "train",
            width=packed.shape[1],
            height=packed.shape[0],
            offset=len(pixels),
        )
        entries.append(entry)
        pixels += packed.tobytes()
    (folder / "lab.u8").write_bytes(pixels)
    write_index(folder / "index.csv", entries)
    return folder


def write_recipe(path, cache, model=COLORNET, **settings):
    """A recipe file beside its run's folder; ``settings`` are numbers of the [optim] section."""
    optim = {"steps": 6, "batch": 2, "warmup": 2, "sizes": "[[0.0, 64]]"} | settings
    lines = "\n".join(f"{key} = {value}" for key, value in optim.items())
    path.write_text(
        f"""
[run]
name = "tiny"
folder = "{path.with_suffix("").as_posix()}"
threads = 1
workers = 0
checkpoint_minutes = 60
validate_every = 1000
validate_size = 64
[data]
cache = "{Path(cache).as_posix()}"
[model]{model}
[optim]
{lines}
"""
    )
    return path


def main():
    """Train a recipe; each process of several leaves its own weights beside the run's folder."""
    runs = []

    class Kept(loop.Run):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            runs.append(self)

    shrink_networks()
    loop.Run = Kept
    folder = loop.train(load_recipe(sys.argv[1]), quiet=True)
    if "RANK" in os.environ:
        path = folder.with_suffix(f".rank{os.environ['RANK']}.pt")
        torch.save(runs[0].network.state_dict(), path)


if __name__ == "__main__":
    main()
