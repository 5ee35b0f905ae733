"""A server in a thread, on a free port of the loopback, with a backend that needs no weights."""

from __future__ import annotations

import io
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1] / "pipeline"))
from fake_backend import FakeBackend

from reverse_oldify import Colorizer
from reverse_oldify.runtime.backend import Backend
from reverse_oldify.serve.app import create_app
from reverse_oldify.serve.run import listen, server_of
from reverse_oldify.serve.settings import Settings

GREEN, RED = (-20.0, 30.0), (40.0, 20.0)
MIXTURE = {GREEN: 0.7, RED: 0.3}


@contextmanager
def live(backend: Backend | None = None, **settings: object) -> Iterator[httpx.Client]:
    """Serve, and give a client."""
    colorizer = Colorizer(backend=backend or FakeBackend(MIXTURE), threads=1)
    told = Settings(**{"workers": 2, "port": 0, **settings})
    server = server_of(create_app(colorizer, told), told)
    with listen(told) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            wait_until(lambda: server.started)
            address = f"http://127.0.0.1:{listener.getsockname()[1]}"
            with httpx.Client(base_url=address, timeout=30, trust_env=False) as client:
                yield client
        finally:
            server.should_exit = True
            thread.join()


def wait_until(happened, seconds: float = 20) -> None:
    """Wait for something that another thread does."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


def scan(width: int = 96, height: int = 64, format: str = "JPEG", **settings: object) -> bytes:
    """A grey photograph: a light thing on a dark ground."""
    y, x = np.mgrid[:height, :width]
    inside = np.hypot(x - width / 2, y - height / 2) < height / 3
    pixels = np.where(inside, 190, 70).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, format, **settings)
    return file.getvalue()


def opened(response: httpx.Response) -> Image.Image:
    """The picture that was answered."""
    assert response.status_code == 200, response.text
    image = Image.open(io.BytesIO(response.content))
    image.load()
    return image


def problem(response: httpx.Response, status: int) -> str:
    """The detail of the problem that was answered, which is checked for its form."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    table = response.json()
    assert {"type", "title", "status", "detail"} == table.keys()
    assert table["status"] == status
    assert "Traceback" not in table["detail"] and table["detail"]
    return str(table["detail"])
