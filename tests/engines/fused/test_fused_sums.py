"""One pass: it agrees with the derivation, and its bits depend on the data alone."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.special import expit

from trilayer import _fused as native
from trilayer.engines.fused import FusedEngine
from trilayer.params import Params, pack

from .problems import (
    TOLERANCE,
    assert_close,
    assert_sums_close,
    counts,
    derived_logits,
    derived_sums,
    dtypes,
    network,
    samples,
    sizes,
)

ENGINE = FusedEngine()
DTYPES = pytest.mark.parametrize("dtype", [np.float64, np.float32])


@settings(max_examples=settings.default.max_examples * 3 // 2)
@given(n1=sizes, n2=sizes | st.just(0), m=counts, dtype=dtypes)
@example(n1=2, n2=101, m=1, dtype=np.float32)  # y = 1 at a logit of 6.5
def test_sums_and_logits_agree_with_the_derivation(n1, n2, m, dtype):
    params, (X, Y, s) = network(n1, n2, dtype), samples(n1, m, dtype)
    assert_sums_close(ENGINE.sums(params, X, Y, s), derived_sums(params, X, Y, s), s)
    ones = np.ones_like(s)
    assert_sums_close(ENGINE.sums(params, X, Y, None), derived_sums(params, X, Y, ones), ones)
    # A logit may be a small difference of terms of about 1.
    assert_close(ENGINE.logits(params, X), derived_logits(params, X), dtype, least=1.0)


@given(n1=sizes, n2=sizes | st.just(0), m=counts, dtype=dtypes)
def test_weights_of_one_are_none(n1, n2, m, dtype):
    params, (X, Y, _) = network(n1, n2, dtype), samples(n1, m, dtype)
    assert np.array_equal(
        ENGINE.sums(params, X, Y, np.ones_like(Y)), ENGINE.sums(params, X, Y, None)
    )


def layouts(X):
    """The same numbers, lying in memory in other ways."""
    (n1, m), dtype = X.shape, X.dtype
    wide = np.zeros((m, n1 + 3), dtype=dtype)
    wide[:, 1:-2] = X.T
    spread = np.zeros((n1, 2 * m), dtype=dtype)
    spread[:, ::2] = X
    readonly = np.ascontiguousarray(X)
    readonly.flags.writeable = False
    backwards = np.ascontiguousarray(X[::-1, ::-1])[::-1, ::-1]
    aligned = np.zeros((m, -(-n1 // 1024) * 1024), dtype=dtype)[:, :n1]  # rows a power of two apart
    aligned[:] = X.T
    packed = np.zeros(m, dtype=[("tag", "u1"), ("x", dtype, n1)])
    packed["x"] = X.T.reshape(packed["x"].shape)
    fields = packed["x"].reshape(m, n1).T
    return [X, fields, readonly, wide[:, 1:-2].T, spread[:, ::2], backwards, aligned.T]


@given(n1=sizes, n2=sizes | st.just(0), m=counts, dtype=dtypes)
def test_layout_and_threads_change_no_bit(n1, n2, m, dtype):
    params, (X, Y, s) = network(n1, n2, dtype), samples(n1, m, dtype)
    sums, z, p = ENGINE.sums(params, X, Y, s), ENGINE.logits(params, X), None
    p = ENGINE.probabilities(params, X)
    for layout in layouts(X):
        for threads in (1, 2, 3, 7):
            assert np.array_equal(ENGINE.sums(params, layout, Y, s, threads), sums)
            assert np.array_equal(ENGINE.logits(params, layout, threads), z)
            assert np.array_equal(ENGINE.probabilities(params, layout, threads), p)


@DTYPES
def test_a_memory_map_is_read_in_place(dtype, tmp_path):
    params, (X, Y, s) = network(3, 20, dtype), samples(3, 5000, dtype)
    mapped = np.memmap(tmp_path / "X", dtype, "w+", shape=(5000, 3))
    mapped[:] = X.T
    expected = ENGINE.sums(params, X, Y, s, 2)
    assert np.array_equal(ENGINE.sums(params, mapped.T, Y, s, 2), expected)


@pytest.mark.parametrize("blocks", [2, 3, 5, 8, 11])
def test_block_sums_are_added_along_the_binary_counter_tree(blocks):
    m, block = blocks * native.block_samples - 100, native.block_samples
    params, (X, Y, s) = network(3, 5, np.float64), samples(3, m, np.float64)
    stack = []
    for first in range(0, m, block):
        part = slice(first, first + block)
        stack.append((1, ENGINE.sums(params, X[:, part], Y[:, part], s[:, part])))
        while len(stack) > 1 and stack[-2][0] == stack[-1][0]:
            (size, right), (_, left) = stack.pop(), stack.pop()
            stack.append((2 * size, left + right))
    total = stack.pop()[1]
    while stack:
        total = stack.pop()[1] + total
    assert np.array_equal(ENGINE.sums(params, X, Y, s, 3), total)


@pytest.mark.parametrize("n2", [0, 3, 40])
@DTYPES
def test_predictions(n2, dtype):
    params, (X, _, _) = network(5, n2, dtype), samples(5, 5000, dtype)
    z = ENGINE.logits(params, X, 2)[0]
    both = ENGINE.probabilities(params, X, 2)
    signed = z.astype(np.float64)
    np.testing.assert_allclose(both[:, 1], expit(signed), rtol=TOLERANCE[dtype])
    np.testing.assert_allclose(both[:, 0], expit(-signed), rtol=TOLERANCE[dtype])
    second = np.empty_like(z)
    native.predict(pack(params).astype(np.float64), n2, X, second, 1, 2)
    assert np.array_equal(both[:, 1], second)
    for i in (0, 17, 4999):  # a row's logit does not depend on the rows beside it
        assert ENGINE.logits(params, X[:, i : i + 1])[0, 0] == z[i]


@DTYPES
def test_saturated_samples_keep_a_finite_loss(dtype):
    W1, b = np.full((1, 20), 1, dtype), np.zeros((20, 1), dtype)
    params = Params(W1, b, np.full((20, 1), 100, dtype), np.full((1, 1), -1000, dtype))
    X, Y = np.array([[-300, 300, -300, 300]], dtype), np.array([[0, 1, 1, 0]], dtype)
    found = ENGINE.sums(params, X, Y, None)
    assert found[0] == pytest.approx(2000)
    assert found[-1] == 0


@DTYPES
def test_a_small_loss_and_a_small_probability_keep_their_digits(dtype):
    unit = Params(np.zeros((1, 0)), np.zeros((0, 1)), np.ones((1, 1)), [[0.0]]).astype(dtype)
    X, Y = np.array([[9, -9]], dtype), np.array([[1, 0]], dtype)
    loss = ENGINE.sums(unit, X, Y, None)[0]
    assert loss == pytest.approx(2 * np.log1p(np.exp(-9)), rel=1e-6)
    small = ENGINE.probabilities(unit, np.array([[40, -40]], dtype))
    np.testing.assert_allclose([small[0, 0], small[1, 1]], np.exp(-40), rtol=TOLERANCE[dtype])


@pytest.mark.parametrize("scale", [1e-3, 1.0, 30.0, 1e4])
@pytest.mark.parametrize("right", [True, False])
@DTYPES
def test_equal_weights_take_one_logarithm_and_keep_the_digits_of_many(scale, right, dtype):
    unit = Params(np.zeros((1, 0)), np.zeros((0, 1)), np.ones((1, 1)), [[0.0]]).astype(dtype)
    X = (scale * np.random.default_rng(0).standard_normal((1, 5001))).astype(dtype)
    Y = ((X > 0) == right).astype(dtype)
    z = X.astype(np.float64)
    expected = np.sum(np.logaddexp(0, np.where(Y, -z, z)))
    for s, factor in ((None, 1), (np.full_like(Y, 2), 2)):
        loss = ENGINE.sums(unit, X, Y, s)[0]
        assert loss == pytest.approx(factor * expected, rel=TOLERANCE[dtype])


@pytest.mark.parametrize("m", [1, 511, 512, 513, 5000])
@pytest.mark.parametrize("n2", [0, 1, 40])
@DTYPES
def test_a_network_that_knows_nothing_loses_a_bit_a_sample(n2, m, dtype):
    """At θ = 0 the product under the one logarithm is as large as can be."""
    shapes = (3, n2), (n2, 1), (n2 or 3, 1), (1, 1)
    nothing = Params(*(np.zeros(shape, dtype) for shape in shapes))
    X, Y, _ = samples(3, m, dtype)
    assert ENGINE.sums(nothing, X, Y, None)[0] == pytest.approx(m * np.log(2), rel=TOLERANCE[dtype])


@pytest.mark.parametrize("n2", [0, 2, 17])
@DTYPES
def test_nan_and_infinity_stay_where_they_belong(n2, dtype):
    params, (X, _, _) = network(3, n2, dtype), samples(3, 9, dtype)
    X = X.copy()
    X[1, 4], X[0, 7] = np.nan, np.inf
    z = ENGINE.logits(params, X)[0]
    assert np.flatnonzero(np.isnan(z)).tolist() == [4]
    assert np.isinf(z[7]) == (n2 == 0)


@DTYPES
def test_the_smallest_network_on_one_sample_and_on_none(dtype):
    params, (X, Y, s) = network(1, 1, dtype), samples(1, 1, dtype)
    assert_close(ENGINE.sums(params, X, Y, s), derived_sums(params, X, Y, s), dtype)
    assert not np.any(ENGINE.sums(params, X[:, :0], Y[:, :0], s[:, :0]))
    assert ENGINE.logits(params, X[:, :0]).shape == (1, 0)
    assert ENGINE.probabilities(params, X[:, :0]).shape == (0, 2)


def test_arrays_that_do_not_fit_are_refused():
    params, (X, Y, s) = network(3, 4, np.float64), samples(3, 10, np.float64)
    with pytest.raises(ValueError, match="theta does not fit"):
        ENGINE.sums(params, X[:2], Y, s)
    with pytest.raises(ValueError, match="one label a sample"):
        ENGINE.sums(params, X, Y[:, 1:], s)
    with pytest.raises(ValueError, match="one weight a sample"):
        ENGINE.sums(params, X, Y, s[:, 1:])
    with pytest.raises(ValueError, match="out does not fit"):
        native.predict(pack(params), 4, X, np.empty(9), 0)
    with pytest.raises(ValueError, match="kind is 0"):
        native.predict(pack(params), 4, X, np.empty(10), 3)
    with pytest.raises(TypeError, match="incompatible function arguments"):
        native.predict(pack(params), 4, X, np.empty(10, np.float32), 0)
