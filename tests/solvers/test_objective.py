"""J over a source: means, weight decay, batches."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trilayer.derivation.trace import trace
from trilayer.engines import select
from trilayer.params import initialise, pack
from trilayer.solvers.objective import Objective, weight_mask
from trilayer.sources.memory import MemorySource

pytestmark = pytest.mark.parametrize("engine", ["reference", "fused"])


def problem(engine, n1, n2, m, seed=0, l2=0.0, weights=None):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n1, m))
    Y = rng.integers(0, 2, (1, m)).astype(float)
    s = np.ones((1, m)) if weights is None else np.asarray(weights, float)[None]
    return Objective(MemorySource(X, Y, s, 1), select(engine), n2, l2), rng


def start(n1, n2, rng):
    params = initialise(n1, n2, rng)
    return params if n2 else type(params)(params.W1, params.b1, rng.normal(size=(n1, 1)), [[0.3]])


@pytest.mark.parametrize("n2", [0, 1, 4])
def test_without_decay_it_is_the_traced_cost_and_gradient(engine, n2):
    J, rng = problem(engine, 3, n2, 20)
    params = start(3, n2, rng)
    value, gradient = J(pack(params))
    t = trace(params, J.source.X, J.source.Y)
    assert value == pytest.approx(t.J, rel=1e-14)
    traced = np.concatenate([g.ravel() for g in (t.dW1, t.db1, t.dW2, t.db2)])
    np.testing.assert_allclose(gradient, traced, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("n2", [0, 1, 4])
@pytest.mark.parametrize("l2", [0.0, 2.5])
def test_the_gradient_is_the_slope_of_the_value(engine, n2, l2):
    J, rng = problem(engine, 3, n2, 20, l2=l2)
    theta = pack(start(3, n2, rng))
    _, gradient = J(theta)
    for p in range(theta.size):
        h = np.zeros_like(theta)
        h[p] = 1e-6
        slope = (J(theta + h)[0] - J(theta - h)[0]) / 2e-6
        assert gradient[p] == pytest.approx(slope, abs=1e-8)


@pytest.mark.parametrize("n2", [0, 3])
def test_decay_is_on_weights_alone(engine, n2):
    J, rng = problem(engine, 2, n2, 15, l2=3.0)
    params = start(2, n2, rng)
    plain, _ = problem(engine, 2, n2, 15)
    penalty = 0.5 * 3.0 / 15 * (np.sum(params.W1**2) + np.sum(params.W2**2))
    assert J(pack(params))[0] - plain(pack(params))[0] == pytest.approx(penalty, rel=1e-9)
    biases = ~weight_mask(2, n2)
    assert biases.sum() == n2 + 1
    same = J(pack(params))[1][biases] - plain(pack(params))[1][biases]
    np.testing.assert_allclose(same, 0, atol=1e-15)


@given(st.integers(1, 6), st.integers(0, 3), st.integers(2, 12), st.integers(0, 99))
def test_weight_two_is_the_sample_twice_and_zero_its_absence(engine, n1, n2, m, seed):
    weights = np.random.default_rng(seed).integers(0, 3, m)
    weights[0] = 1
    J, rng = problem(engine, n1, n2, m, seed, l2=1.0, weights=weights)
    rows = np.repeat(np.arange(m), weights)
    X, Y = J.source.X[:, rows], J.source.Y[:, rows]
    repeated = Objective(MemorySource(X, Y, np.ones_like(Y), 1), select(engine), n2, 1.0)
    theta = pack(start(n1, n2, rng))
    for ours, theirs in zip(J(theta), repeated(theta), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-11, atol=1e-13)


def test_batches_average_to_the_whole_under_weights(engine):
    weights = np.random.default_rng(3).uniform(0, 4, 24)
    J, rng = problem(engine, 3, 4, 24, l2=0.7, weights=weights)
    theta = pack(start(3, 4, rng))
    parts = [J.on_batch(theta, batch) for batch in J.source.batches(8, 1, 0)]
    assert np.mean([J_b for J_b, _ in parts]) == pytest.approx(J(theta)[0], rel=1e-12)
    np.testing.assert_allclose(
        np.mean([g for _, g in parts], axis=0), J(theta)[1], rtol=1e-10, atol=1e-14
    )


def test_float32_agrees_with_float64_and_returns_float64(engine):
    J, rng = problem(engine, 4, 6, 500)
    theta = pack(start(4, 6, rng))
    X, Y, s = (a.astype(np.float32) for a in (J.source.X, J.source.Y, J.source.s))
    single = Objective(MemorySource(X, Y, s, 1), select(engine), 6, 0.0, np.float32)
    value, gradient = single(theta)
    assert gradient.dtype == np.float64
    assert value == pytest.approx(J(theta)[0], rel=1e-5)
    np.testing.assert_allclose(gradient, J(theta)[1], rtol=1e-4, atol=1e-6)
