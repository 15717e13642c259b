"""What scikit-learn's users look for on a fitted estimator."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import make_classification
from sklearn.model_selection import GroupKFold, KFold, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from trilayer import (
    Params,
    TriLayerClassifier,
    TriLayerClassifierCV,
    TriLayerTableClassifier,
    check_gradients,
    trace,
)
from trilayer.estimators.folds import share_of_groups

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, y = make_classification(120, 5, random_state=0)
BOTH = pytest.mark.parametrize("kind", [TriLayerClassifierCV, TriLayerTableClassifier])
QUICK = {"l2s": [3.0, 1.0], "n_starts": 1, "random_state": 0}


@pytest.mark.parametrize("n_starts", [1, 3])
def test_the_unit_is_a_linear_model(n_starts):
    for clf in (
        TriLayerClassifier(0, n_starts=n_starts, random_state=0),
        TriLayerClassifierCV(hidden_units=0, **QUICK | {"n_starts": n_starts}),
    ):
        assert not hasattr(clf, "coef_")
        clf.fit(X, y)
        assert clf.coef_.shape == (1, 5)
        found = (X @ clf.coef_.T + clf.intercept_).ravel()
        np.testing.assert_allclose(clf.decision_function(X), found, rtol=1e-9, atol=1e-12)


def test_a_network_has_no_coefficients():
    clf = TriLayerClassifier(3, max_iter=5, tol=0, random_state=0).fit(X, y)
    assert not hasattr(clf, "coef_")
    with pytest.raises(AttributeError, match="this network has 3 hidden units"):
        _ = clf.intercept_


def test_a_table_s_weights_are_those_of_its_inputs():
    clf = TriLayerTableClassifier(hidden_units=0, **QUICK).fit(pd.DataFrame(X), y)
    assert not hasattr(clf, "coef_")
    with pytest.raises(AttributeError, match=r"selection_\.coef_ .*get_feature_names_out"):
        _ = clf.coef_
    unit, names = clf.selection_, clf.encoder_.get_feature_names_out()
    assert unit.coef_.shape == (1, len(names))
    found = clf.encoder_.transform(pd.DataFrame(X)) @ unit.coef_.T + unit.intercept_
    np.testing.assert_allclose(clf.decision_function(pd.DataFrame(X)), found[:, 0], rtol=1e-5)


def test_importances_are_there_where_relevance_was_learnt():
    frame = pd.DataFrame(X, columns=list("abcde")).assign(constant=1.0)
    for kind, rows in ((TriLayerClassifierCV, X), (TriLayerTableClassifier, frame)):
        clf = kind(relevance=1, **QUICK)
        assert not hasattr(clf, "feature_importances_")
        clf.fit(rows, y)
        assert clf.feature_importances_.shape == (rows.shape[1],)
        assert clf.feature_importances_.sum() == pytest.approx(1)
        assert not hasattr(kind(relevance=0, **QUICK).fit(rows, y), "feature_importances_")
    assert clf.feature_importances_[-1] == 0
    order = sorted(clf.relevance_, key=clf.relevance_.get)
    assert [frame.columns[i] for i in np.argsort(clf.feature_importances_)[1:]] == order


@pytest.mark.parametrize("early_stopping", [False, True])
def test_a_fitted_classifier_is_params_and_plain_values(early_stopping):
    """So pickles live long, and skops asks for two names."""

    def kinds(value):
        parts = list(value.values()) if isinstance(value, dict) else value
        return {type(value)}.union(*map(kinds, parts if isinstance(parts, list) else []))

    fitted = TriLayerClassifier(3, early_stopping=early_stopping, random_state=0).fit(X, y)
    stepped = TriLayerClassifier(3, solver="sgd", dtype="float32", random_state=0)
    plain = {dict, list, str, int, float, bool, type(None), np.ndarray, Params}
    for clf in (fitted, stepped.partial_fit(X, y, classes=[0, 1])):
        assert kinds(vars(clf)) <= plain


# ---- how rows are held out -----------------------------------------------------------


@BOTH
def test_groups_stay_together(kind):
    groups = np.arange(120) // 10
    named = kind(cv=GroupKFold(3), **QUICK).fit(X, y, groups=groups)
    listed = kind(cv=list(GroupKFold(3).split(X, y, groups)), **QUICK).fit(X, y)
    assert [c.log_loss for c in named.candidates_] == [c.log_loss for c in listed.candidates_]
    # One group a row is no grouping; rows that all are in two groups can be told by neither.
    assert kind(**QUICK).fit(X, y, groups=groups).candidates_
    with pytest.raises(ValueError, match="each class must occur in two groups"):
        kind(**QUICK).fit(X, y, groups=np.zeros(120))
    with pytest.raises(ValueError, match="inconsistent"):
        kind(**QUICK).fit(X, y, groups=groups[:-1])


@BOTH
def test_a_row_and_its_copies_are_one_group(kind):
    """Judged by copies of what was learnt, weak decay looks best; by other groups, it does not."""
    rows, labels = make_classification(60, 20, n_informative=2, flip_y=0.4, random_state=0)
    rows, labels, groups = np.repeat(rows, 4, 0), np.repeat(labels, 4), np.repeat(np.arange(60), 4)
    rows = rows + np.random.default_rng(0).normal(scale=1e-3, size=rows.shape)
    settings = {"l2s": [30.0, 0.1], "n_starts": 1, "random_state": 0}
    apart, together = (kind(**settings).fit(rows, labels, groups=g) for g in (None, groups))
    assert apart.l2_ == 0.1
    assert together.l2_ == 30.0


@given(st.integers(4, 30), st.sampled_from([0.1, 0.25, 0.5]), st.integers(0, 9))
def test_a_share_of_groups_tears_none_apart(count, fraction, seed):
    groups = np.random.default_rng(seed).integers(0, count, 120)
    learnt, held = share_of_groups(y, groups, fraction, seed)
    assert sorted([*learnt, *held]) == list(range(120))
    assert not set(groups[learnt]) & set(groups[held])
    assert len(np.unique(y[learnt])) == len(np.unique(y[held])) == 2


def test_early_stopping_holds_groups_out_together():
    """A row and its copies: watched by its copies, a training goes on as if it learnt."""
    rows, labels = make_classification(60, 20, n_informative=2, flip_y=0.4, random_state=0)
    rows, labels, groups = np.repeat(rows, 4, 0), np.repeat(labels, 4), np.repeat(np.arange(60), 4)
    clf = TriLayerClassifier(8, l2=0.01, early_stopping=True, random_state=0)
    apart = clf.fit(rows, labels).best_iter_
    assert clf.fit(rows, labels, groups=groups).best_iter_ < apart
    weights = np.where(np.arange(240) < 8, 0.0, 1.0)  # rows of weight 0 are in no group
    some = clf.fit(rows[8:], labels[8:], groups=groups[8:]).predict_proba(rows)
    assert np.array_equal(clf.fit(rows, labels, weights, groups=groups).predict_proba(rows), some)
    with pytest.raises(ValueError, match="of 1 groups with both classes on both sides"):
        clf.fit(rows, labels, groups=np.zeros(240))
    with pytest.raises(ValueError, match="inconsistent"):
        clf.fit(rows, labels, groups=groups[:-1])
    with pytest.raises(ValueError, match="groups say which samples early_stopping holds out"):
        clf.set_params(early_stopping=False).fit(rows, labels, groups=groups)


@BOTH
def test_a_split_of_one_class_is_named(kind):
    order = np.argsort(y, kind="stable")
    with pytest.raises(ValueError, match=r"split 1 of cv trains on rows of class 1 only"):
        kind(cv=KFold(2), **QUICK).fit(X[order], y[order])
    with pytest.raises(ValueError, match="split 1 of cv holds out no row"):
        kind(cv=[(np.arange(120), [])], **QUICK).fit(X, y)
    with pytest.raises(ValueError, match="cv gives no split"):
        kind(cv=[], **QUICK).fit(X, y)


def test_table_s_parameters_are_those_of_the_choice_behind_it():
    settings = {"cv": TimeSeriesSplit(3), "class_weight": "balanced", "hidden_units": [2, 4]}
    clf = TriLayerTableClassifier(**settings, **QUICK).fit(X, y)
    assert {c.hidden_units for c in clf.candidates_} == {2, 4}
    direct = TriLayerClassifierCV(**settings, **QUICK).fit(clf.encoder_.inputs(X), y)
    assert np.array_equal(clf.predict_proba(X), direct.predict_proba(clf.encoder_.inputs(X)))


@BOTH
def test_class_weights_are_sample_weights(kind):
    some = np.r_[np.flatnonzero(y == 0), np.flatnonzero(y == 1)[:20]]
    rows, labels = X[some], y[some]
    factors = kind(class_weight={1: 3.0}, **QUICK).fit(rows, labels)
    weights = kind(**QUICK).fit(rows, labels, np.where(labels == 1, 3.0, 1.0))
    if kind is TriLayerClassifierCV:
        assert np.array_equal(factors.decision_function(rows), weights.decision_function(rows))
    plain = kind(**QUICK).fit(rows, labels)
    assert factors.predict_proba(X)[:, 1].mean() > plain.predict_proba(X)[:, 1].mean()


# ---- the derivation's matrices -------------------------------------------------------


@pytest.mark.parametrize("hidden_units", [0, 3])
def test_trace_and_check_gradients_take_a_classifier_and_rows(hidden_units):
    names = np.array(["no", "yes"])[y]
    frame = pd.DataFrame(X, columns=list("abcde"))
    models = {
        "classifier": TriLayerClassifier(hidden_units, max_iter=5, tol=0, random_state=0),
        "cv": TriLayerClassifierCV(hidden_units=hidden_units, **QUICK),
        "table": TriLayerTableClassifier(hidden_units=hidden_units, **QUICK),
    }
    models["pipeline"] = make_pipeline(StandardScaler(), models["classifier"])
    for kind, clf in models.items():
        rows = frame if kind == "table" else X
        clf.fit(rows, names)
        found = trace(clf, rows[:4], names[:4])
        np.testing.assert_allclose(found.A2[0], clf.predict_proba(rows[:4])[:, 1], rtol=1e-6)
        assert found.Y.tolist() == [y[:4].tolist()]
        assert check_gradients(clf, rows[:4], names[:4]).max_relative_error < 1e-6
        with pytest.raises(ValueError, match=r"labels must be \['no', 'yes'\]"):
            trace(clf, rows[:4], y[:4])
    columns = trace(models["classifier"], X[:4].T, names[:4])  # samples as columns, as ever
    assert np.array_equal(columns.X, X[:4].T)
    with pytest.raises(ValueError, match="m x n1 = m x 5"):
        trace(models["classifier"], X[:4, :3], names[:4])
    with pytest.raises(ValueError, match="fitted classifier of trilayer's"):
        trace(TriLayerClassifier(), X, names)
