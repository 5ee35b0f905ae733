import io
import tarfile
from dataclasses import replace

import numpy as np
import pytest
from evaluated import FakeColorizer, photograph, write_photographs
from PIL import Image

from reverse_oldify.color.lab import srgb_to_lab
from reverse_oldify.data.cache import INDEX, PIXELS, Entry, PictureCache, encode_lab, write_index
from reverse_oldify.errors import DataError
from reverse_oldify.evaluate.photographs import (
    Photograph,
    PhotographSet,
    Skipped,
    learnt_from,
    mean_ab,
)


def names(photographs):
    return [one.name for one in photographs]


def test_folder_is_read_with_all_below_it(tmp_path):
    write_photographs(tmp_path / "set" / "deep", 3)
    photographs = list(PhotographSet(tmp_path / "set", size=256))
    assert names(photographs) == ["set/deep/0.png", "set/deep/1.png", "set/deep/2.png"]
    first = photographs[0]
    assert (first.srgb == photograph(0)).all()
    assert np.allclose(first.lab, srgb_to_lab(photograph(0)))
    assert np.abs(srgb_to_lab(np.dstack([first.gray] * 3))[..., 0] - first.lab[..., 0]).max() < 0.3


def test_the_second_time_is_like_the_first(tmp_path):
    photographs = PhotographSet(write_photographs(tmp_path), size=32)
    assert names(photographs) == names(photographs)
    assert len(photographs) == 9


def test_large_pictures_are_scaled_down_and_small_ones_stay(tmp_path):
    write_photographs(tmp_path, 1)
    assert next(iter(PhotographSet(tmp_path, size=24))).srgb.shape == (24, 32, 3)
    assert next(iter(PhotographSet(tmp_path, size=100))).srgb.shape == (48, 64, 3)


def test_limit_samples_by_content_whatever_the_names(tmp_path):
    one = write_photographs(tmp_path / "one")
    other = tmp_path / "other"
    other.mkdir()
    for number, file in enumerate(sorted(one.iterdir(), reverse=True)):
        (other / f"{number}.png").write_bytes(file.read_bytes())
    samples = [{p.id for p in PhotographSet(place, size=64, limit=4)} for place in (one, other)]
    assert samples[0] == samples[1]
    assert len(samples[0]) == 4


def test_identical_files_count_once(tmp_path):
    write_photographs(tmp_path, 2)
    (tmp_path / "copy.png").write_bytes((tmp_path / "0.png").read_bytes())
    assert len(list(PhotographSet(tmp_path, size=64))) == 2


def test_broken_and_grey_pictures_are_skipped_with_reasons(tmp_path):
    write_photographs(tmp_path, 1)
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    Image.fromarray(photograph(5)).convert("L").save(tmp_path / "grey.png")
    outcome = {one.name.split("/")[1]: one for one in PhotographSet(tmp_path, size=64)}
    assert isinstance(outcome["0.png"], Photograph)
    assert isinstance(outcome["broken.jpg"], Skipped)
    assert outcome["broken.jpg"].failed
    assert "not a picture" in outcome["broken.jpg"].reason
    assert not outcome["grey.png"].failed


def test_icons_are_skipped_and_what_was_asked_to_be_small_is_not(tmp_path):
    write_photographs(tmp_path, 1)
    Image.fromarray(photograph(1, 31, 200)).save(tmp_path / "line.png")
    (line,) = [one for one in PhotographSet(tmp_path, size=256) if isinstance(one, Skipped)]
    assert line.reason == "200 x 31 pixels; too small for a photograph"
    assert not line.failed
    assert all(isinstance(one, Photograph) for one in PhotographSet(tmp_path, size=16))


def test_tar_shard_with_its_index_can_be_filtered_by_kind(tmp_path):
    with tarfile.open(tmp_path / "shard.tar", "w") as archive:
        for seed in range(3):
            buffer = io.BytesIO()
            Image.fromarray(photograph(seed)).save(buffer, "PNG")
            info = tarfile.TarInfo(f"{seed}.png")
            info.size = buffer.tell()
            archive.addfile(info, io.BytesIO(buffer.getvalue()))
    (tmp_path / "index.csv").write_text(
        "shard,name,split,kind\n"
        "shard.tar,0.png,val,sea\nshard.tar,1.png,val,town\nshard.tar,2.png,val,sea\n"
    )
    found = list(PhotographSet(tmp_path / "shard.tar", size=64, kind="sea"))
    assert names(found) == ["shard.tar/0.png", "shard.tar/2.png"]
    assert {one.kind for one in found} == {"sea"}


def test_prepared_set_gives_its_val_split(tmp_path):
    packed = [encode_lab(photograph(seed)) for seed in range(2)]
    common = {"source": "s", "kind": "sea", "width": 64, "height": 48}
    write_index(
        tmp_path / INDEX,
        [
            Entry(id="a", name="a.png", split="train", offset=0, **common),
            Entry(id="b", name="b.png", split="val", offset=packed[0].size, **common),
        ],
    )
    (tmp_path / PIXELS).write_bytes(b"".join(p.tobytes() for p in packed))
    (found,) = PhotographSet(tmp_path, size=64)
    assert (found.name, found.id, found.kind) == ("b.png", "b", "sea")
    assert np.abs(found.srgb.astype(int) - photograph(1)).mean() < 2
    with pytest.raises(DataError, match="no pictures of kind 'lake' for validation here"):
        PhotographSet(tmp_path, size=64, kind="lake")


def test_a_model_that_has_learnt_from_the_photographs_is_found_out(tmp_path):
    ids = ["00" * 8, "40" * 8, "c0" * 8]
    for place, split in ((tmp_path / "a", "val"), (tmp_path / "b", "train")):
        place.mkdir()
        entries = [
            Entry(
                id=one, source="s", name=one, kind="k", split=split, width=1, height=1, offset=3 * n
            )
            for n, one in enumerate(ids)
        ]
        write_index(place / INDEX, entries)
        (place / PIXELS).write_bytes(bytes(9))
    made_from = {"index_hash": PictureCache(tmp_path / "a").index_hash}

    def learnt(place="a", scores=made_from, **data):
        info = replace(FakeColorizer().info, recipe={"data": data}, scores=scores)
        return learnt_from(tmp_path / place, info)

    assert learnt(val_fraction=0.5) == 1
    assert learnt(val_fraction=0.1) == 2
    assert learnt(val_fraction=0.1, kinds=["other"]) == 0
    assert learnt(val_fraction=0.9) == learnt(val_fraction=0.0) == learnt() == 0
    assert learnt("b", val_fraction=0.1) == learnt(scores={}, val_fraction=0.1) == 0
    assert learnt_from(write_photographs(tmp_path / "c", 1), FakeColorizer().info) == 0


@pytest.mark.parametrize("kind", [None, "sea"])
def test_nothing_there_is_an_error(tmp_path, kind):
    with pytest.raises(DataError, match="no pictures"):
        PhotographSet(tmp_path, size=64, kind=kind)


def test_mean_ab_weighs_pictures_alike(tmp_path):
    Image.new("RGB", (64, 64), (200, 60, 40)).save(tmp_path / "red.png")
    Image.new("RGB", (32, 32), (20, 60, 200)).save(tmp_path / "blue.png")
    colours = srgb_to_lab(np.uint8([[[200, 60, 40], [20, 60, 200]]]))[0, :, 1:]
    assert mean_ab(PhotographSet(tmp_path, size=64)) == pytest.approx(colours.mean(0), abs=0.01)
