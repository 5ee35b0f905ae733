import io
import os
import tarfile
import zipfile

import pytest
from made_photographs import write_folder, write_tar, write_zip

from reverse_oldify.data import sources
from reverse_oldify.data.sources import find_sources
from reverse_oldify.errors import DataError, UnreadableError

FILES = {"a.jpg": b"one", "sub/b.PNG": b"two", "readme.txt": b"no", "__MACOSX/._a.jpg": b"no"}
WANTED = {"a.jpg": b"one", "sub/b.PNG": b"two"}


def contents(path, kind=None):
    return {
        (source.label, source.kind, file.name): file.read()
        for source in find_sources([path], kind)
        for file in source.files()
    }


def test_a_folder_is_walked_and_named_after_itself(tmp_path):
    folder = write_folder(tmp_path / "alps", FILES | {".hidden/c.jpg": b"no"})
    assert contents(folder) == {("alps", "alps", name): data for name, data in WANTED.items()}


@pytest.mark.parametrize("kind", [None, "landscape"])
def test_a_zip_is_read_in_place(tmp_path, kind):
    archive = write_zip(tmp_path / "alps.zip", FILES)
    expected = {("alps.zip", kind or "alps", name): data for name, data in WANTED.items()}
    assert contents(archive, kind) == expected
    assert list(tmp_path.iterdir()) == [archive]


@pytest.mark.parametrize(("suffix", "mode"), [(".tar", "w"), (".tar.gz", "w:gz"), (".txz", "w:xz")])
def test_a_tar_is_read_in_place(tmp_path, suffix, mode):
    archive = write_tar(tmp_path / f"alps{suffix}", FILES, mode)
    expected = {(archive.name, "alps", name): data for name, data in WANTED.items()}
    assert contents(archive) == expected
    assert list(tmp_path.iterdir()) == [archive]


def test_archives_in_a_folder_are_found_beside_loose_files(tmp_path):
    folder = write_folder(tmp_path / "set", {"loose.jpg": b"0"})
    write_zip(folder / "one.zip", {"a.jpg": b"1"})
    (folder / "deep").mkdir()
    write_tar(folder / "deep/two.tar", {"a.jpg": b"2"})
    assert contents(folder) == {
        ("set", "set", "loose.jpg"): b"0",
        ("set/deep/two.tar", "set", "a.jpg"): b"2",
        ("set/one.zip", "set", "a.jpg"): b"1",
    }


def test_count_agrees_with_files(tmp_path):
    for path in (write_zip(tmp_path / "a.zip", FILES), write_tar(tmp_path / "a.tar", FILES)):
        (source,) = find_sources([path])
        assert source.count() == 2


def test_names_that_climb_out_are_only_labels(tmp_path):
    archive = write_zip(tmp_path / "evil.zip", {"../../escape.jpg": b"x", "/abs.jpg": b"y"})
    assert {name for _, _, name in contents(archive)} == {"../../escape.jpg", "/abs.jpg"}
    assert not (tmp_path.parent / "escape.jpg").exists()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("inside", [True, False], ids=["folder", "archive itself"])
def test_the_index_beside_a_shard_labels_its_pictures(tmp_path, inside, encoding):
    folder = tmp_path / "photos"
    folder.mkdir()
    write_tar(folder / "s0.tar", {"a.jpg": b"1", "b.jpg": b"2"})
    rows = "shard,name,split,kind,width\ns0.tar,a.jpg,val,landscape,9\nother.tar,b.jpg,val,x,9\n"
    (folder / "index.csv").write_text(rows, encoding)
    *_, source = find_sources([folder if inside else folder / "s0.tar"])
    assert source.labels == {"a.jpg": ("val", "landscape")}


def test_labels_match_names_that_tar_wrote_with_a_dot(tmp_path):
    write_tar(tmp_path / "s0.tar", {"./a.jpg": b"1"})
    (tmp_path / "index.csv").write_text("shard,name,split,kind\ns0.tar,a.jpg,val,lakes\n")
    (source,) = find_sources([tmp_path / "s0.tar"])
    assert {file.name for file in source.files()} == source.labels.keys()


def test_an_index_of_another_sort_is_ignored(tmp_path):
    write_tar(tmp_path / "s0.tar", {"a.jpg": b"1"})
    (tmp_path / "index.csv").write_text("file,caption\na.jpg,an alp\n")
    (source,) = find_sources([tmp_path / "s0.tar"])
    assert source.labels == {}


@pytest.mark.parametrize("columns", ["shard;name;split;kind", "shard,name,kind"])
def test_an_index_of_shards_whose_columns_are_not_found_is_refused(tmp_path, columns):
    write_tar(tmp_path / "s0.tar", {"a.jpg": b"1"})
    (tmp_path / "index.csv").write_text(f"{columns}\ns0.tar,a.jpg,val\n")
    with pytest.raises(DataError, match=r"must have kind, name, shard, split, parted by commas"):
        find_sources([tmp_path])


