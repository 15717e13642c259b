"""The server of the lab: one page, its files, and a WebSocket for each tab."""

import mimetypes
import socket
import threading
import webbrowser
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from trilayer.errors import InputError
from trilayer.lab import limits
from trilayer.lab.guard import Guard, is_token, new_token
from trilayer.lab.session import serve
from trilayer.optional import require

if TYPE_CHECKING:
    import uvicorn
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import FileResponse
    from starlette.routing import Mount, Route, WebSocketRoute
    from starlette.staticfiles import StaticFiles
    from starlette.types import ASGIApp
    from starlette.websockets import WebSocket

    from trilayer.lab.tables import Table
else:
    uvicorn = require("uvicorn", "lab")
    require("websockets", "lab")  # without it uvicorn answers 404 to every WebSocket
    Starlette = require("starlette.applications", "lab").Starlette
    FileResponse = require("starlette.responses", "lab").FileResponse
    _routing = require("starlette.routing", "lab")
    Mount, Route, WebSocketRoute = _routing.Mount, _routing.Route, _routing.WebSocketRoute
    StaticFiles = require("starlette.staticfiles", "lab").StaticFiles
    Request = require("starlette.requests", "lab").Request
    WebSocket = require("starlette.websockets", "lab").WebSocket

STATIC = Path(__file__).parent / "static"
PORT = 8765
"""Where the lab is looked for first."""

_HOST = "127.0.0.1"
_REFUSED, _TOO_MANY = 1008, 4000
_HEADER_ROOM = 1 << 16
_GRACE = 1  # seconds that open sockets may take to close after Ctrl-C

for _ending, _type in {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".woff2": "font/woff2",
}.items():
    mimetypes.add_type(_type, _ending)


def application(port: int, token: str, table: "Table | None" = None) -> "ASGIApp":
    """Build the application.

    Parameters
    ----------
    port : int
        Where it will listen: part of the Host and Origin it accepts.
    token : str
        What a WebSocket must show.
    table : Table, optional
        What the command line gave.
    """
    open_sessions = 0

    async def page(_: Request) -> FileResponse:
        return FileResponse(STATIC / "index.html")

    async def session(websocket: WebSocket) -> None:
        nonlocal open_sessions
        if not is_token(websocket.query_params.get("token", ""), token):
            await websocket.close(_REFUSED)
            return
        if open_sessions >= limits.SESSIONS:
            await websocket.accept()
            await websocket.close(_TOO_MANY)
            return
        open_sessions += 1
        try:
            await serve(websocket, table)
        finally:
            open_sessions -= 1

    routes = [
        Route("/", page, methods=["GET"]),
        WebSocketRoute("/ws", session),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
    app = Starlette(routes=routes)
    app.router.redirect_slashes = False
    return Guard(app, port)


def listen(port: int | None) -> socket.socket:
    """Open the socket, on the loopback address alone.

    Parameters
    ----------
    port : int or None
        None takes `PORT`, or any other that is free.

    Raises
    ------
    InputError
        If the port that was asked for is taken.
    """
    wanted = [PORT, 0] if port is None else [port]
    for place in wanted:
        opened = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            opened.bind((_HOST, place))
        except OSError:
            opened.close()
        else:
            return opened
    raise InputError(f"port {port} is taken: choose another, or leave --port out")


def run(
    port: int | None,
    table: "Table | None",
    told: Callable[[str], None],
    *,
    browser: bool,
) -> None:
    """Serve until Ctrl-C.

    Parameters
    ----------
    port : int or None
        See `listen`.
    table : Table or None
    told : callable
        Gets the address once the lab can be reached.
    browser : bool
        Whether to open it.
    """
    opened, token = listen(port), new_token()
    number = opened.getsockname()[1]
    address = f"http://{_HOST}:{number}/?token={token}"

    def ready() -> None:
        told(address)
        if browser:
            # A browser may take its time, or not come back before it is closed.
            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()

    server = server_of(application(number, token, table), ready)
    with opened, suppress(KeyboardInterrupt):
        server.run(sockets=[opened])


def server_of(app: "ASGIApp", ready: Callable[[], None]) -> "uvicorn.Server":
    """Build the server; `ready` is called once it accepts connections."""
    config = uvicorn.Config(
        app,
        ws="websockets-sansio",
        ws_max_size=limits.UPLOAD_BYTES + _HEADER_ROOM,
        ws_per_message_deflate=False,
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        lifespan="off",
        timeout_graceful_shutdown=_GRACE,
    )

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            ready()

    return Server(config)
