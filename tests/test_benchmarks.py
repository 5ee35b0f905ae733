"""Benchmarks are run by hand, and seldom: here as little as possible of each that is able to."""

import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "benchmarks"

pytestmark = [pytest.mark.slow, pytest.mark.model]


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("batch.py --megapixels 0.01 --workers 1 --pictures 1 --rounds 1", "| batch, 1 worker |"),
        ("chroma_upsampling.py --cells 8", "edge-guided (ours)"),
        ("chroma_upsampling.py --crops deep/crops", ""),
        ("memory.py nothing --threads 1", "| nothing |"),
        ("preview.py 64", "64"),
        ("speed.py --megapixels 0.01 --runs 1 --threads 1 --skip-rest", "| sepia | 0.01 |"),
    ],
)
def test_a_benchmark_runs(tmp_path, command, said):
    script, *flags = command.split()
    done = subprocess.run(
        [sys.executable, FOLDER / script, *flags],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert said in done.stdout
