"""Whole runs in one call: descent and epochs are the literal ones, to rounding."""

import itertools
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trilayer import _fused as native
from trilayer.encoding.inputs import Inputs
from trilayer.engines import fused
from trilayer.engines.fused import FusedEngine, Plan, Walk
from trilayer.params import unpack
from trilayer.solvers.adam import ADAM
from trilayer.solvers.objective import weight_mask

from .problems import data_of, objective, samples, start

ENGINE = FusedEngine()
DTYPES = pytest.mark.parametrize("dtype", [np.float64, np.float32])
SGD = {"momentum": 0.9}
L2 = 0.5
"""Of J's decay term: l2 / Σ s is what the engine takes."""


def descend_literally(J, theta, rate, momentum, steps):
    velocity, Js = np.zeros_like(theta), []
    _, gradient = J(theta)
    for _ in range(steps):
        velocity = momentum * velocity + gradient
        theta = theta - rate * velocity
        value, gradient = J(theta)
        Js.append(value)
    return theta, Js, np.abs(gradient).max()


@pytest.mark.parametrize(("n1", "n2", "m"), [(2, 4, 400), (3, 0, 100), (5, 20, 300), (4, 3, 5000)])
@pytest.mark.parametrize("momentum", [0.0, 0.8])
def test_gradient_descent_runs(n1, n2, m, momentum):
    X, Y, s = samples(n1, m, np.float64)
    J = objective(X, Y, s, n2, L2)
    expected, Js, largest = descend_literally(J, start(n1, n2), 0.3, momentum, 50)
    results = []
    for threads, layout in ((1, X), (3, np.ascontiguousarray(X))):
        data, theta = data_of(layout, Y, s), start(n1, n2)
        _, gradient = J(theta)
        velocity = np.zeros_like(theta) if momentum else None
        plan = Plan(0.3, momentum, L2 / data.total_weight, 0.0, threads)
        parts, done = [], 0
        while done < 50:
            parts.append(ENGINE.descend(data, n2, theta, velocity, gradient, plan, 50 - done))
            done += len(parts[-1])
        record = np.concatenate(parts)
        results.append(np.concatenate([theta, gradient, *record]))
        np.testing.assert_allclose(theta, expected, rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(record[:, 0], Js, rtol=1e-12)
        assert record[-1, 1] == pytest.approx(largest, rel=1e-9)
        assert record[-1, 1] == np.abs(gradient).max()
    assert np.array_equal(*results)


# What a solver does between two passes is written as the derivation has it, product by product and
# sum by sum: the same bits on every processor, whatever it could fuse.
shapes = st.sampled_from([(1, 1), (2, 4), (3, 0), (5, 17), (13, 9)])


@given(shape=shapes, rate=st.floats(1e-3, 10), momentum=st.sampled_from([0.0, 0.7]))
def test_a_step_of_descent_is_e35_to_the_bit(shape, rate, momentum):
    (n1, n2), (X, Y, s) = shape, samples(shape[0], 60, np.float64)
    data, theta = data_of(X, Y, s), start(n1, n2)
    gradient = np.random.default_rng(1).normal(size=theta.size)
    velocity = np.random.default_rng(2).normal(size=theta.size) if momentum else None
    moved, slope = theta.copy(), gradient.copy()
    speed = None if velocity is None else velocity.copy()
    decay = L2 / data.total_weight
    ENGINE.descend(data, n2, moved, speed, slope, Plan(rate, momentum, decay, 0.0, 1), 1)
    if velocity is not None:
        velocity = momentum * velocity + gradient
        assert np.array_equal(speed, velocity)
    assert np.array_equal(moved, theta - rate * (gradient if velocity is None else velocity))
    sums = ENGINE.sums(unpack(moved, n1, n2), X, Y, s)[1:]
    weights = np.where(weight_mask(n1, n2), moved, 0.0)
    assert np.array_equal(slope, (1 / data.total_weight) * sums + decay * weights)


@pytest.mark.parametrize("rule", ["sgd", "adam"])
@given(shape=shapes, rate=st.floats(1e-3, 10))
def test_an_update_on_a_batch_is_its_rule_to_the_bit(rule, shape, rate):
    (n1, n2), (X, Y, s) = shape, samples(shape[0], 60, np.float64)
    data, theta = data_of(X, Y, s), start(n1, n2)
    size = len(theta)
    # Two epochs of one batch each: the second one begins with what the first one remembers.
    names = ("velocity",) if rule == "sgd" else ADAM.memory
    memory = {name: np.zeros(size) for name in names}
    expected, expected_memory = theta.copy(), {name: np.zeros(size) for name in names}
    for t in (1, 2):
        walk = Walk(None, 60, np.array([rate]), t - 1, average(data), 0.0, 1)
        constants = SGD if rule == "sgd" else ADAM.constants
        _, gradient = ENGINE.epoch(rule, constants, memory, data, n2, theta, walk)
        if rule == "sgd":
            v = 0.9 * expected_memory["velocity"] - rate * gradient
            expected_memory = {"velocity": v}
            expected = expected + (0.9 * v - rate * gradient)
        else:
            expected, expected_memory = ADAM.update(expected, gradient, expected_memory, rate, t)
        assert np.array_equal(theta, expected)
        for name in names:
            assert np.array_equal(memory[name], expected_memory[name])


def test_gradient_descent_stops_where_it_should():
    X, Y, s = samples(3, 200, np.float64)
    data, theta = data_of(X, Y, s), start(3, 4)
    _, gradient = objective(X, Y, s, 4, 0.0)(theta)
    descend = partial(ENGINE.descend, data, 4, theta.copy(), None)
    assert len(descend(gradient.copy(), Plan(0.3, 0.0, 0.0, 1e9, 1), 10)) == 1
    record = descend(gradient * np.inf, Plan(0.3, 0.0, 0.0, 0.0, 1), 10)
    assert len(record) == 1
    assert np.isnan(record[0, 1])


def epoch_literally(J, rule, theta, m, walk):
    """As `solvers.epochs` says it, with batches cut here."""
    order = np.arange(m) if walk.order is None else walk.order
    first, second = np.zeros_like(theta), np.zeros_like(theta)
    total_J, total = 0.0, np.zeros_like(theta)
    X, Y, s = J.source.X, J.source.Y, J.source.s
    for b, rate in enumerate(walk.rates):
        at = order[b * walk.size : (b + 1) * walk.size]
        value, g = J.on_batch(theta, _batch(X[:, at], Y[:, at], s[:, at]))
        total_J += len(at) / m * value
        total += len(at) / m * g
        if rule == "sgd":
            first = 0.9 * first - rate * g
            theta = theta + 0.9 * first - rate * g
        else:
            t = walk.updates + b + 1
            first, second = 0.9 * first + 0.1 * g, 0.999 * second + 0.001 * g**2
            unbiased = rate * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
            theta = theta - unbiased * first / (np.sqrt(second) + 1e-8)
    return theta, total_J, total


def _batch(X, Y, s):
    from trilayer.sources import Batch

    return Batch(Inputs.of(X), Y, s)


def average(data):
    """Return Σ s / m."""
    return data.total_weight / data.X.shape[1]


def run(rule, data, n2, theta, walk):
    """One epoch; theta, memory, gradient and J in one vector."""
    names, constants = (("velocity",), SGD) if rule == "sgd" else (ADAM.memory, ADAM.constants)
    theta, memory = theta.copy(), {name: np.zeros_like(theta) for name in names}
    J, gradient = ENGINE.epoch(rule, constants, memory, data, n2, theta, walk)
    return theta, J, gradient, np.concatenate([theta, *memory.values(), gradient, [J]])


@pytest.mark.parametrize("rule", ["sgd", "adam"])
@pytest.mark.parametrize(
    ("n1", "n2", "m", "size"), [(3, 4, 500, 64), (7, 30, 400, 33), (4, 0, 9, 4), (3, 9, 9000, 4400)]
)
@pytest.mark.parametrize("shuffled", [True, False])
def test_epochs(rule, n1, n2, m, size, shuffled):
    X, Y, s = samples(n1, m, np.float64)
    order = np.random.default_rng(5).permutation(m) if shuffled else None
    rates = np.linspace(0.05, 0.01, -(-m // size))
    J = objective(X, Y, s, n2, L2)
    results = []
    for threads, layout in ((1, X), (3, np.ascontiguousarray(X))):
        data = data_of(layout, Y, s)
        walk = Walk(order, size, rates, 11, average(data), L2 / data.total_weight, threads)
        expected = epoch_literally(J, rule, start(n1, n2), m, walk)
        theta, mean_J, gradient, bits = run(rule, data, n2, start(n1, n2), walk)
        np.testing.assert_allclose(theta, expected[0], rtol=1e-9, atol=1e-12)
        assert mean_J == pytest.approx(expected[1], rel=1e-11)
        np.testing.assert_allclose(gradient, expected[2], rtol=1e-8, atol=1e-12)
        results.append(bits)
    assert np.array_equal(*results)


@pytest.mark.parametrize("size", [100, 256, 1000, 2047])
@DTYPES
def test_batches_cut_for_several_threads_keep_their_bits(size, dtype):
    X, Y, s = samples(30, 2500, dtype)
    order = np.random.default_rng(0).permutation(2500)
    rates = np.full(-(-2500 // size), 0.01)
    found = [
        run("adam", data_of(layout, Y, s), 64, start(30, 64), walk)[-1]
        for threads in (1, 2, 3, 7)
        for layout in (X, np.ascontiguousarray(X))
        for walk in [Walk(order, size, rates, 0, s.mean(), 0.01, threads)]
    ]
    assert all(np.array_equal(found[0], other) for other in found)


@pytest.mark.parametrize("rule", ["sgd", "adam"])
def test_coming_back_often_changes_nothing(rule, monkeypatch):
    X, Y, s = samples(3, 500, np.float64)
    data, calls = data_of(X, Y, s), []
    whole = getattr(native, f"run_{rule}")

    def counted(*args, **kwargs):
        calls.append(kwargs["first"])
        return whole(*args, **kwargs | {"seconds": next(slices)})

    monkeypatch.setattr(native, f"run_{rule}", counted)
    walk = Walk(None, 50, np.full(10, 0.01), 0, 1.0, 0.01, 1)
    found = []
    for cut in (0, 3, 10):  # so many batches in calls of their own, then the rest in one
        slices = itertools.chain([0.0] * cut, itertools.repeat(60.0))
        found.append(run(rule, data, 4, start(3, 4), walk)[-1])
    assert calls == [0, 0, 1, 2, 3, *range(10)]
    assert np.array_equal(found[0], found[1])
    assert np.array_equal(found[0], found[2])


def test_descent_in_slices_changes_nothing(monkeypatch):
    X, Y, s = samples(3, 500, np.float64)
    data, plan, found = data_of(X, Y, s), Plan(0.1, 0.9, 0.01, 0.0, 1), []
    for seconds in (60.0, 0.0):
        monkeypatch.setattr(fused, "SLICE", seconds)
        theta, velocity, gradient = start(3, 4), np.zeros(21), np.ones(21)
        lengths = []
        while sum(lengths) < 20:
            left = 20 - sum(lengths)
            lengths.append(len(ENGINE.descend(data, 4, theta, velocity, gradient, plan, left)))
        assert lengths == ([20] if seconds else [1] * 20)
        found.append(np.concatenate([theta, velocity, gradient]))
    assert np.array_equal(*found)


def test_an_order_that_names_absent_samples_is_refused():
    X, Y, s = samples(3, 10, np.float64)
    for absent in (10, -1):
        walk = Walk(np.array([0, absent]), 4, np.ones(1), 0, 1.0, 0.0, 1)
        with pytest.raises(ValueError, match="not there"):
            run("sgd", data_of(X, Y, s), 4, start(3, 4), walk)
