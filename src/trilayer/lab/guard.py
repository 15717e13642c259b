"""Who may talk to the lab: this machine's browser, from the lab's own page, with the token."""

import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING

from trilayer.optional import require

if TYPE_CHECKING:
    from starlette.datastructures import Headers, MutableHeaders
    from starlette.responses import PlainTextResponse
    from starlette.types import ASGIApp, Message, Receive, Scope, Send
else:
    _structures = require("starlette.datastructures", "lab")
    Headers, MutableHeaders = _structures.Headers, _structures.MutableHeaders
    PlainTextResponse = require("starlette.responses", "lab").PlainTextResponse

POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; object-src 'none'"
)

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
"""On every answer."""

_MISDIRECTED, _FORBIDDEN = 421, 403
_REFUSED = 1008


class Guard:
    """Lets requests through that name this server as Host, and as Origin if they name one.

    A page elsewhere can make a browser send requests here, under its own Origin, or under a
    name of its own that it lets point to this machine: both are refused. WebSockets, which
    browsers let any page open, must name their Origin.

    Parameters
    ----------
    app : ASGI application
    port : int
    """

    def __init__(self, app: "ASGIApp", port: int) -> None:
        self._app = app
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
        if port == 80:
            self._hosts |= {"127.0.0.1", "localhost"}

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        if status := self._problem(scope):
            await self._refuse(status, scope, receive, send)
            return

        async def with_headers(message: "Message") -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await self._app(scope, receive, with_headers)

    def _problem(self, scope: "Scope") -> int:
        headers = Headers(scope=scope)
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        if len(hosts) != 1 or hosts[0] not in self._hosts:
            return _MISDIRECTED
        if len(origins) > 1 or (scope["type"] == "websocket" and not origins):
            return _FORBIDDEN
        known = {f"http://{host}" for host in self._hosts}
        return 0 if all(origin in known for origin in origins) else _FORBIDDEN

    async def _refuse(self, status: int, scope: "Scope", receive: "Receive", send: "Send") -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": _REFUSED})
            return
        answer = PlainTextResponse("refused\n", status, dict(HEADERS))
        await answer(scope, receive, send)


def new_token() -> str:
    """Make a token that nobody can guess."""
    return secrets.token_urlsafe(24)


def is_token(given: str, token: str) -> bool:
    """Compare without telling, by the time it takes, how much of it was right."""
    return secrets.compare_digest(given.encode(), token.encode())
