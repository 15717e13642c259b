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
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trilayer.encoding.inputs import PLACE, Inputs, Layout
from trilayer.errors import CacheError, InputError
from trilayer.params import FloatArray
from trilayer.sources.shuffle import Rows, joined

_POPULATE = getattr(mmap, "MAP_POPULATE", None)


class RowCache:
    """Rows of inputs, targets Y and, where they are not all 1, weights s, on disk.

    Parameters
    ----------
    most : int
        Rows at the most.
    layout : Layout, or int
        Of the inputs; n1 where they are numbers alone.
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
        layout: Layout | int,
        dtype: Any,
        *,
        weighted: bool = False,
        folder: str | os.PathLike[str] | None = None,
    ) -> None:
        layout = Layout(layout) if isinstance(layout, int) else layout
        self.most, self.layout, self.dtype, self.weighted = most, layout, np.dtype(dtype), weighted
        self.folder = default_folder() if folder is None else Path(folder)
        self.rows = 0
        stairs, runs = len(layout.stairs), len(layout.runs)
        widths = {
            "numbers": len(layout.plain), "at": runs, "part": stairs, "Y": 1, "s": int(weighted),
        }  # fmt: skip
        self._columns: dict[str, _Column] = {}
        with _plain_errors(self.folder):
            _require_room(self.folder, size_of(most, layout, dtype, weighted=weighted))
            for name, width in widths.items():
                if width:
                    file = tempfile.TemporaryFile(dir=self.folder)  # noqa: SIM115
                    kind = PLACE if name == "at" else self.dtype
                    self._columns[name] = _Column(file, width, kind)

    def write(
        self, X: Inputs | NDArray[Any], Y: NDArray[Any], s: NDArray[Any] | None = None
    ) -> None:
        """Add rows: their inputs, or X b × n1; Y and s (b,); without s they weigh 1.

        Raises
        ------
        CacheError
            If the disk is full.
        InputError
            If there are more rows than were announced.
        """
        inputs = X if isinstance(X, Inputs) else Inputs.of(X.T)
        if self.rows + len(inputs) > self.most:
            raise InputError(f"the cache was made for {self.most:,} rows, and more have come")
        parts = {
            "numbers": inputs.numbers, "at": inputs.at, "part": inputs.part, "Y": Y,
            "s": np.ones(len(inputs)) if s is None else s,
        }  # fmt: skip
        with _plain_errors(self.folder):
            for name, column in self._columns.items():
                column.file.write(np.ascontiguousarray(parts[name], dtype=column.dtype).data)
        self.rows += len(inputs)

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
            for column in self._columns.values():
                column.file.flush()

    def mapped(self, rows: slice) -> Rows:
        """Map rows into memory, to be read only; they go when nobody holds the arrays."""
        found = {name: _mapped(column, rows) for name, column in self._columns.items()}
        count = rows.stop - rows.start
        none = {"numbers": self.dtype, "at": PLACE, "part": self.dtype}
        parts = {name: found.get(name, np.empty((count, 0), dtype)) for name, dtype in none.items()}
        s = found["s"].T if self.weighted else None
        return Rows(Inputs(layout=self.layout, **parts), found["Y"].T, s)

    def read(self, ranges: Sequence[slice]) -> Rows:
        """Copy rows into memory, one range after the other."""
        return joined([self.mapped(part) for part in ranges])

    def labels(self, rows: slice) -> FloatArray:
        """Map the targets of rows alone, 1 × b."""
        return _mapped(self._columns["Y"], rows).T

    def weights(self, rows: slice) -> FloatArray:
        """Map the weights of rows alone, 1 × b."""
        return _mapped(self._columns["s"], rows).T

    def __enter__(self) -> "RowCache":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for column in self._columns.values():
            with suppress(OSError):  # what was not written yet need not be any more
                column.file.close()


class _Column(NamedTuple):
    """A file of one array's rows."""

    file: BinaryIO
    width: int
    dtype: "np.dtype[Any]"


def size_of(m: int, layout: Layout | int, dtype: Any, *, weighted: bool = False) -> int:
    """Return the bytes that a cache takes."""
    layout = Layout(layout) if isinstance(layout, int) else layout
    numbers = len(layout.plain) + len(layout.stairs) + 1 + weighted
    row = numbers * int(np.dtype(dtype).itemsize) + len(layout.runs) * PLACE.itemsize
    return m * row


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


def _mapped(column: _Column, rows: slice) -> NDArray[Any]:
    """Map rows of a file, with all their pages at once where the system can."""
    file, width, dtype = column
    row = width * dtype.itemsize
    count, start = rows.stop - rows.start, rows.start * row
    before = start % mmap.ALLOCATIONGRANULARITY
    how: dict[str, Any] = {"access": mmap.ACCESS_READ}
    if _POPULATE is not None:
        how = {"flags": mmap.MAP_SHARED | _POPULATE, "prot": mmap.PROT_READ}
    pages = mmap.mmap(file.fileno(), before + count * row, offset=start - before, **how)
    flat = np.frombuffer(pages, dtype, count * width, before)
    return flat.reshape(count, width)
