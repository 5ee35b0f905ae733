"""The OpenAPI document against the server: whatever it allows, and more, brings no fault."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings, strategies
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
EXAMPLES = 8
"""Of each operation."""


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with live() as client:
        yield client


@pytest.mark.slow
def test_no_request_brings_a_fault(client: httpx.Client) -> None:
    schema = schemathesis.openapi.from_url(f"{client.base_url}/openapi.json")
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) >= 19
    for operation in operations:
        _try(operation, client)


def _try(operation: schemathesis.APIOperation, client: httpx.Client) -> None:
    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        phases=[Phase.generate],  # to shrink an example can take minutes
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), is_picture=strategies.booleans())
    def ask(case: schemathesis.Case, is_picture: bool) -> None:
        if is_picture and case.media_type == "application/octet-stream":
            case.body = scan(40, 30)
        if "id" in (case.path_parameters or {}):  # questions about no picture have one answer
            case.path_parameters["id"] = _picture(client)
        case.call_and_validate(checks=CHECKS, timeout=60)

    ask()


def _picture(client: httpx.Client) -> str:
    return str(client.post("/v1/pictures", content=scan(40, 30)).json()["id"])
