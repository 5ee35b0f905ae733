"""Files that arrive while a job runs: taken once they no longer change."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from reverse_oldify.batch.storage import Found, Stamp, Trouble


@dataclass
class Settling:
    """Holds files back until they have looked the same for some seconds.

    A file that is being copied grows, or at least its time of change moves: its stamp changes. One
    look proves nothing; so a file is passed on, once, at a look that finds it as an earlier one
    did, at least ``seconds`` ago.
    """

    seconds: float
    _since: dict[str, tuple[Stamp, float]] = field(default_factory=dict)
    _passed: dict[str, Stamp] = field(default_factory=dict)

    def settled(self, seen: Iterable[Found | Trouble]) -> Iterator[Found]:
        """Pass on what has settled. What cannot be looked at is not told: it may be coming yet."""
        now = time.monotonic()
        before, self._since = self._since, {}
        for found in seen:
            if isinstance(found, Trouble):
                continue
            stamp, since = before.get(found.path, ("", now))
            if stamp != found.stamp:
                since = now
            self._since[found.path] = found.stamp, since
            settled = stamp == found.stamp and now - since >= self.seconds
            if settled and self._passed.get(found.path) != stamp:
                self._passed[found.path] = stamp
                yield found
