"""The studio when something goes wrong: a server that forgets, is busy, or is gone."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from browsed import EXAMPLES, Visit, held
from live_server import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.model]

PALACE = EXAMPLES / "summer-palace.jpg"
HOPPER = EXAMPLES / "grace-hopper.jpg"


def test_a_forgotten_picture_is_sent_again_in_silence(visit: Visit) -> None:
    visit.open(PALACE)
    plain = visit.seen()
    picture = visit.sent("POST", "/preview")[0].url.rpartition("/preview")[0]
    assert visit.context.request.delete(picture).status == 204
    visit.page.locator("#vividness").focus()
    visit.page.keyboard.press("End")
    assert np.abs(visit.seen() - plain).mean() > 1
    assert len(visit.sent("POST", "/v1/pictures?")) == 2
    assert visit.page.locator(".notice").count() == 0


def test_loading_the_page_anew_loses_nothing(visit: Visit) -> None:
    visit.open(PALACE, HOPPER)
    visit.click(0.13, 0.88)
    visit.page.locator("#picker-hex").fill("#c02080")
    visit.page.locator("#picker-hex").press("Enter")
    visit.page.locator("#picker-done").click()
    visit.page.locator(".photograph img:visible").nth(1).wait_for()
    hinted = visit.seen()
    visit.page.reload()
    visit.page.locator("#split").wait_for()
    visit.settle()
    assert visit.page.locator(".photograph").count() == 2
    assert np.abs(visit.seen() - hinted).mean() < 1
    assert len(visit.sent("POST", "/v1/pictures?")) == 2  # not sent again
    assert visit.page.locator(".pin").count() == 1
    visit.click(0.7, 0.2)  # not of one gesture with the hint before
    visit.page.locator("#picker-hex").fill("#2060c0")
    visit.page.locator("#picker-hex").press("Enter")
    visit.page.locator("#picker-done").click()
    assert visit.page.locator(".pin").count() == 2
    for left in (1, 0):
        visit.page.keyboard.press("Control+z")
        assert visit.page.locator(".pin").count() == left


def test_loading_the_page_anew_while_it_is_loaded_loses_nothing(visit: Visit) -> None:
    visit.open(PALACE, HOPPER)
    visit.page.keyboard.press("PageDown")
    visit.page.locator("#title:has-text('512 × 600')").wait_for()
    with held(visit.page, re.compile(r"/v1/pictures/[\w-]+$")) as asked:
        visit.page.reload()
        wait_until(lambda: visit.page.wait_for_timeout(50) or len(asked) == 2)
        visit.page.reload()
        wait_until(lambda: visit.page.wait_for_timeout(50) or len(asked) == 4)
    visit.page.locator("#title:has-text('512 × 600')").wait_for()
    assert visit.page.locator(".photograph").count() == 2
    visit.settle()


def test_what_was_not_sent_when_the_page_is_loaded_anew_is_told(visit: Visit) -> None:
    with held(visit.page, "**/v1/pictures?name=grace*") as asked:
        visit.page.locator("#files").set_input_files([str(PALACE), str(HOPPER)])
        wait_until(lambda: visit.page.wait_for_timeout(50) or asked)
        visit.page.reload()
        notice = visit.page.locator(".notice")
        notice.wait_for()
        assert HOPPER.name in notice.text_content() and PALACE.name not in notice.text_content()
    visit.page.locator("#split").wait_for()
    assert visit.page.locator(".photograph").count() == 2
    assert visit.page.locator(".photograph[data-failed]").count() == 1
    visit.page.locator("#files").set_input_files(str(HOPPER))  # as is asked: it takes its place
    visit.page.locator(".photograph[data-failed]").wait_for(state="detached")
    assert visit.page.locator(".photograph").count() == 2
    visit.settle()


def test_a_page_that_comes_back_asks_for_its_photographs_to_be_kept(visit: Visit) -> None:
    visit.open(PALACE)
    with visit.page.expect_response(re.compile(r"/v1/pictures/[\w-]+$")) as answer:
        visit.page.evaluate(
            "() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))"
        )
    assert answer.value.ok and answer.value.request.method == "GET"


def test_what_was_forgotten_when_the_page_is_loaded_anew_is_told(visit: Visit) -> None:
    visit.open(PALACE, HOPPER)
    visit.page.locator(".photograph img:visible").nth(1).wait_for()
    ids = {one.url.split("/")[5] for one in visit.sent("POST", "/preview")}
    first = visit.sent("POST", "/preview")[0].url.rpartition("/preview")[0]
    assert len(ids) == 2 and visit.context.request.delete(first).status == 204
    visit.page.reload()
    notice = visit.page.locator(".notice")
    notice.wait_for()
    assert PALACE.name in notice.text_content() and "open it again" in notice.text_content()
    visit.page.locator("#title:has-text('grace-hopper')").wait_for()
    visit.settle()
    second = visit.sent("POST", "/preview")[-1].url.rpartition("/preview")[0]
    assert visit.context.request.delete(second).status == 204  # and now there is no file to send
    visit.page.locator("#vividness").press("End")
    visit.page.locator(".notice:has-text('has forgotten this photograph')").wait_for()


def test_a_busy_server_is_asked_again(visit: Visit) -> None:
    busy = {"status": 429, "headers": {"Retry-After": "1"}, "body": '{"title": "Busy"}'}
    refusals = []

    def refuse_once(route):
        if refusals:
            return route.continue_()
        refusals.append(route)
        return route.fulfill(**busy)

    visit.page.route("**/preview?*", refuse_once)
    visit.open(PALACE)
    assert len(refusals) == 1
    assert visit.page.locator(".notice").count() == 0


def test_a_server_that_is_gone_and_comes_back(visit: Visit) -> None:
    visit.open(PALACE)
    plain = visit.seen()
    visit.page.route("**/v1/**", lambda route: route.abort())
    visit.page.locator("#vividness").focus()
    visit.page.keyboard.press("End")
    notice = visit.page.locator(".notice")
    notice.wait_for()
    assert "reverse-oldify serve" in notice.text_content()
    visit.page.locator("#doubting").check()
    visit.page.locator("#files").set_input_files(str(HOPPER))
    visit.page.locator(".photograph[data-failed]").wait_for()
    visit.page.unroute("**/v1/**")
    visit.page.locator("#title:has-text('512 × 600')").wait_for()  # by itself
    visit.page.keyboard.press("PageUp")
    visit.settle()
    doubtful = visit.seen()
    visit.page.locator("#doubting").uncheck()
    assert np.abs(visit.seen() - plain).mean() > 1
    assert np.abs(visit.seen() - doubtful).mean() > 10


def test_one_answer_that_is_lost_is_asked_for_again(visit: Visit) -> None:
    visit.open(PALACE)
    plain = visit.seen()
    visit.page.route("**/preview?*", lambda route: route.abort(), times=1)
    visit.page.locator("#vividness").press("Home")
    wait_until(lambda: np.abs(visit.seen() - plain).mean() > 1)
    assert visit.page.locator(".notice").count() == 0


def test_a_page_goes_on_by_itself_that_was_loaded_while_the_server_was_gone(visit: Visit) -> None:
    visit.open(PALACE)
    visit.page.route("**/v1/about", lambda route: route.abort(), times=2)
    visit.page.reload()
    visit.page.locator("#split").wait_for()
    assert visit.page.locator(".photograph").count() == 1
    visit.settle()


def test_photographs_that_are_not_answered_are_told_of_once(visit: Visit) -> None:
    visit.page.route("**/v1/**", lambda route: route.abort())
    visit.page.locator("#files").set_input_files([str(PALACE), str(HOPPER)])
    visit.page.locator(".photograph[data-failed]").nth(1).wait_for()
    assert visit.page.locator(".notice").count() == 1


def test_a_photograph_is_tried_again_by_a_click(visit: Visit) -> None:
    refused = {"status": 503, "body": '{"title": "Closing"}'}
    visit.page.route("**/v1/pictures?*", lambda route: route.fulfill(**refused))
    visit.page.locator("#files").set_input_files(str(PALACE))
    visit.page.locator(".notice").wait_for()
    visit.settle()
    visit.page.unroute("**/v1/pictures?*")
    visit.page.locator(".photograph[data-failed]").click()
    visit.page.locator(".photograph:not([data-failed]) img:visible").wait_for()


def test_only_the_newest_answer_is_shown(visit: Visit) -> None:
    visit.open(PALACE)
    dial = visit.page.locator("#vividness")
    dial.focus()
    before = len(visit.sent("POST", "/preview"))
    for _ in range(20):
        visit.page.keyboard.press("ArrowRight")
    bold = visit.seen()
    asked = [one.post_data_json for one in visit.sent("POST", "/preview?size=640")[before - 1 :]]
    assert len(asked) < 20  # not every step, but surely the last
    assert asked[-1]["vividness"] == 2
    visit.page.wait_for_timeout(400)
    assert np.abs(visit.seen() - bold).mean() < 2


def test_a_version_that_is_no_more(visit: Visit) -> None:
    def refuse(route):
        if route.request.post_data_json["variant"] and route.request.post_data_json["hints"]:
            return route.fulfill(status=422, body='{"detail": "variant is 1, but ..."}')
        return route.continue_()

    visit.open(PALACE)
    visit.page.locator("#versions [role=radio]").nth(1).click()
    visit.settle()
    visit.page.route("**/preview?*", refuse)
    visit.click(0.13, 0.88)
    visit.page.locator("#picker-hex").fill("#c02080")
    visit.page.locator("#picker-hex").press("Enter")
    visit.page.locator(".notice:has-text('no such version')").wait_for()
    visit.settle()
    last = visit.sent("POST", "/preview?size=640")[-1].post_data_json
    assert last["variant"] == 0 and len(last["hints"]) == 1
    visit.page.keyboard.press("Escape")
    visit.page.keyboard.press("Control+z")
    visit.settle()
    assert visit.page.locator(".pin").count() == 0
    last = visit.sent("POST", "/preview?size=640")[-1].post_data_json
    assert last["variant"] == 1 and last["hints"] == []


def test_a_forgotten_photograph_takes_its_file_again_with_its_hints(visit: Visit) -> None:
    visit.open(PALACE)
    visit.click(0.5, 0.5)
    visit.page.locator("button.suggestion").nth(1).click()
    visit.page.locator("#picker-done").click()
    visit.page.reload()
    visit.page.locator(".pin").wait_for()
    visit.settle()
    picture = visit.sent("POST", "/preview")[0].url.rpartition("/preview")[0]
    assert visit.context.request.delete(picture).status == 204
    visit.page.locator("#vividness").press("ArrowRight")
    visit.page.locator(".notice:has-text('has forgotten this photograph')").wait_for()
    visit.page.locator("#files").set_input_files(str(PALACE))
    visit.page.locator(".photograph[data-failed]").wait_for(state="detached")
    visit.settle()
    assert visit.page.locator(".photograph").count() == 1
    assert visit.page.locator(".pin").count() == 1
    assert len(visit.sent("POST", "/v1/pictures?")) == 2


def test_a_hidden_page_that_is_discarded_comes_back(visit: Visit) -> None:
    visit.open(PALACE)
    visit.page.evaluate(
        """() => {
          Object.defineProperty(document, "hidden", { value: true });
          document.dispatchEvent(new Event("visibilitychange"));
          addEventListener("pagehide", (event) => event.stopImmediatePropagation(), true);
        }"""
    )
    kept = visit.page.evaluate("() => JSON.parse(sessionStorage.getItem('studio')).photographs")
    assert [one["title"] for one in kept] == [PALACE.name]
    assert visit.sent("DELETE", "") == []


def test_notices_of_many_files_stay_on_the_screen(visit: Visit, tmp_path: Path) -> None:
    files = [tmp_path / f"damaged-{number}.jpg" for number in range(20)]
    for file in files:
        file.write_bytes(PALACE.read_bytes()[:3000])
    visit.page.locator("#files").set_input_files([str(file) for file in files])
    visit.page.locator(".notice").nth(19).wait_for()
    assert visit.page.locator("#notices").bounding_box()["y"] >= 0


def test_enter_downloads(visit: Visit) -> None:
    visit.open(PALACE)
    visit.page.locator("#show-download").click()
    visit.page.keyboard.press("ArrowDown")
    with visit.page.expect_download() as download:
        visit.page.keyboard.press("Enter")
    assert download.value.suggested_filename.endswith(".png")
    visit.page.locator("#download").wait_for(state="hidden")


def test_the_picker_stays_in_the_window_and_takes_short_codes(visit: Visit) -> None:
    visit.open(PALACE)
    visit.click(0.8, 0.3)
    for _ in range(3):
        visit.page.locator("#zoom-in").click()
    box = visit.page.locator("#picker").bounding_box()
    assert 0 <= box["x"] <= 1280 - box["width"]
    typed = visit.page.locator("#picker-hex")
    typed.fill("red")
    typed.press("Enter")
    assert typed.get_attribute("aria-invalid") == "true"
    typed.fill("#f00")
    typed.press("Enter")
    assert typed.input_value() == "#ff0000"


def test_a_picker_that_was_opened_while_the_server_was_gone_offers_colours(visit: Visit) -> None:
    visit.open(PALACE)
    visit.page.route("**/v1/**", lambda route: route.abort())
    visit.click(0.5, 0.5)
    visit.page.locator(".notice").wait_for()
    assert visit.page.locator("button.suggestion").count() == 0
    visit.page.unroute("**/v1/**")
    visit.page.locator("button.suggestion").nth(1).wait_for()
    assert visit.page.locator(".notice").count() == 0
