"""One server with the shipped model and one Chromium for all tests of the page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from browsed import DESKTOP, Visit, browser
from live_server import live

from reverse_oldify.runtime.catalogue import find_model
from reverse_oldify.runtime.onnx import OnnxBackend


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    with browser() as launched:
        yield launched


@pytest.fixture(scope="session")
def studio() -> Iterator[str]:
    """Its address."""
    with live(OnnxBackend(find_model(), threads=1)) as client:
        yield str(client.base_url).rstrip("/")


@pytest.fixture
def visit(chromium: Any, studio: str) -> Iterator[Visit]:
    """Of someone at a desk."""
    visit = Visit(chromium, studio, **DESKTOP)
    yield visit
    visit.leave()
