"""What workers hold of the samples between passes, and what they do with it.

A partition's encoded rows become a shard: the blocks that begin in it. Blocks are cut by
the rows' global numbers, so the last one may need rows of the partitions that follow; only
those rows travel. Everything here is a pure function of its arguments: what is lost with
a worker is computed again elsewhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, takewhile
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trilayer._version import __version__
from trilayer.encoding.inputs import Inputs, Layout, times
from trilayer.engines import Engine, select
from trilayer.engines.data import aligned
from trilayer.errors import EngineError
from trilayer.params import FloatArray, unpack
from trilayer.sources import BLOCK, blocks, total_weight
from trilayer.sources.fingerprint import BlockDigest, block_digest
from trilayer.sources.shuffle import Rows, joined
from trilayer.sources.subtrees import Subtree, cover, merge
from trilayer.sources.walking import Threads, block_sums


class Share(NamedTuple):
    """Which blocks begin in a partition, and what of it and of others they are made of.

    Attributes
    ----------
    partition : int
    blocks : range
        Those that begin in the partition.
    skip : int
        Rows at its start that belong to a block begun before.
    rest : list of (partition, stop)
        Partitions that follow, whose first `stop` rows end the last block.
    """

    partition: int
    blocks: range
    skip: int
    rest: list[tuple[int, int]]


def lay_out(counts: Sequence[int]) -> list[Share]:
    """Say, for partitions of so many rows, which blocks each of them holds.

    A partition in which no block begins holds none and has no share.
    """
    ends = list(accumulate(counts))
    shares = []
    for partition, end in enumerate(ends):
        start = end - counts[partition]
        blocks = range(-(-start // BLOCK), -(-end // BLOCK))
        if blocks:
            last = min(blocks.stop * BLOCK, ends[-1])
            rest = [
                (after, min(last - ends[after - 1], counts[after]))
                for after in takewhile(
                    lambda after: ends[after - 1] < last,  # noqa: B023 - used at once
                    range(partition + 1, len(counts)),
                )
                if counts[after]
            ]
            shares.append(Share(partition, blocks, blocks.start * BLOCK - start, rest))
    return shares


class Node(NamedTuple):
    """The samples of 2^level blocks, the first of which is place · 2^level."""

    level: int
    place: int
    rows: Rows


@dataclass(frozen=True, eq=False)
class Shard:
    """Blocks that a worker holds, one after the other, as whole subtrees."""

    nodes: tuple[Node, ...]

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel as the nodes."""
        return shard_of, (self.nodes,)

    def __sizeof__(self) -> int:
        """Bytes of the samples, by which Dask decides what to move and what to spill."""
        arrays = (values for node in self.nodes for values in node.rows[:3])
        return sum(values.nbytes for values in arrays if values is not None)


def shard_of(nodes: Sequence[Node]) -> Shard:
    """Make a shard of samples that may just have travelled.

    What comes over the network may lie across addresses, where NumPy computes otherwise,
    and so with other bits.
    """
    found = []
    for level, place, rows in nodes:
        s = None if rows.s is None else aligned(rows.s)
        found.append(Node(level, place, Rows(at_addresses(rows.inputs), aligned(rows.Y), s)))
    return Shard(tuple(found))


def at_addresses(inputs: Inputs) -> Inputs:
    """Return inputs whose numbers lie on addresses of their own, copied where they do not."""
    at = inputs.at if inputs.at.flags.aligned else inputs.at.copy()
    return replace(inputs, numbers=aligned(inputs.numbers), at=at, part=aligned(inputs.part))


class Count(NamedTuple):
    """How many samples a part has, of which inputs and dtype, and whether weights are not 1."""

    m: int
    layout: Layout
    dtype: str
    weighted: bool


def count(rows: Rows) -> Count:
    """Count a part's samples and inputs."""
    weighted = rows.s is not None and bool(np.any(rows.s != 1))
    return Count(rows.inputs.m, rows.inputs.layout, rows.inputs.dtype.name, weighted)


def cut(rows: Rows, first: int, stop: int) -> Rows:
    """Return samples first … stop - 1."""
    s = None if rows.s is None else rows.s[:, first:stop]
    return Rows(rows.inputs[first:stop], rows.Y[:, first:stop], s)


