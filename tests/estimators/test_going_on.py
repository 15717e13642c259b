"""Fits that follow a fit, and those that do not come off: nothing is half done."""

import signal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import config_context
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import check_is_fitted

from trilayer import (
    TableEncoder,
    TriLayerClassifier,
    TriLayerClassifierCV,
    TriLayerTableClassifier,
)
from trilayer.errors import ShapeError
from trilayer.params import average, initialise, split
from trilayer.sources import walking

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

THREE = [
    TriLayerClassifier(4, max_iter=20, random_state=0),
    TriLayerClassifierCV(l2s=[1.0], n_starts=1, random_state=0),
    TriLayerTableClassifier(l2s=[1.0], n_starts=1, random_state=0),
]
ALL_THREE = pytest.mark.parametrize("clf", THREE, ids=lambda clf: type(clf).__name__)


# ---- several starts ------------------------------------------------------------------


@given(st.integers(1, 4), st.integers(1, 5), st.integers(1, 3), st.integers(0, 9))
def test_what_is_split_averages_to_what_it_was(n1, n2, count, seed):
    params = initialise(n1, n2 * count, np.random.default_rng(seed))
    parts = split(params, count)
    assert [part.n2 for part in parts] == [n2] * count
    again = average(parts)
    for name, matrix in vars(params).items():
        np.testing.assert_allclose(getattr(again, name), matrix, rtol=1e-15)
    with pytest.raises(ShapeError, match="are not those of"):
        split(params, n2 * count + 1)


@pytest.mark.parametrize("hidden_units", [0, 3, None])
def test_a_warm_start_of_several_starts_goes_on(hidden_units, blobs):
    clf = TriLayerClassifier(
        hidden_units, n_starts=2, warm_start=True, max_iter=5, tol=0, random_state=0
    ).fit(*blobs)
    shape, first = clf.params_.W1.shape, clf.loss_curve_
    clf.fit(*blobs)
    assert clf.params_.W1.shape == shape
    assert clf.loss_curve_[-1] < first[0]


# ---- partial_fit after set_params ----------------------------------------------------


@pytest.mark.parametrize("before", ["adam", "sgd", "gd"])
@pytest.mark.parametrize("after", ["adam", "sgd", "gd"])
def test_another_solver_goes_on_from_the_network_there_is(before, after, blobs):
    X, y = blobs
    clf = TriLayerClassifier(4, solver=before, random_state=0)
    clf.partial_fit(X, y, classes=[0, 1]).partial_fit(X, y)
    there = clf.params_
    clf.set_params(solver=after, learning_rate=1e-9).partial_fit(X, y)
    assert (clf.solver_, clf.n_iter_, len(clf.loss_curve_)) == (after, 3, 3)
    if before != after:  # else what was gathered before carries it on
        np.testing.assert_allclose(clf.params_.W1, there.W1, atol=1e-6)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"hidden_units": 5}, "has 4 hidden units, hidden_units=5"),
        ({"dtype": "float32"}, "is in float64"),
        ({"early_stopping": True}, "early_stopping=False"),
    ],
)
def test_what_one_step_cannot_heed_is_refused(settings, words, blobs):
    clf = TriLayerClassifier(4, random_state=0).partial_fit(*blobs, classes=[0, 1])
    with pytest.raises(ValueError, match=words):
        clf.set_params(**settings).partial_fit(*blobs)


def test_several_starts_are_for_fit(blobs):
    clf = TriLayerClassifier(4, n_starts=3, max_iter=5, tol=0, random_state=0)
    with pytest.raises(ValueError, match=r"one network, not n_starts=3"):
        clf.partial_fit(*blobs, classes=[0, 1])
    assert clf.fit(*blobs).partial_fit(*blobs).params_.n2 == 12


# ---- refused and interrupted fits ----------------------------------------------------


@ALL_THREE
def test_after_a_refused_first_fit_nothing_is_fitted(clf, blobs):
    X, _ = blobs
    with pytest.raises(ValueError, match="classes"):
        clf.fit(X, np.arange(len(X)) % 3)
    with pytest.raises(NotFittedError):
        check_is_fitted(clf)
    with pytest.raises(NotFittedError):
        clf.predict(X)
    assert not [name for name in vars(clf) if name.endswith("_")]


