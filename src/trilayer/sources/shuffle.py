"""The order of an epoch's rows where they do not fit in memory: a shuffle in two levels.

The rows are cut into chunks of `BLOCK` by their number alone. An epoch takes the chunks in
a random order, `CHUNKS` of them at a time into a buffer, and the buffer's rows in a random
order: 65,536 rows mix freely, and which of them meet changes with every epoch. Both orders
are functions of the seed and the epoch, so nothing depends on where the rows lie.

Rows that fit in one buffer come in the order that `MemorySource` gives them.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from trilayer.encoding.inputs import Inputs
from trilayer.encoding.inputs import joined as inputs_of
from trilayer.params import FloatArray
from trilayer.sources import Batch, blocks

CHUNKS = 32
"""Chunks in a buffer."""

Order = NDArray[np.int64]


class Buffer(NamedTuple):
    """Which rows are read together, and the order in which they are used."""

    ranges: list[slice]
    order: Order


class Rows(NamedTuple):
    """Samples: inputs, Y 1 × b, s 1 × b (None: ones), and the order to use them in.

    Without an order they are used as they lie; some may not be in the order at all.
    """

    inputs: Inputs
    Y: FloatArray
    s: FloatArray | None
    order: Order | None = None

    @property
    def used(self) -> int:
        """How many samples are used."""
        return self.inputs.m if self.order is None else self.order.size

    def gathered(self, order: Order) -> "Rows":
        """Copy samples out, in this order."""
        s = None if self.s is None else self.s[:, order]
        return Rows(self.inputs[order], self.Y[:, order], s)

    def cut(self, size: int) -> Iterator[Batch]:
        """Yield the samples that are used in batches; the last one may have fewer."""
        for start in range(0, self.used, size):
            part = slice(start, start + size)
            chosen = part if self.order is None else self.order[part]
            s = None if self.s is None else self.s[:, chosen]
            yield Batch(self.inputs[chosen], self.Y[:, chosen], s)


def buffers(m: int, seed: int | None, epoch: int) -> Iterator[Buffer]:
    """Yield an epoch's rows, buffer by buffer.

    Parameters
    ----------
    m : int
        Rows in all.
    seed : int or None
        Decides, with the epoch, the order; None keeps the rows as they lie.
    epoch : int
    """
    chunks = blocks(m)
    places = np.arange(len(chunks))
    rng = None if seed is None else np.random.default_rng([seed, epoch])
    if rng is not None and len(chunks) > CHUNKS:
        places = rng.permutation(len(chunks))
    for first in range(0, len(chunks), CHUNKS):
        ranges = [chunks[place] for place in places[first : first + CHUNKS]]
        rows = sum(part.stop - part.start for part in ranges)
        yield Buffer(ranges, np.arange(rows) if rng is None else rng.permutation(rows))


def pieces(
    read: Callable[[Sequence[slice]], Rows], m: int, size: int, seed: int | None, epoch: int
) -> Iterator[Rows]:
    """Yield an epoch's rows in pieces of whole batches; only the last batch may have fewer.

    Parameters
    ----------
    read : callable
        ``read(ranges)``: the rows of these ranges, one range after the other.
    m : int
    size : int
        Rows in a batch. A batch that needs rows of two buffers is a piece by itself.
    seed, epoch
        As for `buffers`.
    """
    held: list[Rows] = []
    waiting, left = 0, m
    for ranges, order in buffers(m, seed, epoch):
        rows = read(ranges)
        left -= order.size
        if waiting:
            head, order = order[: size - waiting], order[size - waiting :]
            held.append(rows.gathered(head))
            waiting += head.size
            if waiting == size:
                yield joined(held)
                held, waiting = [], 0
        whole = order.size - (order.size % size if left else 0)
        if whole:
            yield rows._replace(order=order[:whole])
        if whole < order.size:
            held.append(rows.gathered(order[whole:]))
            waiting = order.size - whole
    if held:
        yield joined(held)


def joined(parts: Sequence[Rows]) -> Rows:
    """Put samples that are used as they lie one after the other."""
    if len(parts) == 1:
        return parts[0]
    inputs = inputs_of([part.inputs for part in parts])
    Y = np.concatenate([part.Y for part in parts], axis=1)
    s = [part.s for part in parts if part.s is not None]
    return Rows(inputs, Y, np.concatenate(s, axis=1) if s else None)
