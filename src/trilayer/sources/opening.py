"""Open a table's rows as a source, in memory or through a cache on disk; others are put aside."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from trilayer.encoding.inputs import Inputs, joined
from trilayer.errors import InputError
from trilayer.sources import Source
from trilayer.sources.arrow import cache_of
from trilayer.sources.lessons import Learnt, Part
from trilayer.sources.memory import MemorySource
from trilayer.sources.split import Split
from trilayer.sources.tables import Table, encoded
from trilayer.tables.files import TableFile
from trilayer.tables.sizes import bytes_of

SHARE = 1 / 8
"""Tables that are larger than this share of memory, unpacked, are read as a stream."""


class Aside:
    """Rows that are held out: their inputs, and whether they are of the second class."""

    def __init__(self, learnt: Learnt) -> None:
        none = Inputs.empty(0, learnt.layout, learnt.encoder.dtype)
        self._parts, self._second = [none], [np.empty(0, dtype=bool)]

    def add(self, part: Part, kept: npt.NDArray[np.bool_]) -> None:
        """Keep some rows of a part."""
        self._parts.append(part.inputs[kept])
        self._second.append(part.Y[kept] == 1)

    def joined(self) -> tuple[Inputs, npt.NDArray[np.bool_]]:
        """Return all of them."""
        return joined(self._parts), np.concatenate(self._second)


class Read(NamedTuple):
    """A table that was looked through and learnt from.

    Attributes
    ----------
    table : Table
    learnt : Learnt
    split : Split
        Which rows are held out.
    aside : Aside
        Takes those, once the source over the others is open.
    """

    table: Table
    learnt: Learnt
    split: Split
    aside: Aside


def is_large(files: list[TableFile]) -> bool:
    """Whether tables are too large to be read whole."""
    return bytes_of(files) > SHARE * memory()


def memory() -> int:
    """Return the bytes of memory that this process may use: the machine's, or its group's."""
    found = [sys.maxsize]  # where the system does not say, nothing is too large
    if "SC_PHYS_PAGES" in getattr(os, "sysconf_names", {}):
        found.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        limit = Path("/sys/fs/cgroup") / name
        if limit.is_file() and (text := limit.read_text().strip()).isdigit():
            found.append(int(text))
    return min(found)


@contextmanager
def in_memory(read: Read, n_threads: int | None = None) -> Iterator[Source]:
    """Hold the source over rows in memory."""
    parts = list(sorted_parts(read))
    if not parts:
        raise InputError("there are no rows to learn from")
    inputs = joined([part.inputs for part in parts])
    Y = np.concatenate([part.Y for part in parts])[np.newaxis]
    with MemorySource(inputs, Y, np.ones_like(Y), n_threads) as source:
        yield source


@contextmanager
def through_cache(
    read: Read,
    folder: str | os.PathLike[str] | None = None,
    n_threads: int | None = None,
    on_rows: Callable[[int], object] | None = None,
) -> Iterator[Source]:
    """Hold the source over a cache on disk; `on_rows` is told how many rows are encoded."""
    parts = sorted_parts(read, on_rows)
    with cache_of(read.table, read.learnt, folder, n_threads, parts) as source:
        yield source


def sorted_parts(read: Read, on_rows: Callable[[int], object] | None = None) -> Iterator[Part]:
    """Put the rows aside that are held out, and pass the others on."""
    for part in encoded(read.table, read.learnt):
        first, last = int(part.row[0]), int(part.row[-1])
        held = read.split.is_held(first, last - first + 1)[part.row - first]
        read.aside.add(part, held)
        if on_rows is not None:
            on_rows(last + 1)
        if (kept := ~held).any():
            yield Part(part.inputs[kept], part.Y[kept], None, part.row[kept])


def gather(read: Read) -> None:
    """Put the rows aside that are held out, in a pass of its own."""
    for part in encoded(read.table, read.learnt, choose=read.split.is_held):
        read.aside.add(part, np.ones(len(part.inputs), dtype=bool))
