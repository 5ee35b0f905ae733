import io

import numpy as np
import pytest
from made_photographs import encode, photograph
from PIL import Image

from reverse_oldify.color.lab import lab_to_srgb
from reverse_oldify.data.cache import encode_lab
from reverse_oldify.data.screen import Reason, Unfit, decode, judge_colour, shrink


def lightness(width=144, height=112):
    return photograph(1, width, height).mean(-1, dtype=np.float32) / 2.55


def toned(ab_of_lightness):
    """A photograph whose colour is the given function of its lightness."""
    lab = np.stack([lightness(), *ab_of_lightness(lightness())], -1).astype(np.float32)
    return np.rint(lab_to_srgb(lab) * 255).astype(np.uint8)


def sepia(light):
    amount = np.sin(light / 100 * np.pi)
    return 6 * amount, 16 * amount


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "BMP"])
def test_decode_returns_the_pixels(kind):
    settings = {"lossless": True} if kind == "WEBP" else {}
    np.testing.assert_array_equal(decode(encode(photograph(3), kind, **settings)), photograph(3))


def test_decode_turns_the_picture_upright():
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: shown after a quarter turn clockwise
    np.testing.assert_array_equal(
        decode(encode(photograph(3), exif=exif)), np.rot90(photograph(3), -1)
    )


@pytest.mark.parametrize(
    "content",
    [b"", b"this is text", encode(photograph(1))[:2000], encode(photograph(1), "JPEG")[:1500]],
    ids=["empty", "text", "truncated PNG", "truncated JPEG"],
)
def test_damaged_files_are_broken(content):
    with pytest.raises(Unfit) as caught:
        decode(content)
    assert caught.value.reason is Reason.BROKEN
    assert caught.value.detail and not caught.value.detail.startswith("the data")


def test_too_many_pixels_are_refused_before_decoding():
    content = encode(photograph(1))[:200]  # decoding would find it truncated
    with pytest.raises(Unfit) as caught:
        decode(content, max_pixels=144 * 112 - 1)
    assert caught.value.reason is Reason.TOO_LARGE


def test_a_bomb_is_refused():
    buffer = io.BytesIO()
    Image.new("1", (12_000, 12_000)).save(buffer, "PNG")
    with pytest.raises(Unfit) as caught:
        decode(buffer.getvalue())
    assert caught.value.reason is Reason.TOO_LARGE


@pytest.mark.parametrize(
    ("width", "height", "expected"), [(400, 300, (75, 100)), (90, 900, (750, 75))]
)
def test_shrink_keeps_the_aspect(width, height, expected):
    assert shrink(photograph(1, width, height), 75).shape[:2] == expected


def test_shrink_averages_over_area_and_never_enlarges():
    fine = np.kron(photograph(1), np.ones((3, 3, 1), np.uint8))
    np.testing.assert_array_equal(shrink(fine, 112), photograph(1))
    assert shrink(photograph(1), 113).shape == (112, 144, 3)


@pytest.mark.parametrize("seed", range(5))
def test_colour_photographs_pass(seed):
    assert judge_colour(encode_lab(photograph(seed))) is None


def test_gray_is_dropped_also_after_jpeg_and_with_a_stamp_of_colour():
    gray = np.repeat(np.rint(lightness() * 2.55).astype(np.uint8)[..., None], 3, -1)
    gray[:8, :16] = [255, 0, 0]  # 0.8 % of the pixels
    packed = encode_lab(decode(encode(gray, "JPEG", quality=90)))
    assert judge_colour(packed) is Reason.GRAY


def test_sepia_is_dropped_also_after_jpeg():
    packed = encode_lab(decode(encode(toned(sepia), "JPEG", quality=90)))
    assert judge_colour(packed) is Reason.TINTED


def test_sepia_with_real_colour_in_a_tenth_of_it_is_kept():
    picture = toned(sepia)
    picture[:, :15] = photograph(2)[:, :15]
    assert judge_colour(encode_lab(picture)) is None


def test_a_sunset_of_strong_colour_is_kept():
    assert judge_colour(encode_lab(toned(lambda light: (0.2 * light, 0.5 * light)))) is None


def test_blue_haze_is_kept():
    assert judge_colour(encode_lab(toned(lambda light: (0 * light, -0.2 * light)))) is None
