"""The colorize command, with a colorizer that tints instead of a model."""

from __future__ import annotations

import io
import os
import signal
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

from reverse_oldify.cli.main import main
from reverse_oldify.errors import ModelError
from reverse_oldify.files.picture import Picture
from reverse_oldify.files.read import read
from reverse_oldify.options import Options
from reverse_oldify.types import ModelInfo

Run = Callable[..., tuple[int, list[str], list[str]]]


INFO = ModelInfo(
    name="tinting",
    version="7",
    output="ab",
    multiple=32,
    stride=4,
    working_size=64,
    bins=np.zeros((0, 2), np.float32),
    prior=np.zeros(0, np.float32),
    weights_hash="0" * 64,
)


class TintingColorizer:
    """Reads as the true one does, and makes the red channel brighter."""

    calls: list[tuple[Path, Options]]
    model: str | None

    def __init__(self, model: str | None = None) -> None:
        if model == "none.onnx":
            raise ModelError("none.onnx: no such model; choose another")
        type(self).model = model
        type(self).calls = []

    @property
    def info(self) -> ModelInfo:
        if self.model == "damaged.onnx":
            raise ModelError("damaged.onnx: damaged; choose another")
        return INFO

    def open(self, picture: Picture) -> TintingSession:
        return TintingSession(self, picture)

    def colorize(self, picture: Picture, options: Options) -> Picture:
        assert picture.source is not None
        type(self).calls.append((picture.source, options))
        if picture.source.stem == "fault":
            raise ZeroDivisionError("a fault of ours")
        tint = np.array([1.0, 0.8, 0.6])
        return replace(picture, pixels=(picture.srgb * tint).astype(np.uint8))


class TintingSession:
    def __init__(self, colorizer: TintingColorizer, picture: Picture) -> None:
        self.colorizer, self.picture = colorizer, picture

    def paint(self, options: Options) -> Picture:
        return self.colorizer.colorize(self.picture.loaded(), options)

    def expected_error(self, options: Options) -> None:
        """Known to no model of ab values."""


