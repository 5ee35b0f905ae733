"""Run the server until it is asked to stop; then finish what runs."""

from __future__ import annotations

import logging
import signal
import socket
import warnings
from collections.abc import Callable
from contextlib import suppress

import uvicorn
from starlette.types import ASGIApp

from reverse_oldify.errors import OptionError, reason_of
from reverse_oldify.pipeline.colorizer import Colorizer
from reverse_oldify.serve.app import create_app
from reverse_oldify.serve.settings import Settings
from reverse_oldify.signals import ending_signals

_BACKLOG = 128
_KEEP_ALIVE = 60  # seconds between requests
_FINISH_WITHIN = 5  # seconds more than a job may take


def serve(
    settings: Settings,
    started: Callable[[str], None],
    *,
    model: str | None = None,
) -> None:
    """Serve until SIGTERM, SIGINT, or SIGHUP of a terminal that is closed. In the main thread.

    Parameters
    ----------
    settings
        Where to listen, who may ask, and limits.
    started
        Is told the address, as soon as it can be asked.
    model : str, optional
        Name or folder, see `Colorizer`.

    Raises
    ------
    OptionError
        If the address cannot be listened on.
    ModelError
        If the model cannot be loaded.
    """
    warnings.filterwarnings("ignore", module="PIL")  # what matters of it becomes a note
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s", level=logging.WARNING)
    app = create_app(Colorizer(model, threads=settings.threads), settings)
    server = server_of(app, settings)
    for number in ending_signals():
        if number not in uvicorn.server.HANDLED_SIGNALS:
            signal.signal(number, server.handle_exit)
    with listen(settings) as listener:
        started(address_of(listener))
        with suppress(KeyboardInterrupt, SystemExit):  # uvicorn has dealt with the signal
            server.run(sockets=[listener])


def server_of(app: ASGIApp, settings: Settings) -> uvicorn.Server:
    """Prepare a server that trusts no proxy, tells no name, and finishes what runs."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ws="none",
            timeout_keep_alive=_KEEP_ALIVE,
            timeout_graceful_shutdown=int(settings.job_seconds) + _FINISH_WITHIN,
        )
    )


def address_of(listener: socket.socket) -> str:
    """``http://127.0.0.1:8000``, where a browser on this machine finds the server."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def listen(settings: Settings) -> socket.socket:
    """Open the socket on which the server listens.

    Raises
    ------
    OptionError
        If the address cannot be listened on.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.create_server(address[:2], family=family, backlog=_BACKLOG)
    except OSError as error:
        raise OptionError(
            f"cannot listen on {settings.host} port {settings.port} ({reason_of(error)}); "
            "choose another --host or --port"
        ) from error
    # Connections inherit it. Else an answer's body waits 40 ms for the client to confirm its head;
    # asyncio sets it by itself, but not where it has not made the socket.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
