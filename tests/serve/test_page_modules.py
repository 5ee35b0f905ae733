"""The page's files: what they may contain, and that they fit together. And its pure functions."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from browsed import Visit

import reverse_oldify.serve

PAGE = Path(reverse_oldify.serve.__file__).parent / "page"
MODULES = sorted(PAGE.glob("*.js"))
MARKUP = (PAGE / "index.html").read_text("utf-8")


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_a_module_is_small_and_imports_what_is_there(module: Path) -> None:
    source = module.read_text("utf-8")
    assert source.startswith("/**"), "say what it is for"
    assert len(source.splitlines()) <= 250
    for names, other in re.findall(r'import \{([^}]+)\} from "\./([^"]+)"', source):
        exported = (PAGE / other).read_text("utf-8")
        for name in (part.strip() for part in names.split(",") if part.strip()):
            assert re.search(rf"export (async )?(function|const|class) {name}\b", exported), name
            assert len(re.findall(rf"\b{name}\b", source)) > 1, f"{name} is not used"
    for name, other in re.findall(r'import \* as (\w+) from "\./([^"]+)"', source):
        exported = (PAGE / other).read_text("utf-8")
        for used in set(re.findall(rf"\b{name}\.(\w+)\(", source)):
            assert re.search(rf"export (async )?(function|const) {used}\b", exported), used


def test_every_element_that_is_looked_for_is_there() -> None:
    known = re.findall(r'\bid="([^"]+)"', MARKUP)
    assert len(known) == len(set(known))
    for module in MODULES:
        for wanted in re.findall(r'element\("([^"]+)"\)', module.read_text("utf-8")):
            assert wanted in known, f"{module.name} looks for #{wanted}"
    for wanted in re.findall(r'(?:aria-labelledby|aria-describedby|for|href)="#?([\w-]+)"', MARKUP):
        assert wanted in known, wanted


def test_nothing_is_inline_and_nothing_comes_from_elsewhere() -> None:
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?! type=\"module\" src)", MARKUP)
    for file in PAGE.iterdir():
        addresses = re.findall(r"(?:https?:)?//[\w.-]+\.\w+", file.read_text("utf-8"))
        assert [one for one in addresses if "www.w3.org" not in one] == [], file.name


@pytest.mark.slow
@pytest.mark.model
def test_pure_functions(visit: Visit) -> None:
    found = visit.page.evaluate(
        """async () => {
        const history = await import("/page/history.js");
        const lab = await import("/page/lab.js");
        const geometry = await import("/page/geometry.js");
        const { detailOf } = await import("/page/detail.js");
        const { crc32 } = await import("/page/zip.js");
        const { Latest } = await import("/page/latest.js");

        let undone = history.begin(0);
        for (const value of [1, 2, 3]) undone = history.record(undone, value, "drag");
        undone = history.record(history.settle(undone), 4, "drag");
        undone = history.undo(undone);
        const back = [undone.present, history.undo(undone).present, history.redo(undone).present];
        const branched = history.canRedo(history.record(undone, 9));

        const { l, a, b } = lab.rgbToLab([255, 0, 0]);
        const round = lab.toHex(lab.labToRgb(lab.rgbToLab(lab.fromHex("#7a2e2e"))));
        const impossible = lab.labToRgb({ l: 50, a: 120, b: -120 });

        const view = { scale: 0.5, x: 10, y: 20 };
        const zoomed = geometry.zoomAt(view, { x: 110, y: 70 }, 3, 0.1);
        const fixed = geometry.toPicture(zoomed, { x: 110, y: 70 });
        const held = geometry.held({ scale: 1, x: 50, y: -900 }, { width: 800, height: 1000 },
            { width: 400, height: 400 });

        const stage = { width: 800, height: 600 };
        const picture = { width: 4000, height: 3000 };
        const whole = detailOf({ view: { scale: 0.2, x: 0, y: 0 }, stage, picture, density: 1,
            shown: 1280 });
        const part = detailOf({ view: { scale: 1, x: -1000, y: -500 }, stage, picture, density: 1,
            shown: 1280 });

        const asked = [];
        const latest = new Latest(async (question) => {
            asked.push(question);
            await new Promise((done) => setTimeout(done, 10));
        }, () => {});
        for (let question = 0; question < 9; question += 1) latest.want(question);
        await latest.rest();

        return { back, branched, red: [l, a, b], round, impossible, fixed, held, whole, part, asked,
            check: crc32(new TextEncoder().encode("123456789")),
            names: ["#c01818", "#2040c0", "#808080", "neutral", "#6b4a2a"].map(lab.nameOf) };
    }"""
    )
    assert found["back"] == [3, 0, 4] and found["branched"] is False
    assert found["red"] == pytest.approx([53.24, 80.09, 67.20], abs=0.05)
    assert found["round"] == "#7a2e2e" and found["impossible"] is None
    assert found["fixed"] == pytest.approx({"x": 200, "y": 100})
    assert found["held"] == {"scale": 1, "x": 0, "y": -600}
    assert found["whole"] is None
    assert found["part"]["part"] == {"size": 4000, "region": "880,410,1040,780"}
    assert found["part"]["place"] == {"x": 880, "y": 410, "width": 1040, "height": 780}
    assert found["asked"] == [0, 8]
    assert found["check"] == 0xCBF43926
    assert found["names"] == ["red", "blue", "grey", "grey", "brown"]
