"""The targets of the fuzzer take their own seeds: they have not fallen behind the parsers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROGRAM = """
from targets import TARGETS, WORDS
for name, (target, seeds) in TARGETS.items():
    made = seeds()
    assert made, name
    for seed in [*made, b"", made[0][: len(made[0]) // 2]]:
        target(seed)
assert set(WORDS) <= set(TARGETS)
"""


def test_every_target_takes_its_seeds_and_half_of_one() -> None:
    """In a process of its own: the targets do without rawpy, which others need."""
    command = [sys.executable, "-W", "error", "-c", PROGRAM]
    result = subprocess.run(command, cwd=ROOT / "fuzz", capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
