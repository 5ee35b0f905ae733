"""What the routes share: the settings, the work, the places to wait and the open pictures."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

from fastapi import Request

from reverse_oldify.pipeline.colorizer import Colorizer
from reverse_oldify.serve.bodies import Bodies
from reverse_oldify.serve.jobs import Jobs, Work
from reverse_oldify.serve.metrics import Metrics
from reverse_oldify.serve.opened import Opened, OpenedPictures
from reverse_oldify.serve.settings import Settings
from reverse_oldify.serve.studio import Studio

Result = TypeVar("Result")

_TIDY_SECONDS = 15.0


class Service:
    """The server but for HTTP.

    Parameters
    ----------
    colorizer
        With the model, which it loads now.
    settings
        Limits.
    """

    def __init__(self, colorizer: Colorizer, settings: Settings) -> None:
        self.settings = settings
        self.studio = Studio(colorizer, settings.pixels)
        self.jobs = Jobs(settings.workers, settings.places, settings.job_seconds)
        self.bodies = Bodies(settings.upload_bytes, settings.upload_seconds)
        self.opened = OpenedPictures(settings.memory_bytes, settings.idle_seconds)
        self.metrics = Metrics()
        self.metrics.watch("places_taken", "Requests in work or waiting", lambda: self.jobs.taken)
        self.metrics.watch("workers_busy", "Threads that work", lambda: self.jobs.running)
        self.metrics.watch("pictures_open", "Pictures that are kept", lambda: len(self.opened))
        self.metrics.watch("pictures_bytes", "Memory they take", lambda: self.opened.nbytes)

    async def run(self, request: Request, opened: Opened, work: Work[Result]) -> Result:
        """Work on an open picture when it is its turn; see `Jobs.run`."""
        result = await self.jobs.run(request, work, opened.turn)
        self.opened.tidy()  # what is remembered of it may have grown
        return result

    @asynccontextmanager
    async def living(self) -> AsyncIterator[None]:
        """Tidy up from time to time; in the end finish what runs."""
        tidying = asyncio.create_task(self._tidy())
        try:
            yield
        finally:
            tidying.cancel()
            with suppress(asyncio.CancelledError):
                await tidying
            await self.jobs.close()

    async def _tidy(self) -> None:
        while True:
            await asyncio.sleep(_TIDY_SECONDS)
            self.opened.tidy()
