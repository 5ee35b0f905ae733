import numpy as np
import pytest
from PIL import Image

from reverse_oldify.train.report import draw_curves

pytestmark = pytest.mark.train


def test_of_a_short_run_its_only_point_is_seen(tmp_path):
    draw_curves([{"step": 20, "samples": 160, "loss": 5.9}], tmp_path / "curves.png")
    with Image.open(tmp_path / "curves.png") as image:
        height, width = image.height // 2, image.width // 2
        middle = image.crop((width // 3, height // 3, 2 * width // 3, 2 * height // 3))
    colour = np.ptp(np.asarray(middle.convert("RGB"), np.int16), axis=-1)
    assert (colour > 60).any()
