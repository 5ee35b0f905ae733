"""The command as it is run: in a process of its own, asked to stop by signals."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest
from live_server import opened, scan

from reverse_oldify.cli.main import main


@contextmanager
def process(*flags: str, **variables: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """``reverse-oldify serve`` on a free port; the process and its address."""
    command = [sys.executable, "-m", "reverse_oldify", "serve", "--port", "0", *flags]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", **variables},
    ) as running:
        try:
            line = running.stdout.readline()
            found = re.match(r"(http://127\.0\.0\.1:\d+)", line)
            assert found, line + running.stdout.read()
            yield running, found[1]
        finally:
            running.kill()


@pytest.mark.model
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_finishes_what_runs(number: signal.Signals) -> None:
    with process() as (running, address), ThreadPoolExecutor(1) as pool:
        httpx.post(f"{address}/v1/colorize", content=scan(), timeout=60)  # everything is loaded
        large = scan(3000, 2400)
        answer = pool.submit(httpx.post, f"{address}/v1/colorize", content=large, timeout=60)
        busy = "reverse_oldify_workers_busy 1.0"
        while busy not in httpx.get(f"{address}/metrics", timeout=60).text:
            assert not answer.done(), "it was too quick to be stopped"
        running.send_signal(number)
        assert opened(answer.result()).size == (3000, 2400)
        assert running.wait(30) == 0
        assert running.stdout.read() == "stopped\n"
        with pytest.raises(httpx.ConnectError):
            httpx.get(address)


@pytest.mark.model
def test_ctrl_c_stops_at_once_when_nothing_runs_and_the_token_is_taken_from_the_environment() -> (
    None
):
    with process(REVERSE_OLDIFY_TOKEN="0123456789abcdef") as (running, address):
        assert httpx.get(f"{address}/v1/about").status_code == 401
        assert httpx.get(f"{address}/healthz").status_code == 200
        running.send_signal(signal.SIGINT)
        started = time.monotonic()
        assert running.wait(30) == 0
        assert time.monotonic() - started < 5


def test_a_port_in_use_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["serve", "--port", str(port)]) == 2
    assert f"cannot listen on 127.0.0.1 port {port}" in capsys.readouterr().err


def test_another_address_needs_a_token(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REVERSE_OLDIFY_TOKEN", raising=False)
    assert main(["serve", "--host", "0.0.0.0"]) == 2
    assert "--token" in capsys.readouterr().err


def test_a_missing_extra_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("reverse_oldify.serve")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    assert main(["serve"]) == 1
    assert "reverse-oldify[serve]" in capsys.readouterr().err