@ALL_THREE
def test_a_refused_fit_leaves_the_model_of_before(clf, blobs):
    X, y = blobs
    clf = type(clf)(**clf.get_params(deep=False))
    before = clf.fit(X, y).predict_proba(X)
    for rows, labels in [(X[:, :1], np.arange(len(X)) % 3), (X[:, :1], y[:-1])]:
        with pytest.raises(ValueError, match=r"class|inconsistent"):
            clf.fit(rows, labels)
        assert np.array_equal(clf.predict_proba(X), before)


@ALL_THREE
def test_ctrl_c_before_the_first_iteration_leaves_nothing_half_done(clf, blobs, monkeypatch):
    from trilayer.fit import run

    def interrupted(*_, **__):
        signal.raise_signal(signal.SIGINT)

    fresh = type(clf)(**clf.get_params(deep=False))
    monkeypatch.setattr(run, "task", interrupted)
    monkeypatch.setattr(run, "objective", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fresh.fit(*blobs)
    with pytest.raises(NotFittedError):
        fresh.predict(blobs[0])


# ---- on_step through a pipeline ------------------------------------------------------


@ALL_THREE
def test_on_step_comes_through_a_pipeline(clf, blobs):
    seen = []
    with config_context(enable_metadata_routing=True):
        last = type(clf)(**clf.get_params(deep=False)).set_fit_request(on_step=True)
        make_pipeline(StandardScaler(), last).fit(*blobs, on_step=lambda p: seen.append(p.k))
    assert seen


# ---- threads -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "quota", "expected"),
    [
        ("", "max 100000", 6),
        ("", "250000 100000", 3),
        ("2", "250000 100000", 2),
        ("2,1", "max 100000", 2),
        ("64", "", 6),
        ("none", "", 6),
        ("0", "-1 100000", 6),
    ],
)
def test_threads_heed_affinity_quota_and_omp(said, quota, expected, monkeypatch, tmp_path):
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(6)), raising=False)
    monkeypatch.setattr("os.cpu_count", lambda: 6)
    monkeypatch.setenv("OMP_NUM_THREADS", said)
    old = tmp_path / "quota", tmp_path / "period"
    if quota:
        Path(tmp_path / "cpu.max").write_text(quota)
        for path, number in zip(old, quota.split(), strict=True):
            path.write_text(number)
    for places in ([(tmp_path / "cpu.max",)], [(tmp_path / "none",), old]):
        monkeypatch.setattr(walking, "_QUOTAS", places)
        walking._quota.cache_clear()
        assert walking.available_threads() == expected
    walking._quota.cache_clear()


# ---- tables that are none, and labels ------------------------------------------------


def test_a_sparse_frame_and_long_doubles_are_read_as_their_dense_twins():
    letters = pd.Series(["a", "b", "c"] * 20)
    dense = pd.get_dummies(letters)
    assert TableEncoder().fit(pd.get_dummies(letters, sparse=True)).kinds_ == (
        TableEncoder().fit(dense).kinds_
    )
    numbers = np.random.default_rng(0).normal(size=(60, 2))
    plain = TableEncoder().fit(numbers)
    assert TableEncoder().fit(numbers.astype(np.longdouble)).columns_ == plain.columns_
    frame = pd.DataFrame(numbers, columns=["a", "b"])
    sparse = frame.astype(pd.SparseDtype("float", 0.0))
    assert TableEncoder().fit(sparse).columns_ == TableEncoder().fit(frame).columns_


def test_a_frame_that_is_elsewhere_says_how_to_come_by_its_rows():
    dd = pytest.importorskip("dask.dataframe")
    frame = dd.from_pandas(pd.DataFrame({"a": [1, 2, 3]}), npartitions=2)
    with pytest.raises(ValueError, match=r"DataFrame of dask .* compute\(\)"):
        TableEncoder().fit(frame)


@ALL_THREE
def test_truth_values_as_objects_are_labels(clf, blobs):
    X, y = blobs
    fresh = type(clf)(**clf.get_params(deep=False))
    fresh.fit(X, (y == 1).astype(object))
    assert fresh.classes_.tolist() == [False, True]
    assert fresh.predict(X).dtype == bool


@ALL_THREE
@pytest.mark.parametrize("nothing", [None, np.nan])
def test_labels_that_are_missing_are_counted(clf, nothing, blobs):
    X, y = blobs
    labels = np.where(y == 1, "yes", "no").astype(object)
    labels[[3, 7]] = nothing
    with pytest.raises(ValueError, match=r"y has no label in 2 of 120 rows, the first at index 3"):
        type(clf)(**clf.get_params(deep=False)).fit(X, labels)
