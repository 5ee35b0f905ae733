from __future__ import annotations

import hashlib
import io
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from fake_backend import FakeBackend
from PIL import Image

from reverse_oldify import (
    Colorizer,
    ModelError,
    OptionError,
    Options,
    Picture,
    UnreadableError,
    UnsupportedError,
)
from reverse_oldify.color.lab import gray_to_lightness, srgb_to_lab
from reverse_oldify.runtime.backend import Features
from reverse_oldify.types import FloatArray

GREEN = (-20.0, 30.0)


@pytest.fixture
def colorizer() -> Colorizer:
    return Colorizer(backend=FakeBackend({GREEN: 1.0}))


@pytest.fixture
def gray() -> np.ndarray:
    ramp = np.linspace(60, 200, 90).astype(np.uint8)
    return np.tile(ramp, (50, 1))


def test_array_in_array_out(colorizer: Colorizer, gray: np.ndarray) -> None:
    colour = colorizer.colorize(gray, Options(vividness=0))
    assert colour.dtype == np.uint8
    assert colour.shape == (50, 90, 3)
    lab = srgb_to_lab(colour)
    np.testing.assert_allclose(lab[..., 0], gray_to_lightness(gray), atol=0.5)
    middle = lab[:, 30:60, 1:].mean((0, 1))
    np.testing.assert_allclose(middle, GREEN, atol=0.5)


@pytest.mark.parametrize("dtype", [np.uint16, ">u2", np.float16, np.float32, ">f4", np.float64])
def test_deep_arrays_keep_their_type(
    colorizer: Colorizer, gray: np.ndarray, dtype: np.typing.DTypeLike
) -> None:
    floating = np.issubdtype(dtype, np.floating)
    scaled = gray / 255 if floating else gray.astype(np.uint16) * 257
    colour = colorizer.colorize(scaled.astype(dtype))
    assert colour.dtype == dtype
    rounding = np.finfo(dtype).eps if floating else 0
    shallow = colorizer.colorize(gray)
    top = 1 if floating else 65535
    np.testing.assert_allclose(colour / top, shallow / 255, atol=0.51 / 255 + rounding)


def test_opacity_is_kept(colorizer: Colorizer, gray: np.ndarray) -> None:
    alpha = np.arange(gray.size, dtype=np.uint32).reshape(gray.shape).astype(np.uint8)
    rgba = np.stack([gray, gray, gray, alpha], -1)
    colour = colorizer.colorize(rgba)
    np.testing.assert_array_equal(colour[..., 3], alpha)
    assert colorizer.colorize(Image.fromarray(rgba)).mode == "RGBA"


def test_image_in_image_out(colorizer: Colorizer, gray: np.ndarray) -> None:
    colour = colorizer.colorize(Image.fromarray(gray))
    assert isinstance(colour, Image.Image)
    assert (colour.mode, colour.size) == ("RGB", (90, 50))
    np.testing.assert_array_equal(np.asarray(colour), colorizer.colorize(gray))


def test_path_and_bytes_give_a_picture(
    colorizer: Colorizer, gray: np.ndarray, tmp_path: Path
) -> None:
    path = tmp_path / "scan.png"
    Image.fromarray(gray).save(path)
    want = colorizer.colorize(gray)
    for source in (path, str(path), path.read_bytes()):
        picture = colorizer.colorize(source)
        assert isinstance(picture, Picture)
        assert picture.format == "png"
        np.testing.assert_array_equal(picture.pixels, want)


def test_a_picture_says_that_its_colour_is_estimated(
    colorizer: Colorizer, gray: np.ndarray, tmp_path: Path
) -> None:
    path = tmp_path / "scan.png"
    Image.fromarray(gray).save(path)
    hashed = hashlib.sha256(path.read_bytes()).hexdigest().encode()
    for source in (path, path.read_bytes()):
        xmp = colorizer.colorize(source).metadata.xmp
        assert xmp is not None
        assert b"compositeWithTrainedAlgorithmicMedia" in xmp
        assert hashed in xmp
    assert hashed not in (colorizer.colorize(colorizer.open(path).picture).metadata.xmp or b"")


def test_colour_in_is_coloured_anew_from_its_lightness(
    colorizer: Colorizer, gray: np.ndarray
) -> None:
    tinted = np.stack([gray, gray // 2, gray // 3], -1)
    colour = colorizer.colorize(tinted, Options(vividness=0))
    want = srgb_to_lab(tinted)[..., 0]
    got = srgb_to_lab(colour)
    np.testing.assert_allclose(got[..., 0], want, atol=0.6)
    assert got[..., 1].mean() < -5  # green now


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (3, 2), (33, 65), (300, 20)])
def test_any_size(shape: tuple[int, int]) -> None:
    backend = FakeBackend({GREEN: 1.0})
    gray = np.full(shape, 128, np.uint8)
    colour = Colorizer(backend=backend).colorize(gray, Options(vividness=0))
    assert colour.shape == (*shape, 3)
    assert (colour == colour[0, 0]).all()
    height, width = backend.seen[0].shape
    assert height % 32 == width % 32 == 0
    assert height * width <= 4 * 64 * 64 + 32 * 4 * 64


def test_the_network_sees_the_aspect_unchanged() -> None:
    backend = FakeBackend({GREEN: 1.0}, multiple=1)
    Colorizer(backend=backend).colorize(np.zeros((100, 400), np.uint8))
    assert backend.seen[0].shape == (32, 128)


