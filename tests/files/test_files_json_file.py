"""JSON files: whole or not at all, never over another unasked, wrong ones told in a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from reverse_oldify import ExistsError, OptionError
from reverse_oldify.errors import OutputError
from reverse_oldify.files.json_file import read_json, write_json


def test_what_was_written_is_read(tmp_path: Path) -> None:
    table = {"name": "Grönland \udcff", "shares": [0.5, 1]}  # a name that is no Unicode
    write_json(tmp_path / "a.json", table)
    assert read_json(tmp_path / "a.json") == table


def test_a_file_is_replaced_only_when_asked(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, 1)
    with pytest.raises(ExistsError, match=r"a\.json"):
        write_json(path, 2)
    assert read_json(path) == 1
    write_json(path, 3, overwrite=True)
    assert read_json(path) == 3


def test_what_is_no_json_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        write_json(tmp_path / "a.json", {"a": object()})
    with pytest.raises(OutputError, match="make the folder first"):
        write_json(tmp_path / "none" / "a.json", 1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs a device without end")
def test_what_has_no_end_is_told() -> None:
    with pytest.raises(OptionError, match="longer than 64 MB"):
        read_json("/dev/zero")


@pytest.mark.parametrize("content", [None, b"", b"{", b"\xff", b"[" * 100_000])
def test_what_cannot_be_read_is_told(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "a.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(OptionError, match=r"a\.json: "):
        read_json(path)
