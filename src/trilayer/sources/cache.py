"""Encoded rows on disk, walked at the speed of memory: data that outgrew it.

The rows lie in nameless files: the system takes the disk space back when the process ends,
however it ends. A pass maps a window of them at a time into memory, the next one while the
engine is at work on the last, and lets go of what is behind, so the memory in use does not
grow with the rows. Windows are whole subtrees of the fixed summation tree: the bits are
those of `trilayer.sources.memory.MemorySource` over the same rows.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trilayer.encoding.inputs import Layout, compounded, times
from trilayer.engines import Engine
from trilayer.lazy import cached_property
from trilayer.params import FloatArray, Params
from trilayer.sources import BLOCK, Batch, blocks, total_weight, tree_sum
from trilayer.sources.ahead import ahead
from trilayer.sources.fingerprint import Fingerprint, block_digest, fingerprint
from trilayer.sources.memory import MemorySource
from trilayer.sources.rowcache import RowCache, size_of
from trilayer.sources.shuffle import Rows, joined, pieces
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

    in_memory = False
    scale: FloatArray | None = None

    def __init__(self, cache: RowCache, classes: Any, n_threads: int | None = None) -> None:
        cache.finish()
        self.cache, self.classes_ = cache, np.asarray(classes)
        self.layout, self.m, self.dtype = cache.layout, cache.rows, cache.dtype
        self.n1 = self.layout.n1
        self.n_threads = n_threads or available_threads()
        self._threads = Threads(self.n_threads)
        self._row_bytes = size_of(1, self.layout, self.dtype) - self.dtype.itemsize  # without Y
        self._windows = windows(self.m, self._row_bytes)
        self.total_weight = float(self.m)
        if cache.weighted:
            parts = (np.array(total_weight(cache.weights(rows))) for rows in self._windows)
            self.total_weight = float(tree_sum(parts))

    def sums(self, engine: Engine, params: Params) -> FloatArray:
        """Return the engine's sums over all samples, added along the fixed tree."""
        return tree_sum(
            block_sums(engine, params, rows.inputs, rows.Y, rows.s, self._threads)
            for rows in self._walk()
        )

    def pieces(self, size: int, seed: int | None, epoch: int) -> Iterator[Rows]:
        """Walk all samples once; see `trilayer.sources.shuffle.pieces`."""
        return ahead(pieces(self.read, self.m, size, seed, epoch))

    def read(self, ranges: Sequence[slice]) -> Rows:
        """Copy rows into memory, one range after the other."""
        return self._scaled(self.cache.read(ranges))

    def scaled(self, by: FloatArray) -> "CachedSource":
        """Return the same samples, each input multiplied by a positive number (n1,)."""
        again = copy(self)
        again.__dict__.pop("fingerprint", None)
        again.scale = compounded(self.scale, by)
        return again

    @property
    def labels(self) -> NDArray[np.bool_]:
        """Whether each sample is of the second class, (m,)."""
        parts = [self.cache.labels(rows)[0] == 1 for rows in self._windows]
        return np.concatenate(parts)

    def part(self, rows: NDArray[np.int64]) -> MemorySource:
        """Return the samples of these numbers, ascending, as a source in memory."""
        found = []
        for window in self._windows:
            here = rows[np.searchsorted(rows, window.start) : np.searchsorted(rows, window.stop)]
            if len(here):
                found.append(self.cache.mapped(window).gathered(here - window.start))
        return MemorySource.of(self._scaled(joined(found)), self.n_threads)

    def _scaled(self, rows: Rows) -> Rows:
        return rows._replace(inputs=times(rows.inputs, self.scale))

    def batches(self, size: int, seed: int | None, epoch: int) -> Iterator[Batch]:
        """Walk all samples once in batches; see `trilayer.sources.shuffle` for the order."""
        for rows in self.pieces(size, seed, epoch):
            yield from rows.cut(size)

    @cached_property
    def fingerprint(self) -> Fingerprint:
        """The bits of the rows, as `trilayer.sources.fingerprint` tells them."""
        digests = (
            block_digest(rows.inputs[b], rows.Y[:, b], None if rows.s is None else rows.s[:, b])
            for rows in self._walk()
            for b in blocks(rows.inputs.m)
        )
        return fingerprint(digests, self.layout, self.dtype, self.scale)

    def _walk(self) -> Iterator[Rows]:
        """Map all rows, window by window, one ahead."""
        if self._resident:
            return map(self._scaled, self._resident)
        return ahead(self._scaled(self.cache.mapped(rows)) for rows in self._windows)

    @cached_property
    def _resident(self) -> list[Rows]:
        """All rows, if they are few enough to stay mapped."""
        size = self.m * self._row_bytes
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
    layout: Layout | int,
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
        X inputs or b × n1; Y and s (b,); Y is 0 for the first class and 1 for the second.
    most, layout, classes, dtype, weighted, folder, n_threads
        See `RowCache` and `CachedSource`.

    Raises
    ------
    CacheError
        If the disk has not the room.
    InputError
        If more rows come, or none.
    """
    with RowCache(most, layout, dtype, weighted=weighted, folder=folder) as cache:
        for part in ahead(iter(parts)):
            cache.write(*part)
        with CachedSource(cache, classes, n_threads) as source:
            yield source


def windows(m: int, row_bytes: int) -> list[slice]:
    """Cut m rows into whole subtrees of blocks, of `WINDOW` bytes of X at the most."""
    whole = max(1, WINDOW // (BLOCK * row_bytes))
    rows = BLOCK << (whole.bit_length() - 1)
    return [slice(start, min(start + rows, m)) for start in range(0, m, rows)]
