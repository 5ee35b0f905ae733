"""Fifty clients at once, good and bad, and a server that stays what it was."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from live_server import scan
from test_serve_process import process
from test_serve_refusals import HOSTILE

GOOD = scan(640, 480)
CLIENTS = 50
REQUESTS = 4
"""Of each client in a round."""

MOST_GROWTH = 1.15
"""Of the memory, from a round after the first to the next."""

PATIENCE = httpx.Timeout(120)


def memory(pid: int) -> int:
    """Resident bytes of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def one_client(client: httpx.Client, seed: int) -> Counter[int]:
    """What a client was answered, by status."""
    choice, seen = random.Random(seed), Counter[int]()
    for _ in range(REQUESTS):
        match choice.randrange(5):
            case 0 | 1:
                answer = client.post("/v1/colorize", content=GOOD)
            case 2:
                data, status = choice.choice(list(HOSTILE.values()))
                answer = client.post("/v1/colorize", content=data)
                assert answer.status_code in (status, 429)
            case 3:
                answer = client.post("/v1/pictures", content=GOOD)
                if answer.status_code == 201:
                    preview = f"{answer.headers['location']}/preview?size=320"
                    seen[client.get(preview).status_code] += 1
            case _:
                with suppress(httpx.TimeoutException):  # this client goes away
                    client.post("/v1/colorize", content=GOOD, timeout=0.05)
                continue
        seen[answer.status_code] += 1
        if answer.status_code == 429:
            time.sleep(0.2)
    return seen


def a_round(address: str, number: int) -> Counter[int]:
    limits = httpx.Limits(max_connections=CLIENTS)
    with (
        httpx.Client(base_url=address, timeout=PATIENCE, limits=limits, trust_env=False) as client,
        ThreadPoolExecutor(CLIENTS) as pool,
    ):
        seeds = range(number * CLIENTS, (number + 1) * CLIENTS)
        return sum(pool.map(lambda seed: one_client(client, seed), seeds), Counter())


@pytest.mark.slow
@pytest.mark.model
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")
def test_many_clients_at_once() -> None:
    with process("--max-memory", "64", "--workers", "2", "--max-seconds", "300") as (
        running,
        address,
    ):
        seen, used = Counter[int](), []
        for number in range(3):
            seen += a_round(address, number)
            used.append(memory(running.pid))
        growth = f"{dict(seen)}, {[round(bytes / 1e6) for bytes in used]} MB"
        assert seen[200] > 0, growth
        assert seen.keys() <= {200, 201, 404, 413, 415, 422, 429}, growth  # 404: made room
        assert used[2] < MOST_GROWTH * used[1], growth
        assert httpx.get(f"{address}/healthz").status_code == 200
        assert running.poll() is None
