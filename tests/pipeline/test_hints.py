from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from fake_backend import FakeBackend

from reverse_oldify import Colorizer, Hint, Hints, OptionError, Options
from reverse_oldify.color.lab import srgb_to_lab
from reverse_oldify.options import MOST_RADIUS
from reverse_oldify.pipeline.hint_file import read_hints
from reverse_oldify.pipeline.hints import hint_ab, paint, spots
from reverse_oldify.pipeline.obey import influence
from reverse_oldify.pipeline.view import View

GREEN, RED = (-20.0, 30.0), (40.0, 20.0)


def view_of(height: int, width: int) -> View:
    return View(FakeBackend({GREEN: 1.0}), np.full((height, width), 50, np.float32))


def test_a_spot_paints_the_cell_below_it() -> None:
    view = view_of(80, 160)  # working size 64: the grid has 11 rows of 23 cells, not quite full
    laid = paint(Hints.from_arrays([(159, 0)], [RED]), (80, 160), view)
    assert laid.strength.sum() == 1
    assert laid.strength[0, -1] == 1
    np.testing.assert_allclose(laid.ab[:, 0, -1], RED)


def test_a_stroke_paints_what_it_crosses_and_its_radius_widens_it() -> None:
    view = view_of(64, 64)
    points = ((2.0, 30.0), (60.0, 30.0))
    thin = paint(Hints((Hint(points=points, ab=RED),)), (64, 64), view)
    assert (thin.strength.sum(1) == [0] * 7 + [16] + [0] * 8).all()
    wide = paint(Hints((Hint(points=points, ab=RED, radius=6),)), (64, 64), view)
    assert wide.strength[6:9].all()
    assert not wide.strength[10:].any()


def test_the_widest_brush_paints_the_whole_picture() -> None:
    hint = Hint(points=((2.0, 30.0),), ab=RED, radius=MOST_RADIUS)
    assert paint(Hints((hint,)), (64, 64), view_of(64, 64)).strength.all()


@pytest.mark.parametrize("x, is_dark", [(29, True), (30, False)])
def test_of_a_cell_across_an_edge_the_side_that_was_touched_follows(x: int, is_dark: bool) -> None:
    lightness = np.full((64, 64), 80, np.float32)
    lightness[:, :30] = 20  # the eighth column of cells, of four pixels, is half of each
    lightness += np.random.default_rng(0).normal(0, 2, lightness.shape).astype(np.float32)
    view = View(FakeBackend({GREEN: 1.0}), lightness)
    laid = paint(Hints.from_arrays([(x, 30)], [RED]), (64, 64), view)
    reach = influence(laid, view)
    followed, left = reach[7, 3:7].mean(), reach[7, 8:12].mean()
    if not is_dark:
        followed, left = left, followed
    assert followed > 0.5
    assert left < 0.1


def test_texture_is_no_edge() -> None:
    leaves = np.where(np.indices((64, 64)).sum(0) % 2, 20, 80).astype(np.float32)
    view = View(FakeBackend({GREEN: 1.0}), leaves)
    laid = paint(Hints.from_arrays([(30, 30), (41, 30)], [RED, RED]), (64, 64), view)
    np.testing.assert_array_equal(laid.lightness, view.lightness)


def test_later_hints_lie_on_top() -> None:
    hints = Hints.from_arrays([(5, 5)], [RED]) + Hints.from_arrays([(5, 5)], [GREEN])
    laid = paint(hints, (64, 64), view_of(64, 64))
    np.testing.assert_allclose(laid.ab[:, 1, 1], GREEN)


def test_a_hint_without_strength_has_no_effect() -> None:
    place = ((5.0, 5.0),)
    nothing = Hint(points=place, ab=GREEN, radius=9, strength=0)
    laid = paint(Hints((Hint(points=place, ab=RED), nothing)), (64, 64), view_of(64, 64))
    np.testing.assert_allclose(laid.ab[:, 1, 1], RED)
    assert laid.strength.sum() == 1
    ramp = np.tile(np.linspace(60, 200, 64).astype(np.uint8), (64, 1))
    session = Colorizer(backend=FakeBackend({GREEN: 0.6, RED: 0.4})).open(ramp)
    np.testing.assert_array_equal(
        session.colorize(Options(hints=Hints((nothing,)))).pixels, session.colorize().pixels
    )
    with pytest.raises(OptionError, match="outside"):
        paint(Hints((Hint(points=((99, 5),), ab=RED, strength=0),)), (64, 64), view_of(64, 64))


