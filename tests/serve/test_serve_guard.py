from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from live_server import live, problem, scan

from reverse_oldify.serve.guard import COOKIE, Guard
from reverse_oldify.serve.settings import Settings

TOKEN = "a-token-that-nobody-guesses"


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with live(names=("studio.example",)) as client:
        yield client


@pytest.fixture(scope="module")
def guarded() -> Iterator[httpx.Client]:
    with live(token=TOKEN) as client:
        yield client


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST:8000",
        "127.0.0.1:1",
        "[::1]:8000",
        "192.168.1.5",
        "studio.example:80",
    ],
)
def test_own_names_are_answered(client: httpx.Client, host: str) -> None:
    assert client.get("/v1/about", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "[", "", "a@evil.example"],
)
def test_other_names_are_not(client: httpx.Client, host: str) -> None:
    problem(client.get("/v1/about", headers={"Host": host}), 403)


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://localhost:1", "file://", "http://[", ""]
)
def test_pages_of_other_sites_may_not_ask(client: httpx.Client, origin: str) -> None:
    headers = {"Origin": origin, "Host": "localhost:8000"}
    problem(client.post("/v1/colorize", content=scan(), headers=headers), 403)
    problem(client.options("/v1/colorize", headers=headers), 403)


def test_the_own_page_may(client: httpx.Client) -> None:
    headers = {"Origin": "http://localhost:8000", "Host": "localhost:8000"}
    answer = client.post("/v1/colorize", content=scan(), headers=headers)
    assert answer.status_code == 200
    assert not any(name.startswith("access-control") for name in answer.headers)


@pytest.mark.parametrize("address", ["/", "/healthz", "/nothing", "/v1/about", "/page/nothing.js"])
def test_every_answer_has_the_headers(client: httpx.Client, address: str) -> None:
    headers = client.get(address).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cache-control"] in ("no-store", "no-cache")
    assert "server" not in headers


@pytest.mark.parametrize("address", ["/healthz", "/v1/about", "/nothing", "/v1/pictures/x"])
def test_connections_are_kept(client: httpx.Client, address: str) -> None:
    assert client.get(address).headers.get("connection") != "close"


@pytest.mark.parametrize("address", ["/v1/about", "/v1/pictures/x", "/v1/nothing", "/metrics"])
def test_a_token_is_needed_where_there_is_one(guarded: httpx.Client, address: str) -> None:
    for headers in (
        {},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer t\xf6ken"},
        {"Cookie": "reverse-oldify-token=wrong"},
        {"Cookie": '"'},
    ):
        headers = {key: value.encode("latin-1") for key, value in headers.items()}
        answer = guarded.get(address, headers=headers)
        problem(answer, 401)
        assert answer.headers["www-authenticate"] == "Bearer"
    right = guarded.get(address, headers={"Authorization": f"Bearer {TOKEN}"})
    assert right.status_code in (200, 404)


def test_what_holds_no_secret_needs_no_token(guarded: httpx.Client) -> None:
    assert guarded.get("/healthz").status_code == 200
    assert guarded.get("/openapi.json").status_code == 200


def test_the_openapi_document_says_who_may_ask(client: httpx.Client, guarded: httpx.Client) -> None:
    document = guarded.get("/openapi.json").json()
    ((name, scopes),) = [*document["security"][0].items()]
    scheme = document["components"]["securitySchemes"][name]
    assert (scheme, scopes) == ({"type": "http", "scheme": "bearer"}, [])
    assert document["paths"]["/healthz"]["get"]["security"] == []
    assert "security" not in client.get("/openapi.json").json()


def test_the_page_exchanges_the_token_for_a_cookie(guarded: httpx.Client) -> None:
    problem(guarded.get("/?token=wrong"), 401)
    answer = guarded.get("/", params={"token": TOKEN})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie and "path=/v1" in cookie
    assert guarded.get("/v1/about").status_code == 200  # the client keeps cookies
    guarded.cookies.clear()


@pytest.mark.parametrize("other", ['state={"page": 1}', "seen", 'open="', "a[b]=c d", "é=ü"])
def test_cookies_of_other_programs_on_this_machine_do_not_hide_the_token(
    guarded: httpx.Client, other: str
) -> None:
    for both in (f"{other}; {COOKIE}={TOKEN}", f"{COOKIE}={TOKEN}; {other}"):
        answer = guarded.get("/v1/about", headers={"Cookie": both.encode()})
        assert answer.status_code == 200


def test_a_fault_is_one_line_of_the_log_whatever_the_address(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def faulty(*_: object) -> None:
        raise ValueError

    headers = [(b"host", b"localhost")]
    scope = {"type": "http", "method": "GET", "path": "/a\nERROR no", "headers": headers}
    answer = Guard(faulty, Settings())(scope, faulty, faulty)
    with ThreadPoolExecutor() as pool:  # in this thread Playwright's loop may run
        pool.submit(asyncio.run, answer).result()
    assert "\n" not in caplog.records[0].getMessage()


def test_without_a_token_there_is_nothing_to_exchange(client: httpx.Client) -> None:
    problem(client.get("/?token=anything"), 401)
