"""Rows of numbers in nameless files: written once, mapped into memory as they are needed.

The system takes the disk space back when the process ends, however it ends.
"""

import errno
import mmap
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from trilayer.errors import CacheError, InputError
from trilayer.params import FloatArray
from trilayer.sources.shuffle import Rows, joined

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
