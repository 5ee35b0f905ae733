"""How the server listens, and how much it takes on."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from reverse_oldify.errors import OptionError
from reverse_oldify.files.strips import usable_cores

_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{16,256}")  # fits a header and a cookie, cannot be guessed


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the server is told when it starts; safe as it is.

    Attributes
    ----------
    host, port
        Where it listens; port 0 is any that is free.
    token : str or None
        What clients must know. Without one it listens on a loopback address only.
    names : tuple of str
        Host names by which it may be addressed, besides ``localhost`` and IP addresses.
    upload_bytes, pixels : int
        Limits on one upload, and on what is in it (all pages together).
    memory_bytes : int
        Limit on all the pictures that are kept open; the least used are forgotten first.
    idle_seconds : float
        After which an open picture is forgotten.
    upload_seconds, job_seconds : float
        Within which a body must have arrived, and an answer must be ready.
    workers : int
        Requests that are worked on at the same time.
    places : int
        Requests that may be worked on or wait; what comes then is asked to come again.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    token: str | None = None
    names: tuple[str, ...] = ()
    upload_bytes: int = 100 << 20
    pixels: int = 100_000_000
    memory_bytes: int = 1 << 30
    idle_seconds: float = 1800.0
    upload_seconds: float = 60.0
    job_seconds: float = 60.0
    workers: int = min(4, usable_cores())
    places: int = 32

    def __post_init__(self) -> None:
        if self.token is None and not is_loopback(self.host):
            raise OptionError(
                f"{self.host} can be reached from other machines; give --token, or the variable "
                "REVERSE_OLDIFY_TOKEN, with 16 characters or more that nobody can guess"
            )
        if self.token is not None and not _TOKEN.fullmatch(self.token):
            raise OptionError(
                "the token must have 16 to 256 letters, digits or ._~+/=- ; "
                "'openssl rand -hex 16' makes a good one"
            )
        if not 0 <= self.port <= 65535:
            raise OptionError(f"port is {self.port}; choose a number from 0 to 65535")
        for name in ("upload_bytes", "pixels", "memory_bytes", "workers", "places"):
            if getattr(self, name) < 1:
                raise OptionError(f"{name} is {getattr(self, name)}; choose a number from 1")

    @property
    def threads(self) -> int:
        """Threads that may share the work on one request."""
        return max(1, usable_cores() // self.workers)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
