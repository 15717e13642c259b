"""Waiting for a cluster, but never for one that is gone.

Dask computes again what a lost worker held, and waits without end when no worker is left.
Here every wait asks once a second who is there, and gives up when nobody was for a while.
"""

import asyncio
import concurrent.futures
import time
from collections.abc import Coroutine, Sequence
from typing import TYPE_CHECKING, Any

from trilayer.errors import ClusterError, InputError
from trilayer.optional import require

if TYPE_CHECKING:
    import distributed
else:
    distributed = require("distributed", "dask")

PATIENCE = 60.0
"""Seconds for which a fit waits for workers, where there are none, before it is an error."""

PULSE = 1.0
"""Seconds between two looks at who is there."""

# What distributed raises when its scheduler does not answer: CommClosedError is an OSError.
_UNREACHABLE = (
    OSError,
    TimeoutError,
    asyncio.CancelledError,
    concurrent.futures.CancelledError,
)


def connected(client: "distributed.Client | None") -> "distributed.Client":
    """Return the client to use: the one given, or the one this process has.

    Raises
    ------
    InputError
        If there is none, or it is one for `async` code.
    """
    if client is None:
        try:
            client = distributed.Client.current()
        except ValueError as error:
            raise InputError(
                "there is no Dask client: make one first, as in "
                "distributed.Client('tcp://HOST:PORT'), or give client="
            ) from error
    if client.asynchronous:
        raise InputError("the Dask client is asynchronous: make one without asynchronous=True")
    return client


def results(
    client: "distributed.Client",
    futures: "Sequence[distributed.Future]",
    patience: float,
    behind: "Sequence[distributed.Future]" = (),
) -> list[Any]:
    """Return what tasks computed, in their order.

    Parameters
    ----------
    client : distributed.Client
    futures : sequence of Future
    patience : float
        Seconds for which there may be no worker, or no scheduler.
    behind : sequence of Future
        What they need; where one of these failed, its error is raised as it is.

    Raises
    ------
    ClusterError
        If they are gone for longer, or a task ended one worker after the other.
    """
    pending = _start(client, client.gather(list(futures), asynchronous=True))
    seen = time.monotonic()
    try:
        while not concurrent.futures.wait([pending], timeout=PULSE).done:
            if threads(client):
                seen = time.monotonic()
            elif time.monotonic() - seen > patience:
                raise ClusterError(_gone(client, patience))
        found: list[Any] = pending.result()
    except distributed.KilledWorker as error:
        raise ClusterError(
            "one worker after the other ended at the same work, most likely for want of memory: "
            "use more partitions, or workers with more memory"
        ) from error
    except _UNREACHABLE as error:
        if failed := next((future for future in behind if future.status == "error"), None):
            raise failed.exception(timeout=patience) from None
        if threads(client):
            raise ClusterError(
                "the cluster let go of work that is still wanted: what it needed was cancelled, "
                "or failed"
            ) from error
        raise ClusterError(_gone(client, patience)) from error
    finally:
        pending.cancel()
    return found


def threads(client: "distributed.Client") -> int:
    """Count the threads of all workers; 0 if the scheduler does not answer."""
    if client.status != "running":
        return 0
    asked = _start(client, client.scheduler.ncores())
    try:
        return sum(asked.result(PULSE).values())
    except _UNREACHABLE:
        return 0
    finally:
        asked.cancel()


def _start(
    client: "distributed.Client", coroutine: Coroutine[Any, Any, Any]
) -> "concurrent.futures.Future[Any]":
    """Run a coroutine of the client's in its own thread."""
    return asyncio.run_coroutine_threadsafe(coroutine, client.loop.asyncio_loop)


def _gone(client: "distributed.Client", patience: float) -> str:
    where = client.scheduler.address if client.scheduler is not None else "the cluster"
    if client.status != "running":
        return (
            f"the Dask scheduler at {where} is gone, and with it what its workers held: start it "
            "again, and go on from the last checkpoint if there is one"
        )
    return (
        f"no worker of the Dask scheduler at {where} has answered for {patience:g} s: start "
        "workers, and go on from the last checkpoint if there is one"
    )
