"""scikit-learn's own checks, and its own machinery around the estimator."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from unittest import SkipTest

import numpy as np
import pandas as pd
import pytest
import sklearn
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
from trilayer.estimators import callbacks

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


HAS_CALLBACKS = hasattr(sklearn, "callback") or tuple(
    int(part) for part in sklearn.__version__.split(".")[:2]
) >= (1, 9)


def test_older_scikit_learn_has_no_callbacks_and_misses_nothing(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.callback", None)
    spec = spec_from_file_location("callbacks_before_1_9", callbacks.__file__)
    older = module_from_spec(spec)
    spec.loader.exec_module(older)
    assert not hasattr(older.CallbackSupportMixin(), "set_callbacks")
    assert older.with_callbacks(len) is len
    report = older.FitReport(object(), None, None, {}, 3)
    assert not report.is_wanted
    assert report.iteration({}) is False
    report.end()


def test_callbacks_are_offered_where_scikit_learn_has_them():
    assert hasattr(TriLayerClassifier(), "set_callbacks") is HAS_CALLBACKS


if HAS_CALLBACKS:
    from sklearn.callback import ProgressBar, ScoringMonitor

    class Recorder:
        """Notes each hook, and stops after some iterations."""

        def __init__(self, stop_after=10**9):
            self.calls, self.stop_after, self.fitted = [], stop_after, []

        def setup(self, estimator, context):
            self.calls.append("setup")

        def teardown(self, estimator, context):
            self.calls.append("teardown")

        def on_fit_task_begin(self, estimator, context, *, X=None, y=None):
            self.calls.append(f"begin {context.task_name}")

        def on_fit_task_end(self, estimator, context, *, X=None, y=None, fitted_estimator=None):
            self.calls.append(f"end {context.task_name}")
            if context.task_name == "iteration" and fitted_estimator is not None:
                self.fitted.append(fitted_estimator.predict_proba(X))
            return len(self.fitted) >= self.stop_after

    def test_hooks_come_in_pairs_and_see_each_iteration(blobs):
        recorder = Recorder()
        clf = TriLayerClassifier(3, random_state=0, max_iter=4, tol=0).set_callbacks(recorder)
        clf.fit(*blobs)
        iterations = ["begin iteration", "end iteration"] * 4
        assert recorder.calls == ["setup", "begin fit", *iterations, "end fit", "teardown"]
        np.testing.assert_array_equal(recorder.fitted[-1], clf.predict_proba(blobs[0]))

    def test_a_callback_s_stop_is_honoured(blobs):
        recorder = Recorder(stop_after=3)
        clf = TriLayerClassifier(3, random_state=0, tol=0).set_callbacks(recorder).fit(*blobs)
        assert (clf.n_iter_, clf.stop_reason_) == (3, "callback")
        assert recorder.calls[-2:] == ["end fit", "teardown"]

    def test_a_run_that_converges_early_closes_what_it_began(blobs):
        recorder = Recorder()
        clf = TriLayerClassifier(0, random_state=0).set_callbacks(recorder).fit(*blobs)
        assert clf.stop_reason_ == "converged"
        assert recorder.calls.count("begin iteration") == recorder.calls.count("end iteration")

    def test_an_error_tears_callbacks_down(blobs):
        recorder = Recorder()

        def fail(_):
            raise RuntimeError("from a watcher")

        clf = TriLayerClassifier(3, max_iter=4, tol=0).set_callbacks(recorder)
        with pytest.raises(RuntimeError, match="from a watcher"):
            clf.fit(*blobs, on_step=fail)
        assert recorder.calls[-1] == "teardown"

    def test_scoring_monitor_and_progress_bar(blobs):
        monitor = ScoringMonitor(scoring="neg_log_loss")
        clf = TriLayerClassifier(3, random_state=0, max_iter=5, tol=0)
        clf.set_callbacks(monitor, ProgressBar()).fit(*blobs)
        frame = monitor.get_logs().data_as_pandas
        scores = frame[frame["task_name"] == "iteration"]["neg_log_loss"].dropna()
        assert len(scores) == 5
        assert scores.iloc[-1] > scores.iloc[0]
