"""Folders as storage."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from reverse_oldify.batch.storage import Folder, Found, Trouble, open_storage
from reverse_oldify.errors import OutputError, UnreadableError


def paths(folder: Folder, without: str | None = None) -> list[str]:
    return [each.path for each in folder.walk(without) if isinstance(each, Found)]


def test_walk_finds_all_but_hidden_files_and_the_output(tmp_path: Path) -> None:
    for name in ("b.jpg", "a/2.jpg", "a/1.txt", ".hidden/c.jpg", ".d.jpg", "out/e.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "a" / "round").symlink_to(tmp_path)
    assert paths(Folder(str(tmp_path)), str(tmp_path / "out")) == ["b.jpg", "a/1.txt", "a/2.jpg"]
    assert "out/e.jpg" in paths(Folder(str(tmp_path)))


def test_links_are_followed_and_broken_ones_told(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a.jpg").touch()
    (tmp_path / "in" / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "in" / "gone.jpg").symlink_to(tmp_path / "nowhere")
    found = list(Folder(str(tmp_path / "in")).walk())
    assert [type(each) for each in found] == [Trouble, Found]
    assert "broken link" in found[0].reason
    assert found[1].path == "link/a.jpg"


def test_the_output_in_another_store_is_not_left_out_of_this_one() -> None:
    fsspec = pytest.importorskip("fsspec", reason="URLs need the extra [cluster]")
    fsspec.filesystem("memory").pipe_file("/walked/in/a.jpg", b"x")
    source = open_storage("memory://walked")
    assert [each.path for each in source.walk("file:///walked")] == ["in/a.jpg"]
    assert list(source.walk("memory://walked/in")) == []


def test_a_folder_that_is_missing_is_no_empty_one(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="no such folder"):
        list(Folder(str(tmp_path / "none")).walk())


def test_a_stamp_tells_a_change(tmp_path: Path) -> None:
    folder = open_storage(str(tmp_path))
    assert folder.stamp("a.jpg") is None
    assert folder.stamp("a" * 256) is None
    (tmp_path / "a.jpg").write_text("one")
    before = folder.stamp("a.jpg")
    assert folder.stamps()("a.jpg") == before
    os.utime(tmp_path / "a.jpg", ns=(1, 1))
    assert folder.stamp("a.jpg") not in (None, before)


def test_names_of_results_are_forced_to_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    monkeypatch.setattr(
        Folder, "_sync", lambda self, folder: synced.append(folder.relative_to(tmp_path).as_posix())
    )
    folder = Folder(str(tmp_path))
    with folder.writing("a/b/1.jpg", overwrite=False) as path:
        assert path.parent.is_dir()
        assert synced == []
    assert synced == ["a/b", "a", "."]
    synced.clear()
    with folder.writing("a/b/2.jpg", overwrite=False):
        pass
    with folder.writing("a/c/1.jpg", overwrite=False):
        pass
    assert synced == ["a/b", "a/c", "a", "."], "a new folder's name is synced, an old one's is"


def test_nothing_is_synced_of_what_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Folder, "_sync", lambda *_: pytest.fail("synced"))
    with (
        pytest.raises(OutputError, match="no"),
        Folder(str(tmp_path)).writing("a.jpg", overwrite=False),
    ):
        raise OutputError("no")


def test_sweep_takes_leftovers_only_and_only_old_ones(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    kept = [tmp_path / "a" / name for name in ("b.jpg", ".b.part", "0123456789ab.part")]
    left = tmp_path / "a" / ".0123456789ab.part"
    for path in (*kept, left):
        path.touch()
    folder = Folder(str(tmp_path))
    folder.sweep(["a/b.jpg", "none/c.jpg"], age=60)
    assert left.exists(), "another job may be writing it"
    os.utime(left, (time.time() - 100,) * 2)
    folder.sweep(["a/b.jpg", "none/c.jpg"], age=60)
    assert not left.exists()
    assert all(path.exists() for path in kept)
