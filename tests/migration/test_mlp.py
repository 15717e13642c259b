"""MLPClassifier: the same objective, the same steps, the same numbers, row by row of the page."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.neural_network import MLPClassifier

from migration.page import Row, functions, rows, settings
from trilayer import Params, TriLayerClassifier
from trilayer.params import initialise

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:lbfgs failed to converge"),
]

PARAMETERS, ATTRIBUTES = rows("MLPClassifier", "parameter"), rows("MLPClassifier", "attribute")
METHODS = rows("MLPClassifier", "method")
M, B = 64, 32
RNG = np.random.default_rng(0)
X = RNG.normal(size=(M, 4))
y = (X[:, 0] * X[:, 1] + 0.3 * RNG.normal(size=M) > 0).astype(int)
from_mlp = functions()["from_mlp"]

THEIRS = {
    "hidden_layer_sizes": (5,), "activation": "logistic", "solver": "sgd", "alpha": 0.1,
    "batch_size": B, "learning_rate_init": 0.05, "momentum": 0.9, "shuffle": False,
    "max_iter": 5, "tol": 0, "n_iter_no_change": 10**6, "random_state": 0,
}  # fmt: skip
OURS = {
    "solver": "sgd", "learning_rate": 0.05, "momentum": 0.9, "shuffle": False,
    "batch_size": B, "max_iter": 5, "tol": 0, "l2": 0.1 * M / B,
}  # fmt: skip


def begun(changes):
    """An MLPClassifier after its first iteration, which goes on from there, and its weights."""
    mlp = MLPClassifier(**THEIRS | changes | {"max_iter": 1, "warm_start": True}).fit(X, y)
    return mlp, from_mlp(mlp)


def side_by_side(theirs, ours, rows_of=X):
    """Both, from the same weights with the same rows in each batch."""
    mlp, start = begun(theirs)
    mlp.set_params(**{"max_iter": THEIRS["max_iter"]} | theirs)
    mlp.loss_curve_ = []
    mlp.fit(rows_of, y)
    clf = TriLayerClassifier(**OURS | ours, init=start).fit(rows_of, y)
    return mlp, clf


def assert_same(mlp, clf, rtol=1e-9):
    for name, matrix in vars(from_mlp(mlp)).items():
        np.testing.assert_allclose(getattr(clf.params_, name), matrix, rtol=rtol, atol=1e-12)


# ---- alpha is l2 ---------------------------------------------------------------------


@given(
    st.floats(0, 100), st.integers(1, 6), st.integers(0, 99), st.booleans(), st.sampled_from([1, 3])
)
def test_the_same_weights_have_the_same_loss(alpha, n2, seed, weighted, scale):
    """`loss_` of lbfgs is MLPClassifier's objective at the weights where it ended."""
    mlp = MLPClassifier(
        (n2,), activation="logistic", solver="lbfgs", alpha=alpha, max_iter=1 + seed % 3,
        random_state=seed,
    )  # fmt: skip
    s = np.random.default_rng(seed).integers(1, 4, M).astype(float) if weighted else np.ones(M)
    mlp.fit(scale * X, y, **({"sample_weight": s} if weighted else {}))
    idle = TriLayerClassifier(
        init=from_mlp(mlp), l2=alpha, solver="gd", learning_rate=1e-300, max_iter=1, tol=0
    ).fit(scale * X, y, s)
    assert idle.loss_curve_[0] == pytest.approx(mlp.loss_, rel=1e-12)


def test_on_batches_alpha_is_divided_by_the_batch():
    for size in (8, 16, 32, M):
        mlp, clf = side_by_side({"batch_size": size}, {"batch_size": size, "l2": 0.1 * M / size})
        assert_same(mlp, clf)


def test_lbfgs_takes_the_same_steps():
    for k in (1, 3, 10):
        theirs = {"solver": "lbfgs", "max_iter": k}
        mlp, start = begun({"solver": "lbfgs"})
        mlp.set_params(**theirs).fit(X, y)
        ours = TriLayerClassifier(init=start, solver="lbfgs", max_iter=k, l2=0.1, tol=0).fit(X, y)
        assert_same(mlp, ours, rtol=1e-6)


@pytest.mark.parametrize("momentum", [0.0, 0.5])
def test_gd_is_sgd_on_one_batch_with_plain_momentum(momentum):
    mlp, clf = side_by_side(
        {"batch_size": M, "momentum": momentum, "nesterovs_momentum": False},
        {"solver": "gd", "momentum": momentum, "batch_size": None, "l2": 0.1},
    )
    assert_same(mlp, clf)


