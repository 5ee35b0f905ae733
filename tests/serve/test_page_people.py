"""The studio as people use it, in a real browser against the real server and the shipped model."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from browsed import EXAMPLES, Visit, around, colourfulness, held
from PIL import Image

from reverse_oldify.files.read import read

pytestmark = [pytest.mark.slow, pytest.mark.model]

PALACE = EXAMPLES / "summer-palace.jpg"
HOPPER = EXAMPLES / "grace-hopper.jpg"


def test_colour_appears_and_the_line_compares(visit: Visit) -> None:
    visit.open(PALACE)
    coloured = visit.seen()
    left, right, top, bottom = (round(value) for value in visit.extent())
    assert colourfulness(coloured[top:bottom, left:right]) > 10

    knob = visit.page.locator(".split-knob").bounding_box()
    x, y = knob["x"] + knob["width"] / 2, knob["y"] + knob["height"] / 2
    middle = visit.page.locator("#stage").bounding_box()["x"] + (left + right) / 2
    visit.page.mouse.move(x, y)
    visit.page.mouse.down()
    visit.page.mouse.move(middle, y, steps=4)
    visit.page.mouse.up()

    compared = visit.seen()
    half = (left + right) // 2
    assert colourfulness(compared[top + 4 : bottom - 4, left + 4 : half - 8]) < 1
    assert np.abs(compared - coloured)[top:bottom, half + 8 : right].mean() < 1
    assert visit.page.locator("#split").get_attribute("aria-valuenow") == "50"


def test_a_hint_changes_its_place_and_nothing_far_from_it(visit: Visit) -> None:
    visit.open(PALACE)
    before = visit.seen()
    tree, sky = visit.place(0.13, 0.88), visit.place(0.75, 0.1)
    visit.click(0.13, 0.88)
    visit.page.locator("button.suggestion").first.wait_for()
    visit.page.locator("#picker-hex").fill("#c02080")
    visit.page.locator("#picker-hex").press("Enter")
    hinted = visit.seen()
    change = np.abs(hinted - before)
    assert around(change, tree).mean() > 20
    assert around(change, sky).mean() < 3

    visit.page.locator("#picker-done").click()
    visit.page.keyboard.press("Control+z")
    assert np.abs(visit.seen() - before).mean() < 1  # the draft is a little softer
    visit.page.keyboard.press("Control+Shift+z")
    assert around(np.abs(visit.seen() - hinted), tree).mean() < 3
    assert visit.page.locator("#undo").is_enabled() and visit.page.locator("#redo").is_disabled()


def test_a_hint_is_moved_and_removed(visit: Visit) -> None:
    visit.open(PALACE)
    plain = visit.seen()
    visit.click(0.13, 0.88)
    visit.page.locator("button.suggestion").nth(2).click()
    visit.page.keyboard.press("Escape")
    pin = visit.page.locator(".pin")
    box = pin.bounding_box()
    visit.page.mouse.move(box["x"] + 15, box["y"] + 15)
    visit.page.mouse.down()
    visit.page.mouse.move(box["x"] + 95, box["y"] + 15, steps=6)
    visit.page.mouse.up()
    visit.settle()
    moved = pin.bounding_box()
    assert moved["x"] - box["x"] == pytest.approx(80, abs=2)
    assert visit.page.locator("#picker").is_hidden()  # a drag is no click
    hints = [one.post_data_json["hints"] for one in visit.sent("POST", "/preview")]
    asked = [hint for hint in hints if hint][-1][0]["points"][0]
    left, right, *_ = visit.extent()
    assert asked[0] == pytest.approx((0.13 + 80 / (right - left)) * 640, abs=4)

    pin.focus()
    visit.page.keyboard.press("Shift+ArrowUp")
    visit.settle()
    assert moved["y"] - pin.bounding_box()["y"] == pytest.approx(32, abs=2)
    visit.page.keyboard.press("Delete")
    assert pin.count() == 0
    assert np.abs(visit.seen() - plain).mean() < 1
    for _ in range(2):  # removed, nudged
        visit.page.keyboard.press("Control+z")
    assert pin.bounding_box()["y"] == pytest.approx(moved["y"], abs=1)


def test_the_dial_makes_colours_bolder_and_is_one_step_to_undo(visit: Visit) -> None:
    visit.open(PALACE)
    dial = visit.page.locator("#vividness")
    dial.focus()
    visit.page.keyboard.press("Home")
    cautious = colourfulness(visit.seen())
    visit.page.keyboard.press("End")
    bold = colourfulness(visit.seen())
    assert bold > 1.3 * cautious
    visit.page.keyboard.press("Control+z")
    visit.page.keyboard.press("Control+z")
    visit.settle()
    assert visit.page.locator("#undo").is_disabled()
    assert dial.input_value() == "1"
    visit.page.keyboard.press(".")
    dial.press("End")
    visit.page.keyboard.press("Control+z")
    assert dial.input_value() == "1.1"


def test_what_is_downloaded_is_whole_and_says_what_it_is(visit: Visit, tmp_path: Path) -> None:
    visit.open(PALACE)
    visit.click(0.13, 0.88)
    visit.page.locator("button.suggestion").nth(1).click()
    visit.page.keyboard.press("Escape")
    visit.page.locator("#show-download").click()
    visit.page.get_by_label("PNG").check()
    with visit.page.expect_download() as download:
        visit.page.locator("#download-one").click()
    assert download.value.suggested_filename == "summer-palace-colour.png"
    file = tmp_path / "result.png"
    download.value.save_as(file)
    picture = read(file)
    assert picture.size == read(PALACE).size
    assert picture.is_coloured
    said = file.read_bytes()
    assert said.startswith(b"\x89PNG") and b"estimated by a machine-learning model" in said
    assert visit.sent("POST", "/render")[0].post_data_json["hints"] != []
    visit.page.locator("#download").wait_for(state="hidden")


def test_many_photographs_come_as_one_file(visit: Visit, tmp_path: Path) -> None:
    twin = tmp_path / "Summer-Palace.jpg"  # whose name is the same on Windows and macOS
    twin.write_bytes(PALACE.read_bytes())
    visit.open(PALACE, HOPPER, twin)
    visit.page.keyboard.press("PageDown")
    assert "grace-hopper" in visit.page.locator("#title").text_content()
    assert (
        visit.page.locator(".photograph[aria-current=true]").get_attribute("title") == HOPPER.name
    )
    visit.page.locator(".photograph img:visible").nth(2).wait_for()
    visit.page.keyboard.press("d")
    visit.page.get_by_label("JPEG", exact=False).first.check()
    with visit.page.expect_download() as download:
        visit.page.locator("#download-all").click()
    archive = tmp_path / "all.zip"
    download.value.save_as(archive)
    with zipfile.ZipFile(archive) as files:
        assert files.testzip() is None
        names = files.namelist()
        assert names == [
            "summer-palace-colour.jpg",
            "grace-hopper-colour.jpg",
            "Summer-Palace-colour-2.jpg",
        ]
        with Image.open(io.BytesIO(files.read(names[1]))) as image:
            assert (image.format, image.size) == ("JPEG", (512, 600))


def test_a_photograph_is_added_while_the_dialog_of_downloads_is_open(visit: Visit) -> None:
    visit.open(PALACE)
    visit.page.keyboard.press("d")
    every = visit.page.locator("#download-all")
    assert every.is_hidden()
    with held(visit.page, "**/v1/pictures?name=grace*"):
        visit.page.locator("#files").set_input_files(str(HOPPER))
        every.wait_for()
        assert every.is_disabled()  # nobody knows yet what a format cannot hold of it
    visit.page.locator("#download-all:enabled").wait_for()
    assert PALACE.name in visit.page.locator("#download-what").text_content()
    with visit.page.expect_download() as download:
        visit.page.locator("#download-one").click()
    assert download.value.suggested_filename == "summer-palace-colour.jpg"


def test_every_page_of_a_file_is_a_photograph(visit: Visit, tmp_path: Path) -> None:
    album = tmp_path / "album.tif"
    pages = [Image.open(one).convert("L") for one in (PALACE, HOPPER)]
    pages[0].save(album, save_all=True, append_images=pages[1:])
    visit.open(album)
    assert "album.tif, page 1" in visit.page.locator("#title").text_content()
    visit.page.locator(".photograph img:visible").nth(1).wait_for()
    visit.page.keyboard.press("PageDown")
    visit.page.locator("#title:has-text('album.tif, page 2 · 512 × 600')").wait_for()
    visit.settle()
    visit.page.keyboard.press("d")
    assert "page 2 of 2" in visit.page.locator("#download-what").text_content()
    with visit.page.expect_download() as download:
        visit.page.locator("#download-one").click()
    assert download.value.suggested_filename == "album-page-2-colour.tif"


def test_pages_stand_where_their_file_stands_whoever_opens_it(visit: Visit, tmp_path: Path) -> None:
    album = tmp_path / "album.tif"
    pages = [Image.open(PALACE).convert("L").resize((96, 64))] * 3
    pages[0].save(album, save_all=True, append_images=pages[1:])
    with held(visit.page, "**/v1/pictures?name=grace*"):
        visit.page.locator("#files").set_input_files([str(one) for one in (HOPPER, album, PALACE)])
        visit.page.locator(".photograph").nth(1).click()
        visit.page.locator("#title:has-text('album.tif, page 1')").wait_for()
        visit.page.locator(".photograph").nth(4).wait_for()
    visit.page.locator(".photograph img:visible").nth(4).wait_for()
    titles = visit.page.locator(".photograph").evaluate_all("(all) => all.map((one) => one.title)")
    of_album = [f"album.tif, page {page}" for page in (1, 2, 3)]
    assert titles == [HOPPER.name, *of_album, PALACE.name]


def test_what_a_format_cannot_hold_is_told_and_agreed_to(visit: Visit) -> None:
    loss = "16 bits per channel (rounded to 8)"

    def render(route):
        refused = {"title": "Refused", "detail": "it cannot hold that"}
        return route.fulfill(status=422, json=refused)

    visit.page.evaluate(
        """(loss) => {
            const parse = JSON.parse;
            JSON.parse = (text) => {
                const said = parse(text);
                return said?.pages ? { ...said, losses: { jpg: [loss] } } : said;
            };
        }""",
        loss,
    )
    visit.page.route("**/render?*", render)
    visit.open(PALACE)
    visit.page.keyboard.press("d")
    told = visit.page.locator("#download-losses")
    assert told.text_content() == f"JPEG cannot hold everything: {loss}."
    visit.page.get_by_label("PNG").check()
    assert told.text_content() == ""
    visit.page.locator("#download-one").click()
    visit.page.locator(".notice:has-text('it cannot hold that')").wait_for()
    visit.page.keyboard.press("d")
    visit.page.locator("#download-one").click()
    visit.page.locator("#download").wait_for(state="hidden")
    plain, agreed = [one.url for one in visit.sent("POST", "/render")]
    assert "allow_loss" not in plain and "allow_loss=true" in agreed


def test_a_text_file_is_refused_in_words(visit: Visit, tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear grandmother, thank you for the photograph.")
    visit.page.locator("#files").set_input_files(str(letter))
    notice = visit.page.locator(".notice")
    notice.wait_for()
    assert notice.text_content().startswith("letter.txt: ")
    assert "picture" in notice.text_content() or "image" in notice.text_content()
    assert visit.page.locator("#welcome").is_visible()
    assert notice.count() == 1
    notice.get_by_role("button").click()
    assert notice.count() == 0


def test_a_file_that_is_refused_leaves_what_was_shown(visit: Visit, tmp_path: Path) -> None:
    visit.open(PALACE, HOPPER)
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear grandmother, thank you for the photograph.")
    visit.page.locator("#files").set_input_files(str(letter))
    visit.page.locator(".notice:has-text('letter.txt')").wait_for()
    visit.page.locator("#title:has-text('summer-palace')").wait_for()


def test_with_the_keyboard_alone(visit: Visit) -> None:
    press = visit.page.keyboard.press
    press("Tab")
    while visit.page.evaluate("() => document.activeElement.id") != "choose":
        press("Tab")
    visit.page.evaluate(
        """() => document.querySelector("#files").addEventListener(
            "click", (event) => { event.preventDefault(); window.asked = true; }, { once: true })"""
    )  # no window of the system's: whether it opens depends on what else the browser has open
    press("Enter")
    visit.page.wait_for_function("() => window.asked")
    visit.page.locator("#files").set_input_files(str(PALACE))
    visit.page.locator("#split").wait_for()
    plain = visit.seen()
    while visit.page.evaluate("() => document.activeElement.id") != "canvas":
        press("Tab")
    for key in ("ArrowDown", "Shift+ArrowDown", "Shift+ArrowLeft", "Enter"):
        press(key)
    visit.page.locator("button.suggestion:focus").wait_for()
    press("Tab")
    press("Enter")
    hinted = visit.seen()
    assert np.abs(hinted - plain).max() > 8
    press("Escape")
    assert visit.page.evaluate("() => document.activeElement.id") == "canvas"
    press("Control+z")
    assert visit.page.locator(".pin").count() == 0
    press("b")
    assert colourfulness(visit.seen()[100:-100, 100:-100]) < 2
    press("?")
    assert visit.page.locator("#help").is_visible()
    press("Escape")
    press("u")
    assert visit.page.locator("#doubting").is_checked()
    visit.page.evaluate("() => document.querySelector('#letters').click()")
    press("u")
    assert visit.page.locator("#doubting").is_checked()  # letters are no shortcuts any more


def test_dropped_and_pasted(visit: Visit) -> None:
    give = """([bytes, name, kind]) => {
        const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(bytes)], name));
        const words = { bubbles: true, cancelable: true };
        document.body.dispatchEvent(kind === "drop"
            ? new DragEvent("drop", { ...words, dataTransfer: data })
            : new ClipboardEvent("paste", { ...words, clipboardData: data }));
    }"""
    visit.page.evaluate(give, [list(PALACE.read_bytes()), "dropped.jpg", "drop"])
    visit.page.locator("#split").wait_for()
    assert "dropped.jpg" in visit.page.locator("#title").text_content()
    visit.page.evaluate(give, [list(HOPPER.read_bytes()), "pasted.jpg", "paste"])
    visit.page.locator("#title:has-text('512 × 600')").wait_for()
    assert "pasted.jpg" in visit.page.locator("#title").text_content()
    assert visit.page.locator(".photograph").count() == 2


def test_a_folder_is_dropped(visit: Visit, tmp_path: Path) -> None:
    box, inner = tmp_path / "box", tmp_path / "box" / "more"
    inner.mkdir(parents=True)
    for file in (box / "b10.jpg", box / "b9.jpg", inner / "c.jpg"):
        Image.open(PALACE).convert("L").resize((96, 64)).save(file)
    (box / "letter.txt").write_text("Dear grandmother")
    (tmp_path / "empty").mkdir()
    devtools = visit.context.new_cdp_session(visit.page)
    for folder in ("empty", "box"):
        data = {"items": [], "files": [str(tmp_path / folder)], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            words = {"type": kind, "x": 600, "y": 400, "data": data}
            devtools.send("Input.dispatchDragEvent", words)
    visit.page.locator(".photograph img:visible").nth(2).wait_for()
    titles = visit.page.locator(".photograph").evaluate_all("(all) => all.map((one) => one.title)")
    assert titles == ["b9.jpg", "b10.jpg", "c.jpg"]
    assert visit.page.locator(".notice p").all_text_contents() == [
        "No photographs are in that folder."
    ]


def test_a_file_that_has_vanished_is_told_of(visit: Visit, tmp_path: Path) -> None:
    twin = tmp_path / "twin.jpg"
    twin.write_bytes(PALACE.read_bytes())
    with held(visit.page, "**/v1/pictures?name=grace*"):
        visit.page.locator("#files").set_input_files([str(HOPPER), str(twin)])
        visit.page.locator(".photograph").nth(1).wait_for()
        twin.unlink()
    visit.page.locator(".notice:has-text('twin.jpg: This file cannot be read')").wait_for()
    assert visit.page.locator(".photograph").count() == 1
    assert visit.page.locator(".notice").count() == 1
    visit.settle()
