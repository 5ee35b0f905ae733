"""All of a file or none of it, and nothing replaced unasked."""

from __future__ import annotations

import errno
import os
import resource
import stat
import threading
from pathlib import Path

import numpy as np
import pytest
from made_files import scene
from PIL import Image

from reverse_oldify.errors import ExistsError, OptionError, OutputError
from reverse_oldify.files import drafts as module
from reverse_oldify.files.drafts import check_folder, written
from reverse_oldify.files.formats import OUTPUT_FORMATS
from reverse_oldify.files.picture import Picture
from reverse_oldify.files.read import read
from reverse_oldify.files.write import write

PICTURE = Picture(pixels=scene(), format="png")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_suffix_decides_then_the_pictures_own_format(tmp_path: Path) -> None:
    write(PICTURE, tmp_path / "a.tif")
    assert read(tmp_path / "a.tif").format == "tif"
    write(PICTURE, tmp_path / "b.tif", format="jpg")
    assert read(tmp_path / "b.tif").format == "jpg"
    assert PICTURE.save(tmp_path / "c") == tmp_path / "c"
    assert read(tmp_path / "c").format == "png"
    with pytest.raises(OptionError, match="names no format"):
        write(Picture(pixels=scene()), tmp_path / "d.xyz")
    with pytest.raises(OptionError, match="HEIC, which is only read"):
        write(PICTURE, tmp_path / "d.heic")
    with pytest.raises(OptionError, match="'heic'"):
        write(PICTURE, tmp_path / "d.png", format="heic")
    assert names(tmp_path) == ["a.tif", "b.tif", "c"]


def test_existing_file_is_kept_unless_told(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_text("precious")
    with pytest.raises(ExistsError, match=r"a\.png: exists already"):
        write(PICTURE, path)
    assert path.read_text() == "precious"
    write(PICTURE, path, overwrite=True)
    np.testing.assert_array_equal(read(path).pixels, scene())
    assert names(tmp_path) == ["a.png"]


def test_dangling_link_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.png").symlink_to(tmp_path / "nowhere")
    with pytest.raises(ExistsError):
        write(PICTURE, tmp_path / "a.png")
    assert names(tmp_path) == ["a.png"]


def test_file_that_appears_meanwhile_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    with pytest.raises(ExistsError), written(path) as file:
        file.write(b"mine")
        path.write_text("theirs")
    assert path.read_text() == "theirs"
    assert names(tmp_path) == ["a.png"]


@pytest.mark.parametrize("hard_links", [True, False])
def test_of_many_writers_one_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hard_links: bool
) -> None:
    if not hard_links:
        monkeypatch.setattr(Path, "hardlink_to", _no_hard_links)
    outcomes: list[str] = []

    def work() -> None:
        try:
            write(PICTURE, tmp_path / "a.png")
            outcomes.append("written")
        except ExistsError:
            outcomes.append("exists")

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("written") == 1
    assert outcomes.count("exists") == 7
    assert names(tmp_path) == ["a.png"]
    np.testing.assert_array_equal(read(tmp_path / "a.png").pixels, scene())


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, ValueError, MemoryError])
@pytest.mark.parametrize("overwrite", [True, False])
def test_nothing_is_left_of_an_interrupted_write(
    tmp_path: Path, error: type[BaseException], overwrite: bool
) -> None:
    path = tmp_path / "a.png"
    if overwrite:
        path.write_text("old")
    with pytest.raises(error), written(path, overwrite=overwrite) as file:
        file.write(b"half")
        raise error
    assert names(tmp_path) == (["a.png"] if overwrite else [])
    assert not overwrite or path.read_text() == "old"


def test_interrupt_while_taking_the_name_leaves_no_empty_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(self: Path, target: Path) -> Path:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "hardlink_to", _no_hard_links)
    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write(PICTURE, tmp_path / "a.png")
    assert names(tmp_path) == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EIO])
def test_reason_is_given_when_the_disk_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def failing(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(OutputError, match=os.strerror(number).lower()) as caught:
        write(PICTURE, tmp_path / "a.png")
    assert str(caught.value).startswith(str(tmp_path / "a.png"))
    assert names(tmp_path) == []


def test_full_disk_in_truth() -> None:
    """``/dev/full`` fails as a full disk does, at the first flush."""
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    with Path("/dev/full").open("wb") as full, pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_create", lambda path: full)
        with pytest.raises(OutputError, match="no space left"):
            write(PICTURE, Path("a.png"))
    assert not Path("a.png").exists()


@pytest.mark.parametrize("key", OUTPUT_FORMATS)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_disk_that_takes_no_more_leaves_nothing(tmp_path: Path, key: str, dtype: type) -> None:
    """The limit of the process on a file's size: the kernel refuses, as it does on a full disk."""
    noise = np.random.default_rng(1).integers(0, np.iinfo(dtype).max, (90, 120, 3)).astype(dtype)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, before[1]))
    try:
        with pytest.raises(OutputError, match=rf"a\.{key}: cannot be written \(file too large\)"):
            write(Picture(pixels=noise), tmp_path / f"a.{key}", allow_loss=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert names(tmp_path) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_folder_that_is_read_only_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    try:
        with pytest.raises(OutputError, match="permission denied"):
            write(PICTURE, tmp_path / "a.png")
    finally:
        tmp_path.chmod(0o755)
    assert names(tmp_path) == []


def test_missing_folder_and_file_in_its_place_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no such file or directory"):
        write(PICTURE, tmp_path / "none" / "a.png")
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="not a directory"):
        write(PICTURE, tmp_path / "file" / "a.png")
    with pytest.raises(OutputError, match="is a file"):
        check_folder(tmp_path / "file")
    with pytest.raises(OutputError, match="cannot be written"):
        check_folder(tmp_path / "file" / "below")
    with pytest.raises(OutputError):
        write(PICTURE, tmp_path / "file.png" / "a", format="png", overwrite=True)
    assert names(tmp_path) == ["file"]


def test_folder_is_checked_without_a_trace(tmp_path: Path) -> None:
    check_folder(tmp_path / "a" / "b")
    assert names(tmp_path / "a" / "b") == []


@pytest.mark.parametrize("name", ["x" * 251 + ".png", "é" * 125 + "y.png", "\udc80 \n ☃.png"])
def test_any_name_that_the_disk_allows_works(tmp_path: Path, name: str) -> None:
    write(PICTURE, tmp_path / name)
    assert names(tmp_path) == [name]


def test_name_that_is_too_long_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="too long"):
        write(PICTURE, tmp_path / ("x" * 252 + ".png"))
    assert names(tmp_path) == []


def test_permissions_are_those_of_the_user(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write(PICTURE, tmp_path / "a.png")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.png").stat().st_mode) == 0o640


def test_too_large_for_the_format_is_an_output_error(tmp_path: Path) -> None:
    wide = Picture(pixels=np.zeros((1, 70_000), np.uint8))
    with pytest.raises(OutputError, match=r"a\.jpg: 70000 x 1 pixels do not fit"):
        write(wide, tmp_path / "a.jpg")
    assert names(tmp_path) == []


def test_what_is_written_is_whole_for_other_readers(tmp_path: Path) -> None:
    with Image.open(write(PICTURE, tmp_path / "a.png")) as image:
        image.load()
        assert image.size == (60, 40)


def _no_hard_links(self: Path, target: Path) -> None:
    raise OSError(errno.EPERM, "no hard links here")