def test_an_unknown_split_is_named(tmp_path):
    write_tar(tmp_path / "s0.tar", {"a.jpg": b"1"})
    (tmp_path / "index.csv").write_text("shard,name,split,kind\ns0.tar,a.jpg,test,alps\n")
    with pytest.raises(DataError, match="'test'"):
        find_sources([tmp_path])


def test_a_missing_path_and_a_single_picture_are_refused(tmp_path):
    with pytest.raises(DataError, match="not found"):
        find_sources([tmp_path / "nothing"])
    write_folder(tmp_path, {"a.jpg": b""})
    with pytest.raises(DataError, match="the folder that holds them"):
        find_sources([tmp_path / "a.jpg"])


def test_a_prepared_set_is_refused(tmp_path):
    write_folder(tmp_path, {"index.csv": b"", "lab.u8": b""})
    with pytest.raises(DataError, match="prepared set already"):
        find_sources([tmp_path])


@pytest.mark.parametrize("name", ["broken.zip", "broken.tar", "broken.tar.gz"])
def test_a_damaged_archive_is_an_error_that_names_it(tmp_path, name):
    (tmp_path / name).write_bytes(b"not an archive at all" * 100)
    with pytest.raises(DataError, match=name):
        find_sources([tmp_path / name])[0].count()


def extended(record):
    head = tarfile.TarInfo("head")
    head.type, head.size = tarfile.XHDTYPE, len(record)
    member = tarfile.TarInfo("a.jpg").tobuf(tarfile.USTAR_FORMAT)
    return head.tobuf(tarfile.USTAR_FORMAT) + record.ljust(512, b"\0") + member + bytes(1024)


def zip_named(name):
    """A zip whose only name is told to be UTF-8."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("ü.jpg", b"")
    return file.getvalue().replace("ü.jpg".encode(), name)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("sparse.tar", extended(b"22 GNU.sparse.map=x,y\n")),
        ("name.zip", zip_named(b"\xff\xff.jpg")),
        (
            "newer.zip",
            zip_named("ü.jpg".encode()).replace(b"PK\1\2\x14\3\x14", b"PK\1\2\x14\3\xff"),
        ),
    ],
)
def test_an_archive_that_python_fails_to_read_is_an_error_that_names_it(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DataError, match=f"{name}: unreadable"):
        contents(tmp_path / name)


def test_a_member_that_python_fails_to_open_is_unreadable(tmp_path):
    data = zip_named("ü.jpg".encode())
    (tmp_path / "a.zip").write_bytes(data.replace("ü.jpg".encode(), b"\xff\xff.jpg", 1))
    (source,) = find_sources([tmp_path / "a.zip"])
    with pytest.raises(UnreadableError, match="cannot be read"):
        next(source.files()).read()


def test_a_damaged_member_is_unreadable_and_the_next_one_is_fine(tmp_path):
    archive = tmp_path / "alps.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a.jpg", b"first picture")
        file.writestr("b.jpg", b"second picture")
    archive.write_bytes(archive.read_bytes().replace(b"first picture", b"FIRST picture"))
    files = find_sources([archive])[0].files()
    with pytest.raises(UnreadableError, match="CRC"):
        next(files).read()
    assert next(files).read() == b"second picture"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_what_is_no_file_is_unreadable_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.jpg")
    (tmp_path / "b.jpg").symlink_to(tmp_path / "nowhere.jpg")
    pipe, link = find_sources([tmp_path])[0].files()
    with pytest.raises(UnreadableError, match=r"^not a regular file"):
        pipe.read()
    with pytest.raises(UnreadableError, match=r"^no such file"):
        link.read()
    os.mkfifo(tmp_path / "c.zip")
    (tmp_path / "d.tar").symlink_to(tmp_path / "nowhere.tar")
    for archive in find_sources([tmp_path])[1:]:
        with pytest.raises(DataError, match=r"(c\.zip|d\.tar): no regular file"):
            archive.files()


def test_a_member_beyond_the_size_limit_is_unreadable(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "MAX_FILE_BYTES", 1000)
    archive = write_zip(tmp_path / "bomb.zip", {"a.jpg": bytes(1001), "b.jpg": bytes(1000)})
    files = find_sources([archive])[0].files()
    with pytest.raises(UnreadableError, match="larger than"):
        next(files).read()
    assert len(next(files).read()) == 1000


def test_a_name_that_is_no_unicode_becomes_a_plain_label(tmp_path):
    archive = write_tar(
        tmp_path / "odd.tar", {b"\xff.jpg".decode("utf-8", "surrogateescape"): b"x"}
    )
    assert contents(archive) == {("odd.tar", "odd", "\\udcff.jpg"): b"x"}
