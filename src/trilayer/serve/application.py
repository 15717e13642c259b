"""The ASGI application: which address is answered by what."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from anyio.to_thread import run_sync

from trilayer.errors import InputError
from trilayer.optional import require
from trilayer.serve import inference, rows
from trilayer.serve.batching import Batcher
from trilayer.serve.body import parse, read_body
from trilayer.serve.guard import Guard
from trilayer.serve.limits import Limits
from trilayer.serve.metrics import CONTENT_TYPE, Metrics
from trilayer.serve.openapi import description
from trilayer.serve.refusals import NOT_FOUND, UNAUTHORISED, UNPROCESSABLE, RefusedError
from trilayer.serve.scoring import Asked, Served, warm

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.exceptions import HTTPException
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route
else:
    Starlette = require("starlette.applications", "serve").Starlette
    HTTPException = require("starlette.exceptions", "serve").HTTPException
    Request = require("starlette.requests", "serve").Request
    Response = require("starlette.responses", "serve").Response
    Route = require("starlette.routing", "serve").Route

Answer = Callable[["Request"], Awaitable["Response"]]

_SMALL = 1 << 14  # bytes
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def application(served: Served, limits: Limits = Limits(), guard: Guard = Guard()) -> "Starlette":  # noqa: B008 - frozen
    """Build the application.

    Parameters
    ----------
    served : Served
    limits : Limits
    guard : Guard
    """
    warm(served)
    metrics, batcher = Metrics(served.version, served.name), Batcher(served, limits.rows)
    app = Starlette(
        routes=_Endpoints(served, limits, guard, metrics, batcher).routes(),
        exception_handlers={HTTPException: _not_there, Exception: _fault},
    )
    app.router.redirect_slashes = False
    return app


@dataclass(frozen=True)
class _Endpoints:
    """What is answered where."""

    served: Served
    limits: Limits
    guard: Guard
    metrics: Metrics
    batcher: Batcher

    def routes(self) -> list["Route"]:
        name = self.served.name
        model = "/v2/models/{model}"
        about = description(self.served, self.limits, token=self.guard.token is not None)
        told: dict[str, Any] = {
            "/v2": inference.server_metadata(self.served),
            model: inference.model_metadata(self.served),
            "/openapi.json": about,
        }
        health = {
            "/v2/health/live": {"live": True},
            "/v2/health/ready": {"ready": True},
            f"{model}/ready": {"name": name, "ready": True},
        }
        computed = {"/predict": rows.read, f"{model}/infer": inference.read}
        says = [(path, _says(each), "GET") for path, each in told.items()]
        computes = [(path, self._of(each), "POST") for path, each in computed.items()]
        counts = ("/metrics", self._counted, "GET")
        free = [(path, _says(each), "GET") for path, each in health.items()]
        return [
            *(self._route(*each, closed=True) for each in (*says, *computes, counts)),
            *(self._route(*each, closed=False) for each in free),
        ]

    def _route(self, path: str, answer: Answer, method: str, *, closed: bool) -> "Route":
        """Guard, measure and count what answers at an address; `closed` to who has no token."""

        async def guarded(request: "Request") -> "Response":
            with self.metrics.timed(path):
                try:
                    self.guard.check_headers(request.headers)
                    if closed:
                        self.guard.check_token(request.headers)
                    self._check_model(request)
                    made = await answer(request)
                except InputError as error:
                    made = _refusal(error)
            self.metrics.answered(path, made.status_code)
            return made

        return Route(path, guarded, methods=[method])

    def _check_model(self, request: "Request") -> None:
        name = request.path_params.get("model", self.served.name)
        if name != self.served.name:
            raise RefusedError(
                NOT_FOUND, f"there is no model {name[:80]!r}: it is called {self.served.name!r}"
            )

    def _of(self, read: Callable[[Served, Limits, Any], Asked]) -> Answer:
        """Answer rows with what is predicted of them."""

        def asked_for(body: bytes) -> Asked:
            return read(self.served, self.limits, parse(body))

        async def answer(request: "Request") -> "Response":
            body = await read_body(request, self.limits)
            # What is quickly read is read here: a thread would take longer to begin.
            large = len(body) > _SMALL
            asked = await run_sync(asked_for, body) if large else asked_for(body)
            made = await self.batcher.predictions(asked)
            self.metrics.predicted(asked.rows)
            said = asked.written(made)
            return _json(await run_sync(_dumped, said) if large else _dumped(said))

        return answer

    async def _counted(self, _: "Request") -> "Response":
        return Response(self.metrics.text(), media_type=CONTENT_TYPE, headers=_HEADERS)


def _says(data: Any) -> Answer:
    body = _dumped(data)

    async def answer(_: "Request") -> "Response":
        return _json(body)

    return answer


def _dumped(data: Any) -> bytes:
    return json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _json(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> "Response":
    more = headers or {}
    return Response(body, status, {**_HEADERS, **more}, media_type="application/json")


def _refusal(error: InputError) -> "Response":
    """Say what is wrong with a request, or with the values in it."""
    status = error.status if isinstance(error, RefusedError) else UNPROCESSABLE
    headers = {"WWW-Authenticate": "Bearer"} if status == UNAUTHORISED else {}
    sentence = str(error).encode(errors="backslashreplace").decode()
    return _json(_dumped({"error": sentence}), status, headers)


async def _not_there(request: "Request", error: Exception) -> "Response":
    """Answer what has no address here, or is asked for by another method than it has."""
    assert isinstance(error, HTTPException)  # noqa: S101 - it is registered for these
    methods = (error.headers or {}).get("Allow", "")
    words = {
        404: f"there is nothing at {request.url.path[:80]!r}: see /openapi.json",
        405: f"{request.url.path[:80]!r} answers {methods}",
    }
    sentence = words.get(error.status_code, error.detail)
    return _json(_dumped({"error": sentence}), error.status_code, dict(error.headers or {}))


async def _fault(_: "Request", __: Exception) -> "Response":
    """Say that it is our fault; what it was is in the log."""
    return _json(_dumped({"error": "the server failed to answer; its log says why"}), 500)
