"""The signals that end a job, on systems that have them all, and on Windows without SIGHUP."""

from __future__ import annotations

import signal

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
