"""Photographs that are put away while something is under way: nothing stays, no other goes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from browsed import EXAMPLES, PHONE, Visit, held
from live_server import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.model]

PALACE = EXAMPLES / "summer-palace.jpg"
HOPPER = EXAMPLES / "grace-hopper.jpg"


def test_a_file_that_is_put_away_before_it_is_refused(visit: Visit, tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear grandmother, thank you for the photograph.")
    with held(visit.page, "**/v1/pictures?name=letter*"):
        visit.page.locator("#files").set_input_files([str(one) for one in (letter, PALACE, HOPPER)])
        visit.page.get_by_role("button", name="Remove letter.txt").click()
    visit.page.locator(".photograph img:visible").nth(1).wait_for()
    assert visit.page.locator(".photograph").count() == 2
    assert visit.page.locator(".notice").count() == 0


def test_delete_in_the_strip_removes_what_has_the_focus(visit: Visit) -> None:
    visit.open(PALACE, HOPPER)
    visit.page.locator(".photograph").nth(1).press("Delete")
    assert visit.page.locator(".photograph").count() == 1
    assert visit.page.locator(".photograph:focus").get_attribute("title") == PALACE.name


def test_what_is_put_away_is_not_kept_and_not_sent_again(visit: Visit) -> None:
    with held(visit.page, "**/variants?*") as asked:
        visit.open(PALACE)
        wait_until(lambda: visit.page.wait_for_timeout(50) or asked)  # versions are drawn now
        visit.page.get_by_role("button", name=f"Remove {PALACE.name}").click()
    visit.page.wait_for_timeout(500)
    assert len(visit.sent("POST", "/v1/pictures?")) == len(visit.sent("DELETE", "")) == 1


def test_what_is_put_away_while_it_is_sent_is_forgotten(visit: Visit) -> None:
    with held(visit.page, "**/v1/pictures?*"):
        visit.page.locator("#files").set_input_files(str(PALACE))
        visit.page.get_by_role("button", name=f"Remove {PALACE.name}").click()
    wait_until(lambda: visit.page.wait_for_timeout(50) or visit.sent("DELETE", ""))
    assert visit.sent("DELETE", "/v1/pictures/")[0].response().status == 204
    assert visit.page.locator("#welcome").is_visible()
    assert visit.page.locator(".notice").count() == 0


def test_a_finger_removes_nothing_that_it_does_not_see(chromium: Any, studio: str) -> None:
    phone = Visit(chromium, studio, **PHONE)
    phone.open(PALACE, HOPPER)
    second = phone.page.locator("#photographs li").nth(1)
    box = second.bounding_box()
    corner = box["x"] + box["width"] - 8, box["y"] + 7
    phone.page.touchscreen.tap(*corner)
    phone.settle()
    assert second.locator(".photograph").get_attribute("aria-current") == "true"
    assert phone.page.locator(".photograph").count() == 2
    second.locator(".photograph-remove").tap()
    assert phone.page.locator(".photograph").count() == 1
    phone.leave()