def assemble(
    rows: Rows, blocks: range, skip: int, rest: Sequence[Rows], weighted: bool = True
) -> Shard:
    """Make a partition's samples, and those that end its last block, a shard; see `Share`.

    Weights that are 1 in all partitions are left out (`weighted` False), as they are in memory.
    """
    if not weighted:
        rows, rest = rows._replace(s=None), [each._replace(s=None) for each in rest]
    whole = blocks.stop - 1 if rest else blocks.stop

    def at(block: int) -> int:
        return skip + (block - blocks.start) * BLOCK

    nodes = []
    for level, place in cover(blocks.start, whole):
        part = cut(rows, at(place << level), at((place + 1) << level))
        nodes.append(Node(level, place, part))
    if rest:
        begun = cut(rows, at(whole), rows.inputs.m)
        nodes.append(Node(0, whole, joined([begun, *rest])))
    return shard_of(nodes)


def signature(engine: Engine) -> str:
    """Say what must be the same on all machines for the same bits."""
    return f"{engine.description} of trilayer {__version__}"


def shard_sums(
    shard: Shard, theta: FloatArray, n2: int, engine_name: str, wanted: str,
    scale: FloatArray | None = None,
) -> list[Subtree]:  # fmt: skip
    """Return the engine's sums over a shard, as whole subtrees.

    Parameters
    ----------
    shard : Shard
    theta : array
        Packed parameters, in the dtype to compute in.
    n2 : int
    engine_name, wanted : str
        The driver's engine, and its `signature`.
    scale : array, (n1,), optional
        What inputs are multiplied by.

    Raises
    ------
    EngineError
        If this worker's engine is another: its bits would be others.
    """
    engine = select(engine_name)
    if signature(engine) != wanted:
        raise EngineError(
            f"a worker computes with {signature(engine)}, the driver with {wanted}: install the "
            "same version everywhere, and set TRILAYER_ISA to an instruction set that all "
            "machines have"
        )
    params = unpack(theta, shard.nodes[0].rows.inputs.n1, n2)
    one = Threads(1)  # a worker's threads have tasks of their own
    with engine.running():
        return merge(
            Subtree(
                level,
                place,
                block_sums(engine, params, times(rows.inputs, scale), rows.Y, rows.s, one),
            )
            for level, place, rows in shard.nodes
        )


def shard_weight(shard: Shard) -> list[Subtree]:
    """Return Σ s over a shard, as whole subtrees."""
    return merge(
        Subtree(level, place, np.array([_weight(rows)])) for level, place, rows in shard.nodes
    )


def _weight(rows: Rows) -> float:
    return float(rows.inputs.m) if rows.s is None else total_weight(rows.s)


def merge_all(parts: Sequence[list[Subtree]]) -> list[Subtree]:
    """Add up what several shards returned, as far as their subtrees meet."""
    return merge(subtree for part in parts for subtree in part)


def shard_rows(shard: Shard, ranges: Sequence[tuple[int, int]]) -> list[Rows]:
    """Return the samples first … stop - 1 of all, for ranges of them within blocks of the shard."""
    return [_within(shard, first, stop) for first, stop in ranges]


def _within(shard: Shard, first: int, stop: int) -> Rows:
    block = first // BLOCK
    node = next(node for node in shard.nodes if block < (node.place + 1) << node.level)
    start = (node.place << node.level) * BLOCK
    return cut(node.rows, first - start, stop - start)


def shard_digests(shard: Shard) -> list[BlockDigest]:
    """Return the digests of a shard's blocks."""
    whole = [node.rows for node in shard.nodes]
    parts = (cut(rows, b.start, b.stop) for rows in whole for b in blocks(rows.inputs.m))
    return [block_digest(part.inputs, part.Y, part.s) for part in parts]


def shard_part(shard: Shard, numbers: NDArray[np.int64]) -> Rows:
    """Return the samples of these numbers among all, ascending and within the shard."""
    found = []
    for level, place, rows in shard.nodes:
        start = (place << level) * BLOCK
        first, last = np.searchsorted(numbers, [start, start + rows.inputs.m])
        if first < last:
            found.append(rows.gathered(numbers[first:last] - start))
    return joined(found)


def shard_labels(shard: Shard) -> NDArray[np.bool_]:
    """Return whether each sample is of the second class."""
    return np.concatenate([node.rows.Y[0] == 1 for node in shard.nodes])


def itself(value: Any) -> Any:
    """Return what is given: as a task of its own it travels once to each worker."""
    return value
