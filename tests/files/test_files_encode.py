"""What is written can be read back, and what could not be kept is said."""

from __future__ import annotations

import io

import numpy as np
import pytest
from made_files import encode, gray_ramp, scene
from PIL import Image

from reverse_oldify.errors import UnsupportedError
from reverse_oldify.files.formats import FORMATS, OUTPUT_FORMATS, Format
from reverse_oldify.files.losses import holds_16_bits, losses
from reverse_oldify.files.picture import Metadata, Picture
from reverse_oldify.files.read import read

WRITTEN = [FORMATS[key] for key in OUTPUT_FORMATS]
KINDS = pytest.mark.parametrize("kind", WRITTEN, ids=lambda kind: kind.key)
DEEP_COLOUR = np.random.default_rng(7).integers(0, 65536, (37, 50, 3)).astype(np.uint16)


def written(picture: Picture, kind: Format) -> bytes:
    file = io.BytesIO()
    encode(picture, kind, file, allow_loss=True)
    return file.getvalue()


def exif(artist: str = "A. Photographer") -> bytes:
    block = Image.Exif()
    block[315] = artist
    block[274] = 1
    return block.tobytes()


@KINDS
def test_colour_comes_back(kind: Format) -> None:
    back = read(written(Picture(pixels=scene()), kind))
    error = np.abs(back.srgb.astype(int) - scene())
    assert back.format == kind.key
    assert error.mean() < {"jpg": 2, "webp": 2, "avif": 2}.get(kind.key, 1e-9)


@KINDS
@pytest.mark.parametrize("with_alpha", [False, True])
@pytest.mark.parametrize("pixels", [gray_ramp(np.uint16), DEEP_COLOUR], ids=["gray", "colour"])
def test_16_bits_are_kept_exactly_or_the_loss_is_named(
    kind: Format, pixels: np.ndarray, with_alpha: bool
) -> None:
    alpha = pixels.reshape(*pixels.shape[:2], -1)[::-1, ::-1, 0] if with_alpha else None
    picture = Picture(pixels=pixels, alpha=alpha)
    back = read(written(picture, kind))
    lost = [loss for loss in losses(picture, kind) if "16 bits" in loss]
    if holds_16_bits(kind):
        np.testing.assert_array_equal(back.pixels, picture.pixels)
        assert (alpha is None) == (back.alpha is None)
        assert alpha is None or np.array_equal(back.alpha, alpha)
        assert lost == []
    else:
        assert back.pixels.dtype == np.uint8
        assert len(lost) == 1


@KINDS
def test_alpha_is_kept_or_laid_on_white_and_named(kind: Format) -> None:
    alpha = np.zeros((40, 60), np.uint8)
    alpha[:, :32] = 255
    picture = Picture(pixels=scene(), alpha=alpha)
    back = read(written(picture, kind))
    lost = [loss for loss in losses(picture, kind) if "transparen" in loss]
    if kind.alpha:
        assert back.alpha is not None
        assert np.abs(back.alpha.astype(int) - alpha).max() <= (1 if kind.key == "avif" else 0)
        assert lost == []
    else:
        assert back.alpha is None
        assert len(lost) == 1
        assert back.srgb[:, 40:].min() >= 254
        assert np.abs(back.srgb[:, :24].astype(int) - scene()[:, :24]).mean() < 2


def test_opaque_alpha_is_no_loss() -> None:
    picture = Picture(pixels=scene(), alpha=np.full((40, 60), 255, np.uint8))
    assert list(losses(picture, FORMATS["jpg"])) == []


@KINDS
def test_exif_and_resolution_are_carried_or_named(kind: Format) -> None:
    metadata = Metadata(exif=exif(), dpi=(300.0, 300.0))
    picture = Picture(pixels=scene(), metadata=metadata)
    block = Image.Exif()
    block.load(read(written(picture, kind)).metadata.exif or b"")
    assert (block.get(315) == "A. Photographer") == kind.exif
    assert any("EXIF" in loss for loss in losses(picture, kind)) != kind.exif
    named = any("resolution" in loss for loss in losses(picture, kind))
    back = read(written(picture, kind)).metadata.dpi
    assert named if back is None else back == pytest.approx((300, 300), abs=0.1)
    assert kind.dpi == (back is not None)


def test_exif_too_long_for_jpeg_is_left_out_and_named() -> None:
    picture = Picture(pixels=scene(), metadata=Metadata(exif=exif("x" * 70_000)))
    assert len(Image.open(io.BytesIO(written(picture, FORMATS["jpg"]))).getexif()) == 0
    assert any("EXIF" in loss for loss in losses(picture, FORMATS["jpg"]))
    assert read(written(picture, FORMATS["png"])).metadata.exif is not None


@KINDS
def test_profile_of_the_source_is_not_written(kind: Format) -> None:
    picture = Picture(pixels=scene(), metadata=Metadata(icc=b"some other space"))
    assert b"some other space" not in written(picture, kind)


def test_jpeg_keeps_colour_at_full_resolution() -> None:
    image = Image.open(io.BytesIO(written(Picture(pixels=scene()), FORMATS["jpg"])))
    assert {(horizontal, vertical) for _, horizontal, vertical, _ in image.layer} == {(1, 1)}


@pytest.mark.parametrize(("key", "side"), [("jpg", 65_501), ("webp", 16_384)])
def test_picture_too_long_for_a_format_is_refused(key: str, side: int) -> None:
    picture = Picture(pixels=np.zeros((1, side), np.uint8))
    with pytest.raises(UnsupportedError, match="on a side"):
        written(picture, FORMATS[key])
    assert read(written(picture, FORMATS["png"])).size == (1, side)


def test_gray_with_alpha_stays_gray() -> None:
    picture = Picture(pixels=gray_ramp(), alpha=gray_ramp()[::-1])
    back = read(written(picture, FORMATS["png"]))
    np.testing.assert_array_equal(back.pixels, picture.pixels)
    np.testing.assert_array_equal(back.alpha, picture.alpha)


@KINDS
def test_profile_is_one_for_the_pixels_that_are_written(kind: Format) -> None:
    for pixels in (scene(), scene()[..., 0].copy()):
        back = read(written(Picture(pixels=pixels), kind))
        assert not [note for note in back.notes if "profile" in note]
        assert (back.metadata.icc is not None) == kind.icc
