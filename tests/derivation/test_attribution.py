"""Integrated gradients in closed form: what quadrature gives, complete, and zero where unused."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trilayer.derivation import core
from trilayer.derivation.attribution import adding_up, integrated_gradients, mean_slope
from trilayer.params import Params, initialise


def problem(seed, n1=4, n2=3, m=5, scale=1.0):
    rng = np.random.default_rng(seed)
    params = initialise(n1, n2, rng)
    wide = Params(*(scale * rng.normal(size=each.shape) for each in (
        params.W1, params.b1, params.W2, params.b2,
    )))  # fmt: skip
    return wide, rng.normal(size=(n1, m)), rng.normal(size=(n1, 1))


def logits(params, X):
    if not params.n2:
        return core.unit_logits(params.W2, params.b2, X)
    return core.network_logits(params.W1, params.b1, params.W2, params.b2, X)


def quadrature(params, X, x0, points=200):
    """The definition: the gradient's mean along the line, by Gauss and Legendre."""
    nodes, weights = np.polynomial.legendre.leggauss(points)
    total = np.zeros_like(X)
    for node, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
        here = x0 + node * (X - x0)
        A1 = core.sigmoid(core.hidden_preactivation(params.W1, params.b1, here))
        total += weight * (params.W1 @ (params.W2 * core.sigmoid_slope(A1)))
    return (X - x0) * total


@pytest.mark.parametrize("seed", range(5))
def test_it_is_what_the_definition_says(seed):
    params, X, x0 = problem(seed)
    found = integrated_gradients(params, X, x0)
    np.testing.assert_allclose(found, quadrature(params, X, x0), rtol=1e-10, atol=1e-12)


@given(st.integers(0, 10**6), st.sampled_from([0, 1, 7]), st.floats(0.01, 100))
def test_it_adds_up_to_the_difference_of_logits(seed, n2, scale):
    params, X, x0 = problem(seed, n2=n2, scale=scale)
    gained = logits(params, X) - logits(params, x0)
    found = integrated_gradients(params, X, x0).sum(axis=0, keepdims=True)
    size = np.abs(params.W2).sum() * max(1.0, np.abs(X).max(), np.abs(x0).max())
    np.testing.assert_allclose(found, gained, rtol=1e-9, atol=1e-12 * size)


def test_an_input_that_nothing_reads_adds_nothing():
    params, X, x0 = problem(1)
    params.W1[2] = 0
    assert np.all(integrated_gradients(params, X, x0)[2] == 0)


def test_an_input_that_stays_adds_nothing():
    params, X, x0 = problem(2)
    X[1] = x0[1]
    assert np.all(integrated_gradients(params, X, x0)[1] == 0)


@given(st.floats(-800, 800), st.floats(-800, 800))
def test_the_mean_slope_is_finite_and_a_slope(a, b):
    found = float(mean_slope(np.array([a]), np.array([b]))[0])
    assert 0 <= found <= 0.25
    assert found == float(mean_slope(np.array([b]), np.array([a]))[0])


@pytest.mark.parametrize("gap", [1e-16, 1e-12, 1e-8, 1e-4])
def test_the_mean_slope_is_not_cancelled(gap):
    a = 0.7
    exact = core.sigmoid_slope(core.sigmoid(np.array([[a]])))[0, 0]
    found = mean_slope(np.array([a]), np.array([a + gap]))[0]
    assert found == pytest.approx(exact, rel=max(gap, 1e-14))


@given(st.integers(0, 10**6), st.integers(1, 12))
def test_parts_add_up_to_the_bit(seed, k):
    rng = np.random.default_rng(seed)
    parts = rng.normal(size=(20, k)) * 10.0 ** rng.integers(-6, 3, size=(20, k))
    start = np.full(20, rng.normal())
    end = start + parts.sum(axis=1) + rng.normal(size=20) * 1e-9
    made = adding_up(parts, start, end)
    # Digits of the sum that no part has cannot come about: parts and start are all coarser.
    fine = np.abs(parts).min(axis=1) < np.abs(end) / 2
    sums = np.array([math.fsum([s, *row]) for s, row in zip(start, made, strict=True)])
    assert np.array_equal(sums[fine], end[fine])
    np.testing.assert_allclose(sums, end, rtol=0, atol=1e-12)
    np.testing.assert_allclose(made, parts, atol=1e-7)
