"""The AUC is the share of pairs in order, however it is counted."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from trilayer.metrics.ranking import auc, auc_of_groups

SCORES = st.sampled_from([-1e300, -2.0, -0.5, -0.0, 0.0, 5e-324, 0.3, 4.0])
ROWS = st.lists(st.tuples(SCORES, st.booleans(), st.integers(0, 4)), min_size=1, max_size=40)


def columns(rows):
    scores, positive, s = zip(*rows, strict=True)
    return np.array(scores), np.array(positive), np.array(s, dtype=float)


@given(ROWS)
def test_it_is_every_pair_counted(rows):
    scores, positive, s = columns(rows)
    pairs = s[positive][:, None] * s[~positive]
    assume(pairs.sum() > 0)
    above = scores[positive][:, None] - scores[~positive]
    expected = (pairs * ((above > 0) + 0.5 * (above == 0))).sum() / pairs.sum()
    assert auc(scores, positive, s) == expected


@given(ROWS)
def test_it_is_that_of_scikit_learn(rows):
    scores, positive, s = columns(rows)
    assume(s[positive].sum() and s[~positive].sum())
    theirs = roc_auc_score(positive, scores, sample_weight=s)
    assert auc(scores, positive, s) == pytest.approx(theirs, rel=1e-12, abs=1e-12)


@given(ROWS, st.randoms(use_true_random=False))
def test_neither_order_nor_scale_nor_repetition_matters(rows, shuffle):
    found = auc(*columns(rows))
    shuffle.shuffle(rows)
    scores, positive, s = columns(rows)
    assert auc(scores, positive, s) == found
    assert auc(scores.clip(-8, 8) * 2, positive, s) == found
    repeated = np.repeat(np.arange(len(s)), s.astype(int))
    assert auc(scores[repeated], positive[repeated]) == found


@given(ROWS)
def test_it_turns_round_with_the_classes(rows):
    scores, positive, s = columns(rows)
    one, other = auc(scores, positive, s), auc(scores, ~positive, s)
    assert (one is None) == (other is None)
    assert one is None or one + other == pytest.approx(1)


@pytest.mark.parametrize("positive", [[], [True, True], [False]])
def test_one_class_has_none(positive):
    assert auc(np.zeros(len(positive)), np.array(positive, dtype=bool)) is None


def test_groups_are_rows_counted():
    assert auc_of_groups(np.array([2.0, 1.0]), np.array([1.0, 3.0])) == (6 + 1 + 1.5) / 12
