"""Calibration is what a hand computes, and what scikit-learn does."""

from math import gcd

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve

from trilayer.errors import InputError, ShapeError
from trilayer.metrics.calibration import expected_calibration_error, reliability_curve


@st.composite
def judged(draw, least=1):
    """Truth and probabilities, with ties as likely as not."""
    m = draw(st.integers(least, 60))
    coarse = st.integers(0, draw(st.sampled_from([3, 20, 100_000])))
    p = np.array(draw(st.lists(coarse, min_size=m, max_size=m)), float)
    y = np.array(draw(st.lists(st.booleans(), min_size=m, max_size=m)))
    return y, p / max(p.max(), 1.0)


BINS = st.integers(1, 20)


def test_by_hand():
    p = [0.1, 0.2, 0.3, 0.6, 0.8, 0.9]
    y = [0, 0, 1, 0, 1, 1]
    curve = reliability_curve(y, p, n_bins=2)
    np.testing.assert_allclose(curve.probability, [0.2, 2.3 / 3])
    np.testing.assert_allclose(curve.frequency, [1 / 3, 2 / 3])
    assert curve.rows.tolist() == [3, 3]
    assert expected_calibration_error(y, p, n_bins=2) == pytest.approx((1 / 3 - 0.2 + 0.1) / 2)


def test_fifteen_bins_unless_said_otherwise():
    p = np.linspace(0, 1, 150)
    assert len(reliability_curve(p > 0.5, p).rows) == 15


@given(judged(least=2), BINS)
def test_the_curve_is_that_of_scikit_learn(rows, n_bins):
    y, p = rows
    # Else an interpolated edge falls on a row, and rounding decides on which side it lies.
    assume(gcd(len(p) - 1, n_bins) == 1)
    curve = reliability_curve(y, p, n_bins)
    frequency, probability = calibration_curve(y, p, n_bins=n_bins, strategy="quantile")
    np.testing.assert_allclose(curve.frequency, frequency)
    np.testing.assert_allclose(curve.probability, probability)


@given(judged(), BINS)
def test_the_bins_hold_every_row_once(rows, n_bins):
    y, p = rows
    curve = reliability_curve(y, p, n_bins)
    assert curve.rows.sum() == len(y)
    assert curve.rows @ curve.frequency == pytest.approx(y.sum())
    assert curve.rows @ curve.probability == pytest.approx(p.sum())
    assert len(curve.rows) <= n_bins
    assert (np.diff(curve.probability) > 0).all()


@given(st.integers(1, 300), BINS)
def test_without_ties_bins_differ_by_a_row_or_two(m, n_bins):
    p = np.linspace(0, 1, m)
    rows = reliability_curve(p > 0.5, p, n_bins).rows
    assert rows.max() - rows.min() <= 2
    assert len(rows) == min(n_bins, m)


@given(judged(), BINS, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(rows, n_bins, random):
    y, p = rows
    order = random.sample(range(len(y)), len(y))
    one, other = reliability_curve(y, p, n_bins), reliability_curve(y[order], p[order], n_bins)
    np.testing.assert_array_equal(one.rows, other.rows)
    np.testing.assert_allclose(one.probability, other.probability)
    np.testing.assert_allclose(one.frequency, other.frequency)


@given(judged(), BINS)
def test_a_monotone_change_moves_no_row(rows, n_bins):
    y, p = rows
    one, other = reliability_curve(y, p, n_bins), reliability_curve(y, p**2, n_bins)
    np.testing.assert_array_equal(one.rows, other.rows)
    np.testing.assert_array_equal(one.frequency, other.frequency)


@given(judged(), BINS)
def test_the_error_lies_between_that_of_the_mean_and_one(rows, n_bins):
    y, p = rows
    error = expected_calibration_error(y, p, n_bins)
    assert abs(p.mean() - y.mean()) <= error + 1e-12
    assert error <= 1
    assert expected_calibration_error(y, p, 1) == pytest.approx(abs(p.mean() - y.mean()))


@given(judged())
def test_what_happens_as_often_as_said_has_no_error(rows):
    y, p = rows
    # Of equal probabilities as many are positive as they say.
    share = {value: y[p == value].mean() for value in np.unique(p)}
    honest = np.array([share[value] for value in p])
    # Bins of rows that share a probability: more bins than rows cannot part them.
    assert expected_calibration_error(y, honest, 10_000) == pytest.approx(0, abs=1e-12)


def test_what_is_surely_wrong_has_all_of_it():
    assert expected_calibration_error([0, 1, 0, 1], [1.0, 0.0, 1.0, 0.0]) == 1


def test_true_probabilities_are_calibrated_in_the_long_run():
    rng = np.random.default_rng(0)
    p = rng.random(200_000)
    y = rng.random(200_000) < p
    assert expected_calibration_error(y, p) < 0.005
    assert expected_calibration_error(y, p**2) > 0.1


@pytest.mark.parametrize(
    ("y", "p", "error", "said"),
    [
        ([], [], InputError, "no rows"),
        ([0, 1], [0.5], ShapeError, r"shape \(2,\) and y_prob \(1,\)"),
        ([[0, 1]], [[0.5, 0.5]], ShapeError, "both must be"),
        ([0, 2], [0.5, 0.5], InputError, "y_true must hold 0 and 1"),
        ([0, np.nan], [0.5, 0.5], InputError, "y_true must hold 0 and 1"),
        ([0, 1], [0.5, 1.5], InputError, "y_prob must hold probabilities"),
        ([0, 1], [0.5, np.nan], InputError, "y_prob must hold probabilities"),
        (["no", "yes"], [0.5, 0.5], InputError, "y_true must hold numbers"),
        ([0, 1], [0.5, "half"], InputError, "y_prob must hold numbers"),
        ([0, 1], [[0.5], [0.5, 0.5]], InputError, "y_prob must hold numbers"),
    ],
)
def test_what_cannot_be_judged(y, p, error, said):
    with pytest.raises(error, match=said):
        reliability_curve(y, p)


@pytest.mark.parametrize("n_bins", [0, -3])
def test_there_is_a_bin_at_least(n_bins):
    with pytest.raises(InputError, match=f"n_bins is {n_bins}"):
        expected_calibration_error([0, 1], [0.5, 0.5], n_bins)
