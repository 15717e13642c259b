"""Laws of what travels on a cluster, without one: subtrees, shares of blocks, parts of files."""

import pickle
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trilayer.encoding.inputs import Inputs, Layout
from trilayer.engines import select
from trilayer.errors import EngineError, InputError
from trilayer.params import initialise, pack
from trilayer.sources import BLOCK, tree_sum
from trilayer.sources.dask_shards import (
    assemble,
    count,
    cut,
    lay_out,
    merge_all,
    shard_digests,
    shard_rows,
    shard_sums,
    shard_weight,
    signature,
)
from trilayer.sources.fingerprint import fingerprint
from trilayer.sources.memory import MemorySource
from trilayer.sources.shuffle import Rows
from trilayer.sources.subtrees import Subtree, cover, merge, total

N1 = 3


@given(st.integers(0, 300), st.integers(0, 300))
def test_a_cover_is_the_blocks_in_order_in_few_whole_subtrees(first, size):
    nodes = cover(first, first + size)
    blocks = [b for level, place in nodes for b in Subtree(level, place, np.zeros(1)).blocks]
    assert blocks == list(range(first, first + size))
    assert len(nodes) <= 2 * size.bit_length()


@given(st.integers(1, 120), st.data())
def test_subtrees_of_any_ranges_in_any_order_add_up_to_the_tree_sum(n, data):
    terms = list(np.random.default_rng(n).normal(size=(n, 2)))
    cuts = sorted({0, n, *data.draw(st.lists(st.integers(0, n), max_size=6))})
    parts = [
        merge(Subtree(level, place, tree_sum(terms[place << level : (place + 1) << level]))
              for level, place in cover(a, b))
        for a, b in pairwise(cuts)
    ]  # fmt: skip
    order = data.draw(st.permutations(range(len(parts))))
    some = data.draw(st.integers(0, len(parts)))
    groups = [merge_all([parts[i] for i in order[:some]]), *(parts[i] for i in order[some:])]
    assert np.array_equal(total(node for part in groups for node in part), tree_sum(terms))


def test_a_total_over_nothing_is_refused():
    with pytest.raises(InputError, match="no samples"):
        total([])


def samples(m, weighted=True, dtype=np.float64):
    rng = np.random.default_rng(m)
    X = rng.normal(size=(m, N1)).astype(dtype)
    Y = (rng.random((1, m)) < 0.4).astype(dtype)
    s = rng.uniform(0.5, 2, (1, m)).astype(dtype) if weighted else None
    return Rows(Inputs.of(X.T), Y, s)


def bits(rows):
    """Both arrays that there are of rows that are numbers, and the weights."""
    return rows.inputs.numbers, rows.Y, rows.s


def shards_of(rows, counts):
    """What the workers would hold, had the rows come in partitions of these counts."""
    ends = np.cumsum(counts)
    parts = [cut(rows, int(end) - n, int(end)) for end, n in zip(ends, counts, strict=True)]
    return [
        assemble(
            parts[share.partition],
            share.blocks,
            share.skip,
            [cut(parts[p], 0, stop) for p, stop in share.rest],
        )
        for share in lay_out(counts)
    ]


partitions = st.lists(
    st.integers(0, 5)
    | st.integers(0, 5 * BLOCK)
    | st.sampled_from([0, BLOCK - 1, BLOCK, BLOCK + 1]),
    min_size=1,
    max_size=9,
).filter(any)


@settings(max_examples=25)
@given(partitions, st.booleans(), st.sampled_from(["fused", "reference"]), st.sampled_from([0, 2]))
def test_any_partitions_have_the_sums_of_memory(counts, weighted, name, n2):
    rows = samples(sum(counts), weighted)
    shards = shards_of(rows, counts)
    engine, params = select(name), initialise(N1, n2, np.random.default_rng(0))
    given = np.ones_like(rows.Y) if rows.s is None else rows.s
    with MemorySource(rows.inputs, rows.Y, given, 2) as memory, engine.running():
        expected = memory.sums(engine, params)
    parts = [shard_sums(shard, pack(params), n2, name, signature(engine)) for shard in shards]
    assert np.array_equal(total(merge_all(parts)), expected)
    weight = total(merge_all(shard_weight(shard) for shard in shards))
    assert weight == memory.total_weight


@settings(max_examples=25)
@given(partitions)
def test_any_partitions_have_each_block_once_and_its_digest(counts):
    rows = samples(sum(counts))
    shards = shards_of(rows, counts)
    digests = [digest for shard in shards for digest in shard_digests(shard)]
    [whole] = shards_of(rows, [sum(counts)])
    assert digests == shard_digests(whole)
    assert fingerprint(digests, Layout(N1), np.float64) == MemorySource(*rows[:3]).fingerprint


@settings(max_examples=25)
@given(partitions, st.data())
def test_rows_come_back_from_the_shard_that_holds_their_block(counts, data):
    m = sum(counts)
    rows = samples(m)
    first = data.draw(st.integers(0, m - 1))
    stop = data.draw(st.integers(first + 1, min(m, (first // BLOCK + 1) * BLOCK)))
    held = [share.blocks for share in lay_out(counts)]
    place = next(i for i, blocks in enumerate(held) if first // BLOCK in blocks)
    [found] = shard_rows(shards_of(rows, counts)[place], [(first, stop)])
    for value, expected in zip(bits(found), bits(cut(rows, first, stop)), strict=True):
        assert np.array_equal(value, expected)


def displaced(array):
    """The same numbers, across addresses: as what came over the network may lie."""
    raw = np.zeros(array.nbytes + 1, np.uint8)
    moved = raw[1:].view(array.dtype).reshape(array.T.shape).T
    moved[...] = array
    assert not moved.flags.aligned
    return moved


@pytest.mark.parametrize("name", ["fused", "reference"])
def test_a_shard_that_travelled_computes_the_same_bits(name):
    rows = samples(3 * BLOCK + 5)
    X, Y, s = (displaced(values) for values in bits(rows))
    there = Rows(Inputs.of(X.T), Y, s)
    engine, params = select(name), initialise(N1, 4, np.random.default_rng(0))
    ask = (pack(params), 4, name, signature(engine))
    [here], [moved] = shards_of(rows, [rows.Y.size]), shards_of(there, [rows.Y.size])
    again = pickle.loads(pickle.dumps(moved))
    expected = total(shard_sums(here, *ask))
    assert np.array_equal(total(shard_sums(moved, *ask)), expected)
    assert np.array_equal(total(shard_sums(again, *ask)), expected)
    assert here.__sizeof__() == again.__sizeof__() == sum(v.nbytes for v in bits(rows))


def test_a_worker_with_another_engine_is_refused():
    [shard] = shards_of(samples(10), [10])
    theta = pack(initialise(N1, 2, np.random.default_rng(0)))
    with pytest.raises(EngineError, match=r"a worker computes with reference.*other.*TRILAYER_ISA"):
        shard_sums(shard, theta, 2, "reference", "other")


def test_counts_tell_dtype_too():
    assert count(samples(7, dtype=np.float32)) == (7, Layout(N1), "float32", True)
    assert not count(samples(7)._replace(s=np.ones((1, 7)))).weighted
