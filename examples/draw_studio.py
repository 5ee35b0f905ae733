"""Take the pictures of docs/studio.md, in Debian's Chromium, of the studio that ``serve`` has open.

reverse-oldify serve &
python examples/draw_studio.py http://127.0.0.1:8000 docs/images
"""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).parent
DESK, DESK_WIDTH = {"width": 1280, "height": 800}, 1120
PHONE, PHONE_WIDTH = {"width": 390, "height": 780}, 520


def main() -> None:
    """Take them all."""
    address, folder = sys.argv[1], Path(sys.argv[2])
    with sync_playwright() as started:
        browser = started.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        with visit(browser, address, viewport=DESK) as page:
            load(page, "summer-palace", "cat", "astronaut", "grace-hopper")
            pull(page, 0.4)
            click(page, 0.57, 0.33)
            page.locator("#suggestions button").nth(1).click()
            save(page, folder / "studio.webp", DESK_WIDTH)
        with visit(browser, address, viewport=DESK, color_scheme="dark") as page:
            load(page, "grace-hopper", "astronaut")
            page.locator("label", has=page.locator("#doubting")).click()
            page.locator("#doubting").scroll_into_view_if_needed()
            save(page, folder / "studio-dark.webp", DESK_WIDTH)
        with visit(
            browser,
            address,
            viewport=PHONE,
            color_scheme="dark",
            device_scale_factor=2,
            has_touch=True,
            is_mobile=True,
        ) as page:
            load(page, "cat", "dandelions", "astronaut")
            pull(page, 0.4)
            click(page, 0.73, 0.5)
            page.locator("#suggestions button").nth(1).click()
            save(page, folder / "studio-phone.webp", PHONE_WIDTH)
        browser.close()


@contextmanager
def visit(browser: Browser, address: str, **options: Any) -> Iterator[Page]:
    """Open the page as someone new would see it."""
    context = browser.new_context(reduced_motion="reduce", **options)
    page = context.new_page()
    page.goto(address)
    yield page
    context.close()


def load(page: Page, *names: str) -> None:
    """Choose photographs and wait for all that the page draws of them."""
    page.locator("#files").set_input_files([str(HERE / f"{name}.jpg") for name in names])
    page.locator("#show-download:enabled").wait_for()
    settle(page)


def settle(page: Page) -> None:
    """Wait until versions and moods are drawn, which is done in quiet moments."""
    page.wait_for_timeout(10_000)


def pull(page: Page, x: float) -> None:
    """Pull the line between before and after to a share of the stage's width."""
    line, stage = page.locator("#split").bounding_box(), page.locator("#canvas").bounding_box()
    assert line is not None and stage is not None
    page.mouse.move(line["x"] + line["width"] / 2, line["y"] + line["height"] / 2)
    page.mouse.down()
    page.mouse.move(stage["x"] + x * stage["width"], stage["y"] + stage["height"] / 2, steps=5)
    page.mouse.up()


def click(page: Page, x: float, y: float) -> None:
    """Click on the picture, at a share of the stage's width and height."""
    box = page.locator("#canvas").bounding_box()
    assert box is not None
    page.locator("#canvas").click(position={"x": x * box["width"], "y": y * box["height"]})
    page.locator("#suggestions button").nth(1).wait_for()


def save(page: Page, path: Path, width: int) -> None:
    """Save what is on the screen."""
    settle(page)
    image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    size = width, round(image.height * width / image.width)
    image.resize(size, Image.Resampling.LANCZOS).save(path, quality=82, method=6)


if __name__ == "__main__":
    main()
