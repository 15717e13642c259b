"""``trilayer train --dask``: workers of a cluster read, encode and hold the rows."""

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from trilayer.cli.output import counted, say
from trilayer.cli.settings import Placing
from trilayer.errors import InputError
from trilayer.optional import require
from trilayer.sources.dask import of_files
from trilayer.sources.dask_tables import edges_of, plain
from trilayer.sources.dask_wait import threads
from trilayer.sources.opening import Read, gather
from trilayer.sources.walking import available_threads

if TYPE_CHECKING:
    import distributed

    from trilayer.sources import Source
else:
    distributed = require("distributed", "dask")

LOCAL = "local"

_CLOSING = 2.0  # seconds that a scheduler has to say goodbye


@contextmanager
def through_workers(placing: Placing, read: Read) -> "Iterator[Source]":
    """Hold the source over a cluster; see `trilayer.cli.learning.Opener`."""
    address, wait = str(placing.dask), placing.dask_wait
    with _client(address, wait) as client:
        gather(read)
        say(f"encoding the rows on {counted(threads(client), 'thread')} of {address}")
        with of_files(
            client,
            read.table,
            plain(read.learnt),
            edges_of(read.table),
            choose=read.split.is_learnt,
            patience=wait,
        ) as source:
            yield source


@contextmanager
def _client(address: str, wait: float) -> "Iterator[distributed.Client]":
    """Hold a connection to a scheduler, or a cluster of this machine's processors.

    Raises
    ------
    InputError
        If no scheduler answers there.
    """
    for name in ("distributed", "tornado", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what is wrong is said once, by us
    with ExitStack() as stack:
        where = address
        if address == LOCAL:
            where = stack.enter_context(_of_this_machine())
        try:
            client = distributed.Client(where, timeout=wait, set_as_default=False)
        except (OSError, ValueError, TypeError) as error:
            raise InputError(
                f"--dask {address}: no Dask scheduler answers there: give tcp://HOST:PORT, or "
                f"{LOCAL} for the processors of this machine"
            ) from error
        stack.callback(client.close, timeout=_CLOSING)
        yield client


def _of_this_machine() -> "distributed.LocalCluster":
    """Start a worker on each processor of this machine.

    Raises
    ------
    InputError
        If the system has not the descriptors, memory or processes for it.
    """
    try:
        return distributed.LocalCluster(
            n_workers=available_threads(),
            threads_per_worker=1,
            dashboard_address="127.0.0.1:0",
            silence_logs=logging.CRITICAL,
        )
    except (RuntimeError, OSError) as error:
        raise InputError(
            f"--dask {LOCAL}: workers cannot be started on this machine: allow more open files "
            "(ulimit -n), memory or processes, or train without --dask"
        ) from error
