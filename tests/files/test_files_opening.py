"""Opening with Pillow: its limit is lifted while we look, and plugins are asked for by name."""

from __future__ import annotations

import io
import sys

import pytest
from made_files import encoded, scene
from PIL import Image

from reverse_oldify.errors import MissingExtraError
from reverse_oldify.files.formats import FORMATS
from reverse_oldify.files.opening import opened
from reverse_oldify.files.read import read

PNG = encoded(Image.fromarray(scene()), "PNG")


def test_limit_comes_back_when_the_last_one_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 123)
    with opened(io.BytesIO(PNG), FORMATS["png"]):
        with opened(io.BytesIO(PNG), FORMATS["png"]):
            assert Image.MAX_IMAGE_PIXELS is None
        assert Image.MAX_IMAGE_PIXELS is None
    assert Image.MAX_IMAGE_PIXELS == 123


@pytest.mark.parametrize(
    ("head", "plugin", "extra"),
    [
        (b"\0\0\0\x18ftypheic" + bytes(30), "pillow_heif", "heic"),
        (b"\xff\x0a" + bytes(30), "pillow_jxl", "jxl"),
    ],
)
def test_missing_plugin_is_named_by_its_extra(
    monkeypatch: pytest.MonkeyPatch, head: bytes, plugin: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, plugin, None)
    monkeypatch.delitem(Image.OPEN, FORMATS[extra].pillow, raising=False)
    with pytest.raises(MissingExtraError, match=rf"reverse-oldify\[{extra}\]"):
        read(head)
