"""scikit-learn's own checks, and its own machinery around the estimator."""

from unittest import SkipTest

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_html_repr
from sklearn.utils.estimator_checks import parametrize_with_checks

from trilayer import TriLayerClassifier

pytestmark = [
    # scikit-learn's checks stop estimators after a few iterations.
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    # Some of its data, and strong decay in a grid, leave nothing to tell rows apart by.
    pytest.mark.filterwarnings("ignore:every probability comes out as"),
]


@parametrize_with_checks(
    [TriLayerClassifier(), TriLayerClassifier(0), TriLayerClassifier(solver="adam")]
)
def test_scikit_learn_s_checks(estimator, check):
    """Each check passes, or is one that scikit-learn's own classifier skips here too."""
    try:
        check(estimator)
    except SkipTest:
        with pytest.raises(SkipTest):
            check.func("LogisticRegression", LogisticRegression(), **check.keywords)


def test_grid_search_in_a_pipeline(blobs):
    X, y = blobs
    pipe = make_pipeline(StandardScaler(), TriLayerClassifier(random_state=0))
    grid = {"trilayerclassifier__hidden_units": [0, 4], "trilayerclassifier__l2": [0.1, 10]}
    search = GridSearchCV(pipe, grid, cv=3, scoring="neg_log_loss").fit(X, y)
    assert search.best_score_ > -np.log(2)


def test_cross_validation_calibration_and_voting(blobs):
    X, y = blobs
    clf = TriLayerClassifier(4, random_state=0)
    assert cross_val_predict(clf, X, y, cv=3, method="decision_function").shape == (120,)
    assert cross_val_score(clf, X, y, cv=3, scoring="roc_auc").mean() > 0.7
    calibrated = CalibratedClassifierCV(clf, cv=3).fit(X, y)
    assert calibrated.score(X, y) > 0.7
    voters = [("net", clf), ("unit", LogisticRegression())]
    assert VotingClassifier(voters, voting="soft").fit(X, y).score(X, y) > 0.7


def test_set_output_names_the_hidden_units(blobs):
    X, y = blobs
    clf = TriLayerClassifier(3, random_state=0).set_output(transform="pandas").fit(X, y)
    hidden = clf.transform(X)
    assert isinstance(hidden, pd.DataFrame)
    assert list(hidden.columns) == [f"trilayerclassifier{j}" for j in range(3)]
    assert list(clf.get_feature_names_out()) == list(hidden.columns)


def test_metadata_is_routed(blobs):
    X, y = blobs
    weights = np.where(np.arange(120) < 60, 1.0, 0.0)
    with config_context(enable_metadata_routing=True):
        clf = TriLayerClassifier(3, random_state=0, max_iter=5, tol=0)
        clf.set_fit_request(sample_weight=True, X_val=True, y_val=True)
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        scaled = make_pipeline(scaler, clf, transform_input=["X_val"])
        scaled.fit(X, y, sample_weight=weights, X_val=X[:20], y_val=y[:20])
    fitted = scaled[-1]
    assert len(fitted.validation_curve_) == 5
    direct = clone(clf).fit(
        scaled[0].transform(X), y, weights, X_val=scaled[0].transform(X[:20]), y_val=y[:20]
    )
    assert direct.validation_curve_ == fitted.validation_curve_


def test_html_repr_and_repr(blobs):
    clf = TriLayerClassifier(3)
    assert "TriLayerClassifier" in estimator_html_repr(clf)
    assert repr(clf) == "TriLayerClassifier(hidden_units=3)"
    assert "TriLayerClassifier" in estimator_html_repr(clf.fit(*blobs))
