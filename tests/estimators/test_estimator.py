"""TriLayerClassifier: training, predicting, and every way to hand it the wrong thing."""

import pickle
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from trilayer import Params, TriLayerClassifier, trace
from trilayer.errors import DivergenceError, InputError
from trilayer.params import pack
from trilayer.solvers import SOLVERS

SOLVER_NAMES = sorted(SOLVERS)


def quick(**settings):
    """Few iterations, and no word about it."""
    return TriLayerClassifier(**{"tol": 0, "max_iter": 8, "random_state": 0} | settings)


def same_params(a, b):
    return all(
        np.array_equal(x, y) for x, y in zip(vars(a).values(), vars(b).values(), strict=True)
    )


def literal_descent(params, X, Y, rate, steps):
    """The derivation, transcribed into NumPy line by line."""
    W1, b1, W2, b2 = params.W1, params.b1, params.W2, params.b2
    m = X.shape[1]
    for _ in range(steps):
        Z1 = W1.T @ X + b1
        A1 = 1 / (1 + np.exp(-Z1))
        Z2 = W2.T @ A1 + b2
        A2 = 1 / (1 + np.exp(-Z2))
        dZ2 = A2 - Y
        dW2 = A1 @ dZ2.T / m
        db2 = np.sum(dZ2) / m
        dZ1T = (dZ2.T @ W2.T) * (A1 * (1 - A1)).T
        dW1 = X @ dZ1T / m
        db1 = np.sum(dZ1T, axis=0, keepdims=True).T / m
        W1, b1, W2, b2 = W1 - rate * dW1, b1 - rate * db1, W2 - rate * dW2, b2 - rate * db2
    return Params(W1, b1, W2, b2)


def test_gd_repeats_the_derivation_for_5000_steps(flower):
    X, Y = flower
    rng = np.random.default_rng(2)
    start = Params(rng.normal(size=(2, 4)), np.zeros((4, 1)), rng.normal(size=(4, 1)), [[0.0]])
    clf = quick(solver="gd", learning_rate=1.2, l2=0, max_iter=5000, init=start).fit(X.T, Y[0])
    by_hand = literal_descent(start, X, Y, 1.2, 5000)
    assert clf.n_iter_ == len(clf.loss_curve_) == 5000
    np.testing.assert_allclose(pack(clf.params_), pack(by_hand), rtol=0, atol=1e-10)
    assert clf.loss_curve_[-1] == pytest.approx(trace(by_hand, X, Y).J, abs=1e-12)
    assert clf.score(X.T, Y[0]) > 0.85


@pytest.mark.parametrize("solver", SOLVER_NAMES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_same_bits_on_any_number_of_threads_and_in_any_layout(solver, dtype):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20_000, 6)).astype(dtype)
    y = X[:, 0] * X[:, 1] > 0
    fits = [
        quick(solver=solver, max_iter=3, n_threads=n).fit(rows, y).params_
        for n in (1, 2, 3, 7)
        for rows in (X, np.asfortranarray(X))
    ]
    assert all(same_params(fits[0], other) for other in fits)
    assert fits[0].dtype == dtype


@pytest.mark.parametrize("solver", SOLVER_NAMES)
def test_the_same_seed_gives_the_same_bits_and_another_seed_others(solver, blobs):
    first, again, other = (
        quick(solver=solver, random_state=r).fit(*blobs).params_ for r in (1, 1, 2)
    )
    assert same_params(first, again)
    assert not same_params(first, other)


@pytest.mark.parametrize("solver", SOLVER_NAMES)
def test_every_solver_has_curves_and_learns(solver, blobs):
    X, y = blobs
    clf = quick(solver=solver, max_iter=60, l2=0.1).fit(X, y, X_val=X[:40], y_val=y[:40])
    assert len(clf.loss_curve_) == len(clf.validation_curve_) == clf.n_iter_
    assert clf.loss_curve_[-1] < clf.loss_curve_[0]
    assert clf.validation_curve_[-1] == pytest.approx(log_loss(y[:40], clf.predict_proba(X[:40])))
    assert clf.score(X, y) > 0.7