def test_what_lies_on_top_covers_by_its_strength() -> None:
    point, view = ((32.0, 32.0),), view_of(64, 64)
    below = Hint(points=point, ab=RED)
    for strength in (0.0, 1e-60, 0.01, 0.5, 1.0):
        over = Hint(points=point, ab=GREEN, strength=strength)
        laid = paint(Hints((below, over)), (64, 64), view)
        want = strength * np.array(GREEN) + (1 - strength) * np.array(RED)
        np.testing.assert_allclose(laid.ab[:, 8, 8], want, atol=1e-4)
        assert laid.strength[8, 8] == pytest.approx(1)
    halves = Hint(points=point, ab=RED, strength=0.5), Hint(points=point, ab=GREEN, strength=0.5)
    laid = paint(Hints(halves), (64, 64), view)
    assert laid.strength[8, 8] == pytest.approx(0.75)
    np.testing.assert_allclose(laid.ab[:, 8, 8], (2 * np.array(GREEN) + RED) / 3, atol=1e-4)


def test_strokes_are_pinned_once_a_cell() -> None:
    stroke = Hint(points=((0.0, 10.0), (63.0, 10.0)), ab=RED)
    pinned = spots(Hints((stroke, stroke)), (64, 64), view_of(64, 64))
    assert pinned.shape == (16, 2)
    assert (pinned[:, 0] == 10).all()


@pytest.mark.parametrize("colours", [(RED, GREEN), ((30.0, 0.0), (10.0, 0.0))])
def test_hints_that_disagree_nearby_make_no_halo(colours: tuple[tuple[float, float], ...]) -> None:
    gray = np.full((512, 1024), 140, np.uint8)
    session = Colorizer(backend=FakeBackend({(0.0, 0.0): 1.0})).open(gray)
    border = round(12 * 1024 / session.view(Options()).extent[1])  # where two cells meet
    hints = Hints.from_arrays([(border - 3, 250), (border + 3, 250)], colours)
    lab = srgb_to_lab(session.colorize(Options(hints=hints)).pixels)
    for axis, places in enumerate(zip(*colours, strict=True)):
        assert lab[..., axis + 1].max() < max(0, *places) + 2
        assert lab[..., axis + 1].min() > min(0, *places) - 2


@pytest.mark.parametrize(("across", "row", "most"), [(400, 30, 31), (70, 250, 50)])
def test_a_third_hint_gives_no_room_for_a_halo(across: int, row: int, most: float) -> None:
    gray = np.full((512, 1024), 140, np.uint8)
    session = Colorizer(backend=FakeBackend({(0.0, 0.0): 1.0})).open(gray)
    border = round(12 * 1024 / session.view(Options()).extent[1])
    points = [(border - 3, 250), (border + 3, 250), (border + across, row)]
    hints = Hints.from_arrays(points, [(30, 0), (10, 0), (60, 0)])
    lab = srgb_to_lab(session.colorize(Options(hints=hints)).pixels)
    assert lab[210:290, border - 40 : border + 40, 1].max() < most


def test_colours_of_hints() -> None:
    point = ((0.0, 0.0),)
    want = srgb_to_lab(np.array([[160, 48, 32]], np.uint8))[0, 1:]
    np.testing.assert_allclose(hint_ab(Hint(points=point, color="#A03020")), want)
    np.testing.assert_array_equal(hint_ab(Hint(points=point, color="neutral")), [0, 0])


@pytest.mark.parametrize(
    "wrong",
    [
        {"points": [], "color": "neutral"},
        {"points": [[1, 2]]},
        {"points": [[1, 2]], "color": "neutral", "ab": [1, 2]},
        {"points": [[1, 2]], "color": "red"},
        {"points": [[1, 2]], "color": [300, 0, 0]},
        {"points": [[1, 2]], "color": [1, 2]},
        {"points": [[-1, 2]], "color": "neutral"},
        {"points": [[float("nan"), 2]], "color": "neutral"},
        {"points": [1, 2], "color": "neutral"},
        {"points": 3, "color": "neutral"},
        {"points": [[1, 2]], "ab": [500, 0]},
        {"points": [[1, 2]], "ab": "xy"},
        {"points": [[1, 2]], "ab": [1, 2], "strength": 2},
        {"points": [[1, 2]], "ab": [1, 2], "radius": -1},
        {"points": [[1, 2]], "ab": [1, 2], "radius": "wide"},
        {"points": [[1, 2]], "ab": [1, 2], "radius": float("inf")},
        {"points": [[1, 2]], "ab": [1, 2], "radius": 1e200},
        {"points": [[1, 2]], "ab": [1, 2], "colour": "neutral"},
        "hint",
    ],
)
def test_no_hints(wrong: object) -> None:
    with pytest.raises(OptionError):
        Hints.from_json([wrong])


@pytest.mark.parametrize(
    "xy", [[[1, 2], [3]], [["one", "two"]], "xy", [[1, 2, 3]], [[1, 2], [3, 4]]]
)
def test_no_arrays(xy: object) -> None:
    for arrays in ((xy, [RED]), ([RED], xy)):
        with pytest.raises(OptionError, match=r"give \(n, 2\) twice"):
            Hints.from_arrays(*arrays)


