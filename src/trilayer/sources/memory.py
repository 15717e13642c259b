"""Samples in one array in memory."""

from collections.abc import Iterator
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trilayer.encoding.layout import Layout
from trilayer.engines import Engine, places_in
from trilayer.engines.data import Data, aligned, flat
from trilayer.lazy import cached_property
from trilayer.params import FloatArray, Params
from trilayer.sources import Batch, blocks, total_weight
from trilayer.sources.fingerprint import Fingerprint, block_digest, fingerprint
from trilayer.sources.shuffle import Rows
from trilayer.sources.walking import Threads, available_threads, block_sums


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
    layout : Layout, optional
        Of the inputs. It makes the fused engine quicker, and rounds elsewhere than without
        it, as other sources of the same samples do.

    Notes
    -----
    Use it as a context manager: leaving it ends its threads.
    """

    def __init__(
        self, X: FloatArray, Y: FloatArray, s: FloatArray, n_threads: int | None = None,
        layout: Layout | None = None,
    ) -> None:  # fmt: skip
        self.X, self.Y, self.s = aligned(X), Y, s
        self.n1, self.m = X.shape
        self.dtype = X.dtype
        self.total_weight = total_weight(s)
        self.n_threads = n_threads or available_threads()
        self.layout = layout
        self._threads = Threads(self.n_threads)

    @cached_property
    def data(self) -> Data:
        """The samples as an engine's whole runs take them."""
        s = None if self.weights is None else flat(self.weights, self.X.dtype)
        return Data(self.X, flat(self.Y, self.X.dtype), s, self.total_weight, self.places)

    @cached_property
    def places(self) -> Any:
        """What the fused engine makes of X by its layout; None without one."""
        return None if self.layout is None else places_in(self.X, self.layout)

    @cached_property
    def weights(self) -> FloatArray | None:
        """The sample weights, or None if all are 1: multiplying by 1 changes no bit."""
        return None if np.all(self.s == 1) else self.s

    @cached_property
    def fingerprint(self) -> Fingerprint:
        """The bits of the samples, as any source with the same rows gives them."""
        parts = (block_digest(self.X[:, b], self.Y[:, b], self.s[:, b]) for b in blocks(self.m))
        return fingerprint(parts, self.n1, self.dtype)

    def __enter__(self) -> "MemorySource":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._threads.end()

    def sums(self, engine: Engine, params: Params) -> FloatArray:
        """Return the engine's sums over all samples, added along the fixed tree."""
        places = self.places if engine.walks_blocks else None
        return block_sums(engine, params, self.X, self.Y, self.weights, self._threads, places)

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
        for rows in self.pieces(size, seed, epoch):
            yield from rows.cut(size)

    def pieces(self, size: int, seed: int | None, epoch: int) -> Iterator[Rows]:  # noqa: ARG002
        """Walk all samples once, in `order`, in one piece: batches of any size fit in it."""
        s = None if self.data.s is None else self.data.s[np.newaxis]
        yield Rows(self.data.X, self.data.Y[np.newaxis], s, self.order(seed, epoch))

    def order(self, seed: int | None, epoch: int) -> NDArray[np.int64] | None:
        """Return the order of an epoch's samples; None for their own."""
        if seed is None:
            return None
        return np.random.default_rng([seed, epoch]).permutation(self.m)
