"""The studio's further controls in a real browser: versions, moods, doubt, zoom, eyedropper."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsed import EXAMPLES, Visit, around, colourfulness, held
from live_server import wait_until
from PIL import Image

pytestmark = [pytest.mark.slow, pytest.mark.model]

PALACE = EXAMPLES / "summer-palace.jpg"


def test_another_version_is_chosen(visit: Visit) -> None:
    visit.open(PALACE)
    likeliest = visit.seen()
    tiles = visit.page.locator("#versions [role=radio]")
    tiles.nth(1).click()
    assert tiles.nth(1).get_attribute("aria-checked") == "true"
    assert np.abs(visit.seen() - likeliest).mean() > 1.5
    visit.page.keyboard.press("ArrowLeft")
    assert tiles.nth(0).get_attribute("aria-checked") == "true"
    assert np.abs(visit.seen() - likeliest).mean() < 1


def test_versions_are_drawn_once_for_each_choice(visit: Visit) -> None:
    visit.open(PALACE)
    note, tiles = visit.page.locator("#versions-note"), visit.page.locator("#versions [role=radio]")
    tiles.nth(1).wait_for()
    visit.page.locator("#versions[aria-busy=false]").wait_for()
    drawn, count = len(visit.sent("POST", "/variants")), tiles.count()
    visit.page.locator("#vividness").press("End")
    assert note.text_content().startswith("Looking")
    visit.page.keyboard.press("Control+z")
    assert tiles.count() == count and note.text_content() == ""
    visit.page.wait_for_timeout(4500)
    later = visit.sent("POST", "/variants")[drawn:]
    assert [one for one in later if one.post_data_json["vividness"] == 1] == []


def test_a_mood_and_the_palette_of_a_photograph(visit: Visit, tmp_path: Path) -> None:
    visit.open(PALACE)
    own = visit.seen()
    visit.page.get_by_role("radio", name="Sunset").click()
    sunset = visit.seen()
    assert np.abs(sunset - own).mean() > 1
    reference = tmp_path / "autumn.png"
    Image.new("RGB", (64, 64), (170, 90, 40)).save(reference)
    visit.page.locator("#reference-palette").set_input_files(str(reference))
    visit.page.locator("[role=radio][aria-checked=true]:has-text('autumn.png')").wait_for()
    assert np.abs(visit.seen() - sunset).mean() > 1
    visit.page.get_by_role("radio", name="Its own").click()
    assert np.abs(visit.seen() - own).mean() < 1


def test_a_mood_is_for_the_photograph_that_it_was_asked_for(visit: Visit, tmp_path: Path) -> None:
    reference = tmp_path / "autumn.png"
    Image.new("RGB", (64, 64), (170, 90, 40)).save(reference)
    visit.open(PALACE, EXAMPLES / "grace-hopper.jpg")
    with held(visit.page, "**/v1/palettes?*") as asked:
        visit.page.locator("#reference-palette").set_input_files(str(reference))
        wait_until(lambda: visit.page.wait_for_timeout(20) or asked)
        visit.page.keyboard.press("PageDown")
        visit.settle()
    mood = visit.page.get_by_role("radio", name="autumn.png")
    mood.wait_for()
    assert mood.get_attribute("aria-checked") == "false"
    assert visit.page.locator("#undo").is_disabled()
    visit.page.keyboard.press("PageUp")
    assert mood.get_attribute("aria-checked") == "true"
    visit.settle()


def test_where_colour_is_a_guess(visit: Visit) -> None:
    visit.open(PALACE)
    coloured = visit.seen()
    visit.page.get_by_role("switch", name="Where colour is a guess").check()
    assert np.abs(visit.seen() - coloured).mean() > 10
    visit.page.keyboard.press("u")
    assert np.abs(visit.seen() - coloured).mean() < 1


def test_zooming_in_shows_single_pixels(visit: Visit, tmp_path: Path) -> None:
    scan = tmp_path / "stripes.png"
    rows = np.where(np.arange(1500) % 2, 60, 200).astype(np.uint8)
    Image.fromarray(np.repeat(rows[:, None], 2000, 1)).save(scan)
    visit.open(scan)
    assert np.abs(np.diff(visit.seen()[300:320, 500, 1])).max() < 60  # stripes are too fine to see
    visit.page.keyboard.press("1")
    wait_until(lambda: np.abs(np.diff(visit.seen()[300:320, 500, 1])).min() > 60)
    region = visit.sent("POST", "region=")[-1].url.split("region=")[1]
    width, height = (int(side) for side in region.replace("%2C", ",").split(",")[2:])
    assert width < 2000 and height < 1500  # not all of it
    before = visit.seen()
    visit.page.mouse.move(500, 400)
    visit.page.mouse.down()
    visit.page.mouse.move(501, 401, steps=2)
    visit.page.mouse.move(521, 431, steps=3)
    visit.page.mouse.up()
    after = visit.seen()
    assert np.abs(after[331:531, 321:721] - before[300:500, 300:700]).mean() < 8
    assert visit.page.locator("#picker").is_hidden()  # a drag is no click


def test_a_colour_is_taken_from_the_picture(visit: Visit) -> None:
    visit.open(PALACE)
    sky = around(visit.seen(), visit.place(0.1, 0.1), 2).mean((0, 1))
    visit.click(0.9, 0.9)
    visit.page.locator("button.suggestion").first.wait_for()
    visit.page.locator("#dropper").click()
    visit.click(0.1, 0.1)
    visit.settle()
    taken = bytes.fromhex(visit.page.locator("#picker-hex").input_value()[1:])
    assert np.abs(np.array(list(taken)) - sky).max() < 16
    assert visit.page.locator(".pin").count() == 1

    visit.page.locator("#dropper").press("Enter")
    visit.page.locator("#canvas").focus()
    for key in ("ArrowDown", "Shift+ArrowUp", "Enter"):
        visit.page.keyboard.press(key)
    assert bytes.fromhex(visit.page.locator("#picker-hex").input_value()[1:]) != taken
    assert visit.page.locator(".pin").count() == 1


def reference(visit: Visit, path: Path, height: int, width: int) -> Any:
    """Show a reference, half blue and half red, in the picker of a place; return its locator."""
    visit.open(PALACE)
    flag = np.zeros((height, width, 3), np.uint8)
    flag[:, : width // 2], flag[:, width // 2 :] = (0, 60, 160), (200, 30, 40)
    Image.fromarray(flag).save(path)
    visit.click(0.9, 0.9)
    visit.page.locator("#reference-file").set_input_files(str(path))
    shown = visit.page.locator("#reference")
    shown.wait_for()
    return shown


def test_a_colour_is_taken_from_another_photograph(visit: Visit, tmp_path: Path) -> None:
    shown = reference(visit, tmp_path / "flag.png", 60, 90)
    shown.click(position={"x": 200, "y": 40})
    assert visit.page.locator("#picker-hex").input_value() == "#c81e28"
    box = shown.bounding_box()
    assert box["width"] / box["height"] == pytest.approx(90 / 60, abs=0.02)
    shown.focus()
    for key in ("Shift+ArrowLeft", "Shift+ArrowLeft", "Enter"):
        visit.page.keyboard.press(key)
    assert visit.page.locator("#picker-hex").input_value() == "#003ca0"
    assert visit.sent("POST", "/palettes") == []  # it stays in the browser


def test_a_tall_reference_is_not_bent(visit: Visit, tmp_path: Path) -> None:
    shown, typed = (
        reference(visit, tmp_path / "tall.png", 90, 30),
        visit.page.locator("#picker-hex"),
    )
    before = typed.input_value()
    shown.click(position={"x": 4, "y": 80})  # beside the photograph
    assert typed.input_value() == before
    middle = shown.bounding_box()["width"] / 2
    for across, colour in ((-20, "#003ca0"), (20, "#c81e28")):  # it is 53 wide and 160 high
        shown.click(position={"x": middle + across, "y": 150})
        assert typed.input_value() == colour


def test_the_picker_is_closed_from_anywhere_and_forgets_what_was_typed(visit: Visit) -> None:
    visit.open(PALACE)
    picker, typed = visit.page.locator("#picker"), visit.page.locator("#picker-hex")
    visit.click(0.9, 0.9)
    typed.fill("zzz")
    typed.press("Enter")
    assert typed.get_attribute("aria-invalid") == "true"
    visit.page.locator("#picker-done").click()
    visit.click(0.5, 0.5)
    assert typed.get_attribute("aria-invalid") is None
    typed.fill("#c02080")
    typed.press("Escape")  # which makes the browser tell of a change, too
    assert picker.is_hidden() and visit.page.locator(".pin").count() == 0
    visit.click(0.5, 0.5)
    visit.page.locator("#vividness").press("Escape")
    assert picker.is_hidden()


def test_all_colours_are_offered_at_the_place_s_lightness(visit: Visit) -> None:
    visit.open(PALACE)
    visit.click(0.13, 0.88)
    plane = visit.page.locator("#plane")
    plane.click(position={"x": 20, "y": 8})
    assert plane.get_attribute("aria-valuetext").endswith(("pink", "red"))
    pinned = around(visit.seen(), visit.place(0.13, 0.88), 40)
    assert colourfulness(pinned) > 20
    plane.focus()
    for _ in range(24):
        visit.page.keyboard.press("Shift+ArrowDown")
    assert plane.get_attribute("aria-valuetext").endswith("grey")
