"""Samples in one array in memory."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from trilayer.engines import Engine
from trilayer.engines.data import Data, aligned, flat
from trilayer.params import FloatArray, Params
from trilayer.sources import Batch, blocks, tree_sum

_GROUP = 8
"""Blocks a thread takes at a time: a power of two, so that a group is a whole subtree."""


class MemorySource:
    """Samples as columns of one array; blocks are mapped over a pool of threads.

    Parameters
    ----------
    X : array, n1 × m
        Any strides: rows of a table, transposed, are as good as columns.
    Y : array, 1 × m
    s : array, 1 × m
        Sample weights.
    n_threads : int, optional
        By default one for each processor this process may use.

    Notes
    -----
    Use it as a context manager: leaving it ends its threads.
    """

    def __init__(
        self, X: FloatArray, Y: FloatArray, s: FloatArray, n_threads: int | None = None
    ) -> None:
        self.X, self.Y, self.s = aligned(X), Y, s
        self.n1, self.m = X.shape
        self.total_weight = float(np.sum(s, dtype=np.float64))
        self.n_threads = n_threads or available_threads()
        self._blocks = blocks(self.m)
        self._groups = range(0, len(self._blocks), _GROUP)
        self._pool: ThreadPoolExecutor | None = None

    @cached_property
    def data(self) -> Data:
        """The samples as an engine's whole runs take them."""
        s = None if self.weights is None else flat(self.weights, self.X.dtype)
        return Data(self.X, flat(self.Y, self.X.dtype), s, self.total_weight)

    @cached_property
    def weights(self) -> FloatArray | None:
        """The sample weights, or None if all are 1: multiplying by 1 changes no bit."""
        return None if np.all(self.s == 1) else self.s

    def __enter__(self) -> "MemorySource":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown()

    def sums(self, engine: Engine, params: Params) -> FloatArray:
        """Return the engine's sums over all samples, added along the fixed tree."""
        if engine.walks_blocks:
            return engine.sums(params, self.X, self.Y, self.weights, self.n_threads)

        def subtree(first: int) -> FloatArray:
            return tree_sum(
                engine.sums(params, self.X[:, b], self.Y[:, b], self.s[:, b])
                for b in self._blocks[first : first + _GROUP]
            )

        workers = min(self.n_threads, len(self._groups))
        if workers > 1 and self._pool is None:
            self._pool = ThreadPoolExecutor(workers)
        walk = map if self._pool is None else self._pool.map
        return tree_sum(walk(subtree, self._groups))

    def batches(self, size: int, seed: int | None, epoch: int) -> Iterator[Batch]:
        """Walk all samples once.

        Parameters
        ----------
        size : int
            Samples in a batch; the last one may have fewer.
        seed : int or None
            Decides, with the epoch, the order of the samples; None keeps theirs.
        epoch : int
        """
        order = self.order(seed, epoch)
        for start in range(0, self.m, size):
            part = slice(start, start + size)
            chosen = part if order is None else order[part]
            yield Batch(self.X[:, chosen], self.Y[:, chosen], self.s[:, chosen])

    def order(self, seed: int | None, epoch: int) -> NDArray[np.int64] | None:
        """Return the order of an epoch's samples; None for their own."""
        if seed is None:
            return None
        return np.random.default_rng([seed, epoch]).permutation(self.m)


def available_threads() -> int:
    """Count the processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
