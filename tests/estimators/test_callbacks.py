"""scikit-learn's callbacks (1.9 and newer): each hook, of each estimator, in pairs."""

import sys
from importlib.util import module_from_spec, spec_from_file_location

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from estimators_three import ALL_THREE, THAT_CHOOSE
from trilayer import TriLayerClassifier
from trilayer.estimators import callbacks

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

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
    report = older.FitReport(object(), None, None, {})
    assert not report.is_wanted
    assert report.ended("iteration") is False
    assert report.steps(None) is report.choices(None) is None
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

    @THAT_CHOOSE
    def test_callbacks_hear_of_candidates_and_iterations(clf, blobs):
        recorder, seen, tried = Recorder(), [], []
        fitted = clone(clf).set_callbacks(recorder)
        fitted.fit(
            *blobs,
            on_step=lambda told: seen.append(told.k),
            on_choice=lambda k, most: tried.append((k, most)),
        )
        calls = recorder.calls
        assert calls[:2] == ["setup", "begin fit"]
        assert calls[-2:] == ["end fit", "teardown"]
        assert calls.count("begin candidate") == calls.count("end candidate") == 3  # one in vain
        assert calls.count("begin iteration") == calls.count("end iteration") == len(seen) + 1
        assert tried == [(1, 2), (2, 2)]
        assert np.array_equal(fitted.predict(blobs[0]), clone(clf).fit(*blobs).predict(blobs[0]))

    @THAT_CHOOSE
    @pytest.mark.parametrize("task", ["candidate", "iteration"])
    def test_a_callback_s_stop_ends_the_last_training(clf, task, blobs):
        class Stops(Recorder):
            def on_fit_task_end(self, estimator, context, *, X=None, y=None):
                return context.task_name == task

        fitted = clone(clf).set_callbacks(Stops()).fit(*blobs)
        last = getattr(fitted, "selection_", fitted).best_estimator_
        assert (last.n_iter_, last.stop_reason_) == (1, "callback")

    @THAT_CHOOSE
    def test_an_error_tears_the_callbacks_of_a_choice_down(clf, blobs):
        recorder = Recorder()

        def fail(*_):
            raise RuntimeError("from a watcher")

        fitted = clone(clf).set_callbacks(recorder)
        with pytest.raises(RuntimeError, match="from a watcher"):
            fitted.fit(*blobs, on_choice=fail)
        assert recorder.calls[-1] == "teardown"
        assert not [name for name in vars(fitted) if name.startswith("_callback")]

    def test_all_starts_are_iterations(blobs):
        recorder = Recorder()
        clf = TriLayerClassifier(3, n_starts=3, max_iter=4, tol=0, random_state=0)
        clf.set_callbacks(recorder).fit(*blobs)
        assert recorder.calls.count("end iteration") == 12

    @ALL_THREE
    def test_scikit_learn_s_own_callbacks_go_along(clf, blobs):
        X, y = blobs
        rows = pd.DataFrame(X, columns=[f"x{i}" for i in range(X.shape[1])])
        monitor = ScoringMonitor(scoring="neg_log_loss")
        clone(clf).set_callbacks(monitor, ProgressBar()).fit(rows, y)
        search = GridSearchCV(clone(clf), {"random_state": [0, 1]}, cv=2)
        assert search.set_callbacks(ProgressBar()).fit(rows, y).best_score_ > 0.5
