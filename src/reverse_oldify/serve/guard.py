"""Who may ask, and what browsers are told: checks before, and headers after, every request.

Three things keep other sites' pages out. They cannot read answers, for there is no CORS. They
cannot send what changes anything, for then ``Origin`` names them. And they cannot pretend to be
this site by pointing a name of theirs at this machine (DNS rebinding), for ``Host`` would be that
name: only ``localhost``, IP addresses and the names that the server was told are accepted.
"""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import logging
from contextlib import suppress
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reverse_oldify.serve.problems import Problem
from reverse_oldify.serve.settings import Settings

COOKIE = "reverse-oldify-token"
PROTECTED = ("/v1/", "/metrics")
"""What wants the token, if there is one. The page itself holds no secret."""

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' blob: data:; connect-src 'self'; font-src 'self'; manifest-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}
"""Of every response, unless it says otherwise itself."""

# Of a refused body, that is read after all: clients that send all before they listen, and whose
# body is not much larger than the limit, shall hear why.
_MOST_UNREAD, _SECONDS_UNREAD = 256 << 20, 2.0


log = logging.getLogger(__name__)


class Guard:
    """Lets through to an application what may pass.

    Parameters
    ----------
    app
        An ASGI application.
    settings
        ``token`` and ``names`` are used.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app, self._token = app, settings.token
        self._names = {"localhost", settings.host.lower(), *map(str.lower, settings.names)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request, as ASGI has it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(receive, send, asks_first="expect" in Headers(scope=scope))
        try:
            self.check(scope)
        except Problem as problem:
            await problem.response()(scope, answer.receive, answer.send)
        else:
            try:
                await self._app(scope, answer.receive, answer.send)
            except Exception:  # has been answered; raised further it would end the connection
                log.exception("a fault while answering %s %r", scope["method"], scope["path"])

    def check(self, scope: Scope) -> None:
        """Refuse a request that comes from elsewhere.

        Raises
        ------
        Problem
            401 or 403.
        """
        headers = Headers(scope=scope)
        host, origin = headers.get("host", ""), headers.get("origin")
        if not self._is_own(host):
            raise Problem(403, f"the server is not known as {host!r}; see --allow-host")
        if origin is not None and origin.partition("://")[2] != host:
            raise Problem(403, "pages of other sites may not use this server")
        if scope["path"].startswith(PROTECTED) and not self._is_known(headers):
            told = "the token is missing or wrong; send that of the server in Authorization: Bearer"
            raise Problem(401, told, {"WWW-Authenticate": "Bearer"})

    def _is_own(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
            return name in self._names or bool(ipaddress.ip_address(name))
        except ValueError:
            return False

    def _is_known(self, headers: Headers) -> bool:
        if self._token is None:
            return True
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return is_token(given.strip(), self._token)
        # As browsers have them: one of another program on this machine may look like anything.
        return is_token(cookie_parser(headers.get("cookie", "")).get(COOKIE, ""), self._token)


def is_token(given: str, token: str) -> bool:
    """Compare tokens in a time that tells nothing of them."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), token.encode())


class _Answer:
    """Adds headers to a response; reads what a refused client still sends, so that it can listen.

    A connection that is closed while the client sends is reset, and the response lost with it.
    """

    def __init__(self, receive: Receive, send: Send, *, asks_first: bool) -> None:
        self._receive, self._send = receive, send
        self._all_read = asks_first  # it sends nothing unless it is told to go on

    async def receive(self) -> Message:
        message = await self._receive()
        self._all_read = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            if message["status"] >= 400 and not await self._read_the_rest():
                headers["Connection"] = "close"  # else it would be read to its end, if it has one
        await self._send(message)

    async def _read_the_rest(self) -> bool:
        """Read on for a while; whether that was all."""
        unread = 0
        with suppress(TimeoutError):
            async with asyncio.timeout(_SECONDS_UNREAD):
                while not self._all_read and unread < _MOST_UNREAD:
                    unread += len((await self.receive()).get("body", b""))
        return self._all_read
