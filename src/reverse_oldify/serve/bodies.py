"""Bodies of requests: read as they come, up to a limit, and not for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Request

from reverse_oldify.serve.problems import Problem, busy

_SLOWEST = 10_000  # bytes a second
_AT_ONCE = 4  # of the largest bodies: as much may be held of all requests together


class Bodies:
    """Reads bodies; all that are held at the same time are bounded, too.

    Parameters
    ----------
    limit : int
        Bytes of the largest body.
    seconds : float
        Within which a body must have arrived, and a second more for each `_SLOWEST` bytes of it.
    """

    def __init__(self, limit: int, seconds: float) -> None:
        self._limit, self._seconds = limit, seconds
        self._held = 0

    @asynccontextmanager
    async def read(self, request: Request, limit: int | None = None) -> AsyncIterator[bytes]:
        """Read a body, and count its bytes while the block runs.

        Raises
        ------
        Problem
            413 (too long), 408 (too late), 429 (too much is held already).
        """
        chunks: list[bytes] = []
        try:
            await self._collect(chunks, request, min(limit or self._limit, self._limit))
            chunks[:] = [b"".join(chunks)]
            yield chunks[0]
        finally:
            self._held -= sum(map(len, chunks))

    async def _collect(self, chunks: list[bytes], request: Request, limit: int) -> None:
        declared = request.headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > limit:
            raise _too_long(limit)
        length = 0
        try:
            async with asyncio.timeout(self._seconds) as patience:
                begun = patience.when() or 0.0
                async for chunk in request.stream():
                    chunks.append(chunk)
                    self._held += len(chunk)
                    length += len(chunk)
                    patience.reschedule(begun + length / _SLOWEST)
                    if length > limit:
                        raise _too_long(limit)
                    if self._held > _AT_ONCE * self._limit:
                        raise busy("the server holds as much as it can")
        except TimeoutError as error:
            late = "the body came too slowly, or ended; send it again, or something smaller"
            raise Problem(408, late) from error


def _too_long(limit: int) -> Problem:
    return Problem(413, f"the body is longer than the limit of {limit:,} bytes; send less")
