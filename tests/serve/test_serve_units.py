"""Settings, what is kept open, and how options are described."""

from __future__ import annotations

import inspect
import json
import socket
from types import SimpleNamespace

import numpy as np
import pytest
from live_server import MIXTURE, FakeBackend

from reverse_oldify import Colorizer, Options, Picture
from reverse_oldify.errors import OptionError
from reverse_oldify.files.picture import Metadata
from reverse_oldify.options import Hint, Palette
from reverse_oldify.pipeline.preview import Preview
from reverse_oldify.serve.asked import options_of_body, options_of_query
from reverse_oldify.serve.opened import Opened, OpenedPictures
from reverse_oldify.serve.problems import Problem
from reverse_oldify.serve.run import listen
from reverse_oldify.serve.schemas import RANGES, option_parameters, option_schemas
from reverse_oldify.serve.settings import Settings

TOKEN = "0123456789abcdef"


def open_picture(side: int = 100, **told: bytes | tuple[bytes, ...]) -> Opened:
    picture = Picture(pixels=np.zeros((side, side), np.uint8), metadata=Metadata(**told))
    session = Colorizer(backend=FakeBackend(MIXTURE)).open(picture)
    return Opened(
        session=session,
        preview=Preview(session),
        name="a",
        sha256="",
        uncertainty=None,
        coloured=False,
        losses={},
    )


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_loopback_needs_no_token(host: str) -> None:
    assert Settings(host=host).token is None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org", ""])
def test_other_addresses_need_a_token(host: str) -> None:
    with pytest.raises(OptionError, match="--token"):
        Settings(host=host)
    assert Settings(host=host, token=TOKEN).host == host


@pytest.mark.parametrize("token", ["", "short", "sixteen letters!", "ü" * 20, TOKEN + "\n"])
def test_a_token_that_can_be_guessed_or_sent_in_no_header_is_refused(token: str) -> None:
    with pytest.raises(OptionError, match="16 to 256"):
        Settings(token=token)


def test_settings_out_of_range_are_refused() -> None:
    for wrong in ({"port": 70_000}, {"workers": 0}, {"upload_bytes": 0}):
        with pytest.raises(OptionError):
            Settings(**wrong)


def test_what_nobody_asks_for_is_forgotten() -> None:
    now = SimpleNamespace(seconds=0.0)
    pictures = OpenedPictures(1 << 20, 10, lambda: now.seconds)
    asked, other = open_picture(), open_picture()
    pictures.add(asked)
    pictures.add(other)
    now.seconds = 8
    pictures.get(asked.id)
    now.seconds = 12
    assert pictures.get(asked.id) is asked
    assert len(pictures) == 1
    with pytest.raises(Problem, match="send it again"):
        pictures.get(other.id)


def test_what_is_to_be_forgotten_soon_is_kept_where_someone_asks() -> None:
    now = SimpleNamespace(seconds=0.0)
    pictures = OpenedPictures(1 << 20, 10, lambda: now.seconds)
    left, back, later = open_picture(), open_picture(), open_picture()
    for picture in (left, back, later):
        pictures.add(picture)
    for picture, seconds in ((left, 2), (back, 2), (later, 1000)):
        pictures.expire(picture.id, seconds)
    now.seconds = 1
    pictures.get(back.id)
    now.seconds = 3
    assert pictures.get(back.id) is back
    assert pictures.get(later.id) is later
    with pytest.raises(Problem, match="send it again"):
        pictures.get(left.id)


def test_the_least_used_makes_room() -> None:
    pictures = OpenedPictures(25_000, 10, lambda: 0.0)
    first, second, third = open_picture(), open_picture(), open_picture()
    pictures.add(first)
    pictures.add(second)
    pictures.get(first.id)
    pictures.add(third)
    assert pictures.nbytes == 20_000
    with pytest.raises(Problem):
        pictures.get(second.id)
    assert pictures.get(first.id) is first
    first.preview.original(90)  # what is remembered of a picture counts, too
    pictures.tidy()
    assert len(pictures) == 1
    with pytest.raises(Problem) as refused:
        pictures.add(open_picture(200))
    assert refused.value.status == 413


@pytest.mark.parametrize("part", ["exif", "xmp", "iptc", "icc", "png_texts", "jpeg_comments"])
def test_what_is_told_of_a_picture_takes_room_too(part: str) -> None:
    data = bytes(10_000)
    pictures = OpenedPictures(25_000, 10, lambda: 0.0)
    pictures.add(open_picture())
    pictures.add(open_picture(**{part: (data,) if part.endswith("s") else data}))
    assert len(pictures) == 1


def test_the_schema_of_the_options_is_that_of_the_dataclasses() -> None:
    schemas = option_schemas()
    assert schemas["Options"]["properties"].keys() == Options().to_json().keys()
    for name, member in schemas["Options"]["properties"].items():
        assert member["default"] == Options().to_json()[name]
    for kind in (Options, Hint, Palette):
        members = schemas[kind.__name__]["properties"]
        assert members.keys() == kind.__dataclass_fields__.keys()
        assert all(member["description"] for member in members.values())
    assert {one["name"] for one in option_parameters()} == Options().to_json().keys()


def test_docstrings_of_every_python_describe_the_options(monkeypatch) -> None:
    here = json.dumps(option_schemas())
    for kind in (Options, Hint, Palette):  # from 3.13 on they come without their indentation
        monkeypatch.setattr(kind, "__doc__", inspect.cleandoc(kind.__doc__))
    assert json.dumps(option_schemas.__wrapped__()) == here
    for kind in (Options, Hint, Palette):  # python -OO takes them out
        monkeypatch.setattr(kind, "__doc__", None)
    members = option_schemas.__wrapped__()["Options"]["properties"]
    assert {member["description"] for member in members.values()} == {""}


@pytest.mark.parametrize("name", RANGES)
def test_ranges_are_those_that_are_checked(name: str) -> None:
    def read(value: float) -> Options:
        hint = {"points": [[1, 1]], "color": "neutral", name: value}
        table = {name: value} if name in Options().to_json() else {"hints": [hint]}
        return options_of_body(json.dumps(table).encode())

    for limit, step in ((RANGES[name]["minimum"], -1), (RANGES[name].get("maximum"), 1)):
        if limit is not None:
            read(limit)
            with pytest.raises(OptionError):
                read(limit + step)


def test_options_in_a_query_are_json_or_text() -> None:
    query = {"vividness": "0.5", "palette": "dawn", "size": "80", "working_size": "null"}
    assert options_of_query(query) == Options(vividness=0.5, palette="dawn")
    assert options_of_body(b"  ") == Options()


def test_an_answer_waits_for_no_confirmation() -> None:
    """What is sent in two parts would take 40 ms more."""
    with (
        listen(Settings(port=0)) as listener,
        socket.create_connection(listener.getsockname()),
        listener.accept()[0] as connection,
    ):
        assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
