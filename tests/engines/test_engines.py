"""Which engine computes: by name, by what is installed, and whether it makes a difference."""

import signal
import sys
import threading
import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from trilayer import TriLayerClassifier, engines
from trilayer.engines import late_interrupts, select
from trilayer.errors import EngineError, InputError
from trilayer.params import pack
from trilayer.solvers import SOLVERS

SOLVER_NAMES = sorted(SOLVERS)


def fitted(X, y, **settings):
    clf = TriLayerClassifier(**{"tol": 0, "max_iter": 20, "random_state": 0} | settings)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return clf.fit(X, y)


def bits(clf):
    return np.concatenate([pack(clf.params_), clf.loss_curve_])


def test_engines_are_chosen_by_name():
    assert select("auto").name == select("fused").name == "fused"
    assert select("auto") is select("fused")
    assert select("auto").description.startswith("fused (")
    assert select("reference").name == select("reference").description == "reference"
    with pytest.raises(InputError, match="engine must be one of auto, fused, reference"):
        select("turbo")


@pytest.mark.parametrize("solver", SOLVER_NAMES)
@pytest.mark.parametrize("hidden_units", [0, 4, 16])
def test_the_engines_agree_after_twenty_iterations(solver, hidden_units, blobs):
    fused, auto, reference = (
        fitted(*blobs, solver=solver, hidden_units=hidden_units, engine=engine)
        for engine in ("fused", "auto", "reference")
    )
    assert (fused.engine_, auto.engine_, reference.engine_) == ("fused", "fused", "reference")
    assert np.array_equal(bits(fused), bits(auto))
    X, close = blobs[0], {"rtol": 1e-9, "atol": 1e-9}
    # lbfgs ends where rounding hides any decrease: that is not the same iteration for both, and
    # as J is flat there, within √ε of each other.
    near = {"rtol": 1e-7, "atol": 1e-7} if solver == "lbfgs" else close
    np.testing.assert_allclose(pack(fused.params_), pack(reference.params_), **near)
    both = zip(fused.loss_curve_, reference.loss_curve_, strict=solver != "lbfgs")
    np.testing.assert_allclose(*zip(*both, strict=True), **close)
    for answer in ("decision_function", "predict_proba", "transform"):
        ours, theirs = (getattr(clf, answer)(X) for clf in (fused, reference))
        np.testing.assert_allclose(ours, theirs, rtol=10 * near["rtol"], atol=near["atol"])


@pytest.mark.parametrize("solver", SOLVER_NAMES)
@pytest.mark.parametrize("engine", ["fused", "reference"])
def test_being_watched_changes_no_bit(solver, engine, blobs):
    seen = []
    alone = fitted(*blobs, solver=solver, engine=engine, max_iter=50)
    clf = TriLayerClassifier(solver=solver, engine=engine, max_iter=50, tol=0, random_state=0)
    clf.fit(*blobs, on_step=lambda progress: seen.append(progress.J))
    assert np.array_equal(bits(clf), bits(alone))
    assert seen == alone.loss_curve_ == clf.loss_curve_
    assert (clf.n_iter_, clf.stop_reason_, clf.n_evaluations_) == (
        alone.n_iter_,
        alone.stop_reason_,
        alone.n_evaluations_,
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_packed_records_and_unaligned_weights_are_copied_not_refused(dtype, blobs):
    X, y = blobs[0].astype(dtype), blobs[1]
    packed = np.zeros(len(X), dtype=[("tag", "u1"), ("x", dtype, X.shape[1])])
    packed["x"] = X
    raw = np.zeros(1 + 8 * len(y), np.uint8)[1:]
    weights = raw.view(np.float64)
    weights[:] = 1 + y
    assert not packed["x"].flags.aligned
    assert not weights.flags.aligned
    plain, ours = (
        TriLayerClassifier(max_iter=3, tol=0, random_state=0).fit(rows, y, sample_weight=s)
        for rows, s in ((X, 1.0 + y), (packed["x"], weights))
    )
    assert np.array_equal(bits(ours), bits(plain))
    assert np.array_equal(ours.predict_proba(packed["x"]), plain.predict_proba(X))


def test_ctrl_c_while_a_native_module_starts_up_is_not_lost():
    before, reached = signal.getsignal(signal.SIGINT), []

    def start_up():
        with late_interrupts():
            signal.raise_signal(signal.SIGINT)
            reached.append("the end")

    with pytest.raises(KeyboardInterrupt):
        start_up()
    assert reached == ["the end"]
    handlers = []

    def elsewhere():
        with late_interrupts():
            handlers.append(signal.getsignal(signal.SIGINT))

    other = threading.Thread(target=elsewhere)  # signals are the main thread's alone
    other.start()
    other.join()
    with late_interrupts():
        handlers.append(signal.getsignal(signal.SIGINT))
    assert handlers[0] is before is not handlers[1]
    assert signal.getsignal(signal.SIGINT) is before


@pytest.fixture
def without_native(monkeypatch):
    """An installation that had no compiler."""
    for module in ("trilayer._fused", "trilayer.engines.fused"):
        monkeypatch.setitem(sys.modules, module, None)
    engines._best.cache_clear()
    yield
    engines._best.cache_clear()


def test_without_the_native_engine_it_works_and_says_so_once(without_native, blobs):
    X, y = blobs
    with pytest.warns(RuntimeWarning, match=r"without its native engine .* C\+\+ compiler"):
        engine = select("auto")
    assert engine.name == "reference"
    clf = fitted(X, y)  # warnings are errors: nothing is said a second time
    assert clf.engine_ == "reference"
    assert np.array_equal(bits(clf), bits(fitted(X, y, engine="reference")))
    with pytest.raises(EngineError, match="not part of this installation"):
        fitted(X, y, engine="fused")
    with pytest.raises(EngineError, match="engine='auto'"):
        select("fused")
