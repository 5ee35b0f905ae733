from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fake_backend import FakeBackend
from PIL import Image

from reverse_oldify import Colorizer, OptionError, Options, Palette, Picture
from reverse_oldify.color.bins import ab_bins, histogram
from reverse_oldify.color.lab import lab_to_srgb, srgb_to_lab
from reverse_oldify.pipeline.looks import LOOKS
from reverse_oldify.pipeline.palette import (
    find_palette,
    load_palette,
    palette_histogram,
    palette_of,
    save_palette,
)

GREEN, BROWN, BLUE = (-30.0, 30.0), (10.0, 20.0), (0.0, -40.0)


def picture(ab: np.ndarray) -> Picture:
    lab = np.concatenate([np.full((*ab.shape[:2], 1), 60, np.float32), ab], -1)
    return Picture(pixels=np.rint(lab_to_srgb(lab.astype(np.float32)) * 255).astype(np.uint8))


def test_palette_of_a_picture_is_its_histogram() -> None:
    ab = np.zeros((40, 60, 2), np.float32)
    ab[:, :15], ab[:, 15:] = GREEN, BROWN
    got = palette_histogram(palette_of(picture(ab)))
    want = histogram(ab)
    np.testing.assert_allclose(got.sum(), 1, rtol=1e-5)
    assert np.abs(got - want).sum() < 0.1


@pytest.mark.parametrize("kind", ["png", "tif"])
def test_a_palette_counts_what_is_seen(kind: str, tmp_path: Path) -> None:
    rgba = np.full((100, 100, 4), (128, 128, 128, 255), np.uint8)
    rgba[:20] = (40, 60, 160, 255)
    rgba[:, 50:] = (255, 0, 0, 0)
    Image.fromarray(rgba).save(tmp_path / f"market.{kind}")
    a, b, share = np.array(find_palette(str(tmp_path / f"market.{kind}")).colors).T
    np.testing.assert_allclose(share[a > 50].sum(), 0)
    np.testing.assert_allclose(share[b < -30].sum(), 0.2, atol=0.01)


def test_black_and_white_has_no_palette() -> None:
    with pytest.raises(OptionError, match="black and white"):
        palette_of(Picture(pixels=np.full((9, 9), 80, np.uint8)))


def test_what_names_no_palette_is_told() -> None:
    assert find_palette("dawn").name == "dawn"
    with pytest.raises(OptionError, match="no palette 'down': choose amber, dawn"):
        find_palette("down")
    with pytest.raises(OptionError, match="palette is 5; name a look"):
        find_palette(5)  # type: ignore[arg-type]


def test_palettes_survive_a_file(tmp_path: Path) -> None:
    palette = Palette(colors=((0.0, 10.0, 0.7), (20.0, 30.0, 0.3)), name="aunt")
    save_palette(palette, tmp_path / "aunt.json")
    assert load_palette(tmp_path / "aunt.json") == palette
    assert find_palette(str(tmp_path / "aunt.json")) == palette
    assert find_palette(tmp_path / "aunt.json") == palette
    (tmp_path / "wrong.json").write_text('{"colors": []}')
    with pytest.raises(OptionError, match=r"wrong\.json: not a palette"):
        load_palette(tmp_path / "wrong.json")


@pytest.mark.parametrize("name", LOOKS)
def test_looks_are_histograms_of_their_own(name: str) -> None:
    shares = palette_histogram(name)
    np.testing.assert_allclose(shares.sum(), 1, rtol=1e-5)
    others = [palette_histogram(other) for other in LOOKS if other != name]
    assert min(np.abs(shares - other).sum() for other in others) > 0.4


def test_looks_lean_as_they_say() -> None:
    mean = {name: palette_histogram(name) @ ab_bins() for name in LOOKS}
    assert mean["amber"][1] > 10
    assert mean["dawn"][1] < -5
    assert mean["forest"][0] < 0


def test_a_picture_is_no_look_but_makes_a_palette(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    picture(np.full((9, 9, 2), BROWN, np.float32)).save("market.png")
    told = r"no look 'market\.png': choose amber, dawn.*find_palette.*POST /v1/palettes"
    with pytest.raises(OptionError, match=told):
        palette_histogram("market.png")
    assert Options(palette=find_palette("market.png")).palette.name == "market.png"


@pytest.mark.parametrize("wanted", [GREEN, BROWN, BLUE])
def test_a_palette_pulls_towards_its_colours(wanted: tuple[float, float]) -> None:
    colorizer = Colorizer(backend=FakeBackend({GREEN: 0.4, BROWN: 0.4, BLUE: 0.2}))
    gray = np.full((64, 64), 140, np.uint8)

    def distance(options: Options) -> float:
        ab = srgb_to_lab(colorizer.colorize(gray, options))[32, 32, 1:]
        return float(np.linalg.norm(ab - wanted))

    palette = Palette(colors=((*wanted, 0.8), (0.0, 0.0, 0.2)))
    without, steered = (
        distance(Options(vividness=0)),
        distance(Options(vividness=0, palette=palette)),
    )
    assert steered < 0.6 * without


def test_a_colour_the_model_rules_out_stays_out() -> None:
    colorizer = Colorizer(backend=FakeBackend({GREEN: 1.0}))
    ab = srgb_to_lab(
        colorizer.colorize(
            np.full((64, 64), 140, np.uint8),
            Options(vividness=0, palette=Palette(colors=((*BLUE, 1.0),))),
        )
    )[32, 32, 1:]
    assert np.linalg.norm(ab - GREEN) < 5


@pytest.mark.parametrize("share", [9e307, 1e-321])
def test_only_how_shares_compare_counts(share: float) -> None:
    colors = ((10.0, 10.0, share), (50.0, 0.0, share))
    wanted = palette_histogram(Palette(colors=((10.0, 10.0, 1.0), (50.0, 0.0, 1.0))))
    np.testing.assert_array_equal(palette_histogram(Palette(colors=colors)), wanted)


def test_colours_of_tiny_shares_are_a_whole_palette() -> None:
    few, many = (Palette(colors=((50.0, 0.0, share),)) for share in (1e-20, 1.0))
    np.testing.assert_allclose(palette_histogram(few), palette_histogram(many), atol=1e-6)
