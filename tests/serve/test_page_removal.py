"""Photographs that are put away while something is under way: nothing of them stays, and no other goes."""

from __future__ import annotations

from pathlib import Path

import pytest
from browsed import EXAMPLES, Visit, held

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