@pytest.mark.parametrize(
    "codes",
    [
        [300, 0, 0],
        [-1, 0, 0],
        [10**400, 0, 0],
        [1.7, 0, 0],
        ["1", 0, 0],
        [True, 0, 0],
        [1, 2],
        [1, 2, 3, 4],
        [],
    ],
)
def test_codes_that_are_none_are_named_as_they_were_given(codes: list[object]) -> None:
    told = re.escape(f"a hint's colour is {codes!r}; give [r, g, b]")
    with pytest.raises(OptionError, match=told):
        Hints.from_json([{"points": [[1, 2]], "color": codes}])


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"radius": "3"}, "a hint's radius is '3'; give a number"),
        ({"strength": True}, "a hint's strength is True; give a number"),
        ({"strength": None}, "a hint's strength is None; give a number"),
        ({"radius": 10**400}, "a hint's radius is beyond all bounds"),
        ({"ab": ("1", "2")}, "a hint's ab is ('1', '2'); give two numbers"),
        ({"points": (1, 2)}, "a hint's point is 1; give two numbers"),
        ({"points": ((1, 2, 3),)}, "a hint's point is (1, 2, 3); give two numbers"),
        ({"points": "ab"}, "a hint's points are 'ab'; give [[x, y], ...]"),
        ({"points": {"x": 1}}, "a hint's points are {'x': 1}; give [[x, y], ...]"),
        ({"points": np.array(3)}, "a hint's points are array(3); give [[x, y], ...]"),
    ],
)
def test_what_is_wrong_with_a_hint_is_told(wrong: dict[str, object], told: str) -> None:
    with pytest.raises(OptionError, match=re.escape(told)):
        Hint(**{"points": ((1, 2),), "ab": (1, 2), **wrong})


@pytest.mark.parametrize("wrong", [5, "hint", Hint(points=((1, 2),), color="neutral"), None])
def test_what_are_no_hints_is_told(wrong: object) -> None:
    with pytest.raises(OptionError, match=r"give \(Hint\(\.\.\.\), \.\.\.\)"):
        Hints(wrong)


@pytest.mark.parametrize("codes", [(160, 48, 32), [160, 48, 32], np.array([160, 48, 32], np.uint8)])
def test_codes_are_a_colour_in_python_too(codes: object) -> None:
    hint = Hint(points=((1, 2),), color=codes)
    assert hint == Hint(points=((1, 2),), color="#a03020")
    assert hint.to_json()["color"] == "#a03020"


def test_the_point_that_is_wrong_is_named() -> None:
    with pytest.raises(OptionError, match=r"a hint lies at \(2, -5\)"):
        Hint(points=((1, 1), (2, -5)), color="neutral")


def test_outside_the_picture() -> None:
    with pytest.raises(OptionError, match=r"\(70, 3\) is outside the picture of 64 x 64"):
        Colorizer(backend=FakeBackend({GREEN: 1.0})).colorize(
            np.zeros((64, 64), np.uint8), Options(hints=Hints.from_arrays([(70, 3)], [RED]))
        )


def test_a_file_for_one_picture_and_for_several(tmp_path: Path) -> None:
    rows = [{"points": [[1, 2]], "color": [160, 48, 32], "radius": 3, "strength": 0.5}]
    file = tmp_path / "hints.json"
    file.write_text(json.dumps({"version": 1, "hints": rows}))
    hint = Hint(points=((1.0, 2.0),), color="#a03020", radius=3, strength=0.5)
    assert read_hints(file).of(Path("any.jpg")) == Hints((hint,))
    with pytest.raises(OptionError, match="for one picture"):
        read_hints(file).check([Path("a.jpg"), Path("b.jpg")])

    file.write_text(json.dumps({"version": 1, "pictures": {"a.jpg": rows}}))
    several = read_hints(file)
    several.check([Path("x/a.jpg"), Path("x/b.jpg")])
    assert several.of(Path("x/a.jpg")) == Hints((hint,))
    assert several.of(Path("x/b.jpg")) == Hints()
    with pytest.raises(OptionError, match=r"a\.jpg"):
        several.check([Path("b.jpg")])


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"version": 2, "hints": []}', '{"version": 1}', '{"version": 1, "']
)
def test_no_hint_file(text: str, tmp_path: Path) -> None:
    file = tmp_path / "hints.json"
    file.write_text(text)
    with pytest.raises(OptionError, match=r"hints\.json"):
        read_hints(file)
    with pytest.raises(OptionError, match="cannot be read"):
        read_hints(tmp_path / "none.json")


def test_a_file_may_begin_with_a_mark_of_byte_order(tmp_path: Path) -> None:
    file = tmp_path / "hints.json"
    file.write_text(
        '{"version": 1, "hints": [{"points": [[1, 2]], "color": "neutral"}]}', "utf-8-sig"
    )
    assert len(read_hints(file).of(Path("a.jpg"))) == 1


@pytest.mark.parametrize("codes", [[200.0, 100, 50], list(np.array([200, 100, 50], np.uint8))])
def test_codes_are_whole_numbers_of_any_type(codes: list[object]) -> None:
    assert Hint.from_json({"points": [[1, 2]], "color": codes}).color == "#c86432"
