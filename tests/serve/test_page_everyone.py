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


def tap_hint(phone: Visit, x: float) -> None:
    """Give a place in the middle row the second of its likely colours."""
    left, top = phone.place(x, 0.5)
    phone.page.locator("#canvas").tap(position={"x": left, "y": top})
    phone.page.locator("button.suggestion").nth(1).tap()
    phone.page.locator("#picker-done").tap()
    phone.page.locator("#picker").wait_for(state="hidden")


def test_on_a_phone(phone: Visit) -> None:
    phone.open(PALACE)
    wide = "() => document.documentElement.scrollWidth > innerWidth"
    assert not phone.page.evaluate(wide)
    tap_hint(phone, 0.5)
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
    tap_hint(phone, 0.5)
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


def pinch(phone: Visit, first: tuple[float, float], second: tuple[float, float]) -> float:
    """Put down two fingers, one after the other, and move them to three times their distance."""
    shown = phone.page.locator("#zoom-pixels")
    before = int(shown.text_content().split()[0])
    touch = phone.context.new_cdp_session(phone.page)
    middle = [(one + other) / 2 for one, other in zip(first, second, strict=True)]

    def fingers(kind: str, *points: tuple[float, float], apart: float = 1) -> None:
        places = [
            {
                "id": at,
                **{k: m + (v - m) * apart for k, v, m in zip("xy", point, middle, strict=True)},
            }
            for at, point in enumerate(points)
        ]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

    fingers("touchStart", first)
    fingers("touchStart", first, second)
    for apart in (1.5, 2, 3):
        fingers("touchMove", first, second, apart=apart)
    fingers("touchEnd")
    return int(shown.text_content().split()[0]) / before


def test_two_fingers_zoom(phone: Visit) -> None:
    phone.open(PALACE)
    box = phone.page.locator("#canvas").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    assert pinch(phone, (x - 30, y), (x + 30, y)) == pytest.approx(3, rel=0.15)
    assert phone.page.locator("#picker").is_hidden()


@pytest.mark.parametrize("pin_first", [True, False])
def test_two_fingers_zoom_though_one_is_on_a_hint(phone: Visit, pin_first: bool) -> None:
    phone.open(PALACE)
    tap_hint(phone, 0.5)
    phone.page.wait_for_timeout(500)  # or a touch would be the second half of a double tap
    box = phone.page.locator(".pin").bounding_box()
    at = (box["x"] + 15, box["y"] + 15)
    beside = (at[0] + 60, at[1])
    zoomed = pinch(phone, *((at, beside) if pin_first else (beside, at)))
    assert zoomed == pytest.approx(3, rel=0.15)
    phone.page.locator("#zoom-fit").tap()
    back = phone.page.locator(".pin").bounding_box()
    assert [back["x"], back["y"]] == pytest.approx([box["x"], box["y"]], abs=1)  # it stays
    assert phone.page.locator("#picker").is_hidden()


def test_a_reference_does_not_cover_the_place(phone: Visit) -> None:
    phone.open(PALACE)
    left, top = phone.place(0.5, 0.9)
    phone.page.locator("#canvas").tap(position={"x": left, "y": top})
    phone.page.locator("#reference-file").set_input_files(str(EXAMPLES / "cat.jpg"))
    phone.page.locator("#reference").wait_for()
    phone.settle()
    cross, picker = (phone.page.locator(one).bounding_box() for one in ("#cross", "#picker"))
    assert cross["y"] + cross["height"] <= picker["y"]


def test_the_focus_is_never_lost(phone: Visit) -> None:
    phone.open(PALACE)
    focused = "() => document.activeElement.id"
    for x in (0.3, 0.7):
        tap_hint(phone, x)
    phone.page.get_by_role("button", name="Hints", exact=True).tap()
    phone.page.locator("#clear-hints").tap()
    assert phone.page.evaluate(focused) == "canvas"
    phone.page.locator(".photograph").press("Delete")
    assert phone.page.evaluate(focused) == "choose"


def test_in_colours_of_the_system(chromium: Any, studio: str) -> None:
    visit = Visit(chromium, studio, **DESKTOP, forced_colors="active")
    visit.open(PALACE)
    visit.click(0.13, 0.88)
    visit.page.locator("button.suggestion").first.click()
    painted = """(one, part) => [getComputedStyle(one, part).backgroundColor,
        getComputedStyle(one).getPropertyValue("--colour")]"""
    for name, part in (("button.suggestion .swatch", None), (".pin", "::before")):
        shown, meant = visit.page.locator(name).first.evaluate(painted, part)
        assert shown == f"rgb({', '.join(str(code) for code in bytes.fromhex(meant[1:]))})"
    visit.leave()


def test_on_paper_there_is_the_picture_alone(visit: Visit) -> None:
    visit.open(PALACE)
    visit.page.emulate_media(media="print")
    assert visit.page.locator("#canvas").is_visible()
    for other in (".bar", "#strip", "#panel", "#split", ".zoom"):
        assert visit.page.locator(other).is_hidden()


def test_enlarged_four_times(chromium: Any, studio: str) -> None:
    visit = Visit(chromium, studio, viewport={"width": 320, "height": 256})
    visit.open(PALACE)
    assert visit.page.locator("#stage").bounding_box()["height"] >= 140
    assert not visit.page.evaluate("() => document.documentElement.scrollWidth > innerWidth")
    dial = visit.page.locator("#vividness")
    dial.scroll_into_view_if_needed()
    box = dial.bounding_box()
    assert box["y"] >= 0 and box["y"] + box["height"] <= 256
    visit.leave()
