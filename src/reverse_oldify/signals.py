"""The signals that end a job, on systems that have them all, and on Windows without SIGHUP."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

_HANGUP = [number for number in signal.Signals if number.name == "SIGHUP"]

OF_THE_GROUP = (signal.SIGINT, signal.SIGTERM, *_HANGUP)
"""What is often sent to a whole group of processes: workers ignore it, for whoever started them
decides.
"""


def ending_signals() -> list[signal.Signals]:
    """What ends a job that nobody interrupts: SIGTERM, and SIGHUP of a terminal that is closed.

    Under nohup the latter is ignored, and is none of them.
    """
    heard = [number for number in _HANGUP if signal.getsignal(number) != signal.SIG_IGN]
    return [signal.SIGTERM, *heard]


@contextmanager
def handled(numbers: Iterable[int], handler: Callable[[int, object], None]) -> Iterator[None]:
    """Have signals handled while the block runs; where it is in another thread than the main one,
    which alone may set handlers, leave them as they are.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)
