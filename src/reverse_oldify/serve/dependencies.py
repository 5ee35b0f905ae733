"""What routes take from a request, as FastAPI's dependencies and checked queries."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Path, Query, Request

from reverse_oldify.files.formats import OUTPUT_FORMATS
from reverse_oldify.options import Options
from reverse_oldify.serve.asked import (
    check_hints,
    check_query,
    options_of_body,
    options_of_query,
)
from reverse_oldify.serve.opened import Opened
from reverse_oldify.serve.service import Service

MOST_SIZE = 16_384
"""Longest side of a preview, in pixels."""

MOST_PAGE = 10_000
"""Number of a page."""

_OPTIONS_BYTES = 1 << 18


async def known_query(request: Request) -> None:
    """Refuse what the OpenAPI document does not tell of in the query of this route."""
    path = request.app.openapi()["paths"][request.scope["route"].path_format]
    told = path[request.method.lower()]
    known = [each["name"] for each in told.get("parameters", []) if each["in"] == "query"]
    body = told.get("requestBody", {}).get("content", {})
    check_query(request.query_params, known, options_in_body="application/json" in body)


async def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


Served = Annotated[Service, Depends(_service)]


async def _place(service: Served) -> AsyncIterator[None]:
    with service.jobs.place():
        yield


Placed = Annotated[None, Depends(_place)]
"""A place, held from before the body is read until the answer is sent."""


async def _upload(request: Request, service: Served, _: Placed) -> AsyncIterator[bytes]:
    async with service.bodies.read(request) as body:
        yield body


Upload = Annotated[bytes, Depends(_upload)]
"""A place, and the bytes of a picture file."""


async def _opened(
    service: Served, id: Annotated[str, Path(description="From `POST /v1/pictures`")]
) -> Opened:
    return service.opened.get(id)


OfPicture = Annotated[Opened, Depends(_opened)]
"""The open picture that the address names."""


async def _query_options(request: Request) -> Options:
    return options_of_query(dict(request.query_params))


QueryOptions = Annotated[Options, Depends(_query_options)]
"""Options from the query, whatever the method."""


async def _asked(request: Request, service: Served, opened: OfPicture, _: Placed) -> Options:
    if request.method == "POST":
        async with service.bodies.read(request, _OPTIONS_BYTES) as body:
            options = options_of_body(body)
    else:
        options = await _query_options(request)
    check_hints(options, opened.session.picture.size)
    return options


Asked = Annotated[Options, Depends(_asked)]
"""A place, and options: from the query of a GET, from the body of a POST."""

Format = Annotated[
    str | None,
    Query(
        description="Of the result; by default as the source.",
        json_schema_extra={"enum": list(OUTPUT_FORMATS)},
    ),
]
AllowLoss = Annotated[
    bool,
    Query(description="Whether what the format cannot hold may be left out, or rounded."),
]
Name = Annotated[str, Query(max_length=255, description="Of the file, for people.")]
Size = Annotated[
    int, Query(ge=16, le=MOST_SIZE, description="Longest side of the whole picture, in pixels.")
]
Region = Annotated[
    str | None,
    Query(
        pattern=r"^\d{1,5},\d{1,5},\d{1,5},\d{1,5}$",
        description="`x,y,width,height`: a part, in pixels of the scaled picture.",
    ),
]
