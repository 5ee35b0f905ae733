"""Fuzz one parser, or all, with atheris: ``python fuzz/run.py xmp --seconds 60``.

Each target runs in a process of its own, starts from its seeds and from what earlier runs found
worth keeping in ``fuzz/corpus``, and leaves what crashes in ``fuzz/findings``.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["reverse_oldify"]):
    from targets import TARGETS, WORDS

HERE = Path(__file__).parent


def main() -> int:
    """Run the targets that were named; 1 if anything was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", choices=[*TARGETS, []], help="default: all")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    names = arguments.targets or list(TARGETS)
    if arguments.here:
        _fuzz(names[0], arguments.seconds)
    command = [sys.executable, __file__, "--here", "--seconds", str(arguments.seconds)]
    failed = [name for name in names if subprocess.run([*command, name]).returncode]
    print("findings in:" if failed else "nothing found", *failed)
    return 1 if failed else 0


def _fuzz(name: str, seconds: int) -> None:
    """Fuzz one target in this process; libFuzzer ends it."""
    target, seeds = TARGETS[name]
    corpus, findings = HERE / "corpus" / name, HERE / "findings"
    for folder in (corpus, findings):
        folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds()):
        (corpus / f"seed-{number}").write_bytes(seed)
    settings = [
        f"-max_total_time={seconds}",
        "-max_len=20000",
        "-timeout=10",
        "-rss_limit_mb=1500",
        f"-artifact_prefix={findings}/{name}-",
    ]
    if name in WORDS:
        words = corpus.with_suffix(".dict")
        words.write_text("".join(_quoted(word) for word in WORDS[name]))
        settings.append(f"-dict={words}")
    atheris.Setup([sys.argv[0], str(corpus), *settings], target)
    atheris.Fuzz()


def _quoted(word: str) -> str:
    """A line of a dictionary, as libFuzzer reads it."""
    return '"' + "".join(f"\\x{byte:02x}" for byte in word.encode()) + '"\n'


if __name__ == "__main__":
    sys.exit(main())
