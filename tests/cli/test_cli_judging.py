"""Rows scored part by part are rows scored at once; beyond a million, nearly."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trilayer.metrics import judgement
from trilayer.metrics.calibration import curve_error, reliability_curve
from trilayer.metrics.judgement import Judge, _rank
from trilayer.metrics.scores import prior_log_loss, probabilities, scores


def judged(Z, positive, sizes):
    judge, at = Judge(0.4), 0
    while at < len(Z):
        size = sizes[at % len(sizes)]
        judge.add(Z[at : at + size], positive[at : at + size])
        at += size
    assert judge.rows == len(Z)
    return judge.scores()


def rows_of(m, seed=0):
    rng = np.random.default_rng(seed)
    positive = rng.random(m) < 0.3
    return rng.normal(size=m) * 2 + positive, positive


@given(st.integers(1, 500), st.lists(st.integers(1, 90), min_size=1, max_size=4))
def test_few_rows_are_as_if_scored_at_once(m, sizes):
    Z, positive = rows_of(m)
    found, prior, curve = judged(Z, positive, sizes)
    assert found == scores(Z, positive, 0.4)
    assert prior == prior_log_loss(positive.mean())
    assert found.ece == curve_error(curve)


@pytest.mark.parametrize("exact", [10, 999, 4000])
def test_many_rows_keep_everything_but_near_ties(exact, monkeypatch):
    monkeypatch.setattr(judgement, "EXACT", exact)
    Z, positive = rows_of(5000)
    found, prior, curve = judged(Z, positive, [70, 300])
    whole = scores(Z, positive, 0.4)
    assert (found.rows, found.confusion) == (whole.rows, whole.confusion)
    assert found.accuracy == pytest.approx(whole.accuracy, rel=1e-12)
    assert found.log_loss == pytest.approx(whole.log_loss, rel=1e-12)
    assert found.brier == pytest.approx(whole.brier, rel=1e-12)
    assert found.auc == pytest.approx(whole.auc, abs=1e-4)
    assert prior == pytest.approx(prior_log_loss(positive.mean()))
    exactly = reliability_curve(positive, probabilities(Z))
    for ours, theirs in zip(curve, exactly, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-2)
    assert found.ece == pytest.approx(whole.ece, rel=0.02)


def test_one_class_has_no_auc(monkeypatch):
    monkeypatch.setattr(judgement, "EXACT", 3)
    found, *_ = judged(np.arange(9.0), np.ones(9, dtype=bool), [4])
    assert found.auc is None
    assert judged(np.arange(9.0), np.arange(9) > 4, [4])[0].auc == 1.0


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=40))
def test_ranks_are_in_the_order_of_the_logits(Z):
    ordered = np.sort(np.array(Z))
    ranks = _rank(ordered)
    assert np.all(np.diff(ranks) >= 0)
    assert np.all((ranks >= 0) & (ranks < 1 << judgement._BITS))
    apart = np.diff(ordered) > 2e-3 * np.abs(ordered[1:]) + 2e-3 * np.abs(ordered[:-1])
    normal = np.minimum(np.abs(ordered[1:]), np.abs(ordered[:-1])) > 1e-300
    assert np.all(np.diff(ranks)[apart & normal] > 0)
    assert _rank(np.array([-0.0]))[0] == _rank(np.array([0.0]))[0]
