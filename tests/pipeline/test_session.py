from __future__ import annotations

import gc
import hashlib
import html
import json
import weakref
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fake_backend import AbBackend, FakeBackend
from PIL import Image

from reverse_oldify import Colorizer, Hint, Hints, LossError, OptionError, Options
from reverse_oldify.color.difference import ciede2000
from reverse_oldify.color.lab import srgb_to_lab

GREEN, RED = (-20.0, 30.0), (40.0, 20.0)


@pytest.fixture
def halves() -> np.ndarray:
    """A dark and a light half, the border within a cell, with grain."""
    rng = np.random.default_rng(0)
    gray = np.full((96, 128), 90.0)
    gray[:, 66:] = 180
    return (gray + rng.normal(0, 3, gray.shape)).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("vividness", [0.0, 1.0, 2.0])
@pytest.mark.parametrize("spot", [(10, 10), (64, 50), (65, 50), (66, 51), (127, 95)])
def test_a_hint_is_obeyed_at_the_spot(
    halves: np.ndarray, spot: tuple[int, int], vividness: float
) -> None:
    options = Options(vividness=vividness, hints=Hints.from_arrays([spot], [RED]))
    lab = srgb_to_lab(Colorizer(backend=FakeBackend({GREEN: 1.0})).colorize(halves, options))
    at = lab[spot[1], spot[0]]
    assert float(ciede2000(at, np.array([at[0], *RED], np.float32))) < 1.5


@pytest.mark.parametrize("part", [-0.45, 0.0, 0.3, 0.45])
@pytest.mark.parametrize("working_size", [64, 128])
def test_a_hint_between_pixels_is_obeyed_at_the_nearest(working_size: int, part: float) -> None:
    gray = np.random.default_rng(0).integers(80, 180, (37, 41), dtype=np.uint8)
    session = Colorizer(backend=FakeBackend({GREEN: 1.0})).open(gray)
    for place in range(2, 36, 3):
        points = ((place + part, place + part),)
        hints = Hints((Hint(points=points, ab=(20.0, -25.0)),))
        options = Options(working_size=working_size, hints=hints)
        lab = srgb_to_lab(session.colorize(options).pixels)[place, place]
        assert np.hypot(*(lab[1:] - (20, -25))) < 1.5, place


def test_a_hint_spreads_over_its_object_and_stops_at_the_edge(halves: np.ndarray) -> None:
    session = Colorizer(backend=FakeBackend({GREEN: 1.0})).open(halves)
    before = srgb_to_lab(session.colorize().pixels)
    after = srgb_to_lab(
        session.colorize(Options(hints=Hints.from_arrays([(50, 20)], [RED]))).pixels
    )
    change = np.linalg.norm(after - before, axis=-1)
    assert change[:, :60].min() > 15
    assert change[10:30, 72:].mean() < 1


def test_neutral_and_strength(halves: np.ndarray) -> None:
    session = Colorizer(backend=FakeBackend({GREEN: 1.0})).open(halves)

    def chroma(color: str, strength: float) -> float:
        hint = Hint(points=((20.0, 20.0),), color=color, strength=strength)
        lab = srgb_to_lab(session.colorize(Options(hints=Hints((hint,)), vividness=0)).pixels)
        return float(np.hypot(*lab[20, 20, 1:]))

    full = np.hypot(*GREEN)
    assert chroma("neutral", 1.0) < 1
    assert abs(chroma("neutral", 0.5) - full / 2) < 1.5
    assert abs(chroma("neutral", 0.0) - full) < 1.5


