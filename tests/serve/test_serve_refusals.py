"""What must not work, and must not hurt."""

from __future__ import annotations

import http.client
import io
import json
import select
import socket
import struct
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from live_server import live, opened, problem, scan
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1] / "files"))
from made_files import png_header

LIMIT = 1 << 20


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with live(upload_bytes=LIMIT, pixels=1_000_000) as client:
        yield client


@pytest.fixture
def picture(client: httpx.Client) -> str:
    return client.post("/v1/pictures", content=scan()).headers["location"]


def many_scans() -> bytes:
    """A JPEG whose scans come again and again."""
    data = scan(progressive=True)
    start = data.index(b"\xff\xda")
    end = data.index(b"\xff", start + 16)
    return data[:start] + data[start:end] * 200 + data[start:]


def endless_tiff() -> bytes:
    """A TIFF whose second page is its first again."""
    file = io.BytesIO()
    Image.new("L", (20, 20)).save(file, "TIFF")
    data = bytearray(file.getvalue())
    (first,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, first)
    struct.pack_into("<I", data, first + 2 + 12 * count, first)
    return bytes(data)


def many_large_pages() -> bytes:
    """A TIFF of pages that are within the limit each, but not together."""
    page = Image.new("L", (900, 900))
    file = io.BytesIO()
    page.save(file, "TIFF", compression="tiff_deflate", save_all=True, append_images=[page] * 3)
    return file.getvalue()


HOSTILE = {
    "nothing": (b"", 422),
    "text": (b"hello, I am no picture", 422),
    "a page": (b"<html><script>alert(1)</script></html>", 422),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 422),
    "pdf": (b"%PDF-1.7\n" + bytes(100), 415),
    "zip": (b"PK\x03\x04" + bytes(100), 422),
    "cut off": (scan()[:200], 422),
    "cut off png": (scan(format="PNG")[:150], 422),
    "a bomb": (png_header(60_000, 60_000), 413),
    "claims no pixels": (png_header(0, 10), 422),
    "compressed": (zlib.compress(scan()), 422),
    "many scans": (many_scans(), 422),
    "random": (bytes(range(256)) * 64, 422),
    "head only": (b"\xff\xd8\xff", 422),
}


@pytest.mark.parametrize("route", ["colorize", "pictures", "palettes"])
@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_no_picture_is_a_problem(client: httpx.Client, what: str, route: str) -> None:
    data, status = HOSTILE[what]
    lie = {"Content-Type": "image/jpeg"}
    problem(client.post(f"/v1/{route}", content=data, headers=lie), status)
    assert client.get("/healthz").status_code == 200


def test_pages_are_limited_together(client: httpx.Client) -> None:
    answer = client.post("/v1/colorize", content=many_large_pages())
    assert "together" in problem(answer, 413)


def test_pages_in_a_circle_end(client: httpx.Client) -> None:
    assert client.post("/v1/colorize", content=endless_tiff()).status_code in (200, 422)


def test_a_lie_about_the_type_is_not_believed(client: httpx.Client) -> None:
    headers = {"Content-Type": "text/html", "Content-Encoding": "gzip"}
    opened(client.post("/v1/colorize", content=scan(), headers=headers))


def test_too_long_a_body_is_refused_before_it_has_come(client: httpx.Client) -> None:
    address = (client.base_url.host, client.base_url.port)
    with socket.create_connection(address) as connection:
        head = "POST /v1/pictures HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
        connection.sendall(f"{head}Content-Length: {LIMIT + 1}\r\n\r\n".encode())
        assert b" 413 " in connection.recv(1000)


def test_too_long_a_body_of_unknown_length_is_refused_as_it_comes(client: httpx.Client) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        while True:
            sent += 1 << 16
            yield bytes(1 << 16)

    with pytest.raises(httpx.TransportError):
        while True:  # the answer may be read, or the connection be gone, before all is sent
            problem(client.post("/v1/pictures", content=endless()), 413)
            break
        raise httpx.WriteError("answered")
    assert sent < 300 << 20


