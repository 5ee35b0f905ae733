"""Several files: all get their names, or none."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from reverse_oldify.errors import ExistsError, OutputError
from reverse_oldify.files.drafts import Drafts, check_name


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def write_all(folder: Path, *, overwrite: bool) -> None:
    with Drafts(overwrite=overwrite) as drafts:
        for name in ("picture", "beside", "map"):
            drafts.open(folder / name).write(b"new")


def test_all_have_their_names_at_the_end(tmp_path: Path) -> None:
    with Drafts() as drafts:
        drafts.open(tmp_path / "picture").write(b"1")
        drafts.open(tmp_path / "beside").write(b"2")
        drafts.open(tmp_path / "left out").write(b"3")
        drafts.drop(tmp_path / "left out", tmp_path / "never begun")
        assert not (tmp_path / "picture").exists()
        assert drafts.paths == [tmp_path / "picture", tmp_path / "beside"]
    assert names(tmp_path) == ["beside", "picture"]
    assert (tmp_path / "picture").read_bytes() == b"1"


@pytest.mark.parametrize("hard_links", [True, False])
def test_the_first_is_named_last_and_a_failure_brings_everything_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hard_links: bool
) -> None:
    for name in ("picture", "map"):
        (tmp_path / name).write_text("old")
    order: list[str] = []
    replace = Path.replace

    def failing(self: Path, target: Path) -> Path:
        if target.name == "picture":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        order.append(target.name)
        return replace(self, target)

    def no_hard_links(self: Path, target: Path) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", failing)
        if not hard_links:
            patch.setattr(Path, "hardlink_to", no_hard_links)
        with pytest.raises(OutputError, match="picture: cannot be written"):
            write_all(tmp_path, overwrite=True)
    assert order[:2] == ["map", "beside"]
    assert (tmp_path / "picture").read_text() == "old"
    assert (tmp_path / "map").read_text() == ("old" if hard_links else "new")
    assert names(tmp_path) == ["map", "picture"]
    write_all(tmp_path, overwrite=True)
    assert (tmp_path / "picture").read_text() == "new"
    assert names(tmp_path) == ["beside", "map", "picture"]


def test_a_file_that_appears_meanwhile_is_kept_and_nothing_is_left_beside_it(
    tmp_path: Path,
) -> None:
    with pytest.raises(ExistsError), Drafts() as drafts:
        for name in ("picture", "beside"):
            drafts.open(tmp_path / name)
        (tmp_path / "picture").write_text("theirs")
    assert names(tmp_path) == ["picture"]
    assert (tmp_path / "picture").read_text() == "theirs"


def test_names_are_checked_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(ExistsError):
        check_name(tmp_path / "folder")
    with pytest.raises(OutputError, match="no name that a file can have"):
        check_name(tmp_path / "a\0.png")
    with pytest.raises(OutputError, match="is a folder"):
        check_name(tmp_path / "folder", overwrite=True)
    with pytest.raises(OutputError, match="choose a shorter name"):
        check_name(tmp_path / ("n" * 256))
    check_name(tmp_path / "new")
    check_name(tmp_path / "no folder" / "new")


@pytest.mark.parametrize("overwrite", [True, False])
@pytest.mark.parametrize("named", [1, 2, 3])
def test_ctrl_c_between_two_names_brings_everything_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, overwrite: bool, named: int
) -> None:
    if overwrite:
        for name in ("picture", "map"):
            (tmp_path / name).write_text("old")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    how, count = "replace" if overwrite else "hardlink_to", iter(range(1, 9))
    original = getattr(Path, how)

    def interrupted(self: Path, target: Path) -> None:
        original(self, target)
        if next(count) == named:
            raise KeyboardInterrupt

    monkeypatch.setattr(Path, how, interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_all(tmp_path, overwrite=overwrite)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
