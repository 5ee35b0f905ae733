import csv
import hashlib
import json
from collections import Counter

import numpy as np
import pytest
from made_photographs import (
    encode,
    photograph,
    write_folder,
    write_photographs,
    write_tar,
    write_zip,
)
from PIL import Image

from reverse_oldify.data import overview
from reverse_oldify.data import prepare as prepare_module
from reverse_oldify.data.cache import PictureCache, encode_lab
from reverse_oldify.data.examine import PrepareOptions, split_of
from reverse_oldify.data.prepare import prepare
from reverse_oldify.data.screen import shrink
from reverse_oldify.errors import DataError, ExistsError, OptionError, OutputError


@pytest.fixture(autouse=True)
def _no_overview(request, monkeypatch):
    """Matplotlib takes a second a time; one test draws the overview, the others do without."""
    if "draws_overview" not in request.fixturenames:
        monkeypatch.setattr(overview, "draw_overview", lambda folder, about: None)


@pytest.fixture
def draws_overview():
    """Let this test draw the overview for real."""


def splits(folder):
    return {entry.id: entry.split for entry in PictureCache(folder).entries}


def dropped(folder):
    with (folder / "dropped.csv").open(newline="") as file:
        return {row["name"]: row["reason"] for row in csv.DictReader(file)}


def test_a_prepared_set_is_complete(tmp_path, draws_overview):
    about = prepare([write_photographs(tmp_path / "alps")], tmp_path / "set")
    assert {path.name for path in (tmp_path / "set").iterdir()} == {
        "index.csv",
        "lab.u8",
        "dropped.csv",
        "about.json",
        "overview.png",
    }
    assert json.loads((tmp_path / "set/about.json").read_text()) == about
    assert sum(about["counts"].values()) == about["pictures"] == 12
    assert about["pixels"] == 12 * 144 * 112
    index = (tmp_path / "set/index.csv").read_bytes()
    assert about["index_hash"] == hashlib.sha256(index).hexdigest()
    assert about["index_hash"] == PictureCache(tmp_path / "set").index_hash
    with Image.open(tmp_path / "set/overview.png") as image:
        assert image.width > 1000


def test_pixels_are_those_of_the_named_file_scaled_down(tmp_path):
    source = write_photographs(tmp_path / "alps")
    prepare([source], tmp_path / "set", PrepareOptions(short_side=100))
    cache = PictureCache(tmp_path / "set")
    assert [entry.name for entry in cache.entries] == [f"{seed:02}.png" for seed in range(12)]
    for number in range(12):
        expected = encode_lab(shrink(photograph(number), 100))
        np.testing.assert_array_equal(cache[number], expected)


@pytest.mark.parametrize("form", ["folder", "zip", "tar"])
def test_every_kind_of_source_gives_the_same_pictures(tmp_path, form):
    reference = tmp_path / "reference"
    prepare([write_photographs(tmp_path / "loose")], reference)
    files = {
        f"in/{seed:02}.webp": encode(photograph(seed), "WEBP", lossless=True) for seed in range(12)
    }
    write = {"folder": write_folder, "zip": write_zip, "tar": write_tar}[form]
    source = write(tmp_path / ("alps" if form == "folder" else f"alps.{form}"), files)
    prepare([source], tmp_path / "set")
    assert splits(tmp_path / "set") == splits(reference)