# ---- parameters ----------------------------------------------------------------------

SAME_STEPS = {
    "hidden_layer_sizes": ({}, {}),
    "activation": ({}, {}),
    "alpha": ({"batch_size": M}, {"batch_size": M}),
    "batch_size": ({}, {"l2": 0.1 * M / 16}),
    "learning_rate": ({}, {}),
    "learning_rate_init": ({}, {}),
    "power_t": ({}, {}),
    "max_iter": ({}, {}),
    "shuffle": ({}, {}),
    "warm_start": ({}, {"warm_start": False}),
    "momentum": ({}, {}),
    "nesterovs_momentum": ({}, {}),
    "beta_1": ({"solver": "adam"}, {"solver": "adam", "momentum": None}),
    "beta_2": ({"solver": "adam"}, {"solver": "adam", "momentum": None}),
    "epsilon": ({"solver": "adam"}, {"solver": "adam", "momentum": None}),
}
"""Rows whose two spellings give the same steps, and what else is said on either side."""


@pytest.mark.parametrize("row", [r for r in PARAMETERS if r.name in SAME_STEPS], ids=lambda r: r[0])
def test_both_spellings_give_the_same_steps(row):
    theirs, ours = SAME_STEPS[row.name]
    mlp, clf = side_by_side(settings(row.theirs) | theirs, settings(row.ours) | ours)
    assert_same(mlp, clf)


def solver_law(row):
    theirs, ours = settings(row.theirs), settings(row.ours)
    mlp = MLPClassifier(**THEIRS | theirs).fit(X, y)
    assert TriLayerClassifier(5, **ours).fit(X, y).solver_ == mlp.solver == "lbfgs"


def random_state_law(row):
    theirs, ours = settings(row.theirs), settings(row.ours)
    mlps = [MLPClassifier(**THEIRS | theirs).fit(X, y) for _ in range(2)]
    clfs = [TriLayerClassifier(5, **OURS, **ours).fit(X, y) for _ in range(2)]
    assert np.array_equal(mlps[0].coefs_[0], mlps[1].coefs_[0])
    assert np.array_equal(clfs[0].params_.W1, clfs[1].params_.W1)
    assert not np.allclose(mlps[0].coefs_[0], clfs[0].params_.W1)


def tol_law(row):
    """Both end where no component of the gradient is larger."""
    theirs, ours = settings(row.theirs), settings(row.ours)
    quick = {"solver": "lbfgs", "max_iter": 1000}
    mlp, start = begun(quick)
    mlp.set_params(**quick | theirs).fit(X, y)
    clf = TriLayerClassifier(init=start, l2=0.1, **quick | ours).fit(X, y)
    assert clf.stop_reason_ == "converged"
    assert mlp.n_iter_ < 1000
    assert_same(mlp, clf, rtol=1e-4)


def verbose_law(row, capsys):
    MLPClassifier(**THEIRS | settings(row.theirs)).fit(X, y)
    assert "Iteration 1, loss" in capsys.readouterr().out
    TriLayerClassifier(5, **OURS, **settings(row.ours)).fit(X, y)
    assert "iteration 1: loss" in capsys.readouterr().err


def early_stopping_law(row):
    mlp = MLPClassifier(**THEIRS | settings(row.theirs)).fit(X, y)
    clf = TriLayerClassifier(5, **OURS, **settings(row.ours), random_state=0).fit(X, y)
    assert len(mlp.validation_scores_) == len(clf.validation_curve_) == 5


def validation_fraction_law(row):
    """Rows that are held out are not learnt from: fewer are left for the batches."""
    watched = {"early_stopping": True}
    mlp = MLPClassifier(**THEIRS | watched | settings(row.theirs)).fit(X, y)
    assert mlp.t_ / mlp.n_iter_ == M - np.ceil(0.2 * M)
    clf = TriLayerClassifier(5, **OURS, **watched, **settings(row.ours), random_state=0)
    assert len(clf.fit(X, y).validation_curve_) == 5
    with pytest.raises(ValueError, match="validation_fraction"):
        clf.set_params(validation_fraction=1.0).fit(X, y)


def n_iter_no_change_law(row):
    """Where nothing is progress, ours ends after so many iterations, theirs after one more."""
    lazy = {"tol": 10.0, "max_iter": 50}
    mlp, clf = side_by_side(lazy | settings(row.theirs), lazy | settings(row.ours))
    assert (mlp.n_iter_, clf.n_iter_) == (5, 4)


