"""Encoded rows on disk, walked at the speed of memory: data that outgrew it.

The rows lie in nameless files: the system takes the disk space back when the process ends,
however it ends. A pass maps a window of them at a time into memory, the next one while the
engine is at work on the last, and lets go of what is behind, so the memory in use does not
grow with the rows. Windows are whole subtrees of the fixed summation tree: the bits are
those of `trilayer.sources.memory.MemorySource` over the same rows.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

import numpy as np

from trilayer.engines import Engine
from trilayer.lazy import cached_property
from trilayer.params import FloatArray, Params
from trilayer.sources import BLOCK, Batch, blocks, total_weight, tree_sum
from trilayer.sources.ahead import ahead
from trilayer.sources.fingerprint import Fingerprint, block_digest, fingerprint
from trilayer.sources.rowcache import RowCache
from trilayer.sources.shuffle import Rows, pieces
from trilayer.sources.walking import Threads, available_threads, block_sums

WINDOW = 1 << 25
"""Bytes of X mapped at a time, at the most (but a block of samples at the least)."""

RESIDENT = 1 << 27
"""Bytes of X up to which all rows stay mapped between passes."""


class CachedSource:
    """A `trilayer.sources.Source` over a cache that is full.

    Parameters
    ----------
    cache : RowCache
    classes : array, (2,)
        The labels that Y = 0 and Y = 1 stand for.
    n_threads : int, optional
        By default one for each processor this process may use.

    Attributes
    ----------
    n1, m, total_weight, dtype
        As for every source.
    classes_ : array, (2,)
    encoder_ : TableEncoder or None
        What made rows of a table rows of inputs, where it is known.
    """

    encoder_: Any = None

    def __init__(self, cache: RowCache, classes: Any, n_threads: int | None = None) -> None:
        cache.finish()
        self.cache, self.classes_ = cache, np.asarray(classes)
        self.n1, self.m, self.dtype = cache.n1, cache.rows, cache.dtype
        self.n_threads = n_threads or available_threads()
        self._threads = Threads(self.n_threads)
        self._windows = windows(self.m, self.n1 * self.dtype.itemsize)
        self.total_weight = float(self.m)
        if cache.weighted:
            parts = (np.array(total_weight(cache.weights(rows))) for rows in self._windows)
            self.total_weight = float(tree_sum(parts))

    def sums(self, engine: Engine, params: Params) -> FloatArray:
        """Return the engine's sums over all samples, added along the fixed tree."""
        return tree_sum(
            block_sums(engine, params, rows.X, rows.Y, rows.s, self._threads)
            for rows in self._walk()
        )

    def pieces(self, size: int, seed: int | None, epoch: int) -> Iterator[Rows]:
        """Walk all samples once; see `trilayer.sources.shuffle.pieces`."""
        return ahead(pieces(self.cache.read, self.m, size, seed, epoch))

    def batches(self, size: int, seed: int | None, epoch: int) -> Iterator[Batch]:
        """Walk all samples once in batches; see `trilayer.sources.shuffle` for the order."""
        for rows in self.pieces(size, seed, epoch):
            yield from rows.cut(size)

    @cached_property
    def fingerprint(self) -> Fingerprint:
        """The bits of the rows, as `trilayer.sources.fingerprint` tells them."""
        digests = (
            block_digest(rows.X[:, b], rows.Y[:, b], None if rows.s is None else rows.s[:, b])
            for rows in self._walk()
            for b in blocks(rows.X.shape[1])
        )
        return fingerprint(digests, self.n1, self.dtype)

    def _walk(self) -> Iterator[Rows]:
        """Map all rows, window by window, one ahead."""
        if self._resident:
            return iter(self._resident)
        return ahead(map(self.cache.mapped, self._windows))

    @cached_property
    def _resident(self) -> list[Rows]:
        """All rows, if they are few enough to stay mapped."""
        size = self.m * self.n1 * self.dtype.itemsize
        return [self.cache.mapped(slice(0, self.m))] if size <= RESIDENT else []

    def __enter__(self) -> "CachedSource":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._threads.end()


@contextmanager
def cached(
    parts: Iterable[tuple[Any, ...]],
    most: int,
    n1: int,
    classes: Any,
    *,
    dtype: Any = np.float32,
    weighted: bool = False,
    folder: str | os.PathLike[str] | None = None,
    n_threads: int | None = None,
) -> Iterator[CachedSource]:
    """Hold a source over rows that come in parts, of any sizes.

    Parameters
    ----------
    parts : iterable of (X, Y) or (X, Y, s)
        X b × n1, Y and s (b,); Y is 0 for the first class and 1 for the second.
    most, n1, classes, dtype, weighted, folder, n_threads
        See `RowCache` and `CachedSource`.

    Raises
    ------
    CacheError
        If the disk has not the room.
    InputError
        If more rows come, or none.
    """
    with RowCache(most, n1, dtype, weighted=weighted, folder=folder) as cache:
        for part in ahead(iter(parts)):
            cache.write(*part)
        with CachedSource(cache, classes, n_threads) as source:
            yield source


def windows(m: int, row_bytes: int) -> list[slice]:
    """Cut m rows into whole subtrees of blocks, of `WINDOW` bytes of X at the most."""
    whole = max(1, WINDOW // (BLOCK * row_bytes))
    rows = BLOCK << (whole.bit_length() - 1)
    return [slice(start, min(start + rows, m)) for start in range(0, m, rows)]
