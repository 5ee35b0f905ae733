"""The studio for everyone: on a phone, by touch, in the dark, with a screen reader (axe-core)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsed import DESKTOP, EXAMPLES, PHONE, Visit

pytestmark = [pytest.mark.slow, pytest.mark.model]

PALACE = EXAMPLES / "summer-palace.jpg"


@pytest.fixture
def phone(chromium: Any, studio: str) -> Iterator[Visit]:
    visit = Visit(chromium, studio, **PHONE)
    yield visit
    visit.leave()


def axe() -> str:
    """The source of axe-core, which its package for Python carries."""
    package = pytest.importorskip("axe_playwright_python", reason="axe is not installed")
    return (Path(package.__file__).parent / "axe.min.js").read_text("utf-8")


def violations(visit: Visit) -> list[str]:
    """What axe finds, by its rules of WCAG 2.2 A and AA and of best practice."""
    found = visit.page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{violation['id']}: {node['html'][:120]} {node['failureSummary']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(chromium: Any, studio: str, scheme: str) -> None:
    source = axe()
    visit = Visit(chromium, studio, **DESKTOP, color_scheme=scheme)
    visit.page.evaluate(source)
    assert violations(visit) == []
    visit.page.evaluate("() => document.querySelector('#choose').textContent = ''")
    assert "button-name" in violations(visit)[0]  # it does look
    visit.open(PALACE)
    visit.click(0.13, 0.88)
    visit.page.locator("button.suggestion").first.click()
    assert violations(visit) == []
    visit.page.keyboard.press("Escape")
    for opener in ("#show-download", "#show-help"):
        visit.page.locator(opener).click()
        assert violations(visit) == []
        visit.page.locator("dialog[open] [aria-label=Close]").click()
    assert visit.page.locator("dialog[open]").count() == 0
    visit.leave()


def test_on_a_phone(phone: Visit) -> None:
    phone.open(PALACE)
    wide = "() => document.documentElement.scrollWidth > innerWidth"
    assert not phone.page.evaluate(wide)
    left, top = phone.place(0.5, 0.5)
    phone.page.locator("#canvas").tap(position={"x": left, "y": top})
    phone.page.locator("button.suggestion").nth(1).tap()
    phone.page.locator("#picker-done").tap()
    assert phone.page.locator(".pin").count() == 1
    phone.page.get_by_role("button", name="Hints", exact=True).tap()
    assert phone.page.locator("#hint-list li").is_visible()
    assert phone.page.locator("#vividness").is_hidden()
    small = """() => [...document.querySelectorAll("button, input")]
        .filter((one) => one.checkVisibility({ visibilityProperty: true }))
        .map((one) => [one.id || one.className, one.getBoundingClientRect()])
        .filter(([, box]) => box.width > 1 && (box.width < 24 || box.height < 24))
        .map(([name]) => name)"""
    assert phone.page.evaluate(small) == []  # WCAG 2.2, 2.5.8


@pytest.mark.parametrize("width", [390, 800])
def test_a_notice_does_not_cover_the_picker(chromium: Any, studio: str, width: int) -> None:
    visit = Visit(chromium, studio, viewport={"width": width, "height": 780})
    visit.open(PALACE)
    visit.click(0.4, 0.9)
    visit.page.locator("#picker-done").wait_for()
    visit.page.evaluate(
        """async () => { const { complain } = await import("/page/notices.js");
            complain({ message: "It failed. ".repeat(9) }); }"""
    )
    visit.page.locator(".notice").wait_for()
    visit.page.locator("#picker-done").click(timeout=3000)  # whatever covers it would take it
    visit.leave()


@pytest.mark.parametrize(("width", "height"), [(667, 375), (740, 360), (320, 568)])
def test_on_a_small_phone_and_sideways(chromium: Any, studio: str, width: int, height: int) -> None:
    visit = Visit(chromium, studio, **{**PHONE, "viewport": {"width": width, "height": height}})
    visit.open(PALACE)
    stage = visit.page.locator("#stage").bounding_box()
    assert stage["width"] > 300 and stage["height"] > 220
    for button in ("#show-download", "#add", "#zoom-fit"):
        box = visit.page.locator(button).bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= width
    visit.leave()


def test_a_hint_that_was_dragged_is_tapped(phone: Visit) -> None:
    phone.open(PALACE)
    left, top = phone.place(0.5, 0.5)
    phone.page.locator("#canvas").tap(position={"x": left, "y": top})
    phone.page.locator("button.suggestion").nth(1).tap()
    phone.page.locator("#picker-done").tap()
    phone.page.locator("#picker").wait_for(state="hidden")
    pin = phone.page.locator(".pin")
    phone.page.wait_for_timeout(500)  # or a touch would be the second half of a double tap
    box = pin.bounding_box()
    touch = phone.context.new_cdp_session(phone.page)
    for kind, moved in (("touchStart", 0), ("touchMove", 20), ("touchMove", 40), ("touchEnd", 0)):
        point = {"x": box["x"] + 15 + moved, "y": box["y"] + 15}
        points = [] if kind == "touchEnd" else [point]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    phone.page.wait_for_timeout(500)
    assert pin.bounding_box()["x"] == pytest.approx(box["x"] + 40, abs=3)
    pin.tap()
    phone.page.locator("#picker").wait_for()


def test_versions_are_drawn_when_they_can_be_seen(phone: Visit) -> None:
    phone.open(PALACE)
    phone.page.wait_for_timeout(4500)
    assert phone.sent("POST", "/variants") == []
    phone.page.get_by_role("button", name="Versions", exact=True).tap()
    phone.page.locator("#versions [role=radio]").nth(1).wait_for()


def test_two_fingers_zoom(phone: Visit) -> None:
    phone.open(PALACE)
    fitted = phone.page.locator("#zoom-pixels").text_content()
    box = phone.page.locator("#canvas").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    touch = phone.context.new_cdp_session(phone.page)

    def fingers(kind: str, *distances: float) -> None:
        points = [{"x": x + distance, "y": y, "id": at} for at, distance in enumerate(distances)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    fingers("touchStart", -30, 30)
    for apart in (45, 60, 90):
        fingers("touchMove", -apart, apart)
    fingers("touchEnd")
    zoomed = phone.page.locator("#zoom-pixels").text_content()
    assert int(zoomed.split()[0]) == pytest.approx(3 * int(fitted.split()[0]), rel=0.15)
    assert phone.page.locator("#picker").is_hidden()
