"""Workers that need no weights, and that come to grief over files of certain names.

As a program: ``reverse-oldify batch`` with such workers.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1] / "pipeline"))
from fake_backend import FakeBackend

from reverse_oldify.cli.main import main
from reverse_oldify.files.read import read
from reverse_oldify.pipeline.colorizer import Colorizer
from reverse_oldify.pipeline.session import Session

MIXTURE = {(5.0, 10.0): 0.5, (-30.0, 30.0): 0.3, (10.0, -40.0): 0.2}


class Accident(Colorizer):
    """Crashes, hangs or dawdles over pictures, by what their names begin with."""

    def open(self, source: Any) -> Session:
        name = source.source.name
        if name.startswith("crash"):
            os.abort()
        if name.startswith("hang"):
            time.sleep(600)
        if name.startswith("slow"):
            time.sleep(0.05)
        if name.startswith("once"):  # crashes the first time only
            mark = source.source.with_suffix(".tried")
            if not mark.exists():
                mark.touch()
                os.abort()
        return super().open(source)


def open_colorizer(model: str | None) -> Colorizer:
    assert model is None
    return Accident(backend=FakeBackend(MIXTURE), threads=1)


def write_scan(path: Path, seed: int = 0) -> Path:
    """Write a small grey picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    y, x = np.mgrid[:24, :32]
    Image.fromarray(((x * (seed % 7 + 1) + y * 3 + seed) % 256).astype(np.uint8)).save(path)
    return path


def expected(path: Path) -> np.ndarray:
    """What the colours of a picture must be, if nothing happens on the way."""
    return Colorizer(backend=FakeBackend(MIXTURE)).open(read(path)).colorize().pixels


if __name__ == "__main__":
    import made_workers  # by its name, by which its workers import it

    from reverse_oldify.batch import worker

    worker.open_colorizer = made_workers.open_colorizer
    sys.exit(main(["batch", *sys.argv[1:]]))
