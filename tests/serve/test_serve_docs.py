"""What docs/api.md shows, word for word, and what it says of routes and statuses."""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from live_server import live, scan

from reverse_oldify import Colorizer
from reverse_oldify.cli.serve import add_arguments
from reverse_oldify.files.read import read

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/api.md").read_text("utf-8")


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with live() as client:
        yield client


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "grandmother.jpg").write_bytes(scan(400, 500))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def shown(language: str, client: httpx.Client) -> str:
    code = re.search(rf"<!-- {language} -->\n```\w+\n(.*?)```", TEXT, re.DOTALL)
    assert code is not None
    assert "http://127.0.0.1:8000" in code[1]
    return code[1].replace("http://127.0.0.1:8000", str(client.base_url).rstrip("/"))


def test_the_python_client(client: httpx.Client, folder: Path) -> None:
    code = shown("python", client)
    assert set(re.findall(r"^import (\w+)", code, re.MULTILINE)) <= sys.stdlib_module_names
    exec(code, {})
    assert read(folder / "in-colour.png").size == (500, 400)


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_the_curl_client(client: httpx.Client, folder: Path) -> None:
    shell = ["bash", "-euo", "pipefail", "-c", shown("curl", client).replace("curl ", "curl -sS ")]
    subprocess.run(shell, check=True, cwd=folder, timeout=60)
    assert read(folder / "one-call.jpg").size == read(folder / "large.tif").size == (500, 400)
    assert read(folder / "small.jpg").size == (500, 400)  # it is never enlarged


def shown_json(key: str) -> Any:
    """The example of an answer that has a key."""
    found = (json.loads(code) for code in re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL))
    return next(shown for shown in found if key in json.dumps(shown))


def test_what_the_server_says_of_itself(client: httpx.Client) -> None:
    said, shown = client.get("/v1/about").json(), shown_json("upload_bytes")
    assert {**shown, "model": said["model"]} == said


@pytest.mark.model
def test_the_model_that_is_shown_is_the_one_that_ships() -> None:
    info = Colorizer().info
    assert shown_json("upload_bytes")["model"] == {"name": info.name, "version": info.version}


def test_answers_have_the_fields_that_are_shown(client: httpx.Client) -> None:
    picture = client.post("/v1/pictures", content=scan()).json()
    address = f"/v1/pictures/{picture['id']}"
    (suggested, *_) = client.get(f"{address}/suggestions?x=1&y=1").json()
    (variant, *_) = client.get(f"{address}/variants").json()
    assert shown_json("expires_in").keys() == picture.keys()
    assert shown_json("probability")[0].keys() == suggested.keys()
    assert shown_json("likelihood") == [variant]


def test_the_openapi_document_names_nothing_of_the_code(client: httpx.Client) -> None:
    document = client.get("/openapi.json").text
    assert re.findall(r"`[a-z_]+\.[A-Za-z_.]+`|`[A-Z]+_[A-Z_]+`|\bNone\b", document) == []


@pytest.mark.parametrize(
    ("answer", "member", "model"),
    [("Variant", "options", "Options"), ("PaletteFound", "palette", "Palette")],
)
def test_what_is_sent_back_as_it_came_is_described_as_it_is_taken(
    client: httpx.Client, answer: str, member: str, model: str
) -> None:
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    assert schemas[answer]["properties"][member]["$ref"] == f"#/components/schemas/{model}"


def test_every_route_is_told_of(client: httpx.Client) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    told = set(re.findall(r"(?:GET|POST|DELETE) (/[\w/{}]+)", TEXT))
    assert told == set(paths)


def test_the_container_is_told_what_the_command_knows() -> None:
    entry = json.loads(re.search(r"^ENTRYPOINT (.*)$", read_root("Dockerfile"), re.MULTILINE)[1])
    added = re.search(r"^    command: \[(.*)\]$", read_root("compose.yaml"), re.MULTILINE)[1]
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    told = parser.parse_args([*entry[2:], *(word.strip(' "') for word in added.split(","))])
    assert entry[:2] == ["reverse-oldify", "serve"]
    assert (told.host, told.workers, told.max_memory) == ("0.0.0.0", 2, 1024)


def read_root(name: str) -> str:
    return (ROOT / name).read_text("utf-8")
