"""Laws of inputs of every kind, held against the dense matrix that they stand for."""

import numpy as np

from trilayer.engines.data import NewtonPlace
from trilayer.engines.fused import FusedEngine, NewtonPlan, Plan, Walk
from trilayer.params import pack
from trilayer.solvers.adam import ADAM

from .problems import assert_close, assert_sums_close, derived_logits, derived_sums, network

ENGINE = FusedEngine()


def assert_derived(inputs, Y, s, n2):
    """Sums and logits are the derivation's, on any number of threads; weights of 1 are none."""
    dtype = inputs.dtype.type
    params, X = network(inputs.n1, n2, dtype), inputs.dense()
    found = ENGINE.sums(params, inputs, Y, s)
    assert_sums_close(found, derived_sums(params, X, Y, s), s)
    logits = ENGINE.logits(params, inputs)
    assert_close(logits, derived_logits(params, X), dtype, least=1.0)
    for threads in (2, 3):
        assert np.array_equal(ENGINE.sums(params, inputs, Y, s, threads), found)
        assert np.array_equal(ENGINE.logits(params, inputs, threads), logits)
    ones = np.ones_like(Y)
    assert np.array_equal(
        ENGINE.sums(params, inputs, Y, ones), ENGINE.sums(params, inputs, Y, None)
    )


def descended(data, threads):
    """Where eight iterations of L-BFGS lead, and J on the way."""
    theta = pack(network(data.inputs.n1, 12, np.float64))
    gradient, decay = np.zeros_like(theta), 0.5 / data.total_weight
    ENGINE.descend(data, 12, theta, None, gradient, Plan(0.0, 0.0, decay, 0.0, threads), 1)
    place, trail = NewtonPlace(0, theta, 1.0, gradient, [], [], 1), []
    plan = NewtonPlan(10, decay, 0.0, threads)
    while place.k < 8:  # a run comes back early where it is slow
        place, part, _ = ENGINE.quasi_newton(data, 12, place, plan, 8 - place.k)
        trail.extend(part)
    return place.theta, np.array(trail)


def walked(data, n2, order, size=300, threads=1):
    """Where an epoch of Adam leads, and the means of its gradient and J."""
    theta = pack(network(data.inputs.n1, n2, np.float64))
    memory = {name: np.zeros_like(theta) for name in ADAM.memory}
    used = data.inputs.m if order is None else len(order)
    rates = np.full(-(-used // size), 0.01)
    walk = Walk(order, size, rates, 0, 1.0, 0.01, threads)
    J, gradient = ENGINE.epoch("adam", ADAM.constants, memory, data, n2, theta, walk)
    return np.concatenate([theta, gradient, [J]])


def assert_same_descent(both):
    """Of the dense samples and of their inputs, on one thread and on two."""
    (dense, J), (alike, same_J) = (descended(data, 1) for data in both)
    for data, theta in zip(both, (dense, alike), strict=True):
        assert np.array_equal(descended(data, 2)[0], theta)
    np.testing.assert_allclose(alike, dense, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(same_J, J, rtol=1e-9)


def assert_same_epochs(both, n2):
    """Of the dense samples and of their inputs, in an order, on one thread and on two."""
    order = np.random.default_rng(2).permutation(5000)[:4000]
    dense, alike = (walked(data, n2, order) for data in both)
    for data, found in zip(both, (dense, alike), strict=True):
        assert np.array_equal(walked(data, n2, order, threads=2), found)
    np.testing.assert_allclose(alike, dense, rtol=1e-7, atol=1e-9)
