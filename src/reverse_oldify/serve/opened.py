"""Pictures that are open: bounded in bytes and in time, the least used forgotten first."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from reverse_oldify.pipeline.preview import Preview
from reverse_oldify.pipeline.session import Session
from reverse_oldify.serve.problems import Problem


@dataclass(kw_only=True, eq=False)
class Opened:
    """One picture that a client has sent, and what is known of it.

    Attributes
    ----------
    session, preview
        Used by one job at a time: whoever has ``turn``.
    name : str
        Of the file, as the client calls it.
    page : int
        Of the file, from 1.
    sha256 : str
        Of the file.
    uncertainty : float or None
        Error to expect of its colour, in CIE a*, b*.
    coloured : bool
        Whether it was in colour already.
    losses : dict
        What a render loses in each format that cannot hold all of it, by the format's key.
    id : str
        Cannot be guessed: it is all that a client needs to see the picture.
    """

    session: Session
    preview: Preview
    name: str
    page: int = 1
    sha256: str
    uncertainty: float | None
    coloured: bool
    losses: dict[str, list[str]]
    id: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    used: float = 0.0

    @property
    def nbytes(self) -> int:
        """Bytes that it takes, about."""
        told = self.session.picture.metadata.nbytes
        return self.session.nbytes + self.preview.nbytes + told


class OpenedPictures:
    """All of them; for the thread of the event loop.

    Parameters
    ----------
    memory_bytes : int
        That they may take together.
    idle_seconds : float
        After which one that nobody asked for is forgotten.
    clock
        Seconds.
    """

    def __init__(
        self, memory_bytes: int, idle_seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._memory_bytes, self._idle_seconds, self._clock = memory_bytes, idle_seconds, clock
        self._pictures: dict[str, Opened] = {}  # the least used first

    def __len__(self) -> int:
        return len(self._pictures)

    @property
    def nbytes(self) -> int:
        """Bytes that all of them take, about."""
        return sum(picture.nbytes for picture in self._pictures.values())

    def add(self, picture: Opened) -> None:
        """Keep a picture.

        Raises
        ------
        Problem
            413 if it takes more than all may.
        """
        if picture.nbytes > self._memory_bytes:
            raise Problem(
                413,
                f"it takes {picture.nbytes >> 20} MB of memory, and the limit is "
                f"{self._memory_bytes >> 20} MB; make it smaller",
            )
        picture.used = self._clock()
        self._pictures[picture.id] = picture
        self.tidy()

    def get(self, id: str) -> Opened:
        """Return a picture, which thereby becomes the one used last.

        Raises
        ------
        Problem
            404 if it is unknown or forgotten.
        """
        self.tidy()
        picture = self._pictures.pop(id, None)
        if picture is None:
            raise Problem(404, "no such picture is open, or no longer; send it again")
        picture.used = self._clock()
        self._pictures[id] = picture
        return picture

    def remove(self, id: str) -> None:
        """Forget a picture; errors as of `get`."""
        self.get(id)
        del self._pictures[id]

    def expire(self, id: str, seconds: float) -> None:
        """Forget a picture so many seconds from now, if nobody asks for it; errors as of `get`."""
        self.get(id).used -= max(0.0, self._idle_seconds - seconds)

    def tidy(self) -> None:
        """Forget what has expired, and the least used beyond the limit."""
        oldest = self._clock() - self._idle_seconds
        for id in [id for id, picture in self._pictures.items() if picture.used < oldest]:
            del self._pictures[id]
        excess = self.nbytes - self._memory_bytes
        while excess > 0 and len(self._pictures) > 1:
            least_used = self._pictures.pop(next(iter(self._pictures)))
            excess -= least_used.nbytes
