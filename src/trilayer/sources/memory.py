"""Samples in memory."""

from collections.abc import Iterator
from types import TracebackType
from typing import TypeGuard

import numpy as np
from numpy.typing import NDArray

from trilayer.encoding.inputs import Inputs, as_inputs
from trilayer.engines import Engine
from trilayer.engines.data import Data, flat
from trilayer.lazy import cached_property
from trilayer.params import FloatArray, Params
from trilayer.sources import Batch, Source, blocks, total_weight
from trilayer.sources.fingerprint import Fingerprint, block_digest, fingerprint
from trilayer.sources.shuffle import Rows
from trilayer.sources.walking import Threads, available_threads, block_sums


def is_in_memory(source: Source) -> "TypeGuard[MemorySource]":
    """Whether a source declares that its samples are in memory, each at hand."""
    return source.in_memory


class MemorySource:
    """Samples in memory; blocks are mapped over a pool of threads.

    Parameters
    ----------
    X : Inputs, or array n1 × m
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

    in_memory = True

    @classmethod
    def of(cls, rows: Rows, n_threads: int | None = None) -> "MemorySource":
        """Return samples that were read from elsewhere, used as they lie."""
        s = np.ones_like(rows.Y) if rows.s is None else rows.s
        return cls(rows.inputs, rows.Y, s, n_threads)

    def __init__(
        self, X: Inputs | FloatArray, Y: FloatArray, s: FloatArray, n_threads: int | None = None
    ) -> None:
        self.inputs, self.Y, self.s = as_inputs(X), Y, s
        self.layout, self.n1, self.m = self.inputs.layout, self.inputs.n1, self.inputs.m
        self.dtype = self.inputs.dtype
        self.total_weight = total_weight(s)
        self.n_threads = n_threads or available_threads()
        self._threads = Threads(self.n_threads)

    @property
    def X(self) -> FloatArray:
        """The derivation's X, n1 × m."""
        inputs = self.inputs
        plain = not (self.layout.runs or inputs.is_sparse) and inputs.scale is None
        return inputs.numbers.T if plain else inputs.dense()

    @property
    def labels(self) -> NDArray[np.bool_]:
        """Whether each sample is of the second class, (m,)."""
        return np.asarray(self.Y[0] == 1)

    @cached_property
    def data(self) -> Data:
        """The samples as an engine's whole runs take them."""
        s = None if self.weights is None else flat(self.weights, self.dtype)
        return Data(self.inputs, flat(self.Y, self.dtype), s, self.total_weight)

    @cached_property
    def weights(self) -> FloatArray | None:
        """The sample weights, or None if all are 1: multiplying by 1 changes no bit."""
        return None if np.all(self.s == 1) else self.s

    @cached_property
    def fingerprint(self) -> Fingerprint:
        """The bits of the samples, as any source with the same rows gives them."""
        parts = (block_digest(self.inputs[b], self.Y[:, b], self.s[:, b]) for b in blocks(self.m))
        return fingerprint(parts, self.inputs.layout, self.dtype, self.inputs.scale)

    def scaled(self, by: FloatArray) -> "MemorySource":
        """Return the same samples, each input multiplied by a positive number (n1,)."""
        return MemorySource(self.inputs.scaled(by), self.Y, self.s, self.n_threads)

    def part(self, rows: NDArray[np.int64]) -> "MemorySource":
        """Return the samples of these numbers, ascending, as a source in memory."""
        return MemorySource(self.inputs[rows], self.Y[:, rows], self.s[:, rows], self.n_threads)

    def on_threads(self, n_threads: int) -> "MemorySource":
        """Return the same samples, walked on so many threads."""
        return MemorySource(self.inputs, self.Y, self.s, n_threads)

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
        return block_sums(engine, params, self.inputs, self.Y, self.weights, self._threads)

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
        data = self.data
        s = None if data.s is None else data.s[np.newaxis]
        yield Rows(self.inputs, data.Y[np.newaxis], s, self.order(seed, epoch))

    def order(self, seed: int | None, epoch: int) -> NDArray[np.int64] | None:
        """Return the order of an epoch's samples; None for their own."""
        if seed is None:
            return None
        return np.random.default_rng([seed, epoch]).permutation(self.m)