@pytest.mark.parametrize("size", [2 << 20, 40 << 20])
def test_who_sends_all_before_listening_hears_that_it_is_too_much(
    client: httpx.Client, size: int
) -> None:
    connection = http.client.HTTPConnection(client.base_url.host, client.base_url.port)
    connection.request("POST", "/v1/pictures", body=bytes(size))
    assert connection.getresponse().status == 413
    connection.close()


def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    with live(upload_seconds=0.2) as client:
        address = (client.base_url.host, client.base_url.port)
        with socket.create_connection(address) as connection:
            head = b"POST /v1/pictures HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc"
            connection.sendall(head)
            assert b" 408 " in connection.recv(1000)
        opened(client.post("/v1/colorize", content=scan()))


def test_all_bodies_together_are_bounded() -> None:
    with live(upload_bytes=100_000) as client:
        address = (client.base_url.host, client.base_url.port)
        head = b"POST /v1/pictures HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n"
        waiting = [socket.create_connection(address) for _ in range(5)]
        for connection in waiting:
            connection.sendall(head + bytes(90_000))
        answered, _, _ = select.select(waiting, [], [], 20)
        assert [connection for connection in answered if b" 429 " in connection.recv(1000)]
        for connection in waiting:
            connection.close()
        opened(client.post("/v1/colorize", content=scan()))


BAD_OPTIONS = {
    "no json": b"{",
    "no object": b"[1, 2]",
    "unknown": b'{"vividnes": 1}',
    "out of range": b'{"vividness": 3}',
    "not a number": b'{"vividness": NaN}',
    "too large a number": b'{"hints": [{"points": [[1' + b"0" * 400 + b', 1]], "ab": [0, 0]}]}',
    "endless number": b'{"seed": 1' + b"0" * 5000 + b"}",
    "deep": b"[" * 100_000,
    "deep object": b'{"a":' * 50_000,
    "not utf-8": b'{"palette": "\xff"}',
    "half a character": b'{"palette": {"name": "\\ud800", "colors": [[0, 0, 1]]}}',
    "unknown look": b'{"palette": "../../etc/passwd"}',
    "outside": b'{"hints": [{"points": [[5000, 1]], "ab": [0, 0]}]}',
    "huge radius": b'{"hints": [{"points": [[1, 1]], "color": "neutral", "radius": 1e308}]}',
    "huge working size": b'{"working_size": 2048}',
    "too many points": json.dumps(
        {"hints": [{"points": [[1, 1]] * 6000, "color": "neutral"}]}
    ).encode(),
    "too long a stroke": json.dumps(
        {"hints": [{"points": [[0, 0], [95, 63]] * 30, "color": "neutral"}]}
    ).encode(),
}


@pytest.mark.parametrize("what", BAD_OPTIONS)
def test_bad_options_are_a_problem(client: httpx.Client, picture: str, what: str) -> None:
    problem(client.post(f"{picture}/preview", content=BAD_OPTIONS[what]), 422)


def test_hints_are_limited_in_one_call_too(client: httpx.Client) -> None:
    hints = json.dumps([{"points": [[0, 0], [95, 63]] * 30, "color": "neutral"}])
    answer = client.post("/v1/colorize", params={"hints": hints}, content=scan())
    assert "fewer or shorter" in problem(answer, 422)


def test_options_are_limited_in_length(client: httpx.Client, picture: str) -> None:
    problem(client.post(f"{picture}/preview", content=b" " * (1 << 19)), 413)


@pytest.mark.parametrize(
    "query",
    [
        "size=0",
        "size=99999",
        "size=x",
        "region=1,2,3",
        "region=-1,2,3,4",
        "region=0,0,0,5",
        "region=999999999999999999999,0,1,1",
        "vividness=5",
        "vividness=",
        "hints=[",
        "hints=%5B%7B%7D%5D",
        "palette=%00",
        "nonsense=1",
        "seed=-1",
        "variant=1.5",
        "size=%ff",
    ],
)
def test_bad_queries_are_a_problem(client: httpx.Client, picture: str, query: str) -> None:
    problem(client.get(f"{picture}/preview?{query}"), 422)