def max_fun_law(row):
    mlp = MLPClassifier(**THEIRS | settings(row.theirs) | {"solver": "lbfgs"}).fit(X, y)
    assert mlp.n_iter_ == 5
    assert TriLayerClassifier(5, l2=0.1, max_iter=50, max_seconds=60).fit(X, y).n_evaluations_ > 0


LAWS = {
    "solver": solver_law,
    "random_state": random_state_law,
    "tol": tol_law,
    "verbose": verbose_law,
    "early_stopping": early_stopping_law,
    "validation_fraction": validation_fraction_law,
    "n_iter_no_change": n_iter_no_change_law,
    "max_fun": max_fun_law,
}


@pytest.mark.parametrize("row", [r for r in PARAMETERS if r.name in LAWS], ids=lambda r: r[0])
def test_a_parameter_does_what_its_row_says(row, capsys):
    law = LAWS[row.name]
    law(row, capsys) if law is verbose_law else law(row)


def test_every_parameter_has_a_row_and_every_row_a_law():
    assert {row.name for row in PARAMETERS} == set(MLPClassifier().get_params())
    assert set(SAME_STEPS) | set(LAWS) == {row.name for row in PARAMETERS}


# ---- attributes and methods ----------------------------------------------------------


@pytest.fixture(scope="module")
def twins():
    frame = pd.DataFrame(X, columns=list("abcd"))
    mlp, clf = side_by_side({}, {}, X)
    named = MLPClassifier(**THEIRS).fit(frame, y)
    return mlp, clf, named, TriLayerClassifier(5, **OURS, random_state=0).fit(frame, y)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("row", ATTRIBUTES, ids=lambda row: row.theirs)
def test_attributes_hold_the_same(row: Row, twins):
    mlp, clf, *named = twins
    if row.name == "feature_names_in_":
        mlp, clf = named
    if "validation" in row.name:
        mlp = MLPClassifier(**THEIRS, early_stopping=True).fit(X, y)
        clf = TriLayerClassifier(5, **OURS, early_stopping=True, random_state=0).fit(X, y)
        both = np.shape(eval(f"mlp.{row.theirs}")), np.shape(ours_of(row, clf))
        assert both[0] == both[1]
        return
    theirs = eval(f"mlp.{row.theirs}")
    if row.ours:
        found = ours_of(row, clf)
        if np.asarray(theirs).dtype.kind in "fi":
            np.testing.assert_allclose(found, theirs, rtol=1e-9)
        else:
            assert np.array_equal(found, theirs)
    elif row.name == "t_":
        assert theirs == (mlp.n_iter_ + 1) * M  # and the iteration before
    else:
        assert f"always {theirs}" in row.words


def ours_of(row, clf):
    return eval(re.sub(r"\b([a-z]\w*_)\b", r"clf.\1", row.ours), {}, {"clf": clf})


@pytest.mark.parametrize("row", METHODS, ids=lambda row: row.name)
def test_methods_answer_the_same(row, twins):
    mlp, clf, *_ = twins
    if row.name == "partial_fit":
        one = {"batch_size": M, "alpha": 0.0}
        mlp, start = begun(one | {"solver": "sgd"})
        net = TriLayerClassifier(init=start, **OURS | {"batch_size": M, "l2": 0})
        fresh = MLPClassifier(**THEIRS | one).partial_fit(X, y, classes=[0, 1])
        fresh.coefs_, fresh.intercepts_ = mlp.coefs_, mlp.intercepts_
        del fresh._optimizer
        assert_same(fresh.partial_fit(X, y), net.partial_fit(X, y, classes=[0, 1]))
        return
    given = (X, y) if row.name == "score" else (X,)
    theirs, ours = getattr(mlp, row.theirs)(*given), getattr(clf, row.ours)(*given)
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)


def test_every_attribute_has_a_row(twins):
    mlp = MLPClassifier(**THEIRS, early_stopping=True).fit(pd.DataFrame(X, columns=list("abcd")), y)
    there = {name for name in vars(mlp) if name.endswith("_") and not name.startswith("_")}
    assert there == {row.name for row in ATTRIBUTES}


def test_a_classifier_that_is_made_of_weights_keeps_them():
    params = initialise(4, 3, np.random.default_rng(0))
    clf = functions()["kept"](params, X, y)
    for name, matrix in vars(params).items():
        assert np.array_equal(getattr(clf.params_, name), matrix)
    assert isinstance(clf.params_, Params)
