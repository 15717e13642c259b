"""The line through the logits: what it solves, and what it says of probabilities that are known."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from trilayer.errors import InputError, ShapeError
from trilayer.metrics import judgement
from trilayer.metrics.calibration import recalibration, recalibration_of_groups
from trilayer.metrics.judgement import Judge


def drawn(seed, m, spread=1.5):
    """Logits, and answers drawn with their probabilities."""
    rng = np.random.default_rng(seed)
    Z = rng.normal(0, spread, m)
    return Z, rng.random(m) < 1 / (1 + np.exp(-Z))


@st.composite
def rows(draw):
    """Logits of any scale and answers that no logit parts, with ties as likely as not."""
    m = draw(st.integers(4, 60))
    scale = draw(st.sampled_from([1e-3, 1.0, 30.0]))
    Z = np.array(draw(st.lists(st.integers(-20, 20), min_size=m, max_size=m))) * scale
    y = np.array(draw(st.lists(st.booleans(), min_size=m, max_size=m)))
    assume(recalibration(y, Z) is not None)
    return y, Z


@given(rows())
def test_it_solves_the_score_equations(given_rows):
    y, Z = given_rows
    line = recalibration(y, Z)
    p = 1 / (1 + np.exp(-(line.intercept + line.slope * Z)))
    assert np.sum(p) == pytest.approx(np.sum(y), abs=1e-6)
    assert p @ Z == pytest.approx(y @ Z, abs=1e-6 * np.abs(Z).sum())


@pytest.mark.parametrize("seed", range(5))
def test_scikit_learn_finds_the_same(seed):
    Z, y = drawn(seed, 200)
    line = recalibration(y, Z)
    peer = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(Z[:, None], y)
    assert line.slope == pytest.approx(peer.coef_[0, 0], rel=1e-5)
    assert line.intercept == pytest.approx(peer.intercept_[0], abs=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_true_probabilities_have_slope_1_and_intercept_0(seed):
    Z, y = drawn(seed, 40_000)
    line = recalibration(y, Z)
    assert line.slope == pytest.approx(1, abs=0.05)
    assert line.intercept == pytest.approx(0, abs=0.05)


@given(rows(), st.floats(0.05, 20), st.floats(-5, 5))
def test_logits_that_are_stretched_and_moved_are_drawn_back(given_rows, times, more):
    y, Z = given_rows
    line, other = recalibration(y, Z), recalibration(y, times * Z + more)
    assert other.slope * times == pytest.approx(line.slope, rel=1e-5, abs=1e-7)
    assert other.intercept + other.slope * more == pytest.approx(line.intercept, rel=1e-5, abs=1e-5)


def test_twice_the_logits_have_half_the_slope():
    Z, y = drawn(0, 40_000)
    assert recalibration(y, 2 * Z).slope == pytest.approx(0.5, abs=0.03)


@given(rows())
def test_the_other_label_has_the_same_slope(given_rows):
    y, Z = given_rows
    line, other = recalibration(y, Z), recalibration(~y, -Z)
    assert other.slope == pytest.approx(line.slope, rel=1e-6, abs=1e-9)
    assert other.intercept == pytest.approx(-line.intercept, rel=1e-6, abs=1e-6)


@given(rows())
def test_equal_rows_are_a_group(given_rows):
    y, Z = given_rows
    values, where = np.unique(Z, return_inverse=True)
    counts, positives = np.bincount(where), np.bincount(where, weights=y)
    line, other = recalibration(y, Z), recalibration_of_groups(values, counts, positives)
    np.testing.assert_allclose(other, line, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(
    ("y", "Z"),
    [
        ([0, 0, 0], [1, 2, 3]),
        ([0, 1], [1, 1]),
        ([0, 0, 1, 1], [-2, -1, 1, 2]),
        ([1, 1, 0, 0], [-2, -1, 1, 2]),
        ([0, 0, 1, 1], [-2, 0, 0, 2]),
    ],
)
def test_where_no_line_is_best_there_is_none(y, Z):
    assert recalibration(y, Z) is None


@pytest.mark.parametrize(
    ("y", "Z", "error", "words"),
    [
        ([], [], InputError, "no rows"),
        ([0, 1], [0.0], ShapeError, "y_logit"),
        ([0, 2], [0.0, 1.0], InputError, "0 and 1"),
        ([0, 1], [0.0, np.inf], InputError, "finite"),
        ([0, 1], ["a", "b"], InputError, "y_logit must hold numbers"),
    ],
)
def test_what_cannot_be_judged_is_refused(y, Z, error, words):
    with pytest.raises(error, match=words):
        recalibration(y, Z)


def test_many_rows_in_parts_are_judged_as_one(monkeypatch):
    Z, y = drawn(1, 5000, 3.0)
    whole = recalibration(y, Z)
    monkeypatch.setattr(judgement, "EXACT", 1000)
    judge = Judge(0.5)
    for first in range(0, 5000, 700):
        judge.add(Z[first : first + 700], y[first : first + 700])
    np.testing.assert_allclose(judge.recalibration(), whole, atol=1e-3)


@given(st.lists(st.floats(-1e300, 1e300), min_size=1, max_size=20))
def test_a_rank_knows_its_logit_to_three_digits(logits):
    Z = np.array(logits)
    ranks = judgement._rank(Z)
    np.testing.assert_allclose(judgement._logits(ranks), Z, rtol=1e-3, atol=1e-300)
    assert np.array_equal(judgement._rank(judgement._logits(ranks)), ranks)
