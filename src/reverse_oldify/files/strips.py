"""Pictures a strip at a time: how they are cut, and how threads share the strips."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from numpy.typing import NDArray

from reverse_oldify.color.lab import row_strips

Part = TypeVar("Part")
Result = TypeVar("Result")

_ROWS = 128
_EVEN = 64  # rows that are coloured together, see `sampling.interpolate`
_PIXELS = 1 << 21
_AT_ONCE = 1 << 17  # pixels that are converted together


def bands(height: int, width: int, multiple: int = 1) -> Iterator[slice]:
    """Cut a picture into strips that threads work on, from top to bottom.

    Each has 128 rows; 64 where a row has more than 16,384 pixels, and fewer where it has more than
    twice as many. The number of rows is a multiple of ``multiple`` in all but the last.
    """
    rows = min(_ROWS, _PIXELS // width)
    rows = (rows // _EVEN * _EVEN or rows) // multiple * multiple or multiple
    for top in range(0, height, rows):
        yield slice(top, min(top + rows, height))


def strips_of(pixels: NDArray[Any]) -> Iterator[slice]:
    """Cut an array (H, W, ...) into strips that are converted one by one, which spares memory."""
    height, width = pixels.shape[:2]
    return row_strips(height, width, _AT_ONCE)


def usable_cores() -> int:
    """How many processors this process may use: of a container, say, that is given some of them.

    One that is given a share of the time of all (a quota) may use all.
    """
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def in_order(
    work: Callable[[Part], Result], parts: Iterable[Part], threads: int | None = None
) -> Iterator[Result]:
    """Do work on parts in threads; yield the results in the order of the parts.

    No more parts are begun than there are threads and one, until results are taken. What the work
    raises is raised here, and then no further part is begun.

    Parameters
    ----------
    work : callable
        On one part; may be called by several threads at once.
    parts : iterable
        What is worked on.
    threads : int, optional
        None: one for each core, see `usable_cores`. With 1, the work is done in the thread of the
        caller.
    """
    threads = threads or usable_cores()
    if threads == 1:
        yield from map(work, parts)
        return
    begun: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for part in parts:
                begun.append(pool.submit(work, part))
                if len(begun) > threads:
                    yield begun.popleft().result()
            while begun:
                yield begun.popleft().result()
        finally:
            for future in begun:
                future.cancel()
