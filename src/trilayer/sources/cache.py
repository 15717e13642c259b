"""Encoded rows on disk, walked at the speed of memory: data that outgrew it.

The rows lie in nameless files: the system takes the disk space back when the process ends,
however it ends. A pass maps a window of them at a time into memory, the next one while the
engine is at work on the last, and lets go of what is behind, so the memory in use does not
grow with the rows. Windows are whole subtrees of the fixed summation tree: the bits are
those of `trilayer.sources.memory.MemorySource` over the same rows.
"""

import errno
import mmap
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from trilayer.engines import Engine
from trilayer.errors import CacheError, InputError
from trilayer.params import FloatArray, Params
from trilayer.sources import BLOCK, Batch, blocks, total_weight, tree_sum
from trilayer.sources.ahead import ahead
from trilayer.sources.fingerprint import Fingerprint, block_digest, fingerprint
from trilayer.sources.shuffle import Rows, joined, pieces
from trilayer.sources.walking import Threads, available_threads, block_sums

WINDOW = 1 << 25
"""Bytes of X mapped at a time, at the most (but a block of samples at the least)."""

RESIDENT = 1 << 27
"""Bytes of X up to which all rows stay mapped between passes."""

_POPULATE = getattr(mmap, "MAP_POPULATE", None)


class RowCache:
    """Rows of inputs X, targets Y and, where they are not all 1, weights s, on disk.

    Parameters
    ----------
    most, n1 : int
        Rows at the most, and inputs.
    dtype : dtype
        float32 or float64, of all of it.
    weighted : bool
        Whether there are weights.
    folder : path, optional
        Where; by default `default_folder`.

    Raises
    ------
    CacheError
        If the folder has not as much room as `size_of` says, or cannot be written to.

    Notes
    -----
    Use it as a context manager: leaving it gives the room back.
    """

    def __init__(
        self,
        most: int,
        n1: int,
        dtype: Any,
        *,
        weighted: bool = False,
        folder: str | os.PathLike[str] | None = None,
    ) -> None:
        self.most, self.n1, self.dtype, self.weighted = most, n1, np.dtype(dtype), weighted
        self.folder = default_folder() if folder is None else Path(folder)
        self.rows = 0
        self._widths = (n1, 1, 1) if weighted else (n1, 1)
        self._files: list[BinaryIO] = []
        with _plain_errors(self.folder):
            _require_room(self.folder, size_of(most, n1, dtype, weighted=weighted))
            for _ in self._widths:
                self._files.append(tempfile.TemporaryFile(dir=self.folder))  # noqa: SIM115

    def write(self, X: NDArray[Any], Y: NDArray[Any], s: NDArray[Any] | None = None) -> None:
        """Add rows: X b × n1, Y and s (b,); without s they weigh 1.

        Raises
        ------
        CacheError
            If the disk is full.
        InputError
            If there are more rows than were announced.
        """
        if self.rows + len(X) > self.most:
            raise InputError(f"the cache was made for {self.most:,} rows, and more have come")
        parts = [X, Y, np.ones(len(X)) if s is None else s][: len(self._widths)]
        with _plain_errors(self.folder):
            for file, part in zip(self._files, parts, strict=True):
                file.write(np.ascontiguousarray(part, dtype=self.dtype).data)
        self.rows += len(X)

    def finish(self) -> None:
        """Make what was written readable.

        Raises
        ------
        InputError
            If there is no row.
        """
        if not self.rows:
            raise InputError("there are no rows to learn from")
        with _plain_errors(self.folder):
            for file in self._files:
                file.flush()

    def mapped(self, rows: slice) -> Rows:
        """Map rows into memory, to be read only; they go when nobody holds the arrays."""
        arrays = [
            _mapped(file, rows, width, self.dtype).T
            for file, width in zip(self._files, self._widths, strict=True)
        ]
        return Rows(arrays[0], arrays[1], arrays[2] if self.weighted else None)

    def read(self, ranges: Sequence[slice]) -> Rows:
        """Copy rows into memory, one range after the other."""
        return joined([self.mapped(part) for part in ranges])

    def weights(self, rows: slice) -> FloatArray:
        """Map the weights of rows alone."""
        return _mapped(self._files[-1], rows, 1, self.dtype).T

    def __enter__(self) -> "RowCache":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for file in self._files:
            with suppress(OSError):  # what was not written yet need not be any more
                file.close()


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


def size_of(m: int, n1: int, dtype: Any, *, weighted: bool = False) -> int:
    """Return the bytes that a cache takes."""
    return m * (n1 + 1 + weighted) * int(np.dtype(dtype).itemsize)


def default_folder() -> Path:
    """Return where caches go: TMPDIR, else /var/tmp, which is on disk where /tmp may not be."""
    on_disk = Path("/var/tmp")  # noqa: S108 - the files have no name
    chosen = any(os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP"))
    if not chosen and on_disk.is_dir() and os.access(on_disk, os.W_OK):
        return on_disk
    return Path(tempfile.gettempdir())


def in_words(size: int) -> str:
    """Write a number of bytes for people: 12.3 GB."""
    for unit, name in ((10**9, "GB"), (10**6, "MB")):
        if size >= unit:
            return f"{size / unit:,.1f} {name}"
    return f"{size / 1000:,.1f} kB"


def _require_room(folder: Path, size: int) -> None:
    free = shutil.disk_usage(folder).free
    if size > free:
        raise CacheError(
            f"{folder}: the encoded rows need {in_words(size)}, and {in_words(free)} are free "
            "there: make room, or name another folder (cache_dir, --cache-dir)"
        )


@contextmanager
def _plain_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        words = f"no cache can be kept there ({error.strerror or error})"
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            words = "the disk filled up while the encoded rows were written: make room"
        raise CacheError(
            f"{folder}: {words}, or name another folder (cache_dir, --cache-dir)"
        ) from error


def _mapped(file: BinaryIO, rows: slice, width: int, dtype: "np.dtype[Any]") -> NDArray[Any]:
    """Map rows of a file, with all their pages at once where the system can."""
    row = width * dtype.itemsize
    count, start = rows.stop - rows.start, rows.start * row
    before = start % mmap.ALLOCATIONGRANULARITY
    how: dict[str, Any] = {"access": mmap.ACCESS_READ}
    if _POPULATE is not None:
        how = {"flags": mmap.MAP_SHARED | _POPULATE, "prot": mmap.PROT_READ}
    pages = mmap.mmap(file.fileno(), before + count * row, offset=start - before, **how)
    flat = np.frombuffer(pages, dtype, count * width, before)
    return flat.reshape(count, width)