@pytest.fixture
def colorizer(monkeypatch: pytest.MonkeyPatch) -> type[TintingColorizer]:
    fake = ModuleType("reverse_oldify.pipeline.colorizer")
    fake.Colorizer = TintingColorizer
    monkeypatch.setitem(sys.modules, fake.__name__, fake)
    return TintingColorizer


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(here: Path, colorizer: type[TintingColorizer], capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command in an empty folder; returns status, lines of stdout, lines of stderr."""

    def run_it(*argv: str) -> tuple[int, list[str], list[str]]:
        status = main(["colorize", *argv])
        captured = capsys.readouterr()
        return status, captured.out.splitlines(), captured.err.splitlines()

    return run_it


def photograph(height: int = 30, width: int = 40) -> Image.Image:
    y, x = np.mgrid[:height, :width]
    return Image.fromarray(((x * 5 + y * 3) % 256).astype(np.uint8))


def encoded(image: Image.Image, format: str, **settings: object) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **settings)
    return file.getvalue()


def bomb() -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    head = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(99)))


def below(folder: str) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix() for path in Path(folder).rglob("*") if path.is_file()
    )


JPEG = encoded(photograph(), "JPEG")
PNG = encoded(photograph(), "PNG")


def test_photograph_comes_out_in_colour_under_its_name(run: Run) -> None:
    Path("a.png").write_bytes(PNG)
    status, out, err = run("a.png", "-o", "out")
    assert (status, err) == (0, [])
    assert out[-1].startswith("1 picture colourised into out (")
    with Image.open("out/a.png") as image:
        assert image.mode == "RGB"
        assert image.size == (40, 30)


def test_options_reach_the_colorizer(run: Run, colorizer: type[TintingColorizer]) -> None:
    Path("a.png").write_bytes(PNG)
    run("a.png", "-o", "out", "--vividness", "1.5", "--working-size", "256", "--model", "some.onnx")
    assert colorizer.calls == [(Path("a.png"), Options(vividness=1.5, working_size=256))]
    assert colorizer.model == "some.onnx"


GOOD = {
    "thin.png": encoded(photograph(1, 1), "PNG"),
    "tall.png": encoded(photograph(5000, 1), "PNG"),
    "cmyk.jpg": encoded(photograph().convert("CMYK"), "JPEG"),
    "palette.png": encoded(photograph().convert("P"), "PNG", transparency=3),
    "one bit.tif": encoded(photograph().convert("1"), "TIFF"),
    "deep.png": encoded(Image.fromarray(np.asarray(photograph()).astype(np.uint16) * 200), "PNG"),
    "deep.tif": encoded(Image.fromarray(np.asarray(photograph()).astype(np.uint16) * 200), "TIFF"),
    "moving.gif": encoded(
        photograph(), "GIF", save_all=True, append_images=[photograph().rotate(180)]
    ),
    "web.webp": encoded(photograph().convert("RGB"), "WEBP"),
    "old.bmp": encoded(photograph(), "BMP"),
    "Фото ☃ \udc80.jpg": JPEG,
    "two\nlines.jpg": JPEG,
    "é" * 125 + "x.jpg": JPEG,
}


def result_of(name: str) -> str:
    """GIF holds 256 colours: its results are PNG."""
    return str(Path(name).with_suffix(".png")) if name.endswith(".gif") else name


def test_every_kind_of_good_picture_in_one_folder(run: Run) -> None:
    Path("in").mkdir()
    for name, data in GOOD.items():
        Path("in", name).write_bytes(data)
    status, out, err = run("in", "-o", "out")
    assert (status, err) == (0, [])
    assert below("out") == sorted(map(result_of, GOOD))
    for name in GOOD:
        before, after = read(Path("in", name)), read(Path("out", result_of(name)))
        assert after.size == before.size
        assert after.format == before.format or after.format == "png" != Path(name).suffix[1:]
        assert (after.alpha is None) == (before.alpha is None)
    assert any("moving.gif" in line and "first was taken" in line for line in out)
    assert any("cmyk.jpg" in line and "CMYK" in line for line in out)
    assert any("old.bmp" in line and "colours are estimated" in line for line in out)


@pytest.mark.parametrize("format", ["png", "jpg", "tif", "webp", "bmp"])
def test_every_good_picture_in_every_format(run: Run, format: str) -> None:
    Path("in").mkdir()
    for name, data in GOOD.items():
        if name != "deep.tif":  # its result would be that of deep.png
            Path("in", name).write_bytes(data)
    status, _, err = run("in", "-o", "out", "--format", format, "--allow-loss")
    assert (status, err) == (0, [])
    assert len(below("out")) == len(GOOD) - 1
    assert {read(Path("out", name)).format for name in below("out")} == {format}


BAD = {
    "empty.jpg": (b"", "empty"),
    "letter.jpg": (b"Dear Sir,\n", "not a picture"),
    "half.jpg": (JPEG[: len(JPEG) * 2 // 3], "damaged"),
    "half.png": (PNG[: len(PNG) // 2], "damaged"),
    "bomb.png": (bomb(), "100000 x 100000"),
    "fault.png": (PNG, "ZeroDivisionError"),
    "phone.heic.jpg": (b"\0\0\0\x18ftypheic" + bytes(30), "HEIC"),
}


def test_every_kind_of_bad_picture_is_one_line_and_the_others_go_on(run: Run) -> None:
    Path("in").mkdir()
    for name, (data, _) in BAD.items():
        Path("in", name).write_bytes(data)
    Path("in", "zz good.jpg").write_bytes(JPEG)
    status, out, err = run("in", "none.jpg", "-o", "out")
    assert status == 1
    assert below("out") == ["zz good.jpg"]
    assert len(err) == len(BAD) + 1
    reasons = {**{f"in/{name}": words for name, (_, words) in BAD.items()}, "none.jpg": "no such"}
    for name, words in reasons.items():
        lines = [line for line in err if line.startswith(f"reverse-oldify: {name}: ")]
        assert len(lines) == 1, name
        assert words in lines[0]
        assert ";" in lines[0] or "pip install" in lines[0], "says what to do"
    assert out[-1].startswith(f"1 picture colourised into out, {len(BAD) + 1} failed")


def test_folder_without_pictures_fails(run: Run) -> None:
    Path("in").mkdir()
    Path("in/readme.txt").touch()
    status, _, err = run("in", "-o", "out")
    assert status == 1
    assert err == ["reverse-oldify: in: no picture in this folder; check that it is the right one"]
    assert not Path("out").exists()


def test_unusable_output_folder_is_reported_once(
    run: Run, colorizer: type[TintingColorizer]
) -> None:
    Path("in").mkdir()
    for name in "abc":
        Path("in", name + ".jpg").write_bytes(JPEG)
    Path("file").write_text("")
    for out_dir in ("file", "file/below"):
        colorizer.calls = []
        status, _, err = run("in", "-o", out_dir)
        assert status == 1
        assert len(err) == 1
        assert out_dir in err[0]
        assert colorizer.calls == []


def test_subfolder_that_cannot_be_made_fails_its_pictures_only(run: Run) -> None:
    Path("in/sub").mkdir(parents=True)
    Path("in/a.jpg").write_bytes(JPEG)
    Path("in/sub/b.jpg").write_bytes(JPEG)
    Path("out").mkdir()
    Path("out/sub").write_text("in the way")
    status, _, err = run("in", "-o", "out")
    assert status == 1
    assert len(err) == 1
    assert below("out") == ["a.jpg", "sub"]


def test_existing_results_are_kept_unless_told(run: Run, colorizer: type[TintingColorizer]) -> None:
    Path("a.jpg").write_bytes(JPEG)
    Path("out").mkdir()
    Path("out/a.jpg").write_text("precious")
    status, _, err = run("a.jpg", "-o", "out")
    assert status == 1
    assert err[0].startswith("reverse-oldify: out/a.jpg: exists already")
    assert Path("out/a.jpg").read_text() == "precious"
    assert colorizer.calls == [], "no work for nothing"
    assert run("a.jpg", "-o", "out", "--overwrite")[0] == 0
    assert read(Path("out/a.jpg")).size == (30, 40)


def test_input_is_never_replaced_unasked(run: Run) -> None:
    Path("in").mkdir()
    Path("in/a.jpg").write_bytes(JPEG)
    for argv in (["in", "-o", "in"], ["in/a.jpg", "-o", "in/../in"]):
        status, _, err = run(*argv)
        assert status == 1
        assert "exists already" in err[0]
    assert Path("in/a.jpg").read_bytes() == JPEG


def test_colliding_results_are_told(run: Run) -> None:
    for name in ("a", "b"):
        Path(name).mkdir()
        Path(name, "1.jpg").write_bytes(JPEG)
    status, _, err = run("a/1.jpg", "b/1.jpg", "-o", "out")
    assert status == 1
    assert below("out") == ["1.jpg"]
    assert err[0].startswith("reverse-oldify: b/1.jpg: its result out/1.jpg would replace")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied_and_not_left_for_others(run: Run, orientation: int) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    exif[315] = "A. Photographer"
    Path("a.jpg").write_bytes(encoded(photograph(), "JPEG", exif=exif))
    run("a.jpg", "-o", "out")
    with Image.open("out/a.jpg") as image:
        assert image.size == ((40, 30) if orientation < 5 else (30, 40))
        assert image.getexif()[274] == 1
        assert image.getexif()[315] == "A. Photographer"


def test_losses_are_refused_until_they_are_allowed_and_then_told(run: Run) -> None:
    Path("a.png").write_bytes(GOOD["palette.png"])
    Path("b.png").write_bytes(PNG)
    status, _, err = run("a.png", "b.png", "-o", "out", "--format", "jpg")
    assert (status, below("out")) == (1, ["b.jpg"])
    (line,) = err
    assert line == (
        "reverse-oldify: out/a.jpg: JPEG cannot hold its transparency (laid on white); "
        "take png, tif, webp, avif or jp2, or allow the loss (--allow-loss)"
    )
    status, out, err = run("a.png", "-o", "out", "--format", "jpg", "--allow-loss")
    assert (status, err) == (0, [])
    assert "a.png: JPEG cannot hold its transparency (laid on white)" in out


def test_word_that_colours_are_estimated_is_not_lost_unasked(run: Run) -> None:
    Path("a.png").write_bytes(PNG)
    status, _, err = run("a.png", "-o", "out", "--format", "bmp")
    assert (status, below("out")) == (1, [])
    assert "BMP cannot hold its XMP (left out); take png, " in err[0]
    assert run("a.png", "-o", "out", "--format", "bmp", "--no-provenance")[0] == 0


def test_quiet_prints_failures_only(run: Run) -> None:
    Path("a.gif").write_bytes(GOOD["moving.gif"])
    status, out, err = run("a.gif", "none.jpg", "-o", "out", "--quiet")
    assert (status, out) == (1, [])
    assert len(err) == 1


@pytest.mark.parametrize(
    "argv",
    [
        ["--vividness", "3"],
        ["--vividness", "nan"],
        ["--working-size", "5"],
        ["--sheet", "sheet.xyz"],
        ["--sheet", "sheet.gif"],
        ["--sheet", "sheet.heic"],
        ["--sheet", "out/a.jpg"],
        ["--sheet", "out/../out/a.jpg"],
    ],
)
def test_option_out_of_range_is_2_before_any_work(run: Run, argv: list[str]) -> None:
    Path("a.jpg").write_bytes(JPEG)
    status, _, err = run("a.jpg", "-o", "out", *argv)
    assert status == 2
    assert len(err) == 1
    assert not Path("out").exists()


@pytest.mark.parametrize(
    "argv", [["a.jpg"], ["-o", "out"], ["a.jpg", "-o", "out", "--format", "x"]]
)
def test_wrong_usage_is_2(run: Run, argv: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run(*argv)
    assert caught.value.code == 2


@pytest.mark.parametrize(
    ("model", "reason"),
    [("none.onnx", "no such model; choose another"), ("damaged.onnx", "damaged; choose another")],
)
def test_unusable_model_is_reported_once(run: Run, model: str, reason: str) -> None:
    for name in ("a.jpg", "b.jpg"):
        Path(name).write_bytes(JPEG)
    status, _, err = run("a.jpg", "b.jpg", "-o", "out", "--model", model)
    assert status == 1
    assert err == [f"reverse-oldify: {model}: {reason}"]


def test_sheet_shows_what_was_done(run: Run) -> None:
    Path("in").mkdir()
    for name in "abc":
        Path("in", name + ".jpg").write_bytes(JPEG)
    assert run("in", "-o", "out", "--sheet", "made/sheet.jpg")[0] == 0
    before = read(Path("made/sheet.jpg"))
    assert before.is_coloured
    status, _, err = run("in", "-o", "other", "--sheet", "made/sheet.jpg")
    assert status == 1
    assert err[0].startswith("reverse-oldify: made/sheet.jpg: exists already")
    assert not Path("other").exists()


def test_a_link_to_itself_is_a_failure_also_beside_a_sheet(run: Run) -> None:
    Path("in").mkdir()
    Path("in/a.jpg").write_bytes(JPEG)
    Path("in/loop.jpg").symlink_to("loop.jpg")
    status, _, err = run("in", "-o", "out", "--sheet", "sheet.jpg")
    assert (status, len(err)) == (1, 1)
    assert err[0].startswith("reverse-oldify: in/loop.jpg: cannot be opened")
    assert Path("sheet.jpg").exists()


def test_nothing_but_failures_writes_no_sheet(run: Run) -> None:
    Path("a.jpg").write_bytes(b"")
    assert run("a.jpg", "-o", "out", "--sheet", "sheet.jpg")[0] == 1
    assert not Path("sheet.jpg").exists()


@pytest.mark.parametrize(
    ("stdout", "status", "told"),
    [
        ("/dev/full", 1, "reverse-oldify: cannot print (no space left on device); see where"),
        ("gone", 1, ""),
        ("closed", 0, ""),
    ],
)
def test_what_cannot_be_printed_is_no_picture_that_failed(
    here: Path, stdout: str, status: int, told: str
) -> None:
    if stdout == "/dev/full" and not Path(stdout).exists():
        pytest.skip("a device of Linux")
    Image.fromarray(np.zeros((4, 4), np.uint8)).save("a.bmp")  # which makes a note
    command = [sys.executable, "-m", "reverse_oldify", "colorize", "a.bmp", "-o", "out"]
    reader, writer = os.pipe()
    os.close(reader)
    full = os.open("/dev/full" if stdout == "/dev/full" else os.devnull, os.O_WRONLY)
    try:
        result = subprocess.run(
            ["sh", "-c", '"$@" >&-', "", *command] if stdout == "closed" else command,
            stdout=full if stdout == "/dev/full" else writer,
            stderr=subprocess.PIPE,
            text=True,
        )
    finally:
        os.close(writer)
        os.close(full)
    assert result.returncode == status, result.stderr
    assert result.stderr.startswith(told)
    assert result.stderr.count("\n") == bool(told)
    assert below("out") == ["a.bmp"]


SLOW_PROGRAM = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
from types import ModuleType
from reverse_oldify.files import encode
from reverse_oldify.types import ModelInfo

class Colorizer:
    info = ModelInfo(name="", version="", output="ab", multiple=1, stride=1, working_size=1,
                     bins=None, prior=None)
    def __init__(self, model=None): pass
    def open(self, picture):
        self.picture = picture
        return self
    def paint(self, options): return self.picture
    def expected_error(self, options): return None

def slowly(pictures, kind, file, *, encoding, allow_loss):
    file.write(b"the first half")
    file.flush()
    print("writing", flush=True)
    time.sleep(600)

fake = ModuleType("reverse_oldify.pipeline.colorizer")
fake.Colorizer = Colorizer
sys.modules[fake.__name__] = fake
encode.encode_pages = slowly
from reverse_oldify.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize(
    ("number", "status", "overwrite"),
    [
        (signal.SIGINT, 130, True),
        (signal.SIGTERM, 128 + signal.SIGTERM, False),
        (signal.SIGHUP, 128 + signal.SIGHUP, False),
    ],
)
def test_signal_leaves_no_half_file(
    here: Path, number: signal.Signals, status: int, overwrite: bool
) -> None:
    Path("a.png").write_bytes(PNG)
    Path("out").mkdir()
    if overwrite:
        Path("out/a.png").write_text("old")
    argv = ["colorize", "a.png", "-o", "out"] + ["--overwrite"] * overwrite
    with subprocess.Popen(
        [sys.executable, "-c", SLOW_PROGRAM, *argv],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "writing\n"
            assert len(below("out")) == 1 + overwrite, "the temporary file is there"
            process.send_signal(number)
            _, err = process.communicate(timeout=60)  # far below what is left to sleep
        finally:
            process.kill()
    assert process.returncode == status
    assert "Traceback" not in err
    assert below("out") == (["a.png"] if overwrite else [])
    assert not overwrite or Path("out/a.png").read_text() == "old"


def test_names_print_in_a_terminal_that_knows_ascii_only(here: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "reverse_oldify", "colorize", "Фото \udc80*.jpg", "-o", "out"],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
    )
    assert result.returncode == 1
    assert result.stderr == (
        b"reverse-oldify: \\u0424\\u043e\\u0442\\u043e \\udc80*.jpg: no file matches this pattern; "
        b"check its spelling\n"
    )
