import io

import numpy as np
import pytest
from made_files import encode
from PIL import Image

from reverse_oldify.files.arrays import padded
from reverse_oldify.files.formats import FORMATS
from reverse_oldify.files.picture import Picture


def made(height=40, width=30):
    return np.random.default_rng(0).integers(0, 256, (height, width, 4), dtype=np.uint8)


def test_three_of_four_bytes_are_known_for_what_they_are():
    whole = made()
    assert padded(whole[..., :3]) is not None
    part = padded(whole[..., :3][7:19])
    assert part is not None
    assert np.array_equal(part, whole[7:19])


@pytest.mark.parametrize(
    "pixels",
    [
        made()[..., 1:],
        made()[:, 2:, :3],
        made()[::2, :, :3],
        made()[::-1, :, :3],
        made()[..., 2::-1],
        made()[..., :2],
        made()[..., 0],
        made()[..., :3].copy(),
        made().astype(np.uint16)[..., :3],
    ],
)
def test_other_arrays_are_not(pixels):
    assert padded(pixels) is None


@pytest.mark.parametrize("key", ["jpg", "png", "tif", "webp"])
def test_files_are_the_same(key):
    whole, files = made(300, 50), []
    for pixels in (whole[..., :3], whole[..., :3].copy()):
        files.append(io.BytesIO())
        encode(Picture(pixels=pixels), FORMATS[key], files[-1])
    assert files[0].getvalue() == files[1].getvalue()
    assert Image.open(files[0]).mode == "RGB"