@pytest.mark.parametrize(
    ("method", "route", "known"),
    [
        ("GET", "", "none"),
        ("GET", "/original?size=80&vividness=7", "size, region"),
        ("POST", "/preview?vividness=0.5", "size, region; send options in the body"),
        ("POST", "/preview?bogus=1&size=80", "size, region"),
        ("POST", "/render?size=100", "format, allow_loss"),
        ("GET", "/render?size=100&vividness=1", "format, allow_loss, vividness, working_size"),
        ("POST", "/uncertainty?region=0,0,9,9", "size"),
        ("GET", "/suggestions?x=1&y=1&bogus=", "x, y, count, vividness"),
        ("DELETE", "?afterwards=1", "after"),
        ("POST", "/v1/pictures?bogus=2", "name, page"),
        ("POST", "/v1/palettes?page=2", "name"),
        ("POST", "/v1/colorize?size=2", "format, allow_loss, name, vividness"),
    ],
)
def test_an_unknown_key_of_a_query_is_a_problem(
    client: httpx.Client, picture: str, method: str, route: str, known: str
) -> None:
    address = route if route.startswith("/v1") else picture + (route or "?bogus=1")
    content = scan() if route.startswith("/v1") else None
    detail = problem(client.request(method, address, content=content), 422)
    assert detail.startswith("the query: unknown key")
    assert f"; known are {known}" in detail
    assert ("body" in detail) == ("body" in known)


@pytest.mark.parametrize("format", ["exe", "gif", "heic", "../x", ""])
def test_an_unknown_format_is_a_problem(client: httpx.Client, picture: str, format: str) -> None:
    problem(client.get(f"{picture}/render", params={"format": format}), 422)


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("GET", "/v1", 404),
        ("GET", "/v1/nothing", 404),
        ("GET", "/v1/pictures/none", 404),
        ("GET", "/v1/pictures/..%2f..%2fetc%2fpasswd", 404),
        ("GET", "/page/../app.py", 404),
        ("GET", "/page/%2e%2e/app.py", 404),
        ("GET", "/page/..%2fapp.py", 404),
        ("PUT", "/v1/colorize", 405),
        ("GET", "/v1/colorize", 405),
        ("POST", "/healthz", 405),
        ("DELETE", "/", 405),
    ],
)
def test_wrong_addresses_and_methods_are_problems(
    client: httpx.Client, method: str, address: str, status: int
) -> None:
    answer = client.request(method, address)
    problem(answer, status)
    if status == 405:
        assert answer.headers["allow"]


def test_names_are_only_names(client: httpx.Client) -> None:
    for name, safe in (
        ("../../etc/passwd", "passwd-colour.jpg"),
        ("C:\\scans\\a.tif", "a-colour.jpg"),
        ('x"\r\nSet-Cookie: a=b', "x_Set-Cookie_ a=b-colour.jpg"),
        ("..", "picture-colour.jpg"),
        ("", "picture-colour.jpg"),
    ):
        answer = client.post("/v1/colorize", params={"name": name}, content=scan())
        assert f'filename="{safe}"' in answer.headers["content-disposition"]
        assert "set-cookie" not in answer.headers


def test_a_picture_larger_than_the_memory_is_refused() -> None:
    with live(memory_bytes=1000) as client:
        assert "memory" in problem(client.post("/v1/pictures", content=scan()), 413)


def test_a_fault_of_ours_is_told_without_its_traceback() -> None:
    from live_server import MIXTURE, FakeBackend

    class Faulty(FakeBackend):
        def encode(self, lightness):
            raise RuntimeError("secret")

    with live(Faulty(MIXTURE)) as client:
        answer = client.post("/v1/colorize", content=scan())
        assert "secret" not in problem(answer, 500)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert client.get("/healthz").status_code == 200
