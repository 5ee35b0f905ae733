"""Fifty clients at once, good and bad, and a server that stays what it was."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from live_server import scan
from test_serve_process import process
from test_serve_refusals import HOSTILE

CLIENTS = 50
SECONDS = 8.0
"""Of each of two rounds."""

MOST_GROWTH = 1.15
"""Of the memory, from the first round to the second."""


def memory(pid: int) -> int:
    """Resident bytes of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def one_client(address: str, seed: int, end: float) -> Counter[int]:
    """What a client was answered, by status."""
    choice, seen = random.Random(seed), Counter[int]()
    good = scan(640, 480)
    with httpx.Client(base_url=address, timeout=60, trust_env=False) as client:
        while time.monotonic() < end:
            match choice.randrange(5):
                case 0 | 1:
                    answer = client.post("/v1/colorize", content=good)
                case 2:
                    data, status = choice.choice(list(HOSTILE.values()))
                    answer = client.post("/v1/colorize", content=data)
                    assert answer.status_code in (status, 429)
                case 3:
                    answer = client.post("/v1/pictures", content=good)
                    if answer.status_code == 201:
                        preview = f"{answer.headers['location']}/preview?size=320"
                        seen[client.get(preview).status_code] += 1
                case _:
                    try:
                        client.post("/v1/colorize", content=good, timeout=0.05)
                    except httpx.TimeoutException:
                        continue  # this client has gone away
            seen[answer.status_code] += 1
            if answer.status_code == 429:
                time.sleep(0.2)
    return seen


def a_round(address: str) -> Counter[int]:
    end = time.monotonic() + SECONDS
    with ThreadPoolExecutor(CLIENTS) as pool:
        rounds = pool.map(lambda seed: one_client(address, seed, end), range(CLIENTS))
        return sum(rounds, Counter())


@pytest.mark.slow
@pytest.mark.model
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")
def test_many_clients_at_once() -> None:
    with process("--max-memory", "64", "--workers", "2") as (running, address):
        first, before = a_round(address), memory(running.pid)
        second, after = a_round(address), memory(running.pid)
        growth = f"{first + second}, {before / 1e6:.0f} MB, {after / 1e6:.0f} MB"
        for seen in (first, second):
            assert seen[200] > 0
            assert seen.keys() <= {200, 201, 413, 415, 422, 429}
        assert after < MOST_GROWTH * before, growth
        assert httpx.get(f"{address}/healthz").status_code == 200
        assert running.poll() is None
