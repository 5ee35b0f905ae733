"""The OpenAPI document against the server: whatever it allows, and more, brings no fault."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from live_server import live, scan
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [
    not_a_server_error,
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
]
MOST_SECONDS = 20


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with live() as client:
        yield client


@pytest.fixture(scope="module")
def schema(client: httpx.Client) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_url(f"{client.base_url}/openapi.json")


loaded = schemathesis.pytest.from_fixture("schema")


@pytest.mark.slow
@loaded.parametrize()
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_request_brings_a_fault(case: schemathesis.Case, client: httpx.Client) -> None:
    if "id" in (case.path_parameters or {}):  # most questions shall be about a real picture
        case.path_parameters["id"] = _picture(client)
    case.call_and_validate(checks=CHECKS)


def _picture(client: httpx.Client) -> str:
    return str(client.post("/v1/pictures", content=scan(40, 30)).json()["id"])
