"""What blows up is neither called converged nor kept."""

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from trilayer import Params, TriLayerClassifier, check_gradients, trace
from trilayer.errors import DivergenceError, InputError


@pytest.fixture
def samples():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3))
    return X, (X[:, 0] + 0.3 * rng.normal(size=200) > 0).astype(int)


@pytest.mark.parametrize("engine", ["fused", "reference"])
@pytest.mark.parametrize(
    "settings",
    [
        {"solver": "sgd", "learning_rate": 1e4},
        {"solver": "sgd", "learning_rate": 10, "momentum": 0.99},
        {"solver": "adam", "learning_rate": 1e20},
        {"solver": "gd", "learning_rate": 1e5, "max_iter": 50},
    ],
)
def test_a_run_that_blew_up_is_not_converged(engine, settings, samples):
    clf = TriLayerClassifier(4, engine=engine, random_state=0, **settings)
    with pytest.raises((DivergenceError, ConvergenceWarning), match="smaller learning_rate"):
        clf.fit(*samples)


@pytest.mark.parametrize("solver", ["gd", "sgd", "adam"])
def test_partial_fit_refuses_a_step_out_of_the_finite_numbers(solver, samples):
    X, y = samples
    clf = TriLayerClassifier(4, solver=solver, random_state=0).partial_fit(X, y, classes=[0, 1])
    before, curve = clf.predict_proba(X), list(clf.loss_curve_)
    clf.set_params(learning_rate=1e300)

    def step_out():
        for _ in range(4):
            clf.partial_fit(X * 1e10, y)

    with pytest.raises(DivergenceError, match="is not taken"):
        step_out()
    assert np.all(np.isfinite(clf.predict_proba(X)))
    if len(clf.loss_curve_) == len(curve):
        np.testing.assert_array_equal(clf.predict_proba(X), before)


def test_a_noisy_rest_above_a_warm_start_is_no_divergence(samples):
    clf = TriLayerClassifier(4, solver="sgd", warm_start=True, random_state=0, max_iter=300)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        for _ in range(3):
            assert clf.fit(*samples).stop_reason_ != "diverged"


def test_watchers_cannot_change_the_run(samples):
    def meddle(progress):
        progress.theta[:] = 0

    with pytest.raises(ValueError, match="read-only"):
        TriLayerClassifier(4, max_iter=3).fit(*samples, on_step=meddle)


def test_parameters_are_their_own():
    W1 = np.ones((2, 3))
    params = Params(W1, np.zeros((3, 1)), np.ones((3, 1)), [[0.0]])
    W1[0, 0] = 99
    assert params.W1[0, 0] == 1


def test_nan_parameters_are_refused_where_nothing_else_would_tell():
    params = Params([[np.nan]], [[0.0]], [[1.0]], [[0.0]])
    for look in (trace, check_gradients):
        with pytest.raises(InputError, match="NaN"):
            look(params, [[1.0]], [[1.0]])


def test_held_out_errors_name_the_held_out_samples(samples):
    X, y = samples
    with pytest.raises(InputError, match=r"^X_val, y_val: .*NaN"):
        TriLayerClassifier().fit(X, y, X_val=X * np.nan, y_val=y)


@pytest.mark.parametrize("setting", [{"dtype": "foo"}, {"dtype": np.int8}, {"hidden_units": True}])
def test_settings_of_another_kind_are_value_errors(setting, samples):
    with pytest.raises(InputError):
        TriLayerClassifier(**setting).fit(*samples)
