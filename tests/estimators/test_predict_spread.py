"""`predict_spread` of the estimators: where it is there, and what it keeps to."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn.datasets import make_classification
from sklearn.exceptions import NotFittedError

from trilayer import TriLayerClassifier, TriLayerClassifierCV, TriLayerTableClassifier, load, save
from trilayer.errors import InputError

ROWS, LABELS = make_classification(90, 5, random_state=0)
TABLE = pd.DataFrame(ROWS, columns=list("abcde")).assign(
    town=np.where(ROWS[:, 0] > 0.3, "Ulm", "Bonn")
)
QUICK = {"l2s": [5.6], "random_state": 0}


@pytest.fixture(scope="module")
def clf():
    return TriLayerTableClassifier(**QUICK).fit(TABLE, np.where(LABELS, "yes", "no"))


def test_the_probability_is_between(clf):
    lower, upper = clf.predict_spread(TABLE).T
    p = clf.predict_proba(TABLE)[:, 1]
    assert np.all((lower >= 0) & (lower < p) & (p < upper) & (upper <= 1))


def test_a_row_alone_has_the_interval_that_it_has_among_others(clf):
    alone = [clf.predict_spread(TABLE.iloc[k : k + 1]) for k in range(12)]
    np.testing.assert_allclose(np.concatenate(alone), clf.predict_spread(TABLE)[:12], rtol=1e-12)


def test_the_order_of_rows_does_not_matter(clf):
    np.testing.assert_allclose(
        clf.predict_spread(TABLE.iloc[::-1]), clf.predict_spread(TABLE)[::-1], rtol=1e-12
    )


def test_a_file_keeps_it(clf, tmp_path):
    save(clf, tmp_path / "model")
    again = load(tmp_path / "model")
    assert np.array_equal(again.predict_spread(TABLE, 0.5), clf.predict_spread(TABLE, 0.5))
    save(again, tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == (tmp_path / "model").read_bytes()


def test_what_is_kept_is_small(clf):
    kept = clf.selection_.best_estimator_.spread_
    assert sum(array.nbytes for array in kept.values()) < 100_000


def test_a_classifier_of_numbers_has_it_too():
    clf = TriLayerClassifierCV(**QUICK).fit(ROWS, LABELS)
    lower, upper = clf.predict_spread(ROWS).T
    assert np.all(lower < upper)
    assert np.array_equal(clf.best_estimator_.predict_spread(ROWS), clf.predict_spread(ROWS))


@pytest.mark.parametrize(
    "settings", [{"n_starts": 2}, {"relevance": 1}, {"hidden_units": 0}], ids=str
)
def test_where_there_is_none_that_is_said(settings):
    clf = TriLayerTableClassifier(**QUICK, **settings).fit(TABLE, LABELS)
    with pytest.raises(InputError, match=r"no spread: .* at most 2,000 rows"):
        clf.predict_spread(TABLE)


def test_more_rows_have_none():
    rows, labels = make_classification(2001, 3, n_redundant=0, random_state=0)
    clf = TriLayerClassifierCV(**QUICK, hidden_units=2, relevance=0).fit(rows, labels)
    with pytest.raises(InputError, match="at most 2,000 rows"):
        clf.predict_spread(rows)


def test_sparse_rows_have_none():
    clf = TriLayerClassifierCV(**QUICK).fit(csr_array(ROWS), LABELS)
    with pytest.raises(InputError, match="sparse matrix"):
        clf.predict_spread(csr_array(ROWS))


def test_a_level_that_cannot_be_is_refused(clf):
    with pytest.raises(InputError, match="between 0 and 1"):
        clf.predict_spread(TABLE, level=90)


def test_before_a_fit_there_is_nothing():
    for clf in (TriLayerClassifier(), TriLayerClassifierCV(), TriLayerTableClassifier()):
        with pytest.raises(NotFittedError):
            clf.predict_spread(ROWS)


def test_another_network_does_not_keep_it():
    network = TriLayerClassifierCV(**QUICK).fit(ROWS, LABELS).best_estimator_
    network.set_params(solver="adam", hidden_units=None, n_starts=1).partial_fit(ROWS, LABELS)
    with pytest.raises(InputError, match="no spread"):
        network.predict_spread(ROWS)
    network = TriLayerClassifierCV(**QUICK).fit(ROWS, LABELS).best_estimator_
    network.set_params(n_starts=1, max_iter=1, tol=0).fit(ROWS, LABELS)
    with pytest.raises(InputError, match="no spread"):
        network.predict_spread(ROWS)
