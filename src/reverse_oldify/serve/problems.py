"""Everything that goes wrong, as problem details of RFC 9457."""

from __future__ import annotations

import json
import logging
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from reverse_oldify.errors import (
    MissingExtraError,
    OptionError,
    OutputError,
    ReverseOldifyError,
    TooLargeError,
    UnreadableError,
    UnsupportedError,
)
from reverse_oldify.files.source import reason_alone

MEDIA_TYPE = "application/problem+json"

CLIENT_GONE = 499
"""Status of what nobody waits for any more; nginx made it known. It is counted, never seen."""

_STATUS: dict[type[ReverseOldifyError], int] = {
    UnsupportedError: 415,
    MissingExtraError: 415,
    TooLargeError: 413,
    UnreadableError: 422,
    OptionError: 422,
    OutputError: 422,
}

log = logging.getLogger(__name__)


class Problem(Exception):  # noqa: N818 - RFC 9457 calls it so
    """Why a request is not answered.

    Parameters
    ----------
    status : int
        Of HTTP.
    detail : str
        What is wrong and what to do, for people.
    headers : dict, optional
        Of the response.
    """

    def __init__(self, status: int, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, headers

    def response(self) -> Response:
        """Say so."""
        title = "Client Gone" if self.status == CLIENT_GONE else HTTPStatus(self.status).phrase
        table = {
            "type": "about:blank",
            "title": title,
            "status": self.status,
            "detail": self.detail,
        }
        # json.dumps escapes what is no ASCII: what a client sent may hold halves of characters.
        return Response(json.dumps(table), self.status, self.headers, MEDIA_TYPE)


def busy(detail: str) -> Problem:
    """Ask the client to come again."""
    return Problem(429, f"{detail}; try again in a moment", {"Retry-After": "1"})


def problem_of(error: Exception) -> Problem:
    """Turn any error into a problem; a fault of ours is not told."""
    match error:
        case Problem():
            return error
        case HTTPException():
            headers = None if error.headers is None else dict(error.headers)
            return Problem(error.status_code, error.detail, headers)
        case RequestValidationError():
            return Problem(422, "; ".join(_sentence(part) for part in error.errors()))
        case ClientDisconnect():
            return Problem(CLIENT_GONE, "the client has gone")
        case MemoryError():
            return Problem(413, "it does not fit into memory; make it smaller")
        case ReverseOldifyError():
            status = next((s for kind, s in _STATUS.items() if isinstance(error, kind)), 500)
            if status < 500:
                detail = reason_alone(error)
                return Problem(status, detail.replace("--allow-loss", "allow_loss=true"))
            log.error("%s", error, exc_info=error)
    return Problem(500, "a fault of the server, which its log tells more of; please report it")


def handle_errors(app: FastAPI) -> None:
    """Have an application answer every error with a problem."""

    async def answer(_: Request, error: Exception) -> Response:
        return problem_of(error).response()

    expected = (Problem, HTTPException, RequestValidationError, ClientDisconnect)
    for kind in (*expected, ReverseOldifyError, MemoryError, Exception):
        app.add_exception_handler(kind, answer)


def _sentence(part: dict[str, object]) -> str:
    """Say of one part of a request what is wrong with it."""
    place = part.get("loc")
    name = ".".join(str(step) for step in place[1:]) if isinstance(place, tuple) else ""
    return f"{name}: {part.get('msg')}"
