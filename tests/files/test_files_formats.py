"""The table of formats agrees with itself and with Pillow."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_files import encoded, gray_ramp
from PIL import Image

from reverse_oldify.errors import OptionError, UnsupportedError
from reverse_oldify.files.formats import (
    FORMATS,
    OUTPUT_FORMATS,
    Encoding,
    Format,
    by_suffix,
    default_format,
    sniff,
)


@pytest.mark.parametrize("key", OUTPUT_FORMATS)
def test_each_format_is_known_by_content(key: str) -> None:
    kind = FORMATS[key]
    data = encoded(Image.fromarray(gray_ramp()), kind.pillow, **kind.settings)
    assert sniff(data[:32]) is kind


def test_what_can_be_written_has_a_media_type_of_its_own() -> None:
    named = {kind.key: kind.media_type for kind in FORMATS.values() if kind.media_type}
    assert set(named) == set(OUTPUT_FORMATS)
    assert len(set(named.values())) == len(named)
    assert {key for key, name in named.items() if name.partition("/")[0] != "image"} == set()


@pytest.mark.parametrize("kind", FORMATS.values(), ids=lambda kind: kind.key)
def test_each_format_is_known_by_suffix(kind: Format) -> None:
    assert FORMATS[kind.key] is kind
    for suffix in kind.suffixes:
        assert by_suffix(Path("a.b" + suffix)) is kind
        assert by_suffix(Path("A" + suffix.upper())) is kind


def test_what_is_unknown_is_none() -> None:
    assert sniff(b"") is None
    assert sniff(b"some text") is None
    assert by_suffix(Path("photo")) is None
    assert by_suffix(Path(".jpg")) is None


@pytest.mark.parametrize(
    ("head", "key"),
    [
        (b"\xff\x0a", "jxl"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "jxl"),
        (b"\0\0\0\x1cftypheix\0\0\0\0", "heic"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avif", "avif"),
        (b"\xff\x4f\xff\x51", "j2k"),
    ],
)
def test_formats_are_known_by_their_first_bytes(head: bytes, key: str) -> None:
    assert sniff(head) is FORMATS[key]


@pytest.mark.parametrize("head", [b"8BPS\0\1", b"%PDF-1.4"])
def test_known_pictures_that_are_not_read_are_named(head: bytes) -> None:
    with pytest.raises(UnsupportedError, match=r"PSD|PDF"):
        sniff(head)


def test_every_picture_has_a_format_to_be_written_in_its_own_where_that_is_one() -> None:
    for kind in FORMATS.values():
        result = default_format(kind)
        assert result.key in OUTPUT_FORMATS
        assert result is kind or kind.key not in OUTPUT_FORMATS
        assert result.xmp or kind.key == "bmp", "there is provenance in it"
    assert "gif" not in OUTPUT_FORMATS, "it holds 256 colours"


def test_what_is_asked_of_a_lossy_format_goes_before_the_table() -> None:
    asked = Encoding(quality=70, subsampling="4:2:0")
    assert asked.settings(FORMATS["jpg"]) == {"quality": 70, "subsampling": "4:2:0"}
    assert asked.settings(FORMATS["avif"]) == {"quality": 70, "subsampling": "4:2:0", "speed": 8}
    assert asked.settings(FORMATS["webp"])["quality"] == 70
    assert asked.settings(FORMATS["png"]) == {}
    assert Encoding().settings(FORMATS["jpg"]) == FORMATS["jpg"].settings
    for wrong in ({"quality": 0}, {"quality": 101}, {"subsampling": "4:1:1"}):
        with pytest.raises(OptionError, match="choose"):
            Encoding(**wrong)