@pytest.mark.parametrize("solver", SOLVER_NAMES)
@pytest.mark.parametrize("metric", [True, "log_loss", "auc"])
def test_early_stopping_for_every_solver_keeps_the_best(solver, metric, blobs):
    rng = np.random.default_rng(1)
    X, y = blobs
    X_val, y_val = rng.normal(size=(60, 5)), np.arange(60) % 2  # nothing to learn about these
    clf = quick(solver=solver, early_stopping=metric, max_iter=400, l2=0, n_iter_no_change=4)
    clf.fit(X, y, X_val=X_val, y_val=y_val)
    curve = np.array(clf.validation_curve_)
    best = curve.max() if metric == "auc" else curve.min()
    if clf.best_iter_:  # 0 where the start itself was never beaten
        assert curve[clf.best_iter_ - 1] == best
    assert clf.stop_reason_ == "early_stopping"
    assert clf.n_iter_ == clf.best_iter_ + 4


def test_early_stopping_holds_out_a_stratified_share(blobs):
    X, y = blobs
    whole = quick(early_stopping=True, max_iter=2, validation_fraction=0.25).fit(X, y)
    assert len(whole.validation_curve_) == 2
    with pytest.raises(InputError, match="give X_val and y_val"):
        quick(early_stopping=True).fit(X[:3], [0, 1, 1])


def test_hidden_units_0_is_logistic_regression(blobs):
    X, y = blobs
    unit = TriLayerClassifier(0, l2=1.0, tol=1e-8).fit(X, y)
    reference = LogisticRegression(C=1.0, tol=1e-10).fit(X, y)
    np.testing.assert_allclose(unit.params_.W2[:, 0], reference.coef_[0], rtol=1e-4)
    np.testing.assert_allclose(unit.predict_proba(X), reference.predict_proba(X), atol=1e-5)
    assert unit.transform(X).shape == (120, 0)


def test_predictions_are_the_traced_network(blobs):
    X, y = blobs
    clf = quick().fit(X, y)
    t = trace(clf.params_, X.T, y)
    np.testing.assert_allclose(clf.decision_function(X), t.Z2[0], rtol=1e-12)
    np.testing.assert_allclose(clf.predict_proba(X)[:, 1], t.A2[0], rtol=1e-12)
    np.testing.assert_allclose(clf.transform(X), t.A1.T, rtol=1e-12)
    assert np.array_equal(clf.predict(X), (t.A2[0] > 0.5).astype(int))