def test_working_size_is_obeyed() -> None:
    backend = FakeBackend({GREEN: 1.0})
    gray = np.zeros((100, 100), np.uint8)
    Colorizer(backend=backend).colorize(gray, Options(working_size=160))
    assert backend.seen[0].shape == (160, 160)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((2, 2, 2), np.uint8),
        np.zeros(5, np.uint8),
        np.zeros((0, 4), np.uint8),
        np.zeros((4, 4), np.int32),
        np.full((4, 4), 3.0),
        np.full((4, 4), np.nan),
    ],
)
def test_arrays_that_are_no_pictures(colorizer: Colorizer, array: np.ndarray) -> None:
    with pytest.raises(UnsupportedError):
        colorizer.colorize(array)


def test_what_lies_under_a_mask_is_part_of_the_picture(
    colorizer: Colorizer, gray: np.ndarray
) -> None:
    masked = np.ma.masked_array(gray, gray > 100)
    assert np.array_equal(colorizer.colorize(masked), colorizer.colorize(gray))
    for hidden in (np.nan, 1e20):
        floats = np.ma.masked_array(np.where(gray > 100, hidden, gray / 255), gray > 100)
        with pytest.raises(UnsupportedError, match=r"must lie in 0\.\.1"):
            colorizer.colorize(floats)


def test_other_errors_are_typed(colorizer: Colorizer, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedError, match="list"):
        colorizer.colorize([[1, 2]])  # type: ignore[call-overload]
    with pytest.raises(UnreadableError, match=r"nowhere\.png"):
        colorizer.colorize(tmp_path / "nowhere.png")
    with pytest.raises(UnreadableError):
        colorizer.colorize(b"no picture")
    with pytest.raises(ModelError, match="no model"):
        Colorizer("no-such-model")
    with pytest.raises(ModelError, match="no model '3'"):
        Colorizer(model=3)  # type: ignore[arg-type]


@pytest.mark.parametrize("options", [{"vividness": 2}, 1.5, "amber", 0])
def test_what_is_no_options_is_told(
    colorizer: Colorizer, gray: np.ndarray, options: object
) -> None:
    with pytest.raises(OptionError, match="give Options"):
        colorizer.colorize(gray, options)  # type: ignore[call-overload]


@pytest.mark.parametrize("threads", [0, -1, 1.5, "2", 1_000_000])
def test_what_is_no_number_of_threads_is_told(threads: object) -> None:
    with pytest.raises(OptionError, match=f"threads is {threads!r}; give "):
        Colorizer(threads=threads)


@pytest.mark.parametrize("size", [-3, 0, 31, 2049, 100.5, "64"])
def test_predict_takes_the_working_sizes_of_options(colorizer: Colorizer, size: object) -> None:
    lightness = np.full((50, 90), 50, np.float32)
    with pytest.raises(OptionError, match=r"working.size is"):
        colorizer.predict(lightness, working_size=size)
    assert colorizer.predict(lightness, working_size=128).extent[1] > 32


@pytest.mark.parametrize("wrong", [np.zeros((0, 5)), np.zeros(5), np.full((8, 8), np.nan)])
def test_predict_refuses_what_is_no_lightness(colorizer: Colorizer, wrong: np.ndarray) -> None:
    with pytest.raises(UnsupportedError, match="is no lightness"):
        colorizer.predict(wrong)


@pytest.mark.parametrize("mode", ["L", "I", "F", "RGB", "I;16"])
@pytest.mark.parametrize("size", [(0, 5), (5, 0)])
def test_images_without_pixels_are_told(
    colorizer: Colorizer, mode: str, size: tuple[int, int]
) -> None:
    with pytest.raises(UnsupportedError, match=f"an image of {size[0]} x {size[1]} pixels"):
        colorizer.colorize(Image.new(mode, size))


def test_an_image_that_is_cut_off_is_as_unreadable_as_its_bytes(colorizer: Colorizer) -> None:
    buffer = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 255, (200, 200), np.uint8)
    Image.fromarray(noise).save(buffer, "JPEG")
    cut = buffer.getvalue()[:9000]
    for source in (cut, Image.open(io.BytesIO(cut))):
        with pytest.raises(UnreadableError, match="damaged or cut off"):
            colorizer.colorize(source)


def test_many_threads_share_one_colorizer(colorizer: Colorizer) -> None:
    rng = np.random.default_rng(0)
    grays = [rng.integers(0, 255, (20 + i, 30), dtype=np.uint8) for i in range(12)]
    alone = [colorizer.colorize(gray) for gray in grays]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(colorizer.colorize, grays))
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one, other)


class _Meeting(FakeBackend):
    """Answers when two ask at the same time."""

    def __init__(self) -> None:
        super().__init__({GREEN: 1.0})
        self.both = threading.Barrier(2, timeout=20)

    def decode(self, features: Features, palette: FloatArray | None = None) -> FloatArray:
        self.both.wait()
        return super().decode(features, palette)


def test_threads_do_not_wait_for_the_pictures_of_others() -> None:
    colorizer, gray = Colorizer(backend=_Meeting()), np.full((20, 30), 90, np.uint8)
    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(colorizer.colorize, [gray, gray])
    np.testing.assert_array_equal(one, other)


def test_result_saves_to_any_format(colorizer: Colorizer, gray: np.ndarray, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.fromarray(gray).save(buffer, "BMP")
    picture = colorizer.colorize(buffer.getvalue())
    for suffix in ("png", "jpg", "webp", "tif"):
        path = picture.save(tmp_path / f"colour.{suffix}")
        with Image.open(path) as image:
            assert image.size == (90, 50)
