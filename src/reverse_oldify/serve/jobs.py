"""Work for processors: a few workers, a bounded number of places to wait, and an end to all of it.

A request takes a place before its body is read, and gives it back when its answer is sent. So what
waits, and what it has sent, is bounded; who finds no place is asked to come again.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from fastapi import Request

from reverse_oldify.serve.problems import CLIENT_GONE, Problem, busy

Result = TypeVar("Result")


class Stop:
    """Tells work that nobody waits for it any more; it looks between its stages."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        """Ask the work to end."""
        self._event.set()

    def check(self) -> None:
        """End the work if that was asked for."""
        if self._event.is_set():
            raise _no_one_waits()


Work = Callable[[Stop], Result]


class Jobs:
    """Runs work in threads.

    Parameters
    ----------
    workers : int
        Threads.
    places : int
        Requests that may be worked on or wait.
    seconds : float
        After which an answer is given up.
    """

    def __init__(self, workers: int, places: int, seconds: float) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="colour")
        self._places, self._seconds = places, seconds
        self._count = threading.Lock()
        self.taken = 0
        """Places that are taken."""
        self.running = 0
        """Threads that work."""

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold a place.

        Raises
        ------
        Problem
            429 if none is free.
        """
        if self.taken >= self._places:
            raise busy("the server has as many requests as it can handle")
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1

    async def run(
        self, request: Request, work: Work[Result], turn: asyncio.Lock | None = None
    ) -> Result:
        """Run work in a thread, until it is done, the time is up or the client goes away.

        Parameters
        ----------
        request
            Whose client is watched; its body has been read.
        work
            Is told when to stop.
        turn
            Work with the same one is done one after the other.

        Raises
        ------
        Problem
            503 when the time is up.
        """
        stop = Stop()
        done = asyncio.create_task(self._done(work, stop, turn))
        gone = asyncio.create_task(_gone(request))
        try:
            await asyncio.wait({done, gone}, timeout=self._seconds, return_when="FIRST_COMPLETED")
            if done.done():
                return done.result()
            if gone.done():
                raise _no_one_waits()
            late = f"it took longer than {self._seconds:g} s, which is the limit"
            raise Problem(503, f"{late}; try again, or with a smaller picture")
        finally:
            stop.set()
            done.cancel()
            gone.cancel()

    async def _done(self, work: Work[Result], stop: Stop, turn: asyncio.Lock | None) -> Result:
        loop = asyncio.get_running_loop()
        if turn is not None:
            await turn.acquire()
        try:
            job = self._pool.submit(self._counted, work, stop)
        except RuntimeError as error:
            raise Problem(503, "the server is stopping; try again later") from error
        if turn is not None:  # given back by the thread itself: it may outlive who waits for it
            job.add_done_callback(lambda _: loop.call_soon_threadsafe(turn.release))
        return await asyncio.wrap_future(job)

    def _counted(self, work: Work[Result], stop: Stop) -> Result:
        stop.check()
        with self._count:
            self.running += 1
        try:
            return work(stop)
        finally:
            with self._count:
                self.running -= 1

    async def close(self) -> None:
        """Wait for what runs; nothing new is begun."""
        await asyncio.to_thread(self._pool.shutdown, cancel_futures=True)


def _no_one_waits() -> Problem:
    return Problem(CLIENT_GONE, "the client has gone, or the time was up")


async def _gone(request: Request) -> None:
    """Return when the client has gone away."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
