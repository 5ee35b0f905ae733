"""Nothing leaves the machine, and nothing about it is kept."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

_COLORIZE = """
import numpy as np
from reverse_oldify import Colorizer
Colorizer().colorize(np.zeros((32, 32), np.uint8))
"""


@pytest.mark.model
def test_colouring_leaves_nothing_in_the_home_folder(tmp_path: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "XDG_CACHE_HOME"}
    environment |= {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path), "PYTHONPYCACHEPREFIX": ""}
    environment.pop("CI", None)  # there ONNX Runtime keeps silent of itself
    environment.pop("ORT_DISABLE_TELEMETRY", None)
    subprocess.run([sys.executable, "-c", _COLORIZE], env=environment, check=True)
    assert list(tmp_path.rglob("*")) == []
