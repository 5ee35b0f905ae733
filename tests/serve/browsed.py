"""The studio in a real browser, as a person uses it: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import base64
import io
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
EXAMPLES = Path(__file__).parents[2] / "examples"
DESKTOP = {"viewport": {"width": 1280, "height": 800}}
PHONE = {
    "viewport": {"width": 390, "height": 780},
    "device_scale_factor": 2,
    "has_touch": True,
    "is_mobile": True,
}

_LAUNCH = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
_DRAWN = "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 30)))"
_EXPECTED = "Failed to load resource"  # said of every error status


@contextmanager
def browser() -> Iterator[Any]:
    """Start Chromium; skip what cannot be tested without it."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("no Chromium on the PATH; on Debian: apt-get install chromium")
    with playwright.sync_playwright() as started:
        launched = started.chromium.launch(executable_path=CHROMIUM, args=_LAUNCH)
        try:
            yield launched
        finally:
            launched.close()


class Visit:
    """One person's visit to the studio; remembers everything that must not happen.

    Parameters
    ----------
    browser
        From `browser`.
    address : str
        Of the server.
    options
        Of the browser's context: `DESKTOP`, `PHONE`, a colour scheme.
    """

    def __init__(self, browser: Any, address: str, **options: Any) -> None:
        self.address = address
        self.context = browser.new_context(reduced_motion="reduce", **options)
        self.page = self.context.new_page()
        self.page.set_default_timeout(30_000)
        self.faults: list[str] = []
        self.requests: list[Any] = []
        self.page.on("request", lambda request: self.requests.append(request))
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", self._listen)
        self.page.goto(address)

    def _listen(self, message: Any) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(_EXPECTED):
            self.faults.append(message.text)

    def leave(self) -> None:
        """End the visit; nothing may have gone wrong that no one saw."""
        self.context.close()
        assert self.faults == []
        allowed = (self.address, f"blob:{self.address}", "data:")
        assert [one.url for one in self.requests if not one.url.startswith(allowed)] == []

    def sent(self, method: str, part: str) -> list[Any]:
        """The requests of a method to addresses with a part."""
        return [one for one in self.requests if one.method == method and part in one.url]

    def open(self, *files: Path) -> None:
        """Choose photographs, and wait for the colours of the first."""
        self.page.locator("#files").set_input_files([str(file) for file in files])
        self.page.locator("#show-download:enabled").wait_for()
        self.page.locator("#split").wait_for()
        self.settle()

    def settle(self) -> None:
        """Wait until the picture shows what was chosen."""
        self.page.locator("#busy").wait_for(state="hidden")
        self.page.locator("#stage:not([aria-busy])").wait_for()
        self.page.evaluate(
            "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 30)))"
        )

    def seen(self) -> NDArray[np.int16]:
        """What the canvas shows, int16 (H, W, 3), 0..255, in pixels of the screen."""
        self.settle()
        data = self.page.evaluate(
            "() => document.querySelector('#canvas').toDataURL('image/png').split(',')[1]"
        )
        image = Image.open(io.BytesIO(base64.b64decode(data)))
        return np.asarray(image.convert("RGBA"), np.int16)[..., :3]

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Where a share of the fitted picture's width and height lies on the stage."""
        left, right, top, bottom = self.extent()
        return left + (right - left) * x, top + (bottom - top) * y

    def extent(self) -> tuple[float, float, float, float]:
        """Left, right, top, bottom of the fitted picture on the stage, in CSS pixels."""
        box = self.page.locator("#canvas").bounding_box()
        title = self.page.locator("#title").text_content()
        width, height = (int(side) for side in title.split("·")[1].split("×"))
        margin = 10 if box["width"] < 600 else 24
        scale = min((box["width"] - 2 * margin) / width, (box["height"] - 2 * margin) / height, 2)
        left, top = (box["width"] - width * scale) / 2, (box["height"] - height * scale) / 2
        return left, left + width * scale, top, top + height * scale

    def click(self, x: float, y: float) -> None:
        """Click on the picture, at a share of its width and height."""
        left, top = self.place(x, y)
        self.page.locator("#canvas").click(position={"x": left, "y": top})


@contextmanager
def held(page: Any, address: str | re.Pattern[str]) -> Iterator[list[Any]]:
    """Hold requests to an address, which are listed, and let them go at the end."""
    routes: list[Any] = []
    page.route(address, lambda route: routes.append(route))
    yield routes
    for route in routes:
        route.continue_()
    page.unroute(address)


def colourfulness(pixels: NDArray[np.int16]) -> float:
    """Mean difference of the largest and the smallest channel: 0 of grey."""
    return float((pixels.max(-1) - pixels.min(-1)).mean())


def around(pixels: NDArray[np.int16], place: tuple[float, float], reach: int = 6) -> Any:
    """The pixels around a place (x, y)."""
    x, y = (round(value) for value in place)
    return pixels[max(0, y - reach) : y + reach, max(0, x - reach) : x + reach]
