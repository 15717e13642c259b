"""The summary of a stream of numbers against the numbers themselves."""

import contextlib
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from trilayer.encoding import quantiles
from trilayer.encoding.quantiles import Distribution, Summary, fair_cap, tabulated, thinned

numbers = st.one_of(
    hnp.arrays(np.float64, st.integers(1, 400), elements=st.floats(-1e9, 1e9)),
    hnp.arrays(np.float64, st.integers(1, 400), elements=st.integers(-20, 20)),
    st.integers(0, 99).map(lambda seed: np.random.default_rng(seed).exponential(size=600).round(2)),
)
weighings = hnp.arrays(np.float64, st.integers(5, 60), elements=st.integers(1, 1000))


@contextlib.contextmanager
def bounds(block, most):
    before = quantiles.BLOCK, quantiles.MOST
    quantiles.BLOCK, quantiles.MOST = block, most
    try:
        yield
    finally:
        quantiles.BLOCK, quantiles.MOST = before


def summarised(values, size):
    summary = Summary()
    for start in range(0, len(values), size):
        summary.add(values[start : start + size])
    return summary.distribution()


def ranks(found, x):
    """The weight of the values up to each x."""
    mass = np.append(0.0, np.cumsum(found.weights))
    return mass[np.searchsorted(found.values, x, side="right")]


@given(numbers, st.integers(1, 90), st.integers(4, 20), st.integers(1, 500))
def test_ranks_are_as_near_as_stated(values, block, most, size):
    with bounds(block, most):
        found = summarised(values, size)
    W, blocks = len(values), math.ceil(len(values) / block)
    exact = tabulated(values)
    off = np.abs(ranks(found, exact.values) - ranks(exact, exact.values))
    assert off.max() <= found.error + 1e-9 * W
    height = math.floor(math.log2(blocks)) + 1
    assert found.error <= height / 2 * W / (most - 2) * (1 + 1e-12)
    assert found.weights.sum() == pytest.approx(W)
    assert np.isin(found.values, values).all()
    assert (found.values[0], found.values[-1]) == (values.min(), values.max())
    # A block alone is not thinned.
    assert blocks == 1 or len(found.values) <= most


@given(numbers, st.integers(1, 90), st.integers(4, 20))
def test_quantiles_have_ranks_near_their_shares(values, block, most):
    shares = np.linspace(0, 1, 33)
    with bounds(block, most):
        found = summarised(values, 50)
    answers, W, slack = found.quantiles(shares), len(values), found.error + 1e-9 * len(values)
    below = np.searchsorted(np.sort(values), answers, side="left")
    upto = np.searchsorted(np.sort(values), answers, side="right")
    assert (below <= shares * W + slack).all()
    assert (upto >= shares * W - slack).all()


@given(numbers, st.integers(1, 400))
def test_few_different_values_are_counted_exactly(values, block):
    with bounds(block, max(4, len(set(values.tolist())))):
        found = summarised(values, 7)
    expected, counts = np.unique(values, return_counts=True)
    np.testing.assert_array_equal(found.values, expected)
    np.testing.assert_array_equal(found.weights, counts)
    assert found.error == 0


@given(numbers)
def test_exact_quantiles_are_those_of_numpy(values):
    shares = np.arange(17) / 16  # such that products with a number of rows are exact
    expected = np.quantile(values, shares, method="inverted_cdf")
    np.testing.assert_array_equal(summarised(values, 50).quantiles(shares), expected)


@given(numbers, st.integers(1, 50), st.integers(1, 500), st.integers(1, 500))
def test_any_cut_gives_the_same_bits(values, block, size, other):
    with bounds(block, 6):
        one, another = summarised(values, size), summarised(values, other)
    assert one.values.tobytes() == another.values.tobytes()
    assert one.weights.tobytes() == another.weights.tobytes()
    assert one.error == another.error


def test_asking_changes_nothing():
    values = np.random.default_rng(0).normal(size=100)
    with bounds(8, 6):
        summary = Summary()
        for part in np.split(values, 20):
            summary.add(part)
            summary.distribution()
        np.testing.assert_array_equal(summary.distribution()[0], summarised(values, 100)[0])


def test_zeros_are_one_value_and_nothing_is_none():
    assert summarised(np.array([0.0, -0.0, 1.0]), 1).values.tolist() == [0.0, 1.0]
    assert summarised(np.array([-0.0, 0.0]), 2).values.tobytes() == np.zeros(1).tobytes()
    empty = Summary().distribution()
    assert (empty.values.size, empty.weights.size) == (0, 0)


@given(weighings, st.data())
def test_the_cap_shares_fairly(weights, data):
    shares = data.draw(st.integers(1, len(weights) - 1))
    cap = fair_cap(weights, shares)
    assert np.minimum(weights, cap).sum() == pytest.approx(shares * cap, rel=1e-12)
    assert cap > 0


@given(weighings, st.data())
def test_heavy_values_keep_their_weights(weights, data):
    most = data.draw(st.integers(4, len(weights) - 1))
    found = Distribution(np.arange(float(len(weights))), weights)
    kept = thinned(found, most)
    step = 2 * kept.error
    assert len(kept.values) <= most
    left = dict(zip(kept.values.tolist(), kept.weights.tolist(), strict=True))
    for value, weight in zip(found.values.tolist(), weights.tolist(), strict=True):
        if weight > step * (1 + 1e-9):
            assert left[value] == weight
        elif value in left and value not in (found.values[0], found.values[-1]):
            assert left[value] == pytest.approx(step) or left[value] == weight


def test_ten_million_numbers_are_off_by_a_thousandth():
    """The bound that the documentation gives, from the constants."""
    height = math.floor(math.log2(math.ceil(1e7 / quantiles.BLOCK))) + 1
    assert height / 2 / (quantiles.MOST - 2) < 1e-3
    height = math.floor(math.log2(math.ceil(1e9 / quantiles.BLOCK))) + 1
    assert height / 2 / (quantiles.MOST - 2) < 2e-3