def test_probabilities_keep_their_digits_and_logarithms_stay_finite():
    start = Params(np.full((1, 1), 1.0), np.zeros((1, 1)), np.full((1, 1), 0.0), [[0.0]])
    clf = quick(init=start, max_iter=1).fit([[-1.0], [1.0]], [0, 1])
    clf.params_ = Params([[1.0]], [[0.0]], [[2000.0]], [[-1000.0]])
    p, log_p = clf.predict_proba([[-900.0], [900.0]]), clf.predict_log_proba([[-900.0], [900.0]])
    assert np.array_equal(p, [[1, 0], [0, 1]])
    assert np.array_equal(log_p, [[0, -1000], [-1000, 0]])
    clf.params_ = Params([[0.0]], [[0.0]], [[0.0]], [[-40.0]])
    assert clf.predict_proba([[0.0]])[0, 1] == pytest.approx(np.exp(-40), rel=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_in_is_dtype_throughout(dtype, blobs):
    X, y = blobs[0].astype(dtype), blobs[1]
    clf = quick().fit(X, y)
    assert clf.params_.dtype == dtype
    for output in (clf.decision_function, clf.predict_proba, clf.predict_log_proba, clf.transform):
        assert output(X).dtype == dtype


def test_dtype_can_be_chosen(blobs):
    assert quick(dtype="float32").fit(*blobs).params_.dtype == np.float32
    with pytest.raises(InputError, match="dtype must be float32 or float64"):
        quick(dtype="int8").fit(*blobs)


@pytest.mark.parametrize(
    "labels", [[0, 1], [-1, 1], [False, True], ["no", "yes"], [2.0, 7.0], ["是", "否"]]
)
def test_any_two_labels(labels, blobs):
    X, y = blobs
    named = np.array(labels)[y]
    clf = quick().fit(X, named)
    assert np.array_equal(clf.classes_, np.unique(labels))
    assert clf.classes_.dtype == named.dtype
    assert set(clf.predict(X)) <= set(named)
    assert clf.score(X, named) > 0.6


def test_weight_two_is_twice_and_zero_is_absence(blobs):
    X, y = blobs
    weights = np.arange(120) % 3
    rows = np.repeat(np.arange(120), weights)
    weighted = quick().fit(X, y, sample_weight=weights)
    repeated = quick().fit(X[rows], y[rows])
    np.testing.assert_allclose(pack(weighted.params_), pack(repeated.params_), rtol=1e-8)


@pytest.mark.parametrize("solver", SOLVER_NAMES)
def test_zero_weights_are_absence_to_the_bit(solver, blobs):
    X, y = blobs
    some = np.arange(120) % 5 > 0
    a = quick(solver=solver, early_stopping=True).fit(X, y, sample_weight=some.astype(float))
    b = quick(solver=solver, early_stopping=True).fit(X[some], y[some])
    assert same_params(a.params_, b.params_)


def test_class_weights_are_sample_weights(blobs):
    X, y = blobs[0][:90], (np.arange(90) % 3 == 0).astype(int)
    balanced = quick(class_weight="balanced").fit(X, y).params_
    by_hand = quick(class_weight={0: 0.75, 1: 1.5}).fit(X, y).params_
    as_samples = quick().fit(X, y, sample_weight=np.where(y == 1, 1.5, 0.75)).params_
    np.testing.assert_allclose(pack(balanced), pack(by_hand), rtol=1e-9)
    assert same_params(by_hand, as_samples)
    for wrong, words in [({2: 1}, "names 2"), ({0: -1}, "negative"), ({0: np.nan}, "infinite")]:
        with pytest.raises(InputError, match=words):
            quick(class_weight=wrong).fit(X, y)


@pytest.mark.parametrize("solver", ["gd", "sgd", "adam"])
def test_partial_fit_goes_on_as_fit_does(solver, blobs):
    X, y = blobs
    whole = quick(solver=solver, max_iter=5).fit(X, y)
    parts = quick(solver=solver, max_iter=5)
    for _ in range(5):
        parts.partial_fit(X, y, classes=[0, 1])
    assert same_params(whole.params_, parts.params_)
    assert parts.n_iter_ == 5
    assert parts.loss_curve_ == whole.loss_curve_


def test_partial_fit_of_gd_descends_on_the_samples_it_is_given(blobs):
    """Not on the gradient of the samples that came before."""
    X, y = blobs
    clf = quick(solver="gd", learning_rate=0.3, l2=0)
    clf.partial_fit(X[:60], y[:60], classes=[0, 1])
    again = quick(solver="gd", learning_rate=0.3, l2=0, max_iter=1, init=clf.params_)
    clf.partial_fit(X[60:], y[60:])
    assert same_params(clf.params_, again.fit(X[60:], y[60:]).params_)


def test_partial_fit_asks_for_the_classes_once(blobs):
    X, y = blobs
    clf = quick(solver="adam")
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        clf.partial_fit(X, y)
    with pytest.raises(ValueError, match="Only binary"):
        clf.partial_fit(X, y, classes=[0, 1, 2])
    clf.partial_fit(X[y == 0], y[y == 0], classes=[0, 1])  # one class in a part is fine
    clf.partial_fit(X, y)
    with pytest.raises(ValueError, match="not the same as on last call"):
        clf.partial_fit(X, y, classes=[0, 2])
    with pytest.raises(ValueError, match="holds 5"):
        clf.partial_fit(X, np.full(120, 5))
    with pytest.raises(ValueError, match=r"nothing to learn|non-zero"):
        clf.partial_fit(X, y, sample_weight=np.zeros(120))
    with pytest.raises(ValueError, match="give partial_fit a dict"):
        clf.set_params(class_weight="balanced").partial_fit(X, y)
    with pytest.raises(AttributeError, match="partial_fit"):
        quick(solver="lbfgs").partial_fit(X, y)


def test_partial_fit_after_fit_and_without_the_solver_s_memory(blobs):
    X, y = blobs
    clf = quick(solver="sgd").fit(X, y)
    before = clf.loss_curve_[-1]
    clf.partial_fit(X, y)
    assert clf.loss_curve_[-1] < before
    bare = quick(solver="sgd").fit(X, y)
    del bare._stepped  # as after load()
    bare.partial_fit(X, y)
    assert same_params(bare.params_, clf.params_)


def test_warm_start_starts_where_the_last_fit_ended(blobs):
    X, y = blobs
    whole = quick(solver="gd", max_iter=6).fit(X, y)
    halves = quick(solver="gd", max_iter=3, warm_start=True).fit(X, y).fit(X, y)
    assert same_params(whole.params_, halves.params_)
    with pytest.raises(InputError, match="warm_start has the classes"):
        halves.fit(X, y + 1)
    with pytest.raises(InputError, match="warm_start has 5 inputs"):
        halves.fit(X[:, :3], y)


def test_init_must_fit(blobs):
    start = Params(np.ones((5, 2)), np.ones((2, 1)), np.ones((2, 1)), np.ones((1, 1)))
    assert quick(init=start).fit(*blobs).params_.n2 == 2
    with pytest.raises(InputError, match="init has 2 hidden units, hidden_units=3"):
        quick(hidden_units=3, init=start).fit(*blobs)
    with pytest.raises(InputError, match="init has 5 inputs, X has 2 features"):
        quick(init=start).fit(blobs[0][:, :2], blobs[1])
    start.W1[0, 0] = np.nan
    with pytest.raises(InputError, match="NaN"):
        quick(init=start).fit(*blobs)


def test_impossible_combinations_are_refused_by_name(blobs):
    with pytest.raises(InputError, match="'gd' does not take batch_size=10"):
        quick(solver="gd", batch_size=10).fit(*blobs)
    with pytest.raises(ValueError, match="engine"):
        quick(engine="turbo").fit(*blobs)
    with pytest.raises(ValueError, match="hidden_units"):
        quick(hidden_units=-1).fit(*blobs)


def test_auto_takes_a_solver_that_has_the_chosen_options(blobs):
    assert quick().fit(*blobs).solver_ == "lbfgs"
    assert quick(batch_size=16).fit(*blobs).solver_ == "adam"
    assert quick(momentum=0.5).fit(*blobs).solver_ == "sgd"


def test_stopping_from_outside(blobs):
    clf = quick(max_iter=100).fit(*blobs, on_step=lambda p: p.k == 4)
    assert (clf.n_iter_, clf.stop_reason_) == (4, "callback")
    slow = quick(solver="gd", max_iter=10**6, max_seconds=0.05).fit(*blobs)
    assert slow.stop_reason_ == "max_seconds"


def test_an_unconverged_run_warns_with_advice(blobs):
    with pytest.warns(ConvergenceWarning, match=r"max_iter=2 .* raise max_iter"):
        TriLayerClassifier(max_iter=2).fit(*blobs)


def test_ctrl_c_keeps_the_best_so_far(blobs):
    def interrupt(progress):
        if progress.k == 3:
            raise KeyboardInterrupt

    with pytest.warns(ConvergenceWarning, match="interrupted after 3"):
        clf = quick().fit(*blobs, on_step=interrupt)
    assert clf.stop_reason_ == "interrupted"
    assert clf.predict(blobs[0]).shape == (120,)


def test_divergence_is_explained(blobs):
    X, y = blobs
    with pytest.raises(DivergenceError, match="smaller learning_rate"):
        quick(solver="gd", learning_rate=1e300, max_iter=50).fit(X * 1e10, y)


def test_without_shuffle_batches_keep_the_order(blobs):
    X, y = blobs
    a, b = (
        quick(solver="sgd", shuffle=False, random_state=r, init=quick().fit(X, y).params_)
        for r in (1, 2)
    )
    assert same_params(a.fit(X, y).params_, b.fit(X, y).params_)


BAD = [
    ("three classes", lambda X, y: (X, np.arange(120) % 3), "Only binary classification"),
    ("one class", lambda X, y: (X, np.zeros(120)), "one class"),
    ("NaN", lambda X, y: (np.where(X > 2, np.nan, X), y), "NaN"),
    ("inf", lambda X, y: (np.where(X > 2, np.inf, X), y), "infinity"),
    ("no samples", lambda X, y: (X[:0], y[:0]), "0 sample"),
    ("no features", lambda X, y: (X[:, :0], y), "0 feature"),
    ("another length", lambda X, y: (X, y[:-1]), "inconsistent numbers of samples"),
    ("one dimension", lambda X, y: (X[:, 0], y), "Expected 2D array"),
    ("continuous target", lambda X, y: (X, np.linspace(0, 1, 120)), "continuous"),
]


@pytest.mark.parametrize(("name", "spoil", "words"), BAD, ids=[b[0] for b in BAD])
def test_data_that_cannot_be_learnt_from(name, spoil, words, blobs):
    with pytest.raises(ValueError, match=words):
        quick().fit(*spoil(*blobs))


def test_weights_that_cannot_be(blobs):
    X, y = blobs
    for weights, words in [
        (np.zeros(120), "positive weight|non-zero"),
        (np.where(y == 1, 0.0, 1.0), "class 1 has no sample"),
        (-np.ones(120), "[Nn]egative"),
        (np.full(120, np.nan), "NaN"),
        (np.ones(3), "shape"),
    ]:
        with pytest.raises(ValueError, match=words):
            quick().fit(X, y, sample_weight=weights)


def test_held_out_samples_that_cannot_be(blobs):
    X, y = blobs
    with pytest.raises(InputError, match="come together"):
        quick().fit(X, y, X_val=X)
    with pytest.raises(InputError, match="y_val holds 7"):
        quick().fit(X, y, X_val=X, y_val=y + 7)
    with pytest.raises(ValueError, match="features"):
        quick().fit(X, y, X_val=X[:, :2], y_val=y)
    with pytest.raises(InputError, match="AUC is not defined"):
        quick(early_stopping="auc").fit(X, y, X_val=X[:5], y_val=np.zeros(5))


def test_predicting_too_early_or_on_other_columns(blobs):
    X, y = blobs
    for method in ("predict", "predict_proba", "decision_function", "transform"):
        with pytest.raises(NotFittedError):
            getattr(quick(), method)(X)
    clf = quick().fit(X, y)
    with pytest.raises(ValueError, match="3 features"):
        clf.predict(X[:, :3])
    named = quick().fit(pd.DataFrame(X, columns=list("abcde")), y)
    with pytest.raises(ValueError, match="feature names should match"):
        named.predict(pd.DataFrame(X, columns=list("bacde")))


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_data_frames(frame, blobs):
    X, y = blobs
    columns = list("abcde")
    table = frame(dict(zip(columns, X.T, strict=True)))
    clf = quick().fit(table, y)
    assert list(clf.feature_names_in_) == columns
    np.testing.assert_array_equal(clf.predict_proba(table), quick().fit(X, y).predict_proba(X))


def test_arrow_tables_where_scikit_learn_takes_them(blobs):
    X, y = blobs
    table = pa.table(dict(zip("abcde", X.T, strict=True)))
    try:
        LogisticRegression().fit(table, y)
    except (ValueError, TypeError) as refusal:
        with pytest.raises(type(refusal)):
            quick().fit(table, y)
    else:
        assert quick().fit(table, y).n_features_in_ == 5


def test_pickles_and_clones(blobs):
    X, y = blobs
    clf = quick(solver="adam").partial_fit(X, y, classes=[0, 1])
    again = pickle.loads(pickle.dumps(clf))
    np.testing.assert_array_equal(again.predict_proba(X), clf.predict_proba(X))
    assert same_params(again.partial_fit(X, y).params_, clf.partial_fit(X, y).params_)
    assert clone(clf).get_params() == clf.get_params()


@pytest.mark.parametrize("settings", [{}, {"solver": "adam"}, {"n_starts": 2}], ids=str)
def test_a_pickle_holds_the_weights_once(settings):
    X = np.random.default_rng(0).normal(size=(40, 300))
    clf = TriLayerClassifier(32, max_iter=2, tol=0, random_state=0, **settings).fit(X, X[:, 0] > 0)
    weights = sum(matrix.nbytes for matrix in vars(clf.params_).values())
    assert len(pickle.dumps(clf)) < 1.1 * weights


@given(
    st.integers(1, 4),
    st.integers(0, 5),
    st.integers(2, 30),
    st.sampled_from(SOLVER_NAMES),
    st.integers(0, 2**31 - 1),
)
def test_any_small_problem_fits_and_gives_probabilities(n1, n2, m, solver, seed):
    rng = np.random.default_rng(seed)
    X = rng.normal(scale=10.0 ** rng.integers(-3, 4), size=(m, n1))
    y = np.arange(m) % 2
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", "every probability comes out as")
        clf = quick(hidden_units=n2, solver=solver, max_iter=4).fit(X, y)
    p = clf.predict_proba(X)
    assert np.all((p >= 0) & (p <= 1))
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-12)
    assert np.all(np.isfinite(clf.predict_log_proba(X)))
