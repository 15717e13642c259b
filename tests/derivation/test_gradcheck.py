"""The gradient check: it passes what is right, and only that."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trilayer.derivation import gradcheck
from trilayer.derivation.gradcheck import check_gradients, gradient, slope
from trilayer.derivation.trace import trace
from trilayer.errors import InputError
from trilayer.params import Params, n_parameters, pack, unpack

law = settings(deadline=None, max_examples=50)
seeds = st.integers(0, 2**32 - 1)
sizes = st.tuples(st.integers(1, 4), st.integers(0, 4), st.integers(1, 6))


def problem(seed, n1, n2, m, weights=1.0, inputs=1.0):
    rng = np.random.default_rng(seed)
    params = unpack(weights * rng.normal(size=n_parameters(n1, n2)), n1, n2)
    return params, inputs * rng.normal(size=(n1, m)), rng.integers(0, 2, (1, m))


@given(seeds, sizes)
@law
def test_the_derivation_passes(seed, shape):
    assert check_gradients(*problem(seed, *shape)).max_relative_error < 1e-7


@given(seeds, sizes, st.floats(-2, 2), st.floats(-3, 3))
@law
def test_it_passes_at_any_scale_saturated_or_not(seed, shape, weights, inputs):
    arguments = problem(seed, *shape, 10**weights, 10**inputs)
    assert check_gradients(*arguments).max_relative_error < 1e-6


@pytest.mark.parametrize("y", [0, 1])
@pytest.mark.parametrize("z", [-1000, -740, -36, -20, 20, 30, 36, 40, 1000])
def test_it_passes_where_a2_has_lost_its_digits(z, y):
    for params in (
        Params(np.empty((1, 0)), np.empty((0, 1)), [[float(z)]], [[0.0]]),
        Params([[float(z)]], [[0.0]], [[2.0]], [[float(z)]]),
    ):
        assert check_gradients(params, [[1.0]], [y]).max_relative_error < 1e-6


@pytest.mark.parametrize("n2", [0, 3])
def test_it_passes_after_training(n2):
    """At a minimum the terms of every sum cancel."""
    params, X, _ = problem(5, 2, n2, 40)
    Y = (X[:1] + np.random.default_rng(0).normal(size=(1, 40)) > 0).astype(float)
    theta = pack(params)
    for _ in range(1000):
        theta -= pack(gradient(trace(unpack(theta, 2, n2), X, Y)))
    params = unpack(theta, 2, n2)
    assert np.abs(pack(gradient(trace(params, X, Y)))).max() < 2e-2
    assert check_gradients(params, X, Y).max_relative_error < 1e-8


# ---- it catches what is wrong ---------------------------------------------------------------


@given(seeds, sizes, st.data())
@law
def test_one_wrong_number_is_caught(seed, shape, data):
    params, X, Y = problem(seed, *shape)
    wrong = data.draw(st.integers(0, len(pack(params)) - 1))
    by = data.draw(st.sampled_from([1e-4, -1e-4, -1.0, -2.0]))

    def corrupted(*arguments):
        t = trace(*arguments)
        g = pack(gradient(t))
        g[wrong] += by * max(abs(g[wrong]), 1.0)
        broken = unpack(g, *shape[:2])
        return dataclasses.replace(t, **{f"d{name}": M for name, M in vars(broken).items()})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gradcheck, "trace", corrupted)
        result = check_gradients(params, X, Y)
    assert result.max_relative_error > 1e-6
    assert result.table[wrong].relative_error == result.max_relative_error


@pytest.mark.parametrize("name", ["grad_W1", "grad_b1", "grad_W2", "grad_b2", "hidden_error"])
def test_a_wrong_formula_is_caught(monkeypatch, name):
    right = getattr(gradcheck.core, name)
    monkeypatch.setattr(gradcheck.core, name, lambda *matrices: right(*matrices) * (1 + 1e-4))
    assert check_gradients(*problem(1, 3, 2, 5)).max_relative_error > 1e-6


# ---- its parts ------------------------------------------------------------------------------


@given(st.lists(st.floats(-3, 3), min_size=5, max_size=5))
@law
def test_the_four_point_slope_is_exact_up_to_the_fourth_power(coefficients):
    polynomial = np.polynomial.Polynomial(coefficients)
    assert slope(polynomial, 0.5) == pytest.approx(coefficients[1], abs=1e-12)


def test_the_table_lists_every_parameter_in_packed_order():
    params, X, Y = problem(0, 2, 2, 3)
    result = check_gradients(params, X, Y)
    assert [row[:3] for row in result.table] == [
        ("W1", 0, 0), ("W1", 0, 1), ("W1", 1, 0), ("W1", 1, 1),
        ("b1", 0, 0), ("b1", 1, 0), ("W2", 0, 0), ("W2", 1, 0), ("b2", 0, 0),
    ]  # fmt: skip
    analytic = pack(gradient(trace(params, X, Y))).tolist()
    assert [row.analytic for row in result.table] == analytic
    assert max(row.relative_error for row in result.table) == result.max_relative_error


def test_a_float32_network_is_checked_in_float64():
    params, X, Y = problem(0, 3, 2, 4)
    assert check_gradients(params.astype(np.float32), X, Y).max_relative_error < 1e-9


def test_the_step_can_be_chosen():
    arguments = problem(0, 3, 2, 4)
    assert check_gradients(*arguments, step=1e-3).max_relative_error < 1e-8
    assert check_gradients(*arguments, step=0.5).max_relative_error > 1e-6


def test_inputs_that_are_all_zero_are_no_trouble():
    params, X, Y = problem(0, 3, 2, 4)
    assert check_gradients(params, 0 * X, Y).max_relative_error < 1e-9
    assert check_gradients(params, 1e-310 * X, Y).max_relative_error < 1e-6


def test_bad_samples_are_refused():
    params, X, _ = problem(0, 3, 2, 4)
    with pytest.raises(InputError, match="0 and 1 only"):
        check_gradients(params, X, np.full((1, 4), 0.5))