def test_the_index_is_the_same_whatever_the_order_and_the_rerun(tmp_path):
    first, second = write_photographs(tmp_path / "a", 6), tmp_path / "b"
    write_folder(second, {"x.png": encode(photograph(2)), "y.png": encode(photograph(9))})
    options = PrepareOptions(kind="alps")
    one = prepare([first, second], tmp_path / "one", options)
    two = prepare([second, first], tmp_path / "two", options)
    assert one["index_hash"] == two["index_hash"]
    for name in ("index.csv", "lab.u8", "dropped.csv"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_the_split_depends_on_content_only(tmp_path):
    options = PrepareOptions(val_fraction=0.5)
    prepare([write_photographs(tmp_path / "a", 20)], tmp_path / "one", options)
    renamed = {f"z{99 - seed}.png": encode(photograph(seed)) for seed in range(8, 18)}
    prepare([write_folder(tmp_path / "b", renamed)], tmp_path / "two", options)
    few, many = splits(tmp_path / "two"), splits(tmp_path / "one")
    assert few.items() <= many.items()
    assert set(few.values()) == {"train", "val"}


def test_the_share_of_validation_is_as_asked():
    ids = [hashlib.sha256(bytes([n % 256, n // 256])).hexdigest()[:16] for n in range(4000)]
    assert Counter(split_of(one, 0.25) for one in ids)["val"] == pytest.approx(1000, abs=100)
    assert {split_of(one, 0.0) for one in ids} == {"train"}


def test_labels_beside_shards_are_honoured(tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    write_tar(photos / "s.tar", {f"{n}.png": encode(photograph(n)) for n in range(3)})
    (photos / "index.csv").write_text("shard,name,split,kind\ns.tar,0.png,val,lakes\n")
    prepare([photos], tmp_path / "set", PrepareOptions(kind="alps", val_fraction=0))
    found = [
        (entry.kind, entry.name, entry.split) for entry in PictureCache(tmp_path / "set").entries
    ]
    assert found == [
        ("alps", "1.png", "train"),
        ("alps", "2.png", "train"),
        ("lakes", "0.png", "val"),
    ]


def test_unfit_pictures_are_dropped_and_the_reasons_listed(tmp_path):
    gray = np.repeat(photograph(5)[..., :1], 3, -1)
    toned = np.clip(gray * [0.95, 0.85, 0.7], 0, 255).astype(np.uint8)
    files = {
        "fine.png": encode(photograph(0)),
        "text.jpg": b"not a picture",
        "tiny.png": encode(photograph(1, 300, 95)),
        "gray.png": encode(gray),
        "toned.png": encode(toned),
        "same.bmp": encode(photograph(0), "BMP"),
        "alike.jpg": encode(photograph(0, 130, 100), "JPEG", quality=80),
    }
    about = prepare([write_folder(tmp_path / "alps", files)], tmp_path / "set")
    expected = {
        "text.jpg": "broken",
        "tiny.png": "tiny",
        "gray.png": "gray",
        "toned.png": "tinted",
        "same.bmp": "duplicate",
        "alike.jpg": "near-duplicate",
    }
    assert dropped(tmp_path / "set") == expected
    assert about["dropped"] == dict(sorted(Counter(expected.values()).items()))
    assert about["pictures"] == 1


def test_validation_keeps_its_picture_and_training_loses_the_near_duplicate(tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    larger, smaller = encode(photograph(0, 288, 224)), encode(photograph(0))
    write_tar(photos / "s.tar", {"large.png": larger, "small.png": smaller})
    for val in ("large.png", "small.png"):
        rows = [f"s.tar,{n},{'val' if n == val else 'train'},x" for n in ("large.png", "small.png")]
        (photos / "index.csv").write_text("\n".join(["shard,name,split,kind", *rows]))
        prepare([photos], tmp_path / val)
        (kept,) = PictureCache(tmp_path / val).entries
        assert (kept.name, kept.split) == (val, "val")


def test_nothing_to_prepare_is_an_error_that_says_why(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no pictures found"):
        prepare([tmp_path / "empty"], tmp_path / "set")
    with pytest.raises(DataError, match="2 broken"):
        prepare([write_folder(tmp_path / "bad", {"a.jpg": b"", "b.jpg": b""})], tmp_path / "set")
    assert not (tmp_path / "set").exists()


def test_an_existing_folder_is_replaced_only_when_asked_and_only_if_a_set(tmp_path):
    source, output = write_photographs(tmp_path / "alps", 3), tmp_path / "set"
    prepare([source], output)
    with pytest.raises(ExistsError, match="--overwrite"):
        prepare([source], output)
    prepare([source], output, PrepareOptions(short_side=100), overwrite=True)
    assert PictureCache(output).entries[0].height == 100
    write_folder(tmp_path / "precious", {"diary.txt": b"dear"})
    with pytest.raises(ExistsError, match="not a prepared set"):
        prepare([source], tmp_path / "precious", overwrite=True)
    assert [path.name for path in (tmp_path / "precious").iterdir()] == ["diary.txt"]


@pytest.mark.parametrize("stage", ["examine", "find_near_duplicates", "write_index"])
def test_an_interrupted_run_leaves_nothing_and_spoils_nothing(tmp_path, monkeypatch, stage):
    source, output = write_photographs(tmp_path / "alps", 3), tmp_path / "set"
    prepare([source], output)
    before = (output / "index.csv").read_bytes()

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(prepare_module, stage, interrupt)
    for target, overwrite in ((tmp_path / "other", False), (output, True)):
        with pytest.raises(KeyboardInterrupt):
            prepare([source], target, overwrite=overwrite)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["alps", "set"]
    assert (output / "index.csv").read_bytes() == before


def test_an_output_inside_a_source_is_refused(tmp_path):
    source = write_photographs(tmp_path / "alps", 3)
    with pytest.raises(DataError, match="inside"):
        prepare([source], source / "set")


@pytest.mark.parametrize(
    "wrong", [{"val_fraction": 1.0}, {"val_fraction": -0.1}, {"min_side": 300}, {"min_side": 0}]
)
def test_options_out_of_range_are_refused(wrong):
    with pytest.raises(OptionError):
        PrepareOptions(**wrong)


def test_a_place_that_cannot_be_written_is_a_clear_error(tmp_path):
    source = write_photographs(tmp_path / "alps", 2)
    write_folder(tmp_path, {"file": b""})
    with pytest.raises(OutputError, match="cannot be written"):
        prepare([source], tmp_path / "file" / "set")


def test_a_set_that_appears_meanwhile_is_not_replaced(tmp_path, monkeypatch):
    source, output = write_photographs(tmp_path / "alps", 2), tmp_path / "set"
    monkeypatch.setattr(
        overview, "draw_overview", lambda *_: write_folder(output, {"about.json": b"theirs"})
    )
    with pytest.raises(ExistsError):
        prepare([source], output)
    assert (output / "about.json").read_bytes() == b"theirs"
