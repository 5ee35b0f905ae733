"""The frame around every command: help, version, exit status, one line per error."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from reverse_oldify.cli.main import COMMANDS, main, one_line
from reverse_oldify.errors import MissingExtraError, ModelError, OptionError

COMMAND = [sys.executable, "-m", "reverse_oldify"]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A command ``fake`` whose ``run`` a test may set."""
    fake = ModuleType("reverse_oldify.cli.fake")
    fake.add_arguments = lambda parser: parser.add_argument("--number", type=int)
    fake.run = lambda arguments: arguments.number or 0
    monkeypatch.setitem(sys.modules, fake.__name__, fake)
    monkeypatch.setitem(COMMANDS, "fake", "does nothing")
    return fake


def test_help_names_every_command_and_imports_none() -> None:
    code = (
        "import sys; from reverse_oldify.cli.main import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'numpy', 'PIL', 'torch', 'onnxruntime', 'tqdm'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    for name in ("colorize", "data", "train", "export", "evaluate"):
        assert name in result.stdout


def test_help_answers_soon() -> None:
    """The promise is 0.2 s, about four times what Python itself takes, wherever this runs."""
    bare = [sys.executable, "-c", "import argparse"]
    taken = np.array([[seconds(bare), seconds([*COMMAND, "--help"])] for _ in range(5)])
    python, ours = taken.min(0)
    assert ours < 4 * python


def seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, capture_output=True, check=True)
    return time.perf_counter() - start


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out.startswith("reverse-oldify 0.")


@pytest.mark.parametrize("argv", [[], ["nonsense"], ["fake", "--number", "x"], ["fake", "--none"]])
def test_wrong_usage_is_2(command: ModuleType, argv: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(argv)
    assert caught.value.code == 2


@pytest.mark.parametrize("status", [0, 1])
def test_status_is_the_commands(command: ModuleType, status: int) -> None:
    assert main(["fake", "--number", str(status)]) == status


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (OptionError("vividness is 3; choose a number from 0 to 2"), 2),
        (ModelError("no such model; choose another"), 1),
        (MissingExtraError("training", "train"), 1),
    ],
)
def test_error_is_one_line(
    command: ModuleType, capsys: pytest.CaptureFixture[str], error: Exception, status: int
) -> None:
    def run(arguments: argparse.Namespace) -> int:
        raise error

    command.run = run
    assert main(["fake"]) == status
    assert capsys.readouterr().err == f"reverse-oldify: {error}\n"


def test_interrupt_is_130_without_a_traceback(
    command: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(arguments: argparse.Namespace) -> int:
        raise KeyboardInterrupt

    command.run = run
    assert main(["fake"]) == 130
    assert capsys.readouterr().err.count("\n") == 1


def test_reader_that_has_gone_is_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "noisy.py").write_text(
        "from reverse_oldify.cli import main as module\n"
        "import sys, types\n"
        "noisy = types.ModuleType('reverse_oldify.cli.noisy')\n"
        "noisy.add_arguments = lambda parser: None\n"
        "noisy.run = lambda arguments: [print('x' * 99) for _ in range(9999)] and 0\n"
        "sys.modules[noisy.__name__] = noisy\n"
        "module.COMMANDS['noisy'] = ''\n"
        "sys.exit(module.main(['noisy']))\n"
    )
    process = subprocess.Popen(
        [sys.executable, str(tmp_path / "noisy.py")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    complaint = process.stderr.read()
    process.stderr.close()
    assert process.wait() == 1
    assert complaint == b""


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("plain é ☃", "plain é ☃"),
        ("two\nlines\r", "two\\nlines\\r"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("not utf-8: \udc80", "not utf-8: \\udc80"),
    ],
)
def test_one_line_escapes_what_is_not_printable(text: str, line: str) -> None:
    assert one_line(text) == line
