"""From what was typed to pairs of source and target."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from made_files import encoded, gray_ramp
from PIL import Image

from reverse_oldify.files.discover import Discovery, discover


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def make(*names: str) -> None:
    for name in names:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def pairs(found: Discovery) -> list[tuple[str, str]]:
    return [(task.source.as_posix(), task.target.as_posix()) for task in found.tasks]


def test_file_goes_into_the_output_folder_by_its_name(here: Path) -> None:
    make("a/b/Photo.JPEG")
    found = discover(["a/b/Photo.JPEG"], Path("out"))
    assert pairs(found) == [("a/b/Photo.JPEG", "out/Photo.JPEG")]


def test_folder_keeps_its_structure_and_skips_what_is_no_picture(here: Path) -> None:
    make("in/2.jpg", "in/1.png", "in/deep/er/3.TIF", "in/readme.txt", "in/.hidden.jpg")
    make("in/.cache/4.jpg", "in/deep/notes.doc")
    found = discover(["in"], Path("out"))
    assert pairs(found) == [
        ("in/1.png", "out/1.png"),
        ("in/2.jpg", "out/2.jpg"),
        ("in/deep/er/3.TIF", "out/deep/er/3.TIF"),
    ]
    assert found.skipped == 2
    assert found.problems == []


@pytest.mark.parametrize(
    ("name", "format", "result"),
    [
        ("a.jpg", None, "a.jpg"),
        ("a.jpg", "png", "a.png"),
        ("a.jpeg", "jpg", "a.jpeg"),
        ("a.b.tiff", "webp", "a.b.webp"),
        ("a.gif", None, "a.png"),
        ("a.J2K", None, "a.jp2"),
        ("a.bmp", None, "a.bmp"),
        ("a.bmp", "bmp", "a.bmp"),
        ("a.gif", "bmp", "a.bmp"),
        ("v1.2 scan", "png", "v1.2 scan.png"),
    ],
)
def test_suffix_changes_only_with_the_format(
    here: Path, name: str, format: str | None, result: str
) -> None:
    make(name)
    assert pairs(discover([name], Path("out"), format=format)) == [(name, f"out/{result}")]


def test_picture_without_a_suffix_gets_that_of_its_content(here: Path) -> None:
    Path("scan").write_bytes(encoded(Image.fromarray(gray_ramp()), "TIFF"))
    Path("scan.dat").write_bytes(encoded(Image.fromarray(gray_ramp()), "JPEG"))
    found = discover(["scan", "scan.dat"], Path("out"))
    assert pairs(found) == [("scan", "out/scan.tif"), ("scan.dat", "out/scan.dat.jpg")]


def test_longest_names_still_fit_with_another_suffix(here: Path) -> None:
    name = "é" * 125 + "x.jpg"
    make(name)
    target = discover([name], Path("out"), format="webp").tasks[0].target
    assert target.suffix == ".webp"
    assert 250 < len(os.fsencode(target.name)) <= 255


def test_patterns_are_expanded_and_files_of_such_names_are_not(here: Path) -> None:
    make("in/1.png", "in/2.png", "in/sub/3.png", "in/4.jpg", "odd[1].png", "odd1.png")
    assert [source for source, _ in pairs(discover(["in/*.png"], Path("out")))] == [
        "in/1.png",
        "in/2.png",
    ]
    assert len(discover(["in/**/*.png"], Path("out")).tasks) == 3
    assert pairs(discover(["odd[1].png"], Path("out"))) == [("odd[1].png", "out/odd[1].png")]
    missing = discover(["in/*.tif"], Path("out"))
    assert [str(problem) for problem in missing.problems] == [
        "in/*.tif: no file matches this pattern; check its spelling"
    ]


def test_missing_file_is_left_to_reading(here: Path) -> None:
    found = discover(["none.jpg", "x" * 300 + ".jpg"], Path("out"))
    assert len(found.tasks) == 2


def test_two_pictures_with_one_result_are_a_problem(here: Path) -> None:
    make("a/1.jpg", "b/1.jpg", "c/x.jpg", "c/x.tif")
    found = discover(["a/1.jpg", "b/1.jpg"], Path("out"))
    assert pairs(found) == [("a/1.jpg", "out/1.jpg")]
    assert str(found.problems[0]).startswith("b/1.jpg: its result out/1.jpg would replace")
    assert len(discover(["c"], Path("out")).tasks) == 2
    found = discover(["c"], Path("out"), format="png")
    assert len(found.tasks) == len(found.problems) == 1


def beside(target: Path) -> list[Path]:
    variant = target.with_stem(target.stem + ".variant-2")
    return [target, variant, target.with_name(target.stem + ".uncertainty.png")]


def test_files_beside_results_replace_nothing_either(here: Path) -> None:
    make("in/a.jpg", "in/a.png", "in/a.variant-2.jpg", "in/b.jpg", "in/b.variant-2.png")
    found = discover(["in"], Path("out"), files_of=beside)
    assert pairs(found) == [
        ("in/a.jpg", "out/a.jpg"),
        ("in/b.jpg", "out/b.jpg"),
        ("in/b.variant-2.png", "out/b.variant-2.png"),
    ]
    assert [str(problem).partition(";")[0] for problem in found.problems] == [
        "in/a.png: its result out/a.uncertainty.png would replace that of in/a.jpg",
        "in/a.variant-2.jpg: its result out/a.variant-2.jpg would replace that of in/a.jpg",
    ]


def test_a_result_replaces_no_other_picture_that_is_to_be_read(here: Path) -> None:
    make("in/a.jpg", "in/a.variant-2.jpg", "b.png", "b.jpg")
    found = discover(["in"], Path("in/../in"), files_of=beside)
    assert pairs(found) == [("in/a.variant-2.jpg", "in/../in/a.variant-2.jpg")]
    assert "a.variant-2.jpg would replace in/a.variant-2.jpg;" in str(found.problems[0])
    assert pairs(discover(["b.png", "b.jpg"], Path(), format="jpg")) == [("b.jpg", "b.jpg")]


def test_same_picture_named_twice_is_done_once(here: Path) -> None:
    make("in/1.jpg")
    found = discover(["in", "in/1.jpg", "in/*.jpg", str(here / "in" / "1.jpg")], Path("out"))
    assert pairs(found) == [("in/1.jpg", "out/1.jpg")]
    assert found.problems == []


def test_output_folder_inside_the_input_is_not_read_again(here: Path) -> None:
    make("in/1.jpg", "in/out/1.jpg", "in/out/sub/2.jpg")
    found = discover(["in"], Path("in/out"))
    assert pairs(found) == [("in/1.jpg", "in/out/1.jpg")]
    assert len(discover(["in"], Path("in/out/../out")).tasks) == 1


def test_input_folder_as_output_folder_is_still_read(here: Path) -> None:
    make("in/1.jpg")
    assert pairs(discover(["in"], Path("in"))) == [("in/1.jpg", "in/1.jpg")]


def test_links_are_followed_and_loops_end(here: Path) -> None:
    make("in/1.jpg", "elsewhere/2.jpg")
    Path("in/loop").symlink_to(here / "in", target_is_directory=True)
    Path("in/more").symlink_to(here / "elsewhere", target_is_directory=True)
    Path("in/self").symlink_to("self")
    Path("elsewhere/back").symlink_to(here / "in", target_is_directory=True)
    found = discover(["in"], Path("out"))
    assert pairs(found) == [("in/1.jpg", "out/1.jpg"), ("in/more/2.jpg", "out/more/2.jpg")]


def test_folder_without_pictures_is_a_problem(here: Path) -> None:
    make("in/readme.txt")
    found = discover(["in"], Path("out"))
    assert found.tasks == []
    assert str(found.problems[0]).startswith("in: no picture in this folder")


def test_link_in_the_output_folder_leads_no_result_out_of_it(here: Path) -> None:
    make("in/deep/a.png", "in/b.png", "victim/a.png", "out/real/c.png")
    Path("out/deep").symlink_to("../victim")
    Path("linked").symlink_to("out")
    for out_dir in ("out", "linked"):
        found = discover(["in"], Path(out_dir))
        assert pairs(found) == [("in/b.png", f"{out_dir}/b.png")]
        (problem,) = found.problems
        assert f"{out_dir}/deep/a.png would be outside of {out_dir}" in str(problem)
    Path("out/deep").unlink()
    Path("out/deep").symlink_to("real")
    assert len(discover(["in"], Path("out")).tasks) == 2, "a link that stays inside is none"
