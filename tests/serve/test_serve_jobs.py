"""What happens when much is asked for at once, or nobody waits for the answer."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import httpx
import numpy as np
from live_server import MIXTURE, FakeBackend, live, opened, problem, scan, wait_until

from reverse_oldify.runtime.backend import Features
from reverse_oldify.types import FloatArray


class Held(FakeBackend):
    """Looks at a picture only when it is let."""

    def __init__(self) -> None:
        super().__init__(MIXTURE)
        self.let, self.begun, self.decoded = threading.Event(), 0, 0

    def encode(self, lightness: FloatArray) -> Features:
        self.begun += 1
        assert self.let.wait(20)
        return super().encode(lightness)

    def decode(self, *arguments: object) -> FloatArray:
        self.decoded += 1
        return super().decode(*arguments)


def gauge(client: httpx.Client, name: str) -> float:
    return float(client.get("/metrics").text.split(f"\nreverse_oldify_{name} ")[1].split()[0])


def test_who_finds_no_place_is_asked_to_come_again() -> None:
    backend = Held()
    with live(backend, places=3, workers=1) as client, ThreadPoolExecutor(3) as pool:
        waiting = [pool.submit(client.post, "/v1/colorize", content=scan()) for _ in range(3)]
        wait_until(lambda: gauge(client, "places_taken") == 3)
        refused = client.post("/v1/colorize", content=scan())
        assert "again" in problem(refused, 429)
        assert int(refused.headers["retry-after"]) >= 1
        wait_until(lambda: backend.begun > 0)  # on a busy machine it has a place before it begins
        assert backend.begun == 1  # the others wait
        backend.let.set()
        for answer in waiting:
            opened(answer.result())
        opened(client.post("/v1/colorize", content=scan()))
        assert gauge(client, "places_taken") == gauge(client, "workers_busy") == 0


def test_an_answer_that_takes_too_long_is_given_up() -> None:
    backend = Held()
    with live(backend, job_seconds=2, workers=1) as client:
        assert "2 s" in problem(client.post("/v1/colorize", content=scan()), 503)
        backend.let.set()
        wait_until(lambda: gauge(client, "workers_busy") == 0)
        opened(client.post("/v1/colorize", content=scan()))


def test_the_work_of_a_client_that_goes_away_ends() -> None:
    backend = Held()
    with live(backend, workers=1) as client:
        for _ in range(2):  # one that is worked on, and one that waits for the worker
            with suppress(httpx.ReadTimeout):
                client.post("/v1/pictures", content=scan(), timeout=0.3)
        wait_until(lambda: gauge(client, "places_taken") == 0)
        assert backend.begun == 1
        backend.let.set()
        wait_until(lambda: gauge(client, "workers_busy") == 0)
        assert backend.begun == 1
        assert gauge(client, "pictures_open") == 0


def test_questions_about_one_picture_wait_for_each_other() -> None:
    with live(workers=2) as client, ThreadPoolExecutor(8) as pool:
        address = client.post("/v1/pictures", content=scan()).headers["location"]
        asked = [{"vividness": vividness} for vividness in np.linspace(0, 2, 8)]
        alone = [client.post(f"{address}/preview", json=options).content for options in asked]
        together = pool.map(lambda options: client.post(f"{address}/preview", json=options), asked)
        assert [answer.content for answer in together] == alone


def test_stopping_finishes_what_runs() -> None:
    backend = Held()
    with ThreadPoolExecutor(1) as pool:
        with live(backend) as client:
            answer = pool.submit(httpx.post, f"{client.base_url}/v1/colorize", content=scan())
            wait_until(lambda: backend.begun == 1)
            threading.Timer(0.5, backend.let.set).start()
        opened(answer.result())


def test_pictures_expire_and_make_room() -> None:
    with live(memory_bytes=3_000_000, idle_seconds=60) as client:
        addresses = [
            client.post("/v1/pictures", content=scan(1000, 800)).headers["location"]
            for _ in range(6)
        ]
        assert gauge(client, "pictures_bytes") <= 3_000_000
        assert client.get(addresses[-1]).status_code == 200
        problem(client.get(addresses[0]), 404)
