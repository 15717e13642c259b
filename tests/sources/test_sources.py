"""Laws of summation: blocks, the tree, threads, batches."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trilayer.engines import select
from trilayer.errors import InputError
from trilayer.params import initialise
from trilayer.sources import BLOCK, blocks, tree_sum
from trilayer.sources.memory import MemorySource
from trilayer.sources.walking import available_threads

ENGINES = pytest.mark.parametrize("engine", ["reference", "fused"])


def source_of(m, n1=3, n_threads=1, dtype=np.float64, order="F"):
    rng = np.random.default_rng(m)
    X = np.asarray(rng.normal(size=(n1, m)), dtype=dtype, order=order)
    Y = np.asarray(rng.integers(0, 2, (1, m)), dtype=dtype)
    s = np.asarray(rng.uniform(0.5, 2, (1, m)), dtype=dtype)
    return MemorySource(X, Y, s, n_threads)


@given(st.integers(0, 5 * BLOCK))
def test_blocks_cover_every_sample_once_in_order(m):
    cut = blocks(m)
    assert [i for b in cut for i in range(b.start, b.stop)] == list(range(m))
    assert all(b.stop - b.start == BLOCK for b in cut[:-1])


def pairwise(terms):
    """The tree, said recursively: the left part is the largest power of two below n."""
    if len(terms) == 1:
        return terms[0]
    left = 1 << (len(terms) - 1).bit_length() - 1
    return pairwise(terms[:left]) + pairwise(terms[left:])


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=70))
def test_the_tree_is_the_recursive_pairwise_sum(numbers):
    terms = [np.array([x, -2 * x]) for x in numbers]
    assert np.array_equal(tree_sum(iter(terms)), pairwise(terms))
    assert tree_sum(terms)[0] == pytest.approx(math.fsum(numbers), abs=1e-8)


@given(st.integers(1, 90), st.sampled_from([1, 2, 4, 8, 16]))
def test_aligned_groups_of_blocks_are_subtrees(n, group):
    """Whoever sums an aligned group first changes nothing: threads and machines may."""
    terms = list(np.random.default_rng(n).normal(size=(n, 2)))
    grouped = (tree_sum(terms[i : i + group]) for i in range(0, n, group))
    assert np.array_equal(tree_sum(terms), tree_sum(grouped))


def test_a_sum_over_nothing_is_refused():
    with pytest.raises(InputError, match="no samples"):
        tree_sum([])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("m", [1, BLOCK, 8 * BLOCK + 1, 19 * BLOCK + 77])
@ENGINES
def test_the_same_bits_on_any_number_of_threads(m, dtype, engine):
    params = initialise(3, 5, np.random.default_rng(0), dtype)
    engine = select(engine)
    sums = []
    for n_threads in (1, 2, 3, 7):
        with source_of(m, n_threads=n_threads, dtype=dtype) as source, engine.running():
            sums.append(source.sums(engine, params))
    assert all(np.array_equal(sums[0], other) for other in sums)
    assert sums[0].dtype == np.float64


@ENGINES
def test_sums_do_not_depend_on_blocks_beyond_rounding(engine):
    params = initialise(3, 5, np.random.default_rng(0))
    with source_of(3 * BLOCK + 5) as source:
        whole = select("reference").sums(params, source.X, source.Y, source.s)
        found = source.sums(select(engine), params)
        np.testing.assert_allclose(found, whole, rtol=1e-12, atol=1e-12)


@ENGINES
def test_weights_of_one_are_none(engine):
    params = initialise(3, 5, np.random.default_rng(0))
    with source_of(2 * BLOCK + 5) as weighted:
        ones = np.ones_like(weighted.s)
        source = MemorySource(weighted.X, weighted.Y, ones)
        explicit = select(engine).sums(params, source.X[:, :99], source.Y[:, :99], ones[:, :99])
        implicit = select(engine).sums(params, source.X[:, :99], source.Y[:, :99], None)
    assert weighted.weights is weighted.s
    assert source.weights is source.data.s is None
    assert np.array_equal(explicit, implicit)


@given(st.integers(1, 200), st.integers(1, 64), st.integers(0, 3))
def test_an_epoch_of_batches_is_every_sample_once(m, size, epoch):
    with source_of(m) as source:
        shuffled = list(source.batches(size, 5, epoch))
        again = list(source.batches(size, 5, epoch))
        plain = list(source.batches(size, None, epoch))
    joined = np.concatenate([b.inputs.dense() for b in shuffled], axis=1)
    assert np.array_equal(np.sort(joined[0]), np.sort(source.X[0]))
    assert np.array_equal(np.concatenate([b.inputs.dense() for b in plain], axis=1), source.X)
    assert all(
        np.array_equal(a.inputs.dense(), b.inputs.dense())
        for a, b in zip(shuffled, again, strict=True)
    )
    assert {b.inputs.m for b in shuffled[:-1]} <= {size}


def test_epochs_and_seeds_order_samples_differently():
    with source_of(100) as source:
        first = [
            next(source.batches(100, seed, epoch)).inputs.dense()
            for seed, epoch in ((1, 0), (1, 1), (2, 0))
        ]
    assert not np.array_equal(first[0], first[1])
    assert not np.array_equal(first[0], first[2])


def test_a_pool_only_where_there_is_work_for_it():
    params, engine = initialise(3, 5, np.random.default_rng(0)), select("reference")
    with source_of(8 * BLOCK, n_threads=4) as small, source_of(8 * BLOCK + 1, n_threads=4) as large:
        small.sums(engine, params)
        assert small._threads.pool is None
        large.sums(select("fused"), params)  # it has threads of its own
        assert large._threads.pool is None
        large.sums(engine, params)
        assert large._threads.pool is not None


def test_available_threads_without_affinity(monkeypatch):
    assert available_threads() >= 1
    monkeypatch.delattr("os.sched_getaffinity", raising=False)
    assert available_threads() >= 1


def test_blas_limits_nest_and_are_lifted_by_the_last():
    from threadpoolctl import threadpool_info

    def threads():
        return [p["num_threads"] for p in threadpool_info() if p["user_api"] == "blas"]

    before = threads()
    engine = select("reference")
    with engine.running():
        with engine.running():
            assert set(threads()) <= {1}
        assert set(threads()) <= {1}
    assert threads() == before
