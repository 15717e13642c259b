"""The server: a socket, uvicorn on it, and an end to headers that never come."""

import asyncio
import ipaddress
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from trilayer.errors import InputError
from trilayer.optional import require
from trilayer.serve import limits

if TYPE_CHECKING:
    import uvicorn
    from starlette.types import ASGIApp
    from uvicorn.protocols.http.h11_impl import H11Protocol
else:
    uvicorn = require("uvicorn", "serve")
    H11Protocol = require("uvicorn.protocols.http.h11_impl", "serve").H11Protocol

_WAITING = 128  # connections that the system may hold until they are taken
_IDLE = 15  # seconds that a connection may be kept open between two requests
_GRACE = 5  # seconds that requests may take to be answered after Ctrl-C


def is_loopback(host: str) -> bool:
    """Whether an address is this machine's own, which no other reaches."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def listen(host: str, port: int) -> socket.socket:
    """Open the socket.

    Raises
    ------
    InputError
        If the address is none of this machine's, or is taken.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError) as error:
        raise InputError(f"--host {host}: this is no address of a machine ({error})") from error
    opened = socket.socket(family, kind, protocol)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind(address)
        opened.listen(_WAITING)
    except OSError as error:
        opened.close()
        why = error.strerror or str(error)
        raise InputError(
            f"cannot serve on {host}, port {port} ({why.lower()}): choose another --port or --host"
        ) from error
    return opened


def run(app: "ASGIApp", opened: socket.socket, told: Callable[[str], None]) -> None:
    """Serve until Ctrl-C.

    Parameters
    ----------
    app : ASGI application
    opened : socket
        See `listen`.
    told : callable
        Gets the address once it is answered.
    """
    host, port = opened.getsockname()[:2]
    address = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            told(address)

    config = uvicorn.Config(
        app,
        http=ImpatientProtocol,
        ws="none",
        h11_max_incomplete_event_size=limits.HEADER_BYTES,
        limit_concurrency=limits.CONNECTIONS,
        timeout_keep_alive=_IDLE,
        timeout_graceful_shutdown=_GRACE,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="off",
    )
    with opened, suppress(KeyboardInterrupt):
        Server(config).run(sockets=[opened])


class ImpatientProtocol(H11Protocol):
    """uvicorn's protocol, which ends a connection on which a request's headers do not come.

    uvicorn waits for them as long as it takes: whoever sends a byte a minute would hold a
    connection for ever, and there are `limits.CONNECTIONS` of them.
    """

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Wait for the first request."""
        super().connection_made(transport)
        self._wait()

    def on_response_complete(self) -> None:
        """Wait for the next."""
        super().on_response_complete()
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        if self._deadline is not None:
            self._deadline.cancel()
        super().connection_lost(exc)

    def _wait(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        seconds = limits.HEADER_SECONDS + _IDLE * (self.cycle is not None)
        self._deadline = self.loop.call_later(seconds, self._give_up)

    def _give_up(self) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()
