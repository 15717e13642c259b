"""The body of a request: read within limits, and parsed as strict JSON."""

import asyncio
import json
from typing import TYPE_CHECKING, Any, NoReturn

from trilayer.optional import require
from trilayer.serve.limits import Limits
from trilayer.serve.refusals import BAD_REQUEST, NOT_JSON, TOO_LARGE, TOO_SLOW, RefusedError

if TYPE_CHECKING:
    from starlette.requests import ClientDisconnect, Request
else:
    ClientDisconnect = require("starlette.requests", "serve").ClientDisconnect


async def read_body(request: "Request", limits: Limits) -> bytes:
    """Read the body, but no more than is allowed of it, and for no longer.

    Raises
    ------
    RefusedError
        If it is too large, too slow, packed, or not called JSON.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise RefusedError(NOT_JSON, "the body must be JSON: send Content-Type: application/json")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise RefusedError(NOT_JSON, "packed bodies are not read: send it without Content-Encoding")
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length[:20]) > limits.body_bytes:
        raise _too_large(limits)
    try:
        async with asyncio.timeout(limits.seconds):
            return await _collected(request, limits)
    except TimeoutError as error:
        raise RefusedError(
            TOO_SLOW, f"the body did not come within {limits.seconds:g} seconds"
        ) from error
    except ClientDisconnect as error:  # nobody reads this
        raise RefusedError(BAD_REQUEST, "the body ended before its end") from error


async def _collected(request: "Request", limits: Limits) -> bytes:
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > limits.body_bytes:
            raise _too_large(limits)
        pieces.append(piece)
    return b"".join(pieces)


def _too_large(limits: Limits) -> RefusedError:
    return RefusedError(
        TOO_LARGE,
        f"the body is larger than {limits.body_bytes:,} bytes: send fewer rows at a time",
    )


def parse(body: bytes) -> Any:
    """Parse JSON as its standard has it: no NaN, no name twice in an object.

    Raises
    ------
    RefusedError
        If it is not JSON; the sentence says where.
    """
    try:
        return json.loads(body, parse_constant=_no_constant, object_pairs_hook=_object)
    except UnicodeDecodeError as error:
        raise RefusedError(BAD_REQUEST, f"the body is not UTF-8 (byte {error.start:,})") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno:,}, column {error.colno:,}"
        raise RefusedError(
            BAD_REQUEST, f"the body is not JSON ({error.msg.lower()} at {where})"
        ) from error
    except RecursionError as error:
        raise RefusedError(BAD_REQUEST, "the body is nested too deeply") from error
    except ValueError as error:
        if isinstance(error, RefusedError):
            raise
        raise RefusedError(BAD_REQUEST, "the body holds a number of too many digits") from error


def _no_constant(word: str) -> NoReturn:
    raise RefusedError(BAD_REQUEST, f"{word} is not JSON: send null where a value is not known")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise RefusedError(BAD_REQUEST, f"an object has the name {twice[:80]!r} twice")
    return made
