"""What is around a fit: joblib's workers, a fork, Ctrl-C while choosing, a step taken alone."""

import multiprocessing
import signal
import threading

import numpy as np
import pytest
from joblib import Parallel, delayed, parallel_config
from sklearn.datasets import load_breast_cancer
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from trilayer import (
    TriLayerClassifier,
    TriLayerClassifierCV,
    TriLayerTableClassifier,
    load,
    save,
)
from trilayer.sources.walking import available_threads


@pytest.mark.parametrize("inner", [None, 2])
def test_joblib_s_workers_share_the_processors(inner):
    """As many threads as scikit-learn's own loops take there, and no more."""

    def at_hand(_):  # within, so that it goes to the workers as it is
        from sklearn.utils._openmp_helpers import _openmp_effective_n_threads

        from trilayer.fit.run import threads

        return threads(TriLayerClassifier()), _openmp_effective_n_threads()

    with parallel_config(backend="loky", inner_max_num_threads=inner):
        found = Parallel(n_jobs=2)(delayed(at_hand)(i) for i in range(2))
    most = available_threads()
    for ours, theirs in found:
        assert ours == theirs == min(inner or max(most // 2, 1), most)


def _predict_and_fit(clf, X, y, answers):
    again = TriLayerClassifier(**clf.get_params()).fit(X, y)
    answers.put((clf.predict_proba(X[:1]).tolist(), np.array_equal(again.coef_, clf.coef_)))


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_child_forked_after_a_fit_fits_and_predicts():
    X = np.random.default_rng(0).normal(size=(9000, 3))
    y = (X[:, 0] > 0).astype(int)
    clf = TriLayerClassifier(0, max_iter=3, tol=0, l2=0.1, random_state=0, n_threads=2).fit(X, y)
    context = multiprocessing.get_context("fork")
    answers = context.Queue()
    child = context.Process(target=_predict_and_fit, args=(clf, X, y, answers))
    child.start()
    try:
        assert answers.get(timeout=60) == (clf.predict_proba(X[:1]).tolist(), True)
    finally:
        child.kill()
        child.join()


@pytest.mark.parametrize("kind", [TriLayerClassifierCV, TriLayerTableClassifier])
def test_ctrl_c_while_choosing_ends_the_fit_and_leaves_nothing_half_done(kind):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(3000, 3))
    y = (X[:, 0] * X[:, 1] + rng.normal(size=3000) > 0).astype(int)
    tried = []

    def press(*told):
        tried.append(told)
        if len(tried) == 1:  # in the middle of what is trained next
            threading.Timer(0.01, signal.raise_signal, [signal.SIGINT]).start()

    clf = kind(l2s=np.geomspace(60, 0.01, 200), n_starts=1, random_state=0)
    with pytest.raises(KeyboardInterrupt):
        clf.fit(X, y, on_choice=press)
    assert len(tried) < 200
    with pytest.raises(NotFittedError):
        clf.predict(X)


def test_a_step_saved_alone_takes_rows_as_the_steps_before_leave_them(tmp_path):
    X, y = load_breast_cancer(return_X_y=True)
    model = make_pipeline(StandardScaler(), TriLayerClassifier(8, random_state=0)).fit(X, y)
    save(model, tmp_path / "all")
    save(model[-1], tmp_path / "last")
    whole, last = load(tmp_path / "all"), load(tmp_path / "last")
    assert np.array_equal(whole.predict_proba(X), model.predict_proba(X))
    assert np.array_equal(last.predict_proba(model[0].transform(X)), model.predict_proba(X))
    assert last.score(X, y) < 0.7 < whole.score(X, y)
    assert "the steps before it" in save.__doc__