def test_only_what_depends_on_a_change_is_done_again(
    halves: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = FakeBackend({GREEN: 0.6, RED: 0.4})
    asked, decode = [], backend.decode
    monkeypatch.setattr(backend, "decode", lambda *what: asked.append(what) or decode(*what))
    session = Colorizer(backend=backend).open(halves)
    hints = Hints.from_arrays([(50, 20)], [RED])
    for vividness in (0.5, 1.0, 1.5):
        session.chroma(Options(vividness=vividness))
    assert len(asked) == 1
    for vividness in (0.5, 1.0, 1.5):
        session.chroma(Options(vividness=vividness, hints=hints))
        session.uncertainty(Options(hints=hints))
    assert len(asked) == 1, "hints need no answer of the network"
    session.chroma(Options(palette="dawn", hints=hints))
    session.chroma(Options(palette="dawn"))
    assert len(asked) == 2
    assert len(backend.seen) == 1
    fresh = Colorizer(backend=FakeBackend({GREEN: 0.6, RED: 0.4})).open(halves)
    again = Options(vividness=1.5, hints=hints)
    np.testing.assert_array_equal(session.chroma(again), fresh.chroma(again))


def test_the_picture_is_encoded_once(halves: np.ndarray) -> None:
    backend = FakeBackend({GREEN: 1.0})
    session = Colorizer(backend=backend).open(halves)
    for vividness in (0, 1, 2):
        session.colorize(Options(vividness=vividness))
        session.colorize(Options(hints=Hints.from_arrays([(5, 5)], [RED])))
    assert len(backend.seen) == 1
    session.colorize(Options(working_size=96))
    assert len(backend.seen) == 2


def test_a_session_colours_as_the_colorizer_does(halves: np.ndarray) -> None:
    colorizer = Colorizer(backend=FakeBackend({GREEN: 0.6, RED: 0.4}))
    options = Options(hints=Hints.from_arrays([(5, 5)], [RED]), vividness=0.5)
    session = colorizer.open(halves)
    session.colorize(Options(vividness=2))
    np.testing.assert_array_equal(
        session.colorize(options).pixels, colorizer.colorize(halves, options)
    )


def test_contradicting_hints_and_long_strokes_stay_finite(halves: np.ndarray) -> None:
    rng = np.random.default_rng(1)
    xy = rng.integers(0, [128, 96], (300, 2))
    ab = rng.uniform(-60, 60, (300, 2))
    stroke = Hint(points=((0.0, 0.0), (127.0, 95.0), (127.0, 0.0)), color="#ff0000", radius=9)
    options = Options(hints=Hints.from_arrays(xy, ab) + Hints((stroke,)))
    session = Colorizer(backend=FakeBackend({GREEN: 1.0})).open(halves)
    assert np.isfinite(session.chroma(options)).all()
    lab = srgb_to_lab(session.colorize(options).pixels)
    assert lab[0, 127, 1] > 30  # the later stroke, as red as so light a colour can be


def test_a_model_of_one_colour_tells_what_it_lacks(halves: np.ndarray) -> None:
    session = Colorizer(backend=AbBackend(GREEN)).open(halves)
    session.colorize(Options(hints=Hints.from_arrays([(5, 5)], [RED])))
    lacking = "a distribution of colours, which model classic does not predict; choose another"
    for asked, what_needs in (
        (lambda: session.suggest(5, 5), "suggestions need"),
        (lambda: session.variants(2), "variants need"),
        (lambda: session.colorize(Options(palette="dawn")), "a palette needs"),
    ):
        with pytest.raises(OptionError, match=f"^{what_needs} {lacking}"):
            asked()


def test_results_of_a_session_say_what_was_done(halves: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "halves.png"
    Image.fromarray(halves).save(path)
    colorizer = Colorizer(backend=FakeBackend({GREEN: 0.5, RED: 0.5}))
    session, options = colorizer.open(path), Options(vividness=0.5, variant=1)
    hashed = hashlib.sha256(path.read_bytes()).hexdigest()
    path.rename(path.with_name("elsewhere.png"))
    told = session.colorize(options).metadata.xmp
    assert told == session.variants(2, Options(vividness=0.5))[1].metadata.xmp
    assert told == colorizer.colorize(path.with_name("elsewhere.png"), options).metadata.xmp
    for part in (
        "compositeWithTrainedAlgorithmicMedia",
        json.dumps(options.to_json(), sort_keys=True),
        hashed,
        f"{session.uncertainty(options).mean:.4f}",
    ):
        assert part in html.unescape((told or b"").decode())


def test_the_result_of_a_bmp_can_be_saved_as_one(halves: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "halves.bmp"
    Image.fromarray(halves).save(path)
    coloured = Colorizer(backend=FakeBackend({GREEN: 1.0})).open(path).colorize()
    assert coloured.save(tmp_path / "colour.bmp").stat().st_size > halves.size
    with pytest.raises(LossError, match="transparency"):
        alpha = np.zeros_like(halves)
        replace(coloured, alpha=alpha).save(tmp_path / "clear.bmp")
    coloured.save(tmp_path / "colour.png")
    assert b"AlgorithmicMedia" in (tmp_path / "colour.png").read_bytes(), "which has a place for it"


def test_a_session_that_has_drawn_variants_is_let_go_at_once(halves: np.ndarray) -> None:
    session = Colorizer(backend=FakeBackend({GREEN: 0.5, RED: 0.5})).open(halves)
    before = session.nbytes
    session.variants(2)
    assert session.nbytes > before
    known = weakref.ref(session)
    gc.disable()
    try:
        del session
        assert known() is None
    finally:
        gc.enable()


def test_an_array_that_changes_afterwards_changes_no_session(halves: np.ndarray) -> None:
    frame = halves.copy()
    session = Colorizer(backend=FakeBackend({GREEN: 1.0})).open(frame)
    wanted = session.colorize().pixels
    frame[:] = 255
    assert np.array_equal(session.colorize().pixels, wanted)
